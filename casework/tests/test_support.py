"""Conference, plan and support (F21, F22): who convenes, who chairs, what is owed next, and what stays closed."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from casework.actions.warnings.following import follow_warnings
from casework.actions.warnings.support import (
    add_support,
    call_conference,
    cancel_conference,
    hold_conference,
    make_plan,
    report_worry,
    review_plan,
    write_counselling,
)
from casework.models import Conference, CounsellingNote, Duty, RiskWarning, SupportEntry
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.tests.factories import make_holder
from students.models import Attachment, PupilGrant, TimelineEntry
from students.tests.factories import make_guardian, make_pupil, make_roll

TODAY = date(2026, 11, 23)
SECRET = "孩子说父亲酒后打他"


def at(day, hour=10):
    return timezone.make_aware(datetime.combine(day, datetime.min.time().replace(hour=hour)))


@pytest.fixture
def counsellor(school_a):
    return make_holder(PostKind.COUNSELLOR, school_a, "心理老师")


@pytest.fixture
def child(class_a):
    found = make_pupil(class_a, "马小龙")
    make_guardian(found, "马大伟")
    return found


@pytest.fixture
def orange(child, class_a, class_teacher):
    for n in (20, 23):
        make_roll(class_a, date(2026, 11, n), by=class_teacher, marks={child: "truant"})
    follow_warnings([child.pk])
    return RiskWarning.objects.get()


@pytest.fixture
def red(child, class_a, class_teacher):
    for n in (19, 20, 23):
        make_roll(class_a, date(2026, 11, n), by=class_teacher, marks={child: "truant"})
    follow_warnings([child.pk])
    return RiskWarning.objects.get()


def owed():
    return {duty.kind: duty.post_kind for duty in Duty.objects.open()}


def call(warning, by):
    return call_conference(warning, at=at(date(2026, 11, 24)), place="会议室", invited="数学老师", by=by)


def hold(conference, by, **more):
    given = {"held_at": clock.now(), "attendees": "全体", "guardians_present": True, "minutes": "商定每日接送"}
    return hold_conference(conference, by=by, **{**given, **more})


def plan(warning, by, *measures):
    measures = measures or [{"kind": "tutoring", "text": "每周两次数学辅导", "post_kind": "class_teacher"}]
    return make_plan(warning, goal="每天到校", helper="余老师", measures=measures, review_on=date(2026, 12, 20), by=by)


def test_the_class_teacher_convenes_and_the_guardians_get_their_letter(orange, class_teacher):
    conference = call(orange, class_teacher)
    assert conference.letter.title == "预警会议通知书"
    assert conference.letter.receipt == "waiting"
    assert "马大伟" in conference.letter.text
    assert "2026年11月24日 10:00在会议室" in conference.letter.text
    assert owed() == {"conference_hold": "head_of_teaching"}


def test_the_principal_chairs_red_and_the_head_of_teaching_does_not(red, class_teacher, head_of_teaching, principal):
    conference = call(red, class_teacher)
    assert owed()["conference_hold"] == "principal"
    with pytest.raises(NotYours):
        hold(conference, head_of_teaching)
    assert hold(conference, principal).state == "held"


def test_a_conference_is_called_once_and_only_for_orange_and_red(orange, class_teacher, subject_teacher):
    with pytest.raises(NotYours):
        call(orange, subject_teacher)
    call(orange, class_teacher)
    with pytest.raises(Refused) as refusal:
        call(orange, class_teacher)
    assert refusal.value.code == "already_called"


def test_yellow_is_talked_about_and_not_met_about(child, class_teacher):
    report_worry(child, points=4, reason="担心", by=class_teacher)
    warning = RiskWarning.objects.get()
    assert owed() == {"warning_talk": "class_teacher"}
    with pytest.raises(Refused):
        call(warning, class_teacher)
    add_support(child, kind="talk", on=TODAY, text="了解到家里要他打工", by=class_teacher)
    assert owed() == {}
    assert Duty.objects.get(kind="warning_talk").done_by == class_teacher


def test_a_cancelled_conference_is_owed_again(orange, class_teacher):
    cancel_conference(call(orange, class_teacher), by=class_teacher)
    assert owed() == {"warning_conference": "class_teacher"}


def test_no_minutes_no_conference(orange, class_teacher, head_of_teaching):
    conference = call(orange, class_teacher)
    with pytest.raises(Malformed):
        hold(conference, head_of_teaching, minutes=" ")
    assert Conference.objects.get().state == "called"


def test_from_the_conference_to_the_plan_to_the_review(orange, child, class_teacher, head_of_teaching):
    hold(call(orange, class_teacher), head_of_teaching)
    assert owed() == {"support_plan": "class_teacher"}
    made = plan(orange, class_teacher)
    assert made.conference is not None
    assert owed() == {"plan_review": "class_teacher", "plan_measure": "class_teacher"}
    with pytest.raises(Refused):
        plan(orange, class_teacher)
    add_support(child, kind="tutoring", on=TODAY, text="辅导一次", measure=made.measures.get(), by=class_teacher)
    assert owed() == {"plan_review": "class_teacher"}
    review_plan(made, result="improved", review="连续到校两周", by=class_teacher)
    assert owed() == {}
    with pytest.raises(Refused):
        review_plan(made, result="improved", review="再来一次", by=class_teacher)


def test_a_warning_does_not_close_before_its_plan_is_reviewed(orange, class_a, class_teacher, settings):
    made = plan(orange, class_teacher)
    make_roll(class_a, date(2026, 11, 24), by=class_teacher)
    settings.KONGCHUO_TODAY = "2026-11-24"
    follow_warnings([orange.pupil_id])
    settings.KONGCHUO_TODAY = "2027-01-11"
    follow_warnings([orange.pupil_id])
    assert RiskWarning.objects.get().state == "open"
    review_plan(made, result="improved", review="每天到校", by=class_teacher)
    assert RiskWarning.objects.get().state == "closed"


def test_a_subsidy_says_how_much(child, class_teacher):
    with pytest.raises(Malformed) as refusal:
        add_support(child, kind="subsidy", on=TODAY, text="营养餐", by=class_teacher)
    assert refusal.value.code == "amount_needed"
    entry = add_support(child, kind="subsidy", on=TODAY, text="营养餐", amount=Decimal("300.00"), by=class_teacher)
    assert SupportEntry.objects.get() == entry


@pytest.mark.parametrize("who", ["township_officer", "county_clerk", "registrar", "stranger", "former_teacher"])
def test_who_does_not_work_with_the_child_writes_no_support(child, request, who):
    with pytest.raises(NotYours):
        add_support(child, kind="talk", on=TODAY, text="谈过", by=request.getfixturevalue(who))


# Counselling is closed to all but the counsellor and the principal.


@pytest.fixture
def counselled(orange, child, class_teacher, counsellor):
    measure = {"kind": "counselling", "text": "每周一次", "post_kind": "counsellor"}
    made = plan(orange, class_teacher, measure)
    return write_counselling(
        child, on=TODAY, text=SECRET, summary="情绪低落,建议家访", measure=made.measures.get(), by=counsellor
    )


def test_a_measure_of_the_counsellor_opens_the_file_until_the_review(
    orange, child, class_teacher, counsellor, as_, settings
):
    assert as_(counsellor).get(f"/students/{child.number}/").status_code == 404
    made = plan(orange, class_teacher, {"kind": "counselling", "text": "每周一次", "post_kind": "counsellor"})
    assert as_(counsellor).get(f"/students/{child.number}/").status_code == 200
    assert as_(counsellor).get(f"/warnings/{orange.pk}/").status_code == 200
    review_plan(made, result="steady", review="继续观察", by=class_teacher)
    settings.KONGCHUO_TODAY = "2026-11-24"
    assert not PupilGrant.objects.open(on=clock.today()).exists()
    assert as_(counsellor).get(f"/students/{child.number}/").status_code == 404


def test_the_class_teacher_gets_the_written_summary(counselled, orange, as_, class_teacher):
    page = as_(class_teacher).get(f"/warnings/{orange.pk}/").content.decode()
    assert "情绪低落,建议家访" in page
    assert SECRET not in page


def test_counsellor_and_principal_read_the_note(counselled, child, as_, counsellor, principal):
    for person in (counsellor, principal):
        assert SECRET in as_(person).get(f"/warnings/counselling/{child.number}/").content.decode()


CLOSED_TO = (
    "class_teacher",
    "subject_teacher",
    "grade_head",
    "head_of_teaching",
    "deputy_principal",
    "registrar",
    "county_clerk",
    "bureau_head",
    "township_officer",
    "stranger",
)


@pytest.mark.parametrize("who", CLOSED_TO)
def test_nobody_else_comes_to_a_counselling_note_by_any_path(counselled, orange, child, as_, request, who):
    person = request.getfixturevalue(who)
    client = as_(person)
    assert client.get(f"/warnings/counselling/{child.number}/").status_code == 404
    assert client.post(f"/warnings/counselling/{child.number}/", {"text": "x"}).status_code == 404
    paths = (
        f"/students/{child.number}/",
        f"/api/v1/students/{child.number}/",
        f"/api/v1/students/{child.number}/timeline/",
        f"/warnings/{orange.pk}/",
        "/warnings/",
        "/api/v1/warnings/",
        "/warnings/groups/",
        "/duties/?view=done",
        "/duties/?view=overdue",
        "/api/v1/duties/",
        "/",
    )
    for path in paths:
        said = client.get(path).content.decode()
        assert SECRET not in said, path
        assert "心理辅导记录" not in said, path
    assert not CounsellingNote.objects.visible_to(person, on=TODAY).exists()
    assert not Attachment.objects.visible_to(person, on=TODAY).exists()


def test_the_timeline_keeps_the_note_apart_and_tells_the_summary(counselled, child):
    told = dict(TimelineEntry.objects.filter(kind__in=["counselling", "support"]).values_list("text", "audience"))
    assert told == {"心理辅导记录": "counselling", "心理辅导:情绪低落,建议家访": "school"}


def test_a_note_needs_its_summary_and_nobody_but_the_counsellor_writes_one(child, counsellor, principal, class_teacher):
    with pytest.raises(Malformed):
        write_counselling(child, on=TODAY, text=SECRET, summary="", by=counsellor)
    for person in (principal, class_teacher):
        with pytest.raises(NotYours):
            write_counselling(child, on=TODAY, text="x", summary="y", by=person)
    with pytest.raises(Refused) as refusal:
        add_support(child, kind="counselling", on=TODAY, text="x", by=class_teacher)
    assert refusal.value.code == "counselling_apart"


# The same acts in the browser.


def test_a_warning_is_followed_up_in_the_browser(as_, orange, child, class_teacher, head_of_teaching):
    client = as_(class_teacher)
    given = {"at": "2026-11-24T16:30", "place": "会议室", "invited": "数学老师"}
    assert client.post(f"/warnings/{orange.pk}/call/", given).status_code == 302
    conference = Conference.objects.get()
    minutes = {
        "held_at": f"{clock.now():%Y-%m-%dT%H:%M}",
        "attendees": "余老师、家长",
        "guardians_present": "1",
        "minutes": "商定接送",
    }
    assert client.post(f"/warnings/conferences/{conference.pk}/", minutes).status_code == 403
    assert as_(head_of_teaching).post(f"/warnings/conferences/{conference.pk}/", minutes).status_code == 302
    client = as_(class_teacher)
    wanted = {"goal": "每天到校", "helper": "余老师", "review_on": "2026-12-20"}
    for number in range(1, 5):
        wanted |= {f"kind_{number}": "tutoring", f"text_{number}": "", f"post_{number}": "class_teacher"}
    assert client.post(f"/warnings/{orange.pk}/plan/", wanted).status_code == 200
    assert client.post(f"/warnings/{orange.pk}/plan/", {**wanted, "text_1": "数学辅导"}).status_code == 302
    measure = orange.plans.get().measures.get()
    entry = {"kind": "tutoring", "on": "2026-11-23", "text": "辅导一次", "measure": measure.pk}
    assert client.post(f"/warnings/support/{child.number}/", entry).status_code == 302
    page = client.get(f"/warnings/{orange.pk}/").content.decode()
    assert "已落实 1 次" in page
    assert "前后考勤对照" in page
    reviewed = {"result": "improved", "review": "连续到校"}
    assert client.post(f"/warnings/plans/{orange.plans.get().pk}/review/", reviewed).status_code == 302
    assert owed() == {}


@pytest.mark.parametrize("path", ["", "call/", "plan/"])
def test_a_strangers_pages_do_not_exist(as_, orange, stranger, path):
    assert as_(stranger).get(f"/warnings/{orange.pk}/{path}").status_code == 404


def test_the_principal_may_see_and_not_convene(as_, orange, principal, class_teacher):
    assert as_(principal).get(f"/warnings/{orange.pk}/call/").status_code == 403


def test_the_special_groups_say_what_is_missing(as_, class_a, class_teacher, principal, other_clerk):
    helped = make_pupil(class_a, "甲", is_left_behind=True)
    make_pupil(class_a, "乙", is_poor=True)
    make_pupil(class_a, "丙")
    add_support(helped, kind="pairing", on=TODAY, text="与李老师结对", by=class_teacher)
    page = as_(principal).get("/warnings/groups/").content.decode()
    assert "共 2 人,本学年没有任何措施的 1 人" in page
    assert "帮扶记录 1 次" in page
    page = as_(principal).get("/warnings/groups/?missing=1").content.decode()
    assert ("乙" in page, ">甲<" in page) == (True, False)
    assert "共 0 人" in as_(other_clerk).get("/warnings/groups/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_groups_cost_as_much_for_three_as_for_one(as_, class_a, principal, number, django_assert_max_num_queries):
    for n in range(number):
        make_pupil(class_a, f"学生{n}", is_poor=True)
    client = as_(principal)
    with django_assert_max_num_queries(12):
        client.get("/warnings/groups/")
