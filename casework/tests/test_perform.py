"""Performing a step (F10) and what the law forbids (F14): every state, every measure of the list, page and API alike."""

from datetime import date, timedelta

import pytest

from casework.actions.follow import follow_facts
from casework.actions.ladder import follow_ladder
from casework.actions.perform import perform_escalation
from casework.enums import FORBIDDEN, HEAVY, Discipline, EscalationState
from casework.models import Duty, Escalation, TalkRecord
from casework.tests.factories import MONDAY, make_record
from organisation.enums import Stage
from organisation.errors import ForbiddenByLaw, Malformed, NotYours, Refused
from organisation.models import SchoolDay
from organisation.queries.edition import forget_rule_books
from organisation.tests.factories import make_class
from students.actions.register import change_register
from students.actions.rolls import submit_roll
from students.models import LeaveSlip, Mark
from students.tests.factories import make_pupil, make_roll

THURSDAY = MONDAY + timedelta(days=3)
LIGHT = [one for one in Discipline if one not in HEAVY]
LAW = "义务教育法》第二十七条"


@pytest.fixture
def pupil(class_a):
    return make_pupil(class_a, "马小龙")


@pytest.fixture
def climb(class_teacher):
    """Truant days in a row from Monday on; returns the last step."""

    def days(pupil, number):
        for n in range(number):
            make_roll(pupil.school_class, MONDAY + timedelta(days=n), by=class_teacher, marks={pupil: "truant"})
        follow_ladder([pupil.pk])
        return Escalation.objects.filter(pupil=pupil).order_by("day").last()

    return days


@pytest.fixture
def fourth(climb, pupil):
    """The step that asks for a discipline, of Thursday 12 November."""
    return climb(pupil, 4)


def all_records(escalation, **of_discipline):
    return [
        make_record(measure.kind, day=escalation.day, **(of_discipline if measure.kind == "discipline" else {}))
        for measure in escalation.measures.all()
    ]


def test_a_step_is_performed_when_every_measure_has_its_record(climb, pupil, class_teacher):
    step = climb(pupil, 1)
    first = perform_escalation(step, [make_record("verbal_warning")], by=class_teacher)
    assert (first.state, first.duty.state) == ("open", "open")
    both = perform_escalation(step, [make_record("guardians_told", statement="会督促")], by=class_teacher)
    assert (both.state, both.performed_by) == ("performed", class_teacher)
    duty = Duty.objects.get(escalation=step)
    assert (duty.state, duty.done_by) == ("done", class_teacher)
    assert list(TalkRecord.objects.values_list("kind", "statement")) == [
        ("verbal_warning", ""),
        ("guardians_told", "会督促"),
    ]


@pytest.mark.parametrize("state", [state for state in EscalationState if state != EscalationState.OPEN])
def test_only_an_open_step_is_performed(climb, pupil, class_teacher, state):
    step = climb(pupil, 1)
    Escalation.objects.update(state=state, performed_at="2026-11-10T08:00+08:00")
    with pytest.raises(Refused) as refused:
        perform_escalation(step, all_records(step), by=class_teacher)
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    assert not TalkRecord.objects.exists()


def test_a_step_belongs_to_its_post(climb, pupil, class_teacher, grade_head, principal, deputy_principal):
    third = climb(pupil, 3)
    for person in (class_teacher, principal):
        with pytest.raises(NotYours):
            perform_escalation(third, all_records(third), by=person)
    assert perform_escalation(third, all_records(third), by=grade_head).state == "performed"


def test_the_deputy_performs_the_principals_step(fourth, principal, deputy_principal):
    done = perform_escalation(fourth, all_records(fourth, discipline="admonition"), by=deputy_principal)
    assert (done.state, done.performed_by) == ("performed", deputy_principal)


def test_the_step_of_a_vacant_post_is_performed_by_who_stands_in(climb, pupil, class_teacher, head_of_teaching):
    third = climb(pupil, 3)
    assert perform_escalation(third, all_records(third), by=head_of_teaching).state == "performed"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"measure": "home_visit"}, "not_a_measure"),
        ({"measure": "shouting"}, "not_a_measure"),
        ({"place": " "}, "missing"),
        ({"by": ""}, "missing"),
        ({"text": ""}, "missing"),
        ({"at": make_record("x", day=MONDAY - timedelta(days=1))["at"]}, "bad_time"),
        ({"at": make_record("x", day=date(2099, 1, 5))["at"]}, "bad_time"),
    ],
)
def test_what_a_record_must_say(climb, pupil, class_teacher, changed, code):
    step = climb(pupil, 1)
    with pytest.raises(Malformed) as refused:
        perform_escalation(step, [make_record("guardians_told") | changed], by=class_teacher)
    assert refused.value.code == code
    assert not TalkRecord.objects.exists()


