"""The truth checks as tables of facts and findings, without a database."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accountability.rules.truth import (
    AwayFact,
    ChangeFact,
    CountFact,
    ElsewhereFact,
    FullFact,
    RollFact,
    always_full,
    bulk_past,
    case_away,
    changed_late,
    elsewhere,
    has_begun,
    headcount,
)
from organisation.rules.truth import TruthRules

RULES = TruthRules()
ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 16)


def at(day=DAY, hour=8, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def roll(number=1, day=DAY, session="am", *, expected=48, present=48, by=7, called=None, submitted=None):
    called = called or at(day)
    return RollFact(number, 3, "0001", day, session, expected, present, by, called, submitted or called)


def away(rolls, *, since=DAY, until=None):
    return AwayFact(5, "马小龙", 9, "劝返中", since, until, rolls)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (DAY, None, 1),
        (DAY, DAY + timedelta(days=1), 1),
        (DAY, DAY, 0),  # back on that very day
        (DAY + timedelta(days=1), None, 0),  # away only later
    ],
)
def test_a_roll_has_a_child_there_that_its_case_has_away(since, until, said):
    assert len(case_away([away([roll()], since=since, until=until)], RULES)) == said


def test_a_case_is_looked_at_once_a_class_and_a_caller_with_all_its_rolls():
    found = case_away([away([roll(1), roll(2, session="pm"), roll(3, by=8)])], RULES)
    assert [(one.about, len(one.evidence)) for one in found] == [(7, 3), (8, 2)]
    assert len({one.key for one in found}) == 2


def test_case_and_roll_stand_on_two_sides_and_name_their_rows():
    (one,) = case_away([away([roll()])], RULES)
    assert [(said.side, said.kind, said.key) for said in one.evidence] == [("other", "case", 9), ("roll", "roll", 1)]


def count(counted, *, present=48, absent=()):
    return CountFact(4, counted, at(hour=9), "王督学", roll(present=present), absent)


@pytest.mark.parametrize(
    ("counted", "absent", "least", "said"),
    [
        (48, (), 1, 0),
        (47, (), 1, 1),
        (49, (), 1, 1),
        (47, (), 2, 0),
        (46, (), 2, 1),
        (48, ("马小龙",), 1, 1),  # the number fits, the child does not
    ],
)
def test_a_headcount_that_differs_is_looked_at(counted, absent, least, said):
    rules = RULES.model_copy(update={"headcount_difference": least})
    assert len(headcount([count(counted, absent=absent)], rules)) == said


def test_whom_the_inspector_missed_is_named():
    (one,) = headcount([count(47, absent=("马小龙",))], RULES)
    assert "马小龙" in one.evidence[1].text


def test_a_child_on_the_roll_of_a_school_that_it_had_left_is_looked_at_once():
    facts = [ElsewhereFact(5, "马小龙", roll(n, DAY + timedelta(days=n)), "别校", DAY, at()) for n in range(3)]
    (one,) = elsewhere(facts, RULES)
    assert (one.pupil, len(one.evidence)) == (5, 4)


def full(pupils, *, days=20, absent=300, expected=10_000, present=None):
    rolls = [roll(n, DAY - timedelta(days=n), expected=pupils, present=pupils) for n in range(days)]
    if present is not None:
        rolls[0] = replace(rolls[0], present=present)
    return FullFact(3, "0001", days, pupils, rolls, absent, expected)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (full(48), 1),
        (full(48, days=19), 0),  # not long enough
        (full(48, present=47), 0),  # one child was away once
        (full(48, absent=0), 0),  # the county was full too
        (full(6, absent=300), 0),  # six children may well be well for a month
        (full(6, absent=1000), 1),  # but hardly where every tenth is away
        (replace(full(48), rolls=[]), 0),
    ],
)
def test_a_class_that_is_always_full_in_a_county_that_is_not(fact, said):
    assert len(always_full([fact], RULES)) == said


def past(number, minute, *, day=DAY, by=7, called=None):
    later = at(DAY + timedelta(days=3), 16, minute)
    return roll(number, day, by=by, called=called or later, submitted=later)


@pytest.mark.parametrize(
    ("rolls", "said"),
    [
        ([past(n, n) for n in range(5)], 1),
        ([past(n, n) for n in range(4)], 0),
        ([past(n, n * 3) for n in range(5)], 0),  # twelve minutes
        ([past(n, n, by=n) for n in range(5)], 0),  # five people
        ([past(n, n, called=at()) for n in range(5)], 0),  # called in time, sent when the signal was back
        ([past(n, n, day=DAY + timedelta(days=3)) for n in range(5)], 0),  # of that day
        ([past(n, n) for n in range(5)] + [past(n + 9, 30 + n) for n in range(5)], 2),
        ([past(n, min(n, 9)) for n in range(12)], 1),
    ],
)
def test_rolls_of_past_days_filled_in_at_once(rolls, said):
    assert len(bulk_past(rolls, RULES)) == said


def change(before="truant", after="", *, changed=None):
    return ChangeFact(5, "马小龙", roll(), 2, before, after, changed or at(hour=18), 7, "余老师", at(hour=17))


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (change(), 1),
        (change("unverified"), 1),
        (change(after="late"), 1),
        (change(after="sick"), 0),
        (change("sick"), 0),
        (change(changed=at(hour=17)), 0),  # at the very moment it was not late
        (change(changed=at(hour=12)), 0),
    ],
)
def test_a_truancy_taken_off_after_a_duty_fell_due(fact, said):
    assert len(changed_late([fact], RULES)) == said


@pytest.mark.parametrize(
    ("day", "session", "now", "begun"),
    [
        (DAY, "am", at(hour=7), True),
        (DAY, "am", at(hour=6), False),
        (DAY, "pm", at(hour=11), False),
        (DAY, "pm", at(hour=12), True),
        (DAY, "evening", at(hour=12), False),
        (DAY + timedelta(days=1), "am", at(hour=23), False),
        (DAY - timedelta(days=1), "evening", at(hour=0), True),
    ],
)
def test_nobody_counts_what_has_not_begun(day, session, now, begun):
    assert has_begun(day, session, now) == begun
