"""Activities (P25) and contacts with families (P9)."""

from datetime import date

import pytest
from django.db import IntegrityError

from accountability.actions.activities import add_paper, record_activity
from accountability.actions.contacts import open_orange_contacts, record_contact
from accountability.models import Activity, GuardianAbsence, HomeContact
from accountability.queries.contacts import progress_by_class
from accountability.tests.routine_factories import make_paper, photo
from casework.models import Duty, RiskWarning
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from students.models import TimelineEntry
from students.tests.factories import make_pupil

DAY = date(2026, 11, 23)
POSTS = ("class_teacher", "subject_teacher", "grade_head", "head_of_teaching", "registrar", "deputy_principal") + (
    "principal", "county_clerk", "bureau_head", "township_officer", "prefecture_officer", "stranger", "former_teacher",
)  # fmt: skip
OFFICE = {"head_of_teaching", "deputy_principal", "principal"}
MAY = {"class_meeting": OFFICE | {"class_teacher", "grade_head"}, "publicity": OFFICE}


@pytest.mark.parametrize("kind", MAY)
@pytest.mark.parametrize("post", POSTS)
def test_who_records_what(request, school_a, class_a, class_teacher, kind, post):
    unit = class_a if kind == "class_meeting" else school_a
    person = class_teacher if post == "class_teacher" else request.getfixturevalue(post)
    principal = request.getfixturevalue("principal")  # nothing falls to others because a post is vacant
    assert principal
    if post in MAY[kind]:
        record_activity(unit, kind, on=DAY, text="记录", by=person)
        return
    with pytest.raises(NotYours):
        record_activity(unit, kind, on=DAY, text="记录", by=person)


def test_a_class_does_not_hold_what_a_school_holds(class_a, principal):
    with pytest.raises(NotYours):
        record_activity(class_a, "publicity", on=DAY, text="记录", by=principal)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"text": " "}, "missing"),
        ({"on": date(2026, 11, 24)}, "bad_time"),
        ({"on": date(2025, 11, 1)}, "bad_time"),
        ({"expected": 5, "attended": 6}, "bad_count"),
    ],
)
def test_what_cannot_be_is_refused(class_a, class_teacher, given, code):
    with pytest.raises(Malformed) as refusal:
        record_activity(class_a, "class_meeting", by=class_teacher, **{"on": DAY, "text": "记录"} | given)
    assert refusal.value.code == code


def test_the_database_says_so_too(class_a, class_teacher):
    made = record_activity(class_a, "class_meeting", on=DAY, text="记录", by=class_teacher)
    with pytest.raises(IntegrityError):
        Activity.objects.filter(pk=made.pk).update(expected=1, attended=2)


def test_sent_twice_it_is_one(class_a, class_teacher):
    for _ in range(2):
        record_activity(class_a, "class_meeting", on=DAY, text="记录", topic="安全", by=class_teacher)
    assert Activity.objects.count() == 1


def test_a_record_counts_in_the_week_of_its_day(class_a, class_teacher):
    made = record_activity(class_a, "class_meeting", on=date(2026, 11, 20), text="记录", by=class_teacher)
    assert made.period == "2026-W47"


def test_a_guardians_meeting_counts_the_class_list_of_its_day(class_a, class_teacher, pupils_a):
    make_pupil(class_a, "后来的", starts=DAY)
    made = record_activity(
        class_a, "guardians_meeting", on=date(2026, 11, 20), text="期中", by=class_teacher, absent=[pupils_a[1].pk]
    )
    assert (made.expected, made.attended) == (3, 2)
    assert GuardianAbsence.objects.get().pupil == pupils_a[1]


def test_nobody_elses_child_is_missed_at_a_meeting(class_a, class_b, class_teacher, pupils_a):
    other = make_pupil(class_b)
    with pytest.raises(Malformed) as refusal:
        record_activity(class_a, "guardians_meeting", on=DAY, text="期中", by=class_teacher, absent=[other.pk])
    assert refusal.value.code == "not_on_list"


def test_a_meeting_is_recorded_with_a_photo_on_the_page(as_, class_a, class_teacher, pupils_a):
    body = {"held": "yes", "on": "2026-11-23", "text": "期中家长会", "absent": [pupils_a[0].number], "paper": photo()}
    answer = as_(class_teacher).post(f"/routine/activities/new/?kind=guardians_meeting&unit={class_a.code}", body)
    made = Activity.objects.get()
    assert answer.url == f"/routine/activities/{made.pk}/"
    assert (made.attended, made.papers.count()) == (2, 1)
    assert "马小龙" in as_(class_teacher).get(answer.url).content.decode()


