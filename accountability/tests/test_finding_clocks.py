"""The clocks of a matter over weekends and holidays (procedures §8), reviews and appeals, and what ends by itself."""

from datetime import date

import pytest

from accountability.actions.findings import correcting, deciding, hearing, nightly, reviewing
from accountability.rules.clocks import end_of_term
from accountability.rules.forms import months_after, next_heavier
from accountability.tests.matters import decide, hear, serve
from casework.actions.duties import chase_duties
from casework.models import Duty, Lapse, Reminder
from casework.queries.inbox import duties_of
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import NotYours, Refused
from organisation.models import StatutoryDay
from organisation.queries.edition import forget_rule_books
from organisation.rules.calendar import SchoolCalendar
from organisation.tests.factories import make_holder


@pytest.mark.parametrize(
    ("on", "months", "after"),
    [
        ("2026-11-23", 6, "2027-05-23"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2026-11-30", 24, "2028-11-30"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
    ],
)
def test_months_later(on, months, after):
    assert str(months_after(date.fromisoformat(on), months)) == after


HOLIDAYS = {date(2027, 2, day): False for day in range(6, 13)} | {date(2027, 2, 14): True}


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-11-23", 30, "2026-12-23"),
        ("2026-11-26", 30, "2026-12-28"),  # a Saturday: the Monday after
        ("2027-01-08", 30, "2027-02-14"),  # within the Spring Festival; the Sunday after it is worked
        ("2027-01-15", 30, "2027-02-14"),
    ],
)
def test_a_term_of_calendar_days_that_ends_on_a_holiday(start, days, last):
    calendar = SchoolCalendar(HOLIDAYS)
    assert str(end_of_term(calendar, date.fromisoformat(start), days)) == last


@pytest.mark.parametrize(
    ("form", "post", "heavier"),
    [
        (("criticism", ""), "principal", ("warning", "")),
        (("circular", ""), "class_teacher", ("sanction", "warning")),
        (("sanction", "demerit"), "class_teacher", ("sanction", "lowered_post")),
        (("sanction", "demerit"), "principal", ("sanction", "major_demerit")),
        (("criticism", ""), "", ("circular", "")),
        (("circular", ""), "", ("circular", "")),
    ],
)
def test_the_next_heavier_form(form, post, heavier):
    assert next_heavier(*form, post) == heavier


# The defence.


def test_the_defence_has_its_working_days_over_a_holiday(at_state, settings):
    settings.KONGCHUO_TODAY = "2026-12-31"
    for day in (1, 2, 3):
        StatutoryDay.objects.update_or_create(date=date(2027, 1, day), defaults={"is_workday": False, "name": "元旦"})
    StatutoryDay.objects.update_or_create(date=date(2027, 1, 9), defaults={"is_workday": True, "name": "补班"})
    forget_rule_books()
    finding = at_state("notified")
    assert str(finding.steps.get(kind="notified").due_on) == "2027-01-08"


def test_the_defence_lapses_only_after_its_day(at_state, team, settings):
    finding = at_state("notified")
    due_on = finding.steps.get(kind="notified").due_on
    assert str(due_on) == "2026-11-30"
    settings.KONGCHUO_TODAY = str(due_on)
    with pytest.raises(Refused) as refused:
        hearing.hear_defence(finding, how="lapsed", by=team[0])
    assert refused.value.code == "not_yet"
    settings.KONGCHUO_TODAY = "2026-12-01"
    assert hearing.hear_defence(finding, how="lapsed", by=team[0]).state == "heard"


def test_a_statement_is_answered_and_does_not_lapse(at_state, team, principal, settings):
    finding = at_state("notified")
    hearing.state_defence(finding, text="当时在外培训", by=principal)
    settings.KONGCHUO_TODAY = "2026-12-08"
    with pytest.raises(Refused) as refused:
        hearing.hear_defence(finding, how="lapsed", by=team[0])
    assert refused.value.code == "has_statement"
    with pytest.raises(Refused):
        hearing.waive_defence(finding, by=principal)
    with pytest.raises(Refused) as refused:
        hearing.hear_defence(finding, outcome="rejected", by=team[0])
    assert refused.value.fields == {"answer": ["必填"]}
    assert hearing.hear_defence(finding, answer="不予采纳", outcome="rejected", by=team[0]).state == "heard"


def test_only_the_subject_waives_and_else_a_paper_is_needed(at_state, team, principal, bureau_head):
    finding = at_state("notified")
    for by in (team[0], bureau_head):
        with pytest.raises(NotYours):
            hearing.waive_defence(finding, by=by)
    with pytest.raises(Refused):
        hearing.hear_defence(finding, how="waived", by=team[0])
    assert hearing.waive_defence(finding, by=principal).state == "heard"


# Duties.


def test_the_inbox_follows_the_matter(bureau_head, team, principal, prefecture_leader, at_state):
    finding = at_state("notified")
    kinds = lambda person: sorted(duty.kind for duty in duties_of(person, on=clock.today()))  # noqa: E731
    assert (kinds(bureau_head), kinds(team[0]), kinds(principal)) == ([], ["finding_hear"], ["finding_defend"])
    hear(finding, team)
    assert (kinds(bureau_head), kinds(team[0]), kinds(principal)) == (["finding_decide"], [], [])
    decide(finding, bureau_head)
    assert kinds(bureau_head) == ["finding_serve"]
    serve(finding, team)
    assert kinds(bureau_head) == []
    correcting.order_correction(finding, days=5, what="补做家访", check="查登记簿", by=bureau_head)
    assert (kinds(bureau_head), kinds(principal)) == (["finding_check"], ["finding_correct"])
    reviewing.ask_review(finding, text="过重", by=principal)
    assert kinds(bureau_head) == ["finding_answer", "finding_check"]
    reviewing.answer_review(finding, outcome="revoked", text="事实不清", by=bureau_head)
    assert (kinds(bureau_head), kinds(principal)) == ([], [])


