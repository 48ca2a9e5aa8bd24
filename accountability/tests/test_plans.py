"""Plans and groups (F41, P25): every verb by every post in every state."""

from datetime import date

import pytest

from accountability.actions.plans import add_item, form_group, make_plan, open_item_duties, settle_item
from accountability.enums import GroupKind
from accountability.models import GroupMember, LeadingGroup, PlanItem, YearPlan
from accountability.queries.groups import Seat, candidates
from casework.models import Duty
from organisation.errors import Malformed, NotYours, Refused

DAY = date(2026, 11, 23)
POSTS = ("class_teacher", "subject_teacher", "grade_head", "head_of_teaching", "registrar", "deputy_principal") + (
    "principal", "county_clerk", "bureau_head", "township_officer", "prefecture_officer", "stranger", "former_teacher",
)  # fmt: skip
PLANS = {"deputy_principal", "principal"}


@pytest.fixture
def plan(school_a, principal):
    return make_plan(school_a, goals="一名不少", by=principal)


@pytest.fixture
def item(plan, principal):
    return add_item(plan, title="家访月", post_kind="head_of_teaching", due_on=date(2026, 11, 27), by=principal)


@pytest.fixture
def seats(principal, head_of_teaching, class_teacher):
    return [
        Seat(principal.pk, "principal", "head"),
        Seat(head_of_teaching.pk, "head_of_teaching", "deputy"),
        Seat(class_teacher.pk, "class_teacher", "member"),
    ]


@pytest.mark.parametrize("post", POSTS)
def test_who_plans_for_a_school_and_forms_its_groups(request, school_a, seats, post):
    person = request.getfixturevalue(post)
    acts = [
        lambda: make_plan(school_a, goals="一名不少", by=person),
        lambda: form_group(school_a, GroupKind.LEADING, seats, by=person),
    ]
    for act in acts:
        if post in PLANS:
            act()
            continue
        with pytest.raises(NotYours):
            act()


@pytest.mark.parametrize("post", POSTS)
def test_who_plans_for_a_county(request, county, post):
    person = request.getfixturevalue(post)
    if post in {"county_clerk", "bureau_head"}:
        make_plan(county, goals="全县一名不少", by=person)
        return
    with pytest.raises(NotYours):
        make_plan(county, goals="全县一名不少", by=person)


def test_a_plan_is_made_once_and_put_better_later(plan, school_a, principal):
    make_plan(school_a, goals="一名不少,家访全覆盖", by=principal)
    assert YearPlan.objects.get().goals == "一名不少,家访全覆盖"
    assert YearPlan.history.count() == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": " "}, "missing"),
        ({"post_kind": "class_teacher"}, "bad_post"),
        ({"post_kind": "county_clerk"}, "bad_post"),
        ({"due_on": date(2026, 11, 22)}, "bad_time"),
        ({"due_on": date(2027, 9, 1)}, "bad_time"),
    ],
)
def test_an_item_says_what_who_and_when(plan, principal, given, code):
    good = {"title": "家访月", "post_kind": "head_of_teaching", "due_on": date(2026, 12, 18)}
    with pytest.raises(Malformed) as refusal:
        add_item(plan, by=principal, **good | given)
    assert refusal.value.code == code


def test_an_item_added_twice_is_one(item, plan, principal):
    add_item(plan, title="家访月", post_kind="head_of_teaching", due_on=date(2026, 11, 27), by=principal)
    assert PlanItem.objects.count() == 1


@pytest.mark.parametrize(
    ("today", "opens"), [("2026-11-19", False), ("2026-11-20", True), ("2026-11-27", True), ("2026-12-03", True)]
)
def test_an_item_stands_in_the_inbox_some_school_days_before(settings, item, today, opens):
    settings.KONGCHUO_TODAY = today
    assert open_item_duties() == int(opens)
    assert open_item_duties() == 0


def test_the_post_does_it_and_the_duty_is_done(item, head_of_teaching):
    open_item_duties()
    settle_item(item, text="走访 48 户", by=head_of_teaching)
    duty = Duty.objects.get(kind="plan_item")
    assert (duty.post_kind, duty.state, duty.done_by) == ("head_of_teaching", "done", head_of_teaching)


@pytest.mark.parametrize("post", POSTS)
def test_who_finishes_an_item(request, item, head_of_teaching, post):
    person = head_of_teaching if post == "head_of_teaching" else request.getfixturevalue(post)
    if post in PLANS | {"head_of_teaching"}:
        settle_item(item, text="完成", by=person)
        return
    with pytest.raises(NotYours):
        settle_item(item, text="完成", by=person)