def test_photos_have_an_end(class_a, class_teacher):
    made = record_activity(class_a, "class_meeting", on=DAY, text="记录", by=class_teacher)
    for _ in range(12):
        add_paper(made, paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    with pytest.raises(Refused) as refusal:
        add_paper(made, paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    assert refusal.value.code == "too_many"


def test_a_stranger_reads_nothing_of_it(as_, class_a, class_teacher, stranger):
    made = record_activity(class_a, "class_meeting", on=DAY, text="记录", by=class_teacher)
    assert as_(stranger).get(f"/routine/activities/{made.pk}/").status_code == 404
    assert not Activity.objects.visible_to(stranger, on=DAY).exists()


# Contacts.

MAY_CONTACT = OFFICE | {"class_teacher", "grade_head"}


@pytest.mark.parametrize("post", POSTS)
def test_who_contacts_families(request, pupils_a, class_teacher, post):
    person = class_teacher if post == "class_teacher" else request.getfixturevalue(post)
    given = {"on": DAY, "whom": "祖母", "text": "在家", "by": person}
    if post in MAY_CONTACT:
        record_contact(pupils_a[0], "visit", **given)
        return
    with pytest.raises(NotYours):
        record_contact(pupils_a[0], "visit", **given)


@pytest.mark.parametrize("given", [{"whom": " "}, {"text": ""}, {"on": date(2026, 11, 24)}, {"on": date(2026, 4, 1)}])
def test_a_contact_says_whom_what_and_when(pupils_a, class_teacher, given):
    good = {"on": DAY, "whom": "祖母", "text": "在家", "by": class_teacher}
    with pytest.raises(Malformed):
        record_contact(pupils_a[0], "visit", **good | given)


def test_progress_counts_children_not_contacts(class_a, pupils_a, class_teacher):
    for kind in ("visit", "call", "call"):
        record_contact(pupils_a[0], kind, on=DAY, whom="祖母", text="在家", by=class_teacher)
    assert HomeContact.objects.count() == 2
    assert progress_by_class(class_a.path, year=2026, on=DAY) == {class_a.pk: (1, 3)}
    assert progress_by_class(class_a.path, year=2025, on=DAY) == {class_a.pk: (0, 3)}
    assert TimelineEntry.objects.filter(pupil=pupils_a[0], kind="home_contact").count() == 2


@pytest.fixture
def orange(pupils_a):
    return RiskWarning.objects.create(
        pupil=pupils_a[0], path=pupils_a[0].path, tier="orange", points=8, opened_on=date(2026, 11, 20),
        risen_on=date(2026, 11, 20), digest="0",
    )  # fmt: skip


def test_who_rose_to_orange_is_contacted_within_five_days(orange, pupils_a, class_teacher):
    assert open_orange_contacts() == 1
    assert open_orange_contacts() == 0
    duty = Duty.objects.get(kind="orange_contact")
    assert (duty.post_kind, duty.due_at) == ("class_teacher", clock.end_of(date(2026, 11, 27)))
    record_contact(pupils_a[0], "visit", on=DAY, whom="祖母", text="在家", by=class_teacher)
    duty.refresh_from_db()
    assert duty.state == "done"
    assert open_orange_contacts() == 0


def test_a_contact_before_does_not_do_it_and_one_since_asks_for_none(orange, pupils_a, class_teacher):
    record_contact(pupils_a[0], "visit", on=date(2026, 11, 19), whom="祖母", text="在家", by=class_teacher)
    assert open_orange_contacts() == 1
    record_contact(pupils_a[0], "call", on=date(2026, 11, 20), whom="父亲", text="在外", by=class_teacher)
    assert Duty.objects.get(kind="orange_contact").state == "done"


def test_no_longer_orange_no_longer_owed(orange):
    open_orange_contacts()
    RiskWarning.objects.update(tier="yellow")
    open_orange_contacts()
    assert Duty.objects.get(kind="orange_contact").state == "cancelled"


def test_a_child_is_contacted_on_the_page(as_, class_a, pupils_a, class_teacher, stranger):
    page = f"/routine/contacts/new/{pupils_a[0].number}/"
    body = {"kind": "visit", "on": "2026-11-23", "whom": "祖母", "text": "在家"}
    assert as_(class_teacher).post(page, body).url == f"/routine/contacts/{class_a.code}/"
    assert "已联系 1 / 3 人" in as_(class_teacher).get(f"/routine/contacts/{class_a.code}/").content.decode()
    assert as_(stranger).post(page, body).status_code == 404
