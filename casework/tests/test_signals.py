"""Each signal at, below and above its limit; tiers; what becomes of a warning, whatever comes in whatever order."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.enums import HEIGHTS, SignalKey, Tier, WarningState
from casework.rules import signals as rules_of
from casework.rules.away import RollDay
from casework.rules.before_after import side_by_side
from casework.rules.lawful import cites_warning
from casework.rules.signals import Called, Found, Period, PupilFacts, Report, days_in_words, signals_of
from casework.rules.warnings import (
    Assessment,
    Followed,
    Meeting,
    PlanFacts,
    Standing,
    assess,
    follow,
    wanted_duties,
    what_would_lower,
)
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.regulation import PointStep, WarningPoints, WarningRules

CALENDAR = SchoolCalendar({})
RULES = WarningRules()
ON = date(2026, 11, 23)
SCHOOL_DAYS = CALENDAR.school_days(date(2026, 9, 1), ON)
BEFORE = CALENDAR.school_days(date(2026, 2, 20), date(2026, 7, 10))
PERIOD = Period(
    on=ON,
    window_from=SCHOOL_DAYS[-20],
    report_from=SCHOOL_DAYS[-20],
    term_from=date(2026, 9, 1),
    term_days=tuple(SCHOOL_DAYS[:3]),
    before_from=date(2026, 2, 20),
    before_last=date(2026, 7, 10),
)


def facts(marks=(), *, uncalled=(), sessions=2, **more):
    """`marks` is {days back from today: kinds of the called sessions}; every other school day was attended."""
    marked = {SCHOOL_DAYS[-1 - back]: kinds for back, kinds in dict(marks).items()}
    gone = {SCHOOL_DAYS[-1 - back] for back in uncalled}
    called = Called.of({day: sessions for day in [*BEFORE, *SCHOOL_DAYS] if day not in gone})
    days = {day: RollDay(day, kinds) for day, kinds in marked.items()}
    return PupilFacts(marked=days, called=called, called_before=len(BEFORE) * sessions, **more)


def found(given_facts, key, rules=RULES, period=PERIOD):
    return next((one for one in signals_of(given_facts, period, rules) if one.key == key), None)


def points(given_facts, key, **more):
    signal = found(given_facts, key, **more)
    return signal.points if signal else 0


TRUANT, SICK, LATE = ("truant", "truant"), ("sick", "sick"), ("late", "")


@pytest.mark.parametrize(("days", "expected"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 4), (9, 4)])
def test_truant_days_of_the_last_twenty(days, expected):
    given_facts = facts({2 * n + 1: ("truant", "") for n in range(days)})
    assert points(given_facts, SignalKey.TRUANT_DAYS) == expected


def test_a_truant_day_before_the_window_counts_for_nothing():
    assert points(facts({19: TRUANT}), SignalKey.TRUANT_DAYS) == 1
    assert points(facts({20: TRUANT}), SignalKey.TRUANT_DAYS) == 0


def test_the_sentence_says_why_with_its_dates():
    days = {date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 9), date(2026, 11, 17)}
    backs = {SCHOOL_DAYS[::-1].index(day): ("truant", "") for day in days}
    assert found(facts(backs), SignalKey.TRUANT_DAYS).text == "近 20 个上课日旷课 4 天:11月3、4、9、17日"
    assert days_in_words([date(2026, 10, 30), date(2026, 11, 3)]) == "10月30日、11月3日"


@pytest.mark.parametrize(("run", "tier"), [(1, None), (2, Tier.ORANGE), (3, Tier.RED), (5, Tier.RED)])
def test_days_in_a_row_without_slip(run, tier):
    signal = found(facts({n: TRUANT for n in range(run)}), SignalKey.DAYS_IN_A_ROW)
    assert (signal.tier if signal else None) == tier


def test_sick_days_are_no_run_without_slip_and_half_a_day_there_breaks_it():
    assert not found(facts(dict.fromkeys(range(3), SICK)), SignalKey.DAYS_IN_A_ROW)
    assert not found(facts({0: TRUANT, 1: ("truant", ""), 2: TRUANT}), SignalKey.DAYS_IN_A_ROW)


def test_a_day_without_a_roll_neither_lengthens_nor_breaks_the_run():
    two = facts({0: TRUANT, 2: TRUANT}, uncalled=[1])
    assert found(two, SignalKey.DAYS_IN_A_ROW).tier == Tier.ORANGE


def test_who_is_not_expected_on_the_roll_is_not_away():
    gone = facts({n: TRUANT for n in range(4)}, is_expected=False)
    assert not found(gone, SignalKey.DAYS_IN_A_ROW)


@pytest.mark.parametrize(("absent", "expected"), [(9, 0), (10, 2), (19, 2), (20, 4), (50, 4)])
def test_the_share_of_absence_of_all_causes_in_the_term(absent, expected):
    called = Called.of({day: 1 for day in SCHOOL_DAYS[:100]})
    hundred = Called.of({day: 2 for day in SCHOOL_DAYS[:50]})
    assert called.sessions(PERIOD.term_from, ON) == len(SCHOOL_DAYS[:100])
    days = {day: RollDay(day, ("sick", "sick")) for day in SCHOOL_DAYS[: absent // 2]}
    if absent % 2:
        days[SCHOOL_DAYS[absent // 2]] = RollDay(SCHOOL_DAYS[absent // 2], ("personal", ""))
    assert points(PupilFacts(marked=days, called=hundred), SignalKey.ABSENCE_SHARE) == expected


def test_a_handful_of_sessions_is_no_share_yet():
    few = Called.of({day: 2 for day in SCHOOL_DAYS[:4]})
    days = {SCHOOL_DAYS[0]: RollDay(SCHOOL_DAYS[0], SICK)}
    assert not found(PupilFacts(marked=days, called=few), SignalKey.ABSENCE_SHARE)
    enough = Called.of({day: 2 for day in SCHOOL_DAYS[:5]})
    assert points(PupilFacts(marked=days, called=enough), SignalKey.ABSENCE_SHARE) == 4


@pytest.mark.parametrize(("days", "expected"), [(1, 0), (2, 1), (4, 1), (5, 2)])
def test_whole_days_away_in_the_first_month(days, expected):
    marked = {day: RollDay(day, SICK) for day in SCHOOL_DAYS[:days]}
    late = {SCHOOL_DAYS[30]: RollDay(SCHOOL_DAYS[30], SICK)}
    given_facts = PupilFacts(marked=marked | late, called=facts().called)
    assert points(given_facts, SignalKey.FIRST_MONTH) == expected


@pytest.mark.parametrize(
    ("before", "now", "holds"),
    [(0, 12, False), (8, 4, False), (8, 6, True), (8, 5, False), (4, 6, True)],
)
def test_absence_up_by_half_on_last_term(before, now, holds):
    """Of a hundred sessions last term and a hundred now: half more, and at least five in a hundred."""
    called = Called.of({day: 2 for day in SCHOOL_DAYS[:50]})
    marked = {day: RollDay(day, ("personal", "")) for day in SCHOOL_DAYS[:now]}
    given_facts = PupilFacts(marked=marked, called=called, absent_before=before // 2, called_before=100)
    assert bool(found(given_facts, SignalKey.ABSENCE_RISE)) is holds


@pytest.mark.parametrize(("times", "expected"), [(4, 0), (5, 1), (8, 1)])
def test_late_and_early_in_the_last_twenty(times, expected):
    given_facts = facts({n: LATE if n % 2 else ("", "early_leave") for n in range(times)})
    assert points(given_facts, SignalKey.LATE_AND_EARLY) == expected


@pytest.mark.parametrize(
    ("name", "values", "key", "expected"),
    [
        ("down", ("maths",), SignalKey.MARKS_DOWN, 0),
        ("down", ("maths", "art"), SignalKey.MARKS_DOWN, 1),
        ("failing", ("maths",), SignalKey.FAILING_CORE, 0),
        ("failing", ("maths", "english"), SignalKey.FAILING_CORE, 2),
        ("incidents", (ON, ON), SignalKey.INCIDENTS, 0),
        ("incidents", (ON, ON, ON - timedelta(days=9)), SignalKey.INCIDENTS, 1),
        ("earlier", (ON - timedelta(days=365),), SignalKey.EARLIER_DROPOUT, 0),
        ("earlier", (ON - timedelta(days=364),), SignalKey.EARLIER_DROPOUT, 3),
        ("siblings_out", 0, SignalKey.SIBLING, 0),
        ("siblings_out", 2, SignalKey.SIBLING, 1),
        ("over_age", 1, SignalKey.OVER_AGE, 0),
        ("over_age", 2, SignalKey.OVER_AGE, 1),
        ("reports", (Report(5, SCHOOL_DAYS[-21], "旧事"),), SignalKey.REPORT, 0),
        ("reports", (Report(2, ON, "常发呆"), Report(4, ON, "说要去打工")), SignalKey.REPORT, 4),
    ],
)
def test_signals_from_other_facts(name, values, key, expected):
    assert points(facts(**{name: values}), key) == expected


def test_leave_that_ran_out_without_a_return():
    back = SCHOOL_DAYS[-3]
    away = facts({0: TRUANT, 1: TRUANT}, slip_until=back)
    assert points(away, SignalKey.SLIP_OVERRUN) == 2
    assert not found(facts({0: TRUANT}, slip_until=back), SignalKey.SLIP_OVERRUN)  # was there in between
    assert not found(facts(uncalled=[0, 1], slip_until=back), SignalKey.SLIP_OVERRUN)  # nobody called


def test_not_back_by_the_third_day_of_term():
    third = SCHOOL_DAYS[2]
    period = Period(third, SCHOOL_DAYS[0], SCHOOL_DAYS[0], SCHOOL_DAYS[0], tuple(SCHOOL_DAYS[:3]), *PERIOD_BEFORE)
    called = Called.of({SCHOOL_DAYS[0]: 1, third: 1})
    away = {day: RollDay(day, ("truant",)) for day in (SCHOOL_DAYS[0], third)}
    signal = found(PupilFacts(marked=away, called=called), SignalKey.NOT_BACK, period=period)
    assert signal.tier == Tier.RED
    came = PupilFacts(marked={third: away[third]}, called=called)
    assert not found(came, SignalKey.NOT_BACK, period=period)
    unknown = PupilFacts(marked={ON: RollDay(ON, TRUANT)}, called=Called.of({ON: 2}))
    assert not found(unknown, SignalKey.NOT_BACK)  # nobody called in the first days
    early = Period(SCHOOL_DAYS[1], *[SCHOOL_DAYS[0]] * 3, tuple(SCHOOL_DAYS[:2]), *PERIOD_BEFORE)
    assert not found(PupilFacts(marked=away, called=called), SignalKey.NOT_BACK, period=early)


PERIOD_BEFORE = (PERIOD.before_from, PERIOD.before_last)


def test_a_case_and_lost_whereabouts_are_events():
    given_facts = facts(case_since=ON, is_lost=True)
    assert {one.key: one.tier for one in signals_of(given_facts, PERIOD, RULES)} == {
        SignalKey.LOST: Tier.RED,
        SignalKey.OPEN_CASE: Tier.RED,
    }


def test_no_signal_can_see_what_must_give_no_points():
    forbidden = ("sex", "ethnicity", "poor", "left_behind", "special", "disabled", "orphan")
    names = [*PupilFacts.__dataclass_fields__, *SignalKey.values, *WarningPoints.model_fields]
    assert not [name for name in names if any(word in name for word in forbidden)]


def test_every_signal_of_the_enum_has_its_function():
    assert {signal.__name__ for signal in rules_of.SIGNALS} == set(SignalKey.values)


@pytest.mark.parametrize(
    ("points_", "events", "tier"),
    [
        (2, (), Tier.NONE),
        (3, (), Tier.YELLOW),
        (5, (), Tier.YELLOW),
        (6, (), Tier.ORANGE),
        (40, (), Tier.ORANGE),
        (0, (Tier.ORANGE,), Tier.ORANGE),
        (0, (Tier.RED,), Tier.RED),
        (7, (Tier.RED, Tier.ORANGE), Tier.RED),
    ],
)
def test_tiers_red_by_events_only(points_, events, tier):
    signals = [Found(SignalKey.REPORT, "因", points_), *(Found(SignalKey.LOST, "事", tier=event) for event in events)]
    assert assess(signals, RULES).tier == tier


def test_a_bureau_that_changes_the_table_changes_the_points():
    strict = WarningRules(points=WarningPoints(truant_days=(PointStep(at_least=1, points=3),)))
    one_day = facts({3: TRUANT})
    assert assess(signals_of(one_day, PERIOD, RULES), RULES).tier == Tier.NONE
    assert assess(signals_of(one_day, PERIOD, strict), strict).tier == Tier.YELLOW


def test_what_would_lower_it_names_the_event_or_the_points():
    event = assess(signals_of(facts({0: TRUANT, 1: TRUANT}), PERIOD, RULES), RULES)
    assert "橙色是由“连续未到校”引起的" in what_would_lower(event, RULES)[0]
    by_points = assess([Found(SignalKey.REPORT, "因", 5, lower="无"), Found(SignalKey.INCIDENTS, "因", 2)], RULES)
    assert what_would_lower(by_points, RULES)[0] == "现为 7 分,降到 5 分以下(含)即为黄色。"


kinds = st.sampled_from([TRUANT, SICK, LATE, ("truant", ""), ("", "early_leave"), ("unverified", "unverified")])
a_year = st.dictionaries(st.integers(0, len(SCHOOL_DAYS) - 1), kinds, max_size=40)


@given(a_year, st.integers(0, len(SCHOOL_DAYS) - 1))
def test_one_more_truant_day_never_lowers_a_tier(marks, back):
    before = assess(signals_of(facts(marks), PERIOD, RULES), RULES)
    after = assess(signals_of(facts({**marks, back: TRUANT}), PERIOD, RULES), RULES)
    if marks.get(back) in (LATE, ("", "early_leave")):
        return  # a late arrival that turns into an absence is another fact, not one more
    assert HEIGHTS[after.tier] >= HEIGHTS[before.tier]


tiers = st.sampled_from([Tier.NONE, Tier.YELLOW, Tier.ORANGE, Tier.RED])
assessments = st.builds(
    Assessment, tiers, st.integers(0, 12), st.just(()), has_case=st.booleans(), has_left=st.booleans()
)


def stored(after):
    return Standing(
        after.state, after.tier, after.points, after.rises, after.opened_on, after.risen_on, after.below_since
    )


@given(st.lists(assessments, min_size=1, max_size=8), st.booleans())
def test_the_same_facts_twice_change_nothing(course, quiet):
    standing = None
    for day, found_now in enumerate(course):
        on = ON + timedelta(days=day)
        after = follow(standing, found_now, on=on, quiet=quiet)
        if after is not None:
            standing = None if after.state == WarningState.CLOSED else stored(after)
        if standing is not None:
            assert follow(standing, found_now, on=on, quiet=False) is None
        elif found_now.tier == Tier.NONE or found_now.has_left:
            assert follow(None, found_now, on=on, quiet=quiet) is None


@given(st.lists(tiers, min_size=1, max_size=10))
def test_a_duty_is_owed_each_time_the_tier_comes_up_new_or_higher(course):
    standing, rises, before = None, 0, Tier.NONE
    for day, tier in enumerate(course):
        after = follow(standing, Assessment(tier, 4, ()), on=ON + timedelta(days=day), quiet=False)
        rises += HEIGHTS[tier] > HEIGHTS[before]
        before = tier
        if after:
            standing = stored(after)
    assert (standing.rises if standing else 0) == rises


def test_a_warning_closes_when_quiet_long_enough_and_its_plan_is_reviewed():
    low = Assessment(Tier.NONE, 0, ())
    standing = Standing("open", Tier.NONE, 0, 1, ON, ON, ON)
    assert follow(standing, low, on=ON, quiet=False) is None
    assert follow(standing, low, on=ON, quiet=True).state == WarningState.CLOSED
    planned = Standing("open", Tier.NONE, 0, 1, ON, ON, ON, has_open_plan=True)
    assert follow(planned, low, on=ON, quiet=True) is None


def duties(tier, *, state="open", **more):
    followed = Followed(state, tier, more.pop("rises", 1), ON, **more)
    wanted = wanted_duties(followed, rules=RULES, calendar=CALENDAR)
    return [(one.kind, one.post, one.due_on) for one in wanted]


def test_who_owes_what_on_each_tier():
    assert duties(Tier.YELLOW) == [("warning_talk", "class_teacher", date(2026, 11, 30))]
    assert duties(Tier.ORANGE) == [("warning_conference", "class_teacher", date(2026, 11, 30))]
    assert duties(Tier.RED) == [("warning_conference", "class_teacher", date(2026, 11, 25))]
    assert duties(Tier.NONE) == []
    assert duties(Tier.RED, state="case") == []
    assert duties(Tier.YELLOW, last_talk=ON) == []


def test_a_conference_goes_from_calling_to_holding_to_planning_to_review():
    called = Meeting(1, "called", 1, date(2026, 11, 25), None, "principal", False)
    assert duties(Tier.RED, meetings=(called,)) == [("conference_hold", "principal", date(2026, 11, 25))]
    held = Meeting(1, "held", 1, date(2026, 11, 25), date(2026, 11, 25), "principal", False)
    assert duties(Tier.RED, meetings=(held,)) == [("support_plan", "class_teacher", date(2026, 11, 30))]
    planned = Meeting(1, "held", 1, date(2026, 11, 25), date(2026, 11, 25), "principal", True)
    plan = PlanFacts(4, date(2026, 12, 20), ((9, "counsellor", date(2026, 12, 2)),))
    assert duties(Tier.RED, meetings=(planned,), plan=plan) == [
        ("plan_review", "class_teacher", date(2026, 12, 20)),
        ("plan_measure", "counsellor", date(2026, 12, 2)),
    ]


def test_a_higher_tier_asks_for_another_conference():
    held = Meeting(1, "held", 1, ON, ON, "head_of_teaching", True)
    assert duties(Tier.RED, rises=2, meetings=(held,)) == [("warning_conference", "class_teacher", date(2026, 11, 25))]


def test_attendance_before_and_after_lies_side_by_side():
    days = [RollDay(SCHOOL_DAYS[n], TRUANT if n < 2 else ("", "")) for n in range(4)] + [RollDay(SCHOOL_DAYS[4], ())]
    before, after = side_by_side(days, SCHOOL_DAYS[2])
    assert (before.absent, before.called, before.truant_days) == (4, 4, 2)
    assert (after.absent, after.called, after.truant_days, after.unknown) == (0, 4, 0, 1)


@pytest.mark.parametrize(("text", "cites"), [("因红色预警给予训导", True), ("11月3日下午旷课两节", False)])
def test_a_text_that_rests_on_a_warning_is_known(text, cites):
    assert cites_warning(text) is cites


def test_of_whom_nothing_is_known_no_signal_speaks():
    attended = facts(absent_before=20)
    assert attended.is_blank
    assert [signal(attended, PERIOD, RULES) for signal in rules_of.SIGNALS] == [None] * len(rules_of.SIGNALS)


@pytest.mark.parametrize(
    "more",
    [
        {"down": ("chinese",)},
        {"failing": ("chinese",)},
        {"incidents": (ON,)},
        {"earlier": (ON,)},
        {"siblings_out": 1},
        {"over_age": 2},
        {"slip_until": ON},
        {"reports": (Report(3, ON, "愁"),)},
        {"case_since": ON},
        {"is_lost": True},
    ],
)
def test_whoever_has_anything_to_be_looked_at_is_looked_at(more):
    assert not facts(**more).is_blank
    assert not facts({0: ("late", "")}).is_blank