@pytest.mark.parametrize("state", ["done", "dropped"])
@pytest.mark.parametrize("dropped", [True, False])
def test_what_is_settled_is_settled(item, principal, state, dropped):
    PlanItem.objects.update(state=state, text="x", done_on=DAY)
    with pytest.raises(Refused) as refusal:
        settle_item(item, text="再来", by=principal, dropped=dropped)
    assert refusal.value.code == "wrong_state"


def test_an_item_is_dropped_by_who_plans_with_a_reason(item, principal, head_of_teaching):
    open_item_duties()
    with pytest.raises(NotYours):
        settle_item(item, text="不做了", by=head_of_teaching, dropped=True)
    with pytest.raises(Malformed):
        settle_item(item, text=" ", by=principal, dropped=True)
    settle_item(item, text="与期末考试冲突", by=principal, dropped=True)
    assert Duty.objects.get(kind="plan_item").state == "cancelled"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda seats: seats[:2], "too_few"),
        (lambda seats: [Seat(one.person, one.post_kind, "member") for one in seats], "no_head"),
        (lambda seats: [Seat(one.person, one.post_kind, "head") for one in seats], "no_head"),
        (lambda seats: [*seats, Seat(seats[1].person, "class_teacher", "member")], "twice"),
    ],
)
def test_a_group_has_one_head_and_members(school_a, principal, seats, change, code):
    with pytest.raises(Malformed) as refusal:
        form_group(school_a, GroupKind.LEADING, change(seats), by=principal)
    assert refusal.value.code == code
    assert not LeadingGroup.objects.exists()


def test_who_leaves_a_group_keeps_the_days_served(school_a, principal, grade_head, seats):
    form_group(school_a, GroupKind.LEADING, seats, by=principal, on=date(2026, 9, 10))
    form_group(school_a, GroupKind.LEADING, seats, by=principal)
    assert GroupMember.objects.count() == 3
    other = [*seats[:2], Seat(grade_head.pk, "grade_head", "member")]
    form_group(school_a, GroupKind.LEADING, other, by=principal)
    left = GroupMember.objects.get(last_day__isnull=False)
    assert (left.person_id, left.first_day, left.last_day) == (seats[2].person, date(2026, 9, 10), DAY)


def test_the_head_is_changed_in_one_step(school_a, principal, seats):
    form_group(school_a, GroupKind.LEADING, seats, by=principal)
    turned = [Seat(seats[0].person, "principal", "member"), Seat(seats[1].person, "head_of_teaching", "head"), seats[2]]
    group = form_group(school_a, GroupKind.LEADING, turned, by=principal)
    assert group.members.get(last_day__isnull=True, role="head").person_id == seats[1].person


def test_a_school_seats_only_its_own_people(school_a, class_teacher, stranger, county_clerk):
    assert {post.person_id for post in candidates(school_a, on=DAY)} == {class_teacher.pk}


def test_nobody_is_seated_from_elsewhere_by_the_page(as_, school_a, principal, seats, stranger):
    body = {f"seat_{seat.person}": seat.role for seat in seats} | {f"seat_{stranger.pk}": "member"}
    body |= {"kind": "leading", "on": "2026-11-23"}
    assert as_(principal).post(f"/routine/groups/{school_a.code}/", body).status_code == 302
    assert not GroupMember.objects.filter(person=stranger).exists()


def test_teachers_read_their_own_schools_plan_and_no_other(
    as_, plan, school_a, class_teacher, subject_teacher, stranger
):
    page = f"/routine/plans/{school_a.code}/"
    assert "一名不少" in as_(class_teacher).get(page).content.decode()
    assert "一名不少" in as_(subject_teacher).get(page).content.decode()
    assert as_(stranger).get(page).status_code == 404


def test_an_item_is_added_and_done_on_the_page(as_, plan, school_a, principal):
    client = as_(principal)
    body = {"verb": "item", "title": "宣传周", "post_kind": "dropout_officer", "due_on": "2026-12-18"}
    assert client.post(f"/routine/plans/{school_a.code}/", body).status_code == 302
    made = PlanItem.objects.get()
    assert client.post(f"/routine/items/{made.pk}/", {"verb": "done", "text": "已办"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.text) == ("done", "已办")
