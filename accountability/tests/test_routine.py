"""The duties of routine work (F41): opened by the schedule, once; closed by the record; late ones become leads."""

from datetime import date

import pytest
from django.test.utils import CaptureQueriesContext

from accountability.actions.activities import record_activity
from accountability.actions.commitments.making import make_commitments
from accountability.actions.contacts import record_contact
from accountability.actions.inspections import inspect_school
from accountability.actions.leads import open_leads
from accountability.actions.plans import form_group, make_plan
from accountability.actions.routine import open_routine_duties
from accountability.actions.surveys import enter_counts
from accountability.enums import ROUTINES, GroupKind, duty_kind_of
from accountability.models import Lead
from accountability.queries.groups import Seat
from accountability.tasks import open_routine_duties as nightly
from accountability.tests.routine_factories import findings
from casework.actions.duties import chase_duties
from casework.kinds import kind_of, pages_of
from casework.models import Duty
from casework.queries.inbox import duties_of
from organisation import clock
from organisation.enums import PostKind
from organisation.models import Regulation, SchoolDay
from organisation.queries.edition import forget_rule_books
from organisation.rules.regulation import DutyRules
from organisation.rules.routine import RoutineRules
from organisation.tests.factories import make_class, make_holder
from students.tests.factories import make_pupil

DAY = date(2026, 11, 23)


@pytest.fixture
def county_at_work(county, class_a, pupils_a, class_teacher, principal, county_clerk):
    return county


def regulate(county, rules):
    Regulation.objects.create(
        unit=county,
        version=1,
        effective_from=date(2026, 9, 1),
        state="approved",
        title="县制度",
        rules={"routine": rules},
    )
    forget_rule_books()


def keys():
    return set(Duty.objects.open().values_list("key", flat=True))


@pytest.fixture
def on(settings):
    def stand(day):
        settings.KONGCHUO_TODAY = str(day)

    return stand


def test_every_routine_has_its_rule_its_kind_and_its_ground():
    for routine in ROUTINES:
        assert RoutineRules().of(routine)
        assert duty_kind_of(routine) in DutyRules().grounds


def test_on_a_monday_in_november_this_much_is_owed(county_at_work, school_a, class_a):
    open_routine_duties()
    assert f"activity_class_meeting:{class_a.code}:2026-W48" in keys()
    assert f"activity_group_meeting:{school_a.code}:2026-11" in keys()
    assert f"self_inspection:{school_a.code}:2026-1" in keys()
    assert f"year_plan:{school_a.code}:2026" in keys()
    assert "year_plan:520502:2026" in keys()
    assert not any("mental_health" in key or "home_contacts" in key for key in keys())  # their day is far


def test_run_again_it_opens_nothing_and_changes_nothing(county_at_work, on):
    first = open_routine_duties()
    before = list(Duty.objects.order_by("pk").values())
    assert first["opened"] == len(before) > 5
    assert open_routine_duties() == {"opened": 0, "cancelled": 0}
    nightly()
    assert list(Duty.objects.order_by("pk").values()) == before


def test_it_costs_as_many_statements_for_ten_classes_as_for_one(county_at_work, school_a, connection_, on):
    def cost(day):
        on(day)
        with CaptureQueriesContext(connection_) as statements:
            open_routine_duties()
        return len([one for one in statements if "SAVEPOINT" not in one["sql"]])

    open_routine_duties()
    for_one = cost(date(2026, 11, 30))
    for number in range(9):
        make_pupil(make_class(school_a, number=number + 20))
    open_routine_duties()
    assert cost(date(2026, 12, 7)) == for_one


@pytest.mark.parametrize(
    ("day", "due", "open_"),
    [
        (date(2026, 11, 23), date(2026, 11, 27), True),
        (date(2026, 11, 27), date(2026, 11, 27), True),
        (date(2026, 9, 28), date(2026, 9, 30), True),  # the National Day week is short
        (date(2026, 10, 5), None, False),  # the holiday itself
        (date(2027, 2, 1), None, False),  # between the semesters
    ],
)
def test_the_weekly_class_meeting_follows_the_calendar(county_at_work, class_a, on, day, due, open_):
    on(day)
    open_routine_duties()
    found = Duty.objects.filter(kind="activity_class_meeting", path=class_a.path)
    assert found.exists() == open_
    if open_:
        assert found.get().due_at == clock.end_of(due)


def test_a_week_struck_out_by_the_school_asks_for_no_meeting(county_at_work, school_a, on):
    for day in range(23, 28):
        SchoolDay.objects.create(unit=school_a, date=date(2026, 11, day), is_open=False)
    forget_rule_books()
    open_routine_duties()
    assert not Duty.objects.filter(kind="activity_class_meeting").exists()


def test_in_the_holidays_nobody_is_asked_for_a_semester_that_is_over(county_at_work, on):
    on(date(2027, 7, 20))
    open_routine_duties()
    assert not Duty.objects.exists()


def test_what_is_open_rests_over_the_winter_holiday(county_at_work, county, on):
    regulate(county, {"home_contacts": {"every": "year"}})
    open_routine_duties()
    duty = Duty.objects.get(kind="home_contacts")
    on(date(2027, 2, 1))
    open_routine_duties()
    duty.refresh_from_db()
    assert duty.state == "open"