def test_nothing_written_performs_nothing(climb, pupil, class_teacher):
    with pytest.raises(Malformed):
        perform_escalation(climb(pupil, 1), [], by=class_teacher)


def test_one_bad_record_and_none_is_kept(climb, pupil, class_teacher):
    step = climb(pupil, 1)
    with pytest.raises(Malformed):
        perform_escalation(
            step, [make_record("verbal_warning"), make_record("guardians_told", text="")], by=class_teacher
        )
    assert not TalkRecord.objects.exists()


# One record and several steps.


def test_one_visit_serves_every_open_step_that_asks_for_it(climb, pupil, class_teacher, principal):
    fifth = climb(pupil, 5)
    fourth = Escalation.objects.get(day=THURSDAY)
    talk = [make_record("home_visit", day=fifth.day), make_record("one_to_one_talk", day=fifth.day)]
    perform_escalation(fifth, talk, by=principal)
    open_measures = {step.day: [m.kind for m in step.measures.filter(record=None)] for step in (fourth, fifth)}
    assert open_measures == {fourth.day: ["discipline"], fifth.day: ["discipline"]}
    assert TalkRecord.objects.filter(kind="home_visit").count() == 1


def test_a_decision_is_for_one_step(climb, pupil, principal):
    fifth = climb(pupil, 5)
    perform_escalation(fifth, all_records(fifth, discipline="admonition"), by=principal)
    assert set(Escalation.objects.filter(level=4).values_list("day", "state")) == {
        (THURSDAY, "open"),
        (fifth.day, "performed"),
    }


def test_a_talk_serves_no_step_of_a_later_day(climb, pupil, class_teacher):
    second = climb(pupil, 2)
    first = Escalation.objects.get(day=MONDAY)
    perform_escalation(first, [make_record("guardians_told", day=MONDAY)], by=class_teacher)
    assert second.measures.filter(record=None).count() == 3


def test_one_record_that_completes_two_steps_closes_both_duties(climb, pupil, class_teacher):
    second = climb(pupil, 2)
    first = Escalation.objects.get(day=MONDAY)
    perform_escalation(first, [make_record("verbal_warning", day=second.day)], by=class_teacher)
    perform_escalation(second, all_records(second), by=class_teacher)
    assert set(Escalation.objects.values_list("state", "duty__state")) == {("performed", "done")}


# The list of disciplines.


@pytest.mark.parametrize("discipline", list(Discipline))
def test_in_junior_school_each_discipline_of_the_list_is_lawful(fourth, principal, discipline):
    done = perform_escalation(fourth, all_records(fourth, discipline=discipline), by=principal)
    assert done.state == "performed"
    assert TalkRecord.objects.get(kind="discipline").discipline == discipline


@pytest.mark.parametrize("discipline", ["", "flogging", "停学"])
def test_a_decision_names_a_discipline_of_the_list(fourth, principal, discipline):
    with pytest.raises(Malformed) as refused:
        perform_escalation(fourth, all_records(fourth, discipline=discipline), by=principal)
    assert refused.value.code == "unknown_discipline"


@pytest.fixture
def in_grade(school_a, climb):
    """The fourth step of a pupil in a grade of primary school."""

    def step(grade):
        school_class = make_class(school_a, stage=Stage.PRIMARY, entered=2026 - grade + 1)
        return climb(make_pupil(school_class), 4)

    return step


@pytest.mark.parametrize("discipline", HEAVY)
def test_heavy_disciplines_are_for_senior_grades_only(in_grade, principal, discipline):
    junior = in_grade(3)
    with pytest.raises(ForbiddenByLaw) as refused:
        perform_escalation(junior, all_records(junior, discipline=discipline), by=principal)
    assert (refused.value.code, refused.value.status) == ("forbidden_by_law", 409)
    assert "惩戒规则(试行)》第十条" in refused.value.article


def test_in_a_senior_grade_of_primary_school_a_warning_is_lawful(in_grade, principal):
    senior = in_grade(6)
    assert perform_escalation(senior, all_records(senior, discipline="warning"), by=principal).state == "performed"