def test_a_duty_owed_in_person_is_seen_by_nobody_else_on_the_same_post(at_state, county):
    at_state("notified")
    other = make_holder(PostKind.INSPECTOR, county, "另一位督学")
    assert not duties_of(other, on=clock.today()).exists()
    assert not Duty.objects.visible_to(other, on=clock.today()).filter(kind__startswith="finding_").exists()


def test_who_owes_in_person_is_reminded_and_nobody_above(at_state, team, principal, settings):
    at_state("notified")
    settings.KONGCHUO_TODAY = "2026-12-07"
    chase_duties()
    assert {reminder.person for reminder in Reminder.objects.filter(duty__kind="finding_defend")} == {principal}
    assert not Lapse.objects.filter(duty__kind="finding_defend").exists()


# Reviews.


@pytest.mark.parametrize(("day", "late"), [("2026-12-23", False), ("2026-12-24", True)])
def test_a_review_is_asked_for_within_thirty_days(at_state, principal, settings, day, late):
    finding = at_state("served")
    settings.KONGCHUO_TODAY = day
    if late:
        with pytest.raises(Refused) as refused:
            reviewing.ask_review(finding, text="过重", by=principal)
        assert refused.value.code == "too_late"
    else:
        assert reviewing.ask_review(finding, text="过重", by=principal).state == "served"  # not suspended


@pytest.mark.parametrize(("day", "late"), [("2027-01-04", False), ("2027-01-05", True)])
def test_an_appeal_follows_within_thirty_days_of_the_answer(at_state, principal, bureau_head, settings, day, late):
    finding = at_state("served")
    reviewing.ask_review(finding, text="过重", by=principal)
    settings.KONGCHUO_TODAY = "2026-12-04"  # thirty days on is a Sunday
    reviewing.answer_review(finding, outcome="upheld", text="事实清楚", by=bureau_head)
    settings.KONGCHUO_TODAY = day
    if late:
        with pytest.raises(Refused) as refused:
            reviewing.ask_review(finding, text="仍不服", by=principal)
        assert refused.value.code == "too_late"
    else:
        found = reviewing.ask_review(finding, text="仍不服", by=principal)
        assert (found.state, found.appeal_kind) == ("served", "prefecture_leader")


def test_an_appeal_may_revoke_and_then_nothing_is_left(at_state, principal, bureau_head, prefecture_leader):
    finding = at_state("served")
    with pytest.raises(Refused) as refused:
        reviewing.answer_review(finding, outcome="revoked", text="x", by=bureau_head)
    assert refused.value.code == "no_review"
    reviewing.ask_review(finding, text="过重", by=principal)
    with pytest.raises(Refused) as refused:
        reviewing.ask_review(finding, text="再次", by=principal)
    assert refused.value.code == "pending"
    reviewing.answer_review(finding, outcome="upheld", text="清楚", by=bureau_head)
    reviewing.ask_review(finding, text="不服", by=principal)
    found = reviewing.answer_review(finding, outcome="revoked", text="事实不清", by=prefecture_leader)
    assert found.state == "revoked"
    assert [step.kind for step in finding.steps.all()][-4:] == ["review", "review_answer", "appeal", "appeal_answer"]
    assert not Duty.objects.open().filter(kind__startswith="finding_").exists()


def test_after_the_appeal_there_is_no_third(at_state, principal, bureau_head, prefecture_leader):
    finding = at_state("served")
    for who in (bureau_head, prefecture_leader):
        reviewing.ask_review(finding, text="过重", by=principal)
        reviewing.answer_review(finding, outcome="upheld", text="清楚", by=who)
    with pytest.raises(Refused) as refused:
        reviewing.ask_review(finding, text="第三次", by=principal)
    assert refused.value.code == "used_up"


# The end.


def test_it_ends_by_itself_on_its_day(at_state, settings):
    finding = at_state("served")
    settings.KONGCHUO_TODAY = "2027-05-22"
    assert nightly.follow_findings()["expired"] == 0
    settings.KONGCHUO_TODAY = "2027-05-23"
    assert nightly.follow_findings()["expired"] == 1
    assert nightly.follow_findings()["expired"] == 0
    finding.refresh_from_db()
    assert (finding.state, finding.form) == ("expired", "admonition")


def test_a_review_that_is_answered_after_the_end_still_revokes(at_state, principal, bureau_head, settings):
    finding = at_state("served")
    reviewing.ask_review(finding, text="过重", by=principal)
    settings.KONGCHUO_TODAY = "2027-06-01"
    nightly.follow_findings()
    assert reviewing.answer_review(finding, outcome="revoked", text="事实不清", by=bureau_head).state == "revoked"


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-24"])
def test_it_is_not_served_before_it_was_decided_or_tomorrow(at_state, team, day):
    finding = at_state("decided")
    with pytest.raises(Refused) as refused:
        serve(finding, team, on=date.fromisoformat(day))
    assert refused.value.code == "bad_time"


def test_the_subject_signs_in_person(at_state, principal):
    finding = deciding.receipt_by_subject(at_state("decided"), by=principal)
    assert (finding.state, finding.steps.last().details["received_by"]) == ("served", "张校长")