def test_who_is_told_late_is_given_days_and_keeps_that_term(county_at_work, school_a, on):
    open_routine_duties()
    duty = Duty.objects.get(kind="leading_group")  # was due in September, before anybody was told
    assert duty.due_at == clock.end_of(date(2026, 12, 7))
    on(date(2026, 12, 1))
    open_routine_duties()
    duty.refresh_from_db()
    assert duty.due_at == clock.end_of(date(2026, 12, 7))


def test_a_class_without_pupils_owes_nothing(county, school_a, principal):
    empty = make_class(school_a)
    open_routine_duties()
    assert not Duty.objects.filter(path=empty.path).exists()


def test_what_is_recorded_is_not_asked_for(county_at_work, class_a, class_teacher):
    record_activity(class_a, "class_meeting", on=DAY, text="按时到校", by=class_teacher)
    open_routine_duties()
    assert not Duty.objects.filter(kind="activity_class_meeting").exists()


def test_a_regulation_that_waives_it_cancels_what_is_not_late(county_at_work, county):
    open_routine_duties()
    regulate(county, {"class_meeting": {"every": "never"}})
    open_routine_duties()
    assert Duty.objects.get(kind="activity_class_meeting").state == "cancelled"


def test_a_regulation_may_ask_monthly(county_at_work, county, class_a):
    regulate(county, {"class_meeting": {"every": "month"}})
    open_routine_duties()
    assert f"activity_class_meeting:{class_a.code}:2026-11" in keys()


def test_every_duty_stands_in_the_inbox_of_who_owes_it_with_its_page(
    county_at_work, class_teacher, principal, county_clerk, as_
):
    open_routine_duties()
    for person in (class_teacher, principal, county_clerk):
        mine = list(duties_of(person, on=DAY))
        assert mine
        for duty, page in ((duty, pages_of([duty])[duty.pk]) for duty in mine):
            assert kind_of(duty).own_act
            assert as_(person).get(page).status_code == 200, page


@pytest.fixture
def records(school_a, class_a, class_teacher, principal, head_of_teaching, county, county_clerk, pupils_a):
    """{kind of duty: the record that does it}"""
    teacher = {"on": DAY, "text": "如实记录", "by": class_teacher}
    leader = {**teacher, "by": principal}
    sitting = [Seat(principal.pk, "principal", "head"), Seat(head_of_teaching.pk, "head_of_teaching", "member")]
    sitting.append(Seat(class_teacher.pk, "class_teacher", "member"))

    def contact_everybody():
        for pupil in pupils_a:
            record_contact(pupil, "visit", on=DAY, whom="祖母", text="在家", by=class_teacher)

    return {
        "activity_class_meeting": lambda: record_activity(class_a, "class_meeting", **teacher),
        "activity_group_meeting": lambda: record_activity(school_a, "group_meeting", **leader),
        "leading_group": lambda: form_group(school_a, GroupKind.LEADING, sitting, by=principal),
        "year_plan": lambda: [
            make_plan(school_a, goals="一名不少", by=principal),
            make_plan(county, goals="一名不少", by=county_clerk),
        ],
        "commitments": lambda: [
            make_commitments(class_a, ["principal_class_teacher"], by=principal),
            make_commitments(county, ["bureau_principal"], by=county_clerk),
        ],
        "self_inspection": lambda: inspect_school(school_a, findings(), on=DAY, who="校长", by=principal),
        "awareness": lambda: enter_counts(school_a, "pupils", asked=10, answered=10, aware=9, by=principal),
        "home_contacts": contact_everybody,
    }


@pytest.mark.parametrize(
    "kind",
    ["activity_class_meeting", "activity_group_meeting", "leading_group", "year_plan", "commitments", "self_inspection"]
    + ["awareness", "home_contacts"],
)
def test_the_record_itself_does_the_duty(county_at_work, county, records, kind):
    regulate(county, {kind: {"every": "year"} for kind in ("awareness", "home_contacts")})
    open_routine_duties()
    duties = Duty.objects.filter(kind=kind)
    assert duties.filter(state="open").exists()
    records[kind]()
    assert set(duties.values_list("state", flat=True)) == {"done"}


def test_a_meeting_not_held_says_why_and_is_no_longer_owed(county_at_work, class_a, class_teacher):
    open_routine_duties()
    record_activity(class_a, "class_meeting", on=DAY, text="全校防汛停课", held=False, by=class_teacher)
    assert Duty.objects.get(kind="activity_class_meeting").text == "2026-11-23未开展"


def test_a_meeting_seven_days_late_becomes_a_lead_under_its_ground(county_at_work, class_a, class_teacher, on):
    open_routine_duties()
    on(date(2026, 12, 8))  # seven school days after Friday 27 November
    chase_duties()
    assert open_leads() >= 1
    lead = Lead.objects.get(lapse__duty__kind="activity_class_meeting")
    assert (lead.subject, lead.ground) == (class_teacher, "G3")


def test_a_vacant_post_passes_the_duty_on(county, class_a, pupils_a, principal):
    open_routine_duties()
    assert duties_of(principal, on=DAY).filter(kind="activity_class_meeting").exists()


def test_the_counsellor_finds_what_the_counsellor_owes(county_at_work, county, school_a):
    counsellor = make_holder(PostKind.COUNSELLOR, school_a)
    regulate(county, {"mental_health": {"every": "month"}})
    open_routine_duties()
    duty = duties_of(counsellor, on=DAY).get()
    assert duty.kind == "activity_mental_health"
    record_activity(school_a, "mental_health", on=DAY, text="团体辅导", by=counsellor)
    assert not duties_of(counsellor, on=DAY).exists()