@pytest.mark.parametrize("discipline", LIGHT)
def test_light_disciplines_are_for_every_grade(in_grade, principal, discipline):
    junior = in_grade(1)
    assert perform_escalation(junior, all_records(junior, discipline=discipline), by=principal).state == "performed"


def decision(discipline="warning", hour=16, day=THURSDAY):
    return make_record("discipline", day=day, hour=hour, discipline=discipline)


@pytest.mark.parametrize("discipline", HEAVY)
def test_before_a_heavy_discipline_the_guardians_are_told(fourth, principal, discipline):
    with pytest.raises(Refused) as refused:
        perform_escalation(fourth, [decision(discipline)], by=principal)
    assert (refused.value.code, refused.value.status) == ("guardians_first", 409)
    assert not LeaveSlip.objects.exists()


@pytest.mark.parametrize(
    ("hour", "day", "enough"),
    [(15, THURSDAY, True), (16, THURSDAY, True), (17, THURSDAY, False), (9, THURSDAY + timedelta(days=1), False)],
)
def test_a_visit_in_the_same_submission_tells_them_if_it_came_first(fourth, principal, hour, day, enough):
    records = [decision(), make_record("home_visit", day=day, hour=hour)]
    if enough:
        perform_escalation(fourth, records, by=principal)
        assert TalkRecord.objects.count() == 2
        return
    with pytest.raises(Refused):
        perform_escalation(fourth, records, by=principal)


def test_a_visit_written_down_before_tells_them(fourth, principal):
    perform_escalation(fourth, [make_record("home_visit", day=THURSDAY, hour=15)], by=principal)
    perform_escalation(fourth, [decision()], by=principal)
    assert TalkRecord.objects.filter(discipline="warning").exists()


def test_what_they_were_told_of_an_earlier_day_is_not_this_matter(fourth, class_teacher, principal):
    first = Escalation.objects.get(day=MONDAY)
    perform_escalation(first, [make_record("guardians_told", day=MONDAY)], by=class_teacher)
    with pytest.raises(Refused) as refused:
        perform_escalation(fourth, [decision()], by=principal)
    assert refused.value.code == "guardians_first"


def test_a_light_discipline_needs_no_telling_first(fourth, principal):
    perform_escalation(fourth, [decision("admonition")], by=principal)
    assert TalkRecord.objects.get().discipline == "admonition"


# 停课停学.


def test_a_suspension_lasts_at_most_a_week_and_is_excused_on_the_roll(fourth, pupil, class_a, class_teacher, principal):
    perform_escalation(fourth, all_records(fourth, discipline="suspension_week"), by=principal)
    slip = LeaveSlip.objects.get(kind="suspension")
    assert (slip.first_day, slip.last_day) == (date(2026, 11, 13), date(2026, 11, 19))
    make_roll(class_a, date(2026, 11, 16), by=class_teacher, marks={pupil: "truant"})
    follow_ladder([pupil.pk])
    assert Escalation.objects.count() == 4
    make_pupil(class_a)
    saved = submit_roll(class_a, date(2026, 11, 23), "am", version=0, marks=[], by=class_teacher)
    assert saved.roll.expected == 2  # the suspension is over


def test_holidays_do_not_make_it_two_weeks(fourth, school_a, principal):
    for n in (16, 17, 18):
        SchoolDay.objects.create(unit=school_a, date=date(2026, 11, n), is_open=False)
    forget_rule_books()
    perform_escalation(fourth, all_records(fourth, discipline="suspension_week"), by=principal)
    slip = LeaveSlip.objects.get(kind="suspension")
    assert (slip.first_day, slip.last_day) == (date(2026, 11, 13), date(2026, 11, 19))


def test_another_decision_in_its_place_lifts_the_suspension(fourth, principal):
    records = [make_record("home_visit", day=THURSDAY), decision("suspension_week")]
    perform_escalation(fourth, records, by=principal)
    perform_escalation(fourth, [decision("admonition")], by=principal)
    assert LeaveSlip.objects.get(kind="suspension").state == "withdrawn"
    fourth.refresh_from_db()
    assert fourth.suspension is None


