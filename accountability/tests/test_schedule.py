"""When routine work is due: over holidays, make-up days and short weeks, as tables; no database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accountability.rules.schedule import Due, due_of, period_of, span_of
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.routine import Routine, RoutineRules

# National Day 2026: 1 to 7 October off, Saturday 10 October made up.
OFF = {date(2026, 10, day): False for day in (1, 2, 5, 6, 7)} | {date(2026, 10, 10): True}
CALENDAR = SchoolCalendar(OFF)


def rule(every, within=0, notice=0):
    return Routine(every=every, within=within, notice=notice)


@pytest.mark.parametrize(
    ("on", "opens_on", "due_on"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 27)),  # Monday to Friday
        (date(2026, 11, 29), date(2026, 11, 23), date(2026, 11, 27)),  # asked on the Sunday after
        (date(2026, 9, 28), date(2026, 9, 28), date(2026, 9, 30)),  # the week before the holiday ends on Wednesday
        (date(2026, 10, 5), date(2026, 10, 8), date(2026, 10, 10)),  # begins on Thursday, ends on the made-up Saturday
        (date(2026, 9, 1), date(2026, 9, 1), date(2026, 9, 4)),  # term begins on a Tuesday
        (date(2027, 1, 18), date(2027, 1, 18), date(2027, 1, 20)),  # term ends on a Wednesday
    ],
)
def test_a_weekly_routine_lasts_from_the_weeks_first_school_day_to_its_last(on, opens_on, due_on):
    due = due_of(rule("week"), CALENDAR, on)
    assert (due.opens_on, due.due_on) == (opens_on, due_on)


@pytest.mark.parametrize("on", [date(2027, 2, 1), date(2026, 8, 3), date(2027, 7, 20)])
def test_a_week_and_a_month_without_school_days_ask_for_nothing(on):
    assert due_of(rule("week"), CALENDAR, on) is None
    closed = SchoolCalendar({}, exceptions={(on.replace(day=1) + timedelta(days=n), ""): False for n in range(31)})
    assert due_of(rule("month"), closed, on) is None


def test_a_week_wholly_struck_out_asks_for_nothing():
    struck = {(date(2026, 11, day), ""): False for day in range(23, 28)}
    assert due_of(rule("week"), SchoolCalendar({}, exceptions=struck), date(2026, 11, 23)) is None


@pytest.mark.parametrize(
    ("every", "within", "notice", "opens_on", "due_on"),
    [
        ("month", 0, 0, date(2026, 10, 8), date(2026, 10, 30)),
        ("month", 3, 0, date(2026, 10, 8), date(2026, 10, 10)),
        ("term", 5, 0, date(2026, 9, 1), date(2026, 9, 7)),
        ("term", 0, 3, date(2027, 1, 15), date(2027, 1, 20)),
        ("year", 10, 0, date(2026, 9, 1), date(2026, 9, 14)),
        ("year", 10, 2, date(2026, 9, 10), date(2026, 9, 14)),
        ("year", 220, 0, date(2026, 9, 1), date(2027, 7, 9)),  # beyond the year's school days: its last one
    ],
)
def test_days_are_school_days_of_the_period(every, within, notice, opens_on, due_on):
    due = due_of(rule(every, within, notice), CALENDAR, date(2026, 10, 12))
    assert (due.opens_on, due.due_on) == (opens_on, due_on)


def test_what_is_never_due_is_never_due():
    assert due_of(rule("never"), CALENDAR, date(2026, 11, 23)) is None


@pytest.mark.parametrize(
    ("every", "on", "period"),
    [
        ("week", date(2026, 11, 23), "2026-W48"),
        ("week", date(2027, 1, 3), "2026-W53"),
        ("month", date(2026, 11, 23), "2026-11"),
        ("term", date(2027, 2, 1), "2026-1"),  # the holiday counts with the semester before it
        ("term", date(2027, 3, 1), "2026-2"),
        ("year", date(2027, 8, 31), "2026"),
    ],
)
def test_a_day_counts_in_its_period(every, on, period):
    assert period_of(every, CALENDAR, on) == period


@given(
    st.sampled_from(["week", "month", "term", "year"]),
    st.integers(0, 220),
    st.integers(0, 220),
    st.dates(date(2026, 9, 1), date(2027, 7, 10)),
)
def test_whatever_the_rule_it_falls_due_on_a_school_day_of_its_period(every, within, notice, on):
    due = due_of(rule(every, within, notice), CALENDAR, on)
    if due is not None:
        first, last = span_of(every, CALENDAR, on)
        assert first <= due.opens_on <= due.due_on <= last
        assert CALENDAR.is_school_day(due.due_on)
        assert CALENDAR.is_school_day(due.opens_on)
        assert due == Due(period_of(every, CALENDAR, on), due.opens_on, due.due_on)


def test_a_unit_changes_only_what_it_says():
    changed = RoutineRules.model_validate({"class_meeting": {"every": "month"}})
    assert changed.class_meeting == rule("month")
    assert changed.guardians_meeting == RoutineRules().guardians_meeting


def test_what_stands_on_record_once_a_year_is_not_asked_for_every_term():
    with pytest.raises(ValueError, match="every"):
        RoutineRules.model_validate({"year_plan": {"every": "term"}})
