"""The clocks of a dropout case (procedures §6, P11): which duties its facts want, for whom, until when. Pure.

A child's first call, first visit and weekly visits count calendar days, holidays too; a school's paper counts school
days; townships and bureaus count working days.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from casework.enums import OUT_OF_SCHOOL, CaseState, StepKind
from organisation.enums import PostKind
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.regulation import CaseRules

ONE_DAY = timedelta(days=1)
STEPS = tuple(StepKind)


@dataclass(frozen=True)
class CaseFacts:
    """What has happened in the present episode of a case, in days."""

    state: CaseState
    suspected_on: date
    contacts: tuple[date, ...] = ()
    home_visits: tuple[date, ...] = ()
    confirmed_on: date | None = None
    persuading_on: date | None = None
    reported_on: date | None = None
    forwarded_on: date | None = None
    noticed_on: date | None = None
    notice_until: date | None = None
    steps: tuple[tuple[str, date, date | None], ...] = ()  # kind, made on, term runs out on
    follow_ups: tuple[tuple[int, date], ...] = ()  # not made yet: which day, due on
    attended: int = 0
    counted_on: date | None = None
    asked: str = ""  # an approval that waits: close or clear
    asked_on: date | None = None
    asked_of: str = ""
    away_again: date | None = None  # when a returned child was seen away for as long as makes a suspicion


@dataclass(frozen=True)
class Wanted:
    """A duty that the facts want: `part` makes its key unique within the episode."""

    kind: str
    post: str
    due_on: date
    part: str = ""


def first_visit_due(suspected_on: date, rules: CaseRules) -> date:
    return suspected_on + rules.first_visit_days * ONE_DAY


def may_report_from(facts: CaseFacts, rules: CaseRules) -> date | None:
    """From when the week of persuasion is over: it counts from the day the first visit was due (P11)."""
    if facts.persuading_on is None:
        return None
    began = min(facts.persuading_on, first_visit_due(facts.suspected_on, rules))
    return began + rules.persuasion_calendar_days * ONE_DAY


def next_visit_due(facts: CaseFacts, rules: CaseRules) -> date:
    """One visit in the first days of persuasion, then at least weekly."""
    since = [day for day in facts.contacts if day >= facts.persuading_on]
    if since:
        return max(since) + rules.visit_every_days * ONE_DAY
    return facts.persuading_on + rules.persuasion_first_visit_days * ONE_DAY


def next_step(facts: CaseFacts) -> StepKind | None:
    """The legal step that comes next, in their order; None after the last."""
    taken = {kind for kind, *_ in facts.steps}
    return next((kind for kind in STEPS if kind not in taken), None)


def wanted_duties(facts: CaseFacts, *, rules: CaseRules, calendar: SchoolCalendar) -> list[Wanted]:
    """Every duty that a case has open in its present state; what is not among them is done or no longer owed."""
    wanted = _STATES.get(facts.state, _nothing)(facts, rules, calendar)
    if facts.state in OUT_OF_SCHOOL and facts.persuading_on:
        due = next_visit_due(facts, rules)
        wanted.append(Wanted("case_visits", PostKind.CLASS_TEACHER, due, due.isoformat()))
    wanted += [Wanted("case_follow_up", PostKind.CLASS_TEACHER, due, str(day)) for day, due in facts.follow_ups]
    if facts.away_again:
        wanted.append(Wanted("case_reopen", PostKind.PRINCIPAL, facts.away_again))
    if facts.asked:
        due = calendar.add_working_days(facts.asked_on, rules.decide_days)
        wanted.append(Wanted(f"case_decide_{facts.asked}", facts.asked_of, due))
    return wanted


def _nothing(facts, rules, calendar):
    return []


def _suspected(facts, rules, calendar):
    wanted = []
    if not facts.contacts:
        wanted.append(Wanted("case_call", PostKind.CLASS_TEACHER, facts.suspected_on))
    if not facts.home_visits:
        wanted.append(Wanted("case_first_visit", PostKind.CLASS_TEACHER, first_visit_due(facts.suspected_on, rules)))
    if facts.asked != "clear":
        due = calendar.add_school_days(facts.suspected_on, rules.settle_suspicion_school_days)
        wanted.append(Wanted("case_settle", PostKind.PRINCIPAL, due))
    return wanted


def _confirmed(facts, rules, calendar):
    return [Wanted("case_persuade", PostKind.DROPOUT_OFFICER, facts.confirmed_on)]


def _persuading(facts, rules, calendar):
    return [Wanted("case_report", PostKind.CLASS_TEACHER, may_report_from(facts, rules))]


def _reported(facts, rules, calendar):
    if facts.forwarded_on is None:
        due = calendar.add_school_days(facts.reported_on, rules.report_days)
        return [Wanted("case_forward", PostKind.PRINCIPAL, due), _notice(facts.reported_on, rules, calendar)]
    return [_notice(facts.forwarded_on, rules, calendar)]


def _notice(since, rules, calendar):
    return Wanted("case_notice", PostKind.TOWNSHIP_OFFICER, calendar.add_working_days(since, rules.notice_days))


def _noticed(facts, rules, calendar):
    due = calendar.add_working_days(facts.notice_until, rules.enforce_days)
    return [Wanted("case_enforce", PostKind.TOWNSHIP_OFFICER, due)]


def _enforcing(facts, rules, calendar):
    step = next_step(facts)
    if step is None:
        return []
    *_, until = facts.steps[-1]
    due = calendar.add_working_days(until or facts.steps[-1][1], rules.enforce_days)
    return [Wanted("case_step", PostKind.TOWNSHIP_OFFICER, due, str(step))]


def _returned(facts, rules, calendar):
    if facts.attended < rules.attended_days_to_close or facts.asked:
        return []
    due = calendar.add_school_days(facts.counted_on, rules.ask_close_days)
    return [Wanted("case_ask_close", PostKind.DROPOUT_OFFICER, due)]


_STATES = {
    CaseState.SUSPECTED: _suspected,
    CaseState.CONFIRMED: _confirmed,
    CaseState.PERSUADING: _persuading,
    CaseState.REPORTED: _reported,
    CaseState.NOTICED: _noticed,
    CaseState.ENFORCING: _enforcing,
    CaseState.RETURNED: _returned,
}