def test_an_overturned_step_lifts_its_suspension_and_tells_the_guardians(fourth, pupil, principal):
    perform_escalation(fourth, all_records(fourth, discipline="suspension_week"), by=principal)
    Mark.objects.filter(pupil=pupil, date=THURSDAY).delete()
    follow_ladder([pupil.pk])
    fourth.refresh_from_db()
    assert (fourth.state, fourth.suspension.state) == ("overturned", "withdrawn")
    assert TalkRecord.objects.filter(kind="discipline").exists()
    duty = Duty.objects.get(kind="tell_guardians")
    assert (duty.pupil, duty.post_kind, duty.state) == (pupil, "class_teacher", "open")


def test_a_dropped_out_pupils_ladder_is_a_record_and_asks_nothing(class_a, class_teacher, pupil, registrar):
    make_roll(class_a, MONDAY, by=class_teacher, marks={pupil: "truant"})
    change_register(pupil, "drop_out", date=MONDAY, reason="外出务工", by=registrar)
    follow_facts()
    follow_ladder([pupil.pk])
    assert list(Escalation.objects.values_list("record_only", "duty")) == [(True, None)]


# What the law forbids (F14).


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_what_the_law_forbids_is_refused_with_its_article(fourth, principal, forbidden):
    with pytest.raises(ForbiddenByLaw) as refused:
        perform_escalation(fourth, [make_record(forbidden, day=THURSDAY)], by=principal)
    assert (refused.value.code, refused.value.status) == ("forbidden_by_law", 409)
    assert ("惩戒规则" if forbidden == "fine" else LAW) in refused.value.article
    assert not TalkRecord.objects.exists()


@pytest.mark.parametrize("forbidden", FORBIDDEN)
@pytest.mark.parametrize("as_measure", [True, False])
def test_over_the_api_too(as_, fourth, principal, forbidden, as_measure):
    said = {"at": "2026-11-12T16:00:00+08:00", "place": "办公室", "by": "校长", "text": "决定", "statement": ""}
    entry = {"measure": forbidden} if as_measure else {"measure": "discipline", "discipline": forbidden}
    answer = as_(principal).post(
        f"/api/v1/escalations/{fourth.pk}/perform/", {"records": [said | entry]}, "application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "forbidden_by_law")
    assert answer.json()["article"]
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_on_the_page_too(as_, fourth, principal, forbidden):
    data = {
        "discipline-at": "2026-11-12T16:00",
        "discipline-place": "办公室",
        "discipline-by": "校长",
        "discipline-text": "决定",
        "discipline-discipline": forbidden,
    }
    answer = as_(principal).post(f"/escalations/{fourth.pk}/", data)
    assert answer.status_code == 409
    assert FORBIDDEN[forbidden].article in answer.content.decode()
    assert not TalkRecord.objects.exists()


def test_on_the_page_a_step_is_performed(as_, climb, pupil, class_teacher):
    step = climb(pupil, 1)
    data = {
        f"{kind}-{name}": value
        for kind in ("verbal_warning", "guardians_told")
        for name, value in {"at": "2026-11-09T16:00", "place": "办公室", "by": "余老师", "text": "已办"}.items()
    }
    assert as_(class_teacher).post(f"/escalations/{step.pk}/", data).status_code == 302
    step.refresh_from_db()
    assert step.state == "performed"


@pytest.mark.parametrize(
    ("person", "body", "status", "code"),
    [
        ("stranger", {"records": []}, 404, "not_found"),
        ("subject_teacher", {"records": []}, 404, "not_found"),
        ("class_teacher", {"records": []}, 403, "permission_denied"),
        ("principal", {"records": []}, 400, "missing"),
        ("principal", {"records": [{"measure": "home_visit"}]}, 400, "invalid"),
        ("principal", {}, 400, "invalid"),
    ],
)
def test_what_performing_over_the_api_refuses(as_, request, fourth, principal, person, body, status, code):
    answer = as_(request.getfixturevalue(person)).post(
        f"/api/v1/escalations/{fourth.pk}/perform/", body, "application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_api_says_of_a_step_what_interfaces_promise(as_, climb, pupil, class_teacher):
    step = climb(pupil, 1)
    (found,) = as_(class_teacher).get(f"/api/v1/escalations/?student={pupil.number}&state=open").json()["results"]
    assert found == {
        "id": step.pk,
        "student": pupil.number,
        "date": "2026-11-09",
        "count": 1,
        "level": 1,
        "state": "open",
        "due_at": "2026-11-10T23:59:00+08:00",
        "duty": step.duty_id,
        "measures": [{"kind": "verbal_warning", "done": False}, {"kind": "guardians_told", "done": False}],
    }
