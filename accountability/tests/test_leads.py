"""Leads (F50): a duty seven days late becomes one against who held it; who screens it, and what screening refuses."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test import override_settings

from accountability.actions.leads import open_leads, screen_lead
from accountability.enums import Ground, LeadState
from accountability.models import Lead
from casework.actions.duties import cancel_duty, chase_duties, close_duty
from casework.models import Duty
from casework.queries.inbox import duties_of
from casework.tests.factories import MONDAY, make_duty
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person, Regulation, SchoolDay, StatutoryDay, Unit
from organisation.queries.edition import forget_rule_books
from organisation.rules.regulation import DutyRules
from organisation.tests.factories import make_holder, make_post

SEVEN_LATE = date(2026, 11, 18)  # seven school days after Monday 9 November


@pytest.fixture
def night(settings):
    """What runs in the night to a day: lateness is written down, then leads are opened."""

    def run(day):
        settings.KONGCHUO_TODAY = str(day)
        chase_duties()
        return open_leads()

    return run


def again(person):
    """The person as signed in anew: posts are read once per object."""
    return Person.objects.get(pk=person.pk)


# When there is a lead.


def test_a_duty_seven_days_late_becomes_exactly_one_lead(class_a, class_teacher, principal, night):
    duty = make_duty(class_a)
    assert night(SEVEN_LATE - timedelta(days=1)) == 0
    assert night(SEVEN_LATE) == 1
    assert night(SEVEN_LATE) == 0
    assert night(SEVEN_LATE + timedelta(days=7)) == 0
    lead = Lead.objects.get()
    assert (lead.subject, lead.subject_post, lead.state) == (class_teacher, "class_teacher", "screening")
    assert lead.evidence == {
        "kind": "告知家长",
        "title": "告知家长",
        "duty": duty.pk,
        "due_at": duty.due_at.isoformat(),
        "since": "2026-11-09",
        "until": "",
        "late_days": 7,
    }


@pytest.mark.parametrize(("kind", "ground"), DutyRules().grounds.items())
def test_the_regulation_maps_the_kind_to_its_ground(class_a, class_teacher, principal, night, kind, ground):
    make_duty(class_a, kind=kind)
    night(SEVEN_LATE)
    assert Lead.objects.get().ground == ground == Ground(ground).name


def test_a_kind_without_a_ground_gives_no_lead(class_a, class_teacher, county, bureau_head, night):
    Regulation.objects.create(
        unit=county,
        version=1,
        effective_from=date(2026, 9, 1),
        state="approved",
        title="县制度",
        rules={"duty": {"grounds": {"tell_guardians": ""}}},
        drafted_by=bureau_head,
    )
    make_duty(class_a)
    assert night(SEVEN_LATE) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="the in-memory test database has one connection")
def test_two_workers_at_once_open_one(class_a, class_teacher, principal, settings):
    make_duty(class_a)
    settings.KONGCHUO_TODAY = str(SEVEN_LATE)
    chase_duties()
    start, opened, errors = Barrier(2), [], []

    def work():
        try:
            start.wait()
            opened.append(open_leads())
        except Exception as error:  # told to the test below
            errors.append(error)
        finally:
            connections.close_all()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (errors, sorted(opened)) == ([], [0, 1])
    assert Lead.objects.count() == Duty.objects.filter(kind="screen_lead").count() == 1


def test_school_days_for_schools_over_holidays_and_make_up_days(class_a, school_a, class_teacher, principal, night):
    SchoolDay.objects.create(unit=school_a, date=date(2026, 11, 11), is_open=False)
    SchoolDay.objects.create(unit=school_a, date=date(2026, 11, 12), is_open=False)
    StatutoryDay.objects.create(date=date(2026, 11, 14), is_workday=True, name="调休")
    forget_rule_books()
    make_duty(class_a)
    assert night(date(2026, 11, 18)) == 0
    assert night(date(2026, 11, 19)) == 1


def test_working_days_for_offices_though_the_schools_are_closed(township, county, township_officer, night):
    make_holder(PostKind.COUNTY_LEADER, county, "县领导")
    StatutoryDay.objects.create(date=date(2027, 1, 25), is_workday=False, name="放假")
    forget_rule_books()
    make_duty(township, post=PostKind.TOWNSHIP_OFFICER, due=date(2027, 1, 22))
    assert night(date(2027, 2, 2)) == 0
    assert night(date(2027, 2, 3)) == 1


def test_in_the_holidays_no_schools_duty_grows_late(class_a, class_teacher, principal, night):
    make_duty(class_a, due=date(2027, 1, 15))
    assert night(date(2027, 2, 19)) == 0


@pytest.mark.parametrize(("done_on", "leads"), [(date(2026, 11, 17), 0), (SEVEN_LATE, 1)])
def test_done_late_is_a_lead_if_it_was_seven_days_late(class_a, class_teacher, principal, night, done_on, leads):
    duty = make_duty(class_a)
    night(date(2026, 11, 16))
    with override_settings(KONGCHUO_TODAY=str(done_on)):
        close_duty(duty)
    night(date(2026, 11, 30))
    assert Lead.objects.count() == leads


def test_a_duty_that_was_cancelled_is_no_lead(class_a, class_teacher, principal, night):
    duty = make_duty(class_a)
    night(date(2026, 11, 17))
    duty.refresh_from_db()
    cancel_duty(duty)
    assert night(date(2026, 11, 25)) == 0


def test_a_duty_in_time_is_no_lead(class_a, class_teacher, principal, night):
    make_duty(class_a, due=SEVEN_LATE)
    assert night(SEVEN_LATE) == 0


def test_what_was_late_stays_with_whom_it_was_late(class_a, class_teacher, principal, night):
    make_duty(class_a)
    night(date(2026, 11, 11))
    class_teacher.posts.update(last_day=SEVEN_LATE)
    successor = make_holder(PostKind.CLASS_TEACHER, class_a, "新班主任", first_day=date(2026, 11, 19))
    night(date(2026, 11, 20))
    assert [lead.subject for lead in Lead.objects.all()] == [class_teacher]
    night(date(2026, 11, 30))
    assert {lead.subject for lead in Lead.objects.all()} == {class_teacher, successor}
    assert {lead.subject.name: lead.evidence["late_days"] for lead in Lead.objects.all()} == {
        "余老师": 7,
        "新班主任": 7,
    }


def test_two_who_were_late_a_few_days_each_are_no_lead(class_a, class_teacher, principal, night):
    make_duty(class_a)
    night(date(2026, 11, 13))
    class_teacher.posts.update(last_day=date(2026, 11, 13))
    make_holder(PostKind.CLASS_TEACHER, class_a, "新班主任", first_day=date(2026, 11, 16))
    assert night(date(2026, 11, 20)) == 0


# Who screens (P23).

CASES = [
    ("class_teacher", "principal"),
    ("grade_head", "principal"),
    ("head_of_teaching", "principal"),
    ("registrar", "principal"),
    ("deputy_principal", "principal"),
    ("principal", "bureau_head"),
    ("county_clerk", "bureau_head"),
    ("bureau_head", "prefecture_leader"),
    ("township_officer", "county_leader"),
    ("county_leader", "prefecture_leader"),
    ("prefecture_leader", "province_officer"),
]


@pytest.fixture
def seats(class_a, school_a, township, county):
    """One person on each seat from the class to the province."""
    prefecture = Unit.objects.get_parent(county)
    units = {
        "class_teacher": class_a,
        "grade_head": Unit.objects.get_parent(class_a),
        "township_officer": township,
        "central_head": township,
        "prefecture_officer": prefecture,
        "prefecture_leader": prefecture,
        "province_officer": Unit.objects.get_parent(prefecture),
    }
    units |= dict.fromkeys(("head_of_teaching", "registrar", "deputy_principal", "principal"), school_a)
    units |= dict.fromkeys(("county_clerk", "bureau_head", "county_leader"), county)
    return {kind: (make_holder(PostKind(kind), unit, kind), unit) for kind, unit in units.items()}


def lead_against(seats, kind, night):
    _, unit = seats[kind]
    make_duty(unit, post=PostKind(kind))
    night(date(2026, 11, 23))
    return Lead.objects.get()


@pytest.mark.parametrize(("subject", "screener"), CASES)
def test_who_screens_whom(seats, night, subject, screener):
    lead = lead_against(seats, subject, night)
    person, unit = seats[screener]
    assert (lead.subject, lead.screener_kind, lead.screener_path) == (seats[subject][0], screener, unit.path)
    assert [duty.about for duty in duties_of(person, on=clock.today()).filter(kind="screen_lead")] == [lead.pk]
    assert screen_lead(lead, "keep", reason="属实", by=person).state == "kept"


@pytest.mark.parametrize(
    ("subject", "vacant", "screener"),
    [
        ("class_teacher", ["principal"], "central_head"),
        ("class_teacher", ["principal", "central_head"], "county_clerk"),
        ("principal", ["bureau_head"], "prefecture_leader"),
        ("bureau_head", ["prefecture_leader"], "prefecture_officer"),
        ("bureau_head", ["prefecture_leader", "prefecture_officer"], "province_officer"),
        ("township_officer", ["county_leader"], "prefecture_leader"),
    ],
)
def test_an_empty_seat_passes_the_matter_up(seats, night, subject, vacant, screener):
    for kind in vacant:
        seats[kind][0].posts.all().delete()
    lead = lead_against(seats, subject, night)
    assert (lead.screener_kind, lead.screener_path) == (screener, seats[screener][1].path)


def test_a_subject_who_sits_on_the_screening_seat_does_not_screen(seats, night):
    """A small school: the principal is class teacher too."""
    principal, school = seats["principal"]
    seats["class_teacher"][0].posts.all().delete()
    make_post(principal, PostKind.CLASS_TEACHER, seats["class_teacher"][1])
    lead = lead_against(seats, "class_teacher", night)
    assert (lead.subject, lead.screener_kind) == (principal, "central_head")
    assert not Lead.objects.visible_to(again(principal), on=clock.today()).exists()


def test_a_lead_moves_on_when_its_seat_falls_empty(seats, night):
    lead = lead_against(seats, "class_teacher", night)
    seats["principal"][0].posts.all().delete()
    night(date(2026, 11, 24))
    lead.refresh_from_db()
    assert lead.screener_kind == "central_head"
    assert Duty.objects.get(kind="screen_lead").chair_path == seats["central_head"][1].path
    night(date(2026, 11, 25))
    assert lead.history.count() == 2


def test_a_lead_moves_on_when_its_subject_comes_to_sit_on_the_seat(seats, night):
    lead = lead_against(seats, "class_teacher", night)
    teacher, school = seats["class_teacher"][0], seats["principal"][1]
    seats["principal"][0].posts.all().delete()
    make_post(teacher, PostKind.PRINCIPAL, school, first_day=date(2026, 11, 24))
    night(date(2026, 11, 24))
    lead.refresh_from_db()
    assert lead.screener_kind == "central_head"


def test_a_lead_that_waits_in_vain_is_a_lead_against_who_lets_it_wait(seats, night):
    lead_against(seats, "class_teacher", night)
    due = Duty.objects.get(kind="screen_lead").due_at
    assert due == clock.end_of(date(2026, 11, 30))  # five school days
    night(date(2026, 12, 9))
    against = Lead.objects.exclude(subject=seats["class_teacher"][0]).get()
    assert (against.subject, against.ground, against.screener_kind) == (seats["principal"][0], "G2", "bureau_head")


# Screening.


@pytest.fixture
def lead(class_a, class_teacher, principal, night):
    make_duty(class_a)
    night(SEVEN_LATE)
    return Lead.objects.get()


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ("screening", "keep", "kept"),
        ("screening", "dismiss", "dismissed"),
        ("kept", "dismiss", "dismissed"),
        ("kept", "keep", None),
        ("dismissed", "keep", None),
        ("dismissed", "dismiss", None),
    ],
)
def test_each_verb_in_each_state(lead, principal, before, verb, after):
    Lead.objects.update(state=before, reason="" if before == "screening" else "先前的意见")
    if after is None:
        with pytest.raises(Refused) as refused:
            screen_lead(lead, verb, reason="再看", by=principal)
        assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
        after = before
    else:
        screen_lead(lead, verb, reason=" 已核实 ", by=principal)
    lead.refresh_from_db()
    assert lead.state == after


@pytest.mark.parametrize("verb", ["keep", "dismiss"])
def test_screening_says_who_when_and_why_and_does_its_duty(lead, principal, verb):
    screened = screen_lead(lead, verb, reason=" 当时在外培训 ", by=principal)
    assert (screened.screened_by, screened.reason) == (principal, "当时在外培训")
    duty = Duty.objects.get(kind="screen_lead")
    assert (duty.state, duty.done_by) == ("done", principal)


@pytest.mark.parametrize(
    ("verb", "reason", "code"), [("dismiss", " ", "reason_needed"), ("forget", "x", "unknown_verb")]
)
def test_a_lead_is_not_dismissed_without_a_reason(lead, principal, verb, reason, code):
    with pytest.raises(Malformed) as refused:
        screen_lead(lead, verb, reason=reason, by=principal)
    assert refused.value.code == code
    lead.refresh_from_db()
    assert lead.state == LeadState.SCREENING


def test_only_who_sits_on_the_seat_screens(lead, class_teacher, head_of_teaching, deputy_principal, bureau_head):
    for person in (class_teacher, head_of_teaching, deputy_principal, bureau_head):
        with pytest.raises(NotYours):
            screen_lead(lead, "dismiss", reason="算了", by=person)


def test_nobody_screens_a_matter_against_themselves(lead, class_teacher, school_a):
    make_post(class_teacher, PostKind.PRINCIPAL, school_a)
    subject = again(class_teacher)
    with pytest.raises(NotYours):
        screen_lead(lead, "dismiss", reason="是我", by=subject)
    assert not Lead.objects.visible_to(subject, on=clock.today()).exists()


# On the page.


def test_the_screener_sees_the_lead_and_decides(as_, lead, principal):
    page = as_(principal).get("/leads/").content.decode()
    assert f"/leads/{lead.pk}/" in page
    assert "余老师" in as_(principal).get(f"/leads/{lead.pk}/").content.decode()
    answer = as_(principal).post(f"/leads/{lead.pk}/", {"verb": "dismiss", "reason": "当时在外培训"})
    assert answer.status_code == 302
    lead.refresh_from_db()
    assert (lead.state, lead.reason) == ("dismissed", "当时在外培训")


@pytest.mark.parametrize(("data", "status"), [({"verb": "dismiss", "reason": ""}, 400), ({"reason": "x"}, 400)])
def test_the_page_says_what_is_missing(as_, lead, principal, data, status):
    assert as_(principal).post(f"/leads/{lead.pk}/", data).status_code == status


def test_the_page_refuses_what_is_over(as_, lead, principal):
    screen_lead(lead, "dismiss", reason="不属实", by=principal)
    assert as_(principal).post(f"/leads/{lead.pk}/", {"verb": "keep", "reason": "再看"}).status_code == 409


@pytest.mark.parametrize(
    "person", ["class_teacher", "head_of_teaching", "deputy_principal", "stranger", "county_clerk", "other_clerk"]
)
def test_to_everybody_else_the_lead_does_not_exist(as_, request, lead, person):
    client = as_(request.getfixturevalue(person))
    assert client.get(f"/leads/{lead.pk}/").status_code == 404
    assert client.post(f"/leads/{lead.pk}/", {"verb": "dismiss", "reason": "x"}).status_code == 404
    assert f"/leads/{lead.pk}/" not in client.get("/leads/").content.decode()


@pytest.mark.parametrize("person", ["class_teacher", "head_of_teaching", "registrar", "county_clerk", "stranger"])
def test_the_duty_to_screen_gives_the_lead_away_to_nobody(as_, request, lead, principal, person):
    duty = Duty.objects.get(kind="screen_lead")
    Duty.objects.filter(pk=duty.pk).update(due_at=clock.end_of(MONDAY))
    client = as_(request.getfixturevalue(person))
    assert client.get(f"/duties/{duty.pk}/").status_code == 404
    assert "初核线索" not in client.get("/duties/?view=overdue").content.decode()
    assert duty.pk not in [row["id"] for row in client.get("/api/v1/duties/").json()["results"]]
    screener = as_(principal)
    assert duty.pk in [row["id"] for row in screener.get("/api/v1/duties/?mine=1").json()["results"]]
    assert screener.get(f"/duties/{duty.pk}/").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_as_much_for_three_leads_as_for_one(
    as_, class_a, class_teacher, principal, night, number, django_assert_max_num_queries
):
    for n in range(number):
        make_duty(class_a, key=f"late:{n}")
    night(SEVEN_LATE)
    client = as_(principal)
    client.get("/leads/")
    with django_assert_max_num_queries(12):
        client.get("/leads/")
