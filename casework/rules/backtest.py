"""Does the warning work (F25): what came of the children that a method would have named. Pure.

A method gives each child a score on each day that is looked at; nought says that it does not name the child. Beside the
share that was right stands the share that was found, at as many children as teachers can follow. Equal scores share the
places that are left, so that no order of rows decides.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median

from casework.enums import HEIGHTS, Method, Tier
from casework.rules.signals import PupilFacts, run_away
from organisation.rules.calendar import SchoolCalendar, TermSpan
from organisation.rules.regulation import BacktestRules

DAYS_IN_A_ROW = 3
ATTENDANCE_PERCENT = 90
TIER_WEIGHT = 1000  # a higher tier comes before any number of points


@dataclass(frozen=True)
class Sample:
    """A child on a day: what the methods say, and when the child left within the horizon, if it did."""

    pupil: int
    day: date
    scores: Mapping[str, float] = field(default_factory=dict)
    tier: str = Tier.NONE
    left_on: date | None = None
    groups: tuple[tuple[str, str], ...] = ()

    @property
    def left(self) -> bool:
        return self.left_on is not None


def evaluation_days(calendar: SchoolCalendar, term: TermSpan, rules: BacktestRules) -> list[date]:
    """Every so many school days of a term, beginning when so many of its days are known."""
    return calendar.school_days(term.first_day, term.last_day)[rules.first_school_day - 1 :: rules.every_school_days]


@dataclass(frozen=True)
class Split:
    """The days that a method may learn from, and those on which all are judged: never mixed, never random."""

    training: tuple[date, ...] = ()
    test: tuple[date, ...] = ()


def split_by_term(days_by_term: Sequence[Sequence[date]], *, as_of: date, horizon: int) -> Split:
    """The last term whose outcomes are known is the test. What came of a training day was known before the test began."""
    later = timedelta(days=horizon)
    known = [[day for day in days if day + later <= as_of] for days in days_by_term]
    at = next((n for n in reversed(range(len(known))) if known[n]), None)
    if at is None:
        return Split()
    training = [day for days in known[:at] for day in days if day + later < known[at][0]]
    return Split(tuple(training), tuple(known[at]))


def outcome(events: Iterable[date], day: date, horizon: int) -> date | None:
    """The first day on which the child left after `day`, within the horizon; the day itself is not foreseen any more."""
    return min((event for event in events if day < event <= day + timedelta(days=horizon)), default=None)


def scores_of(facts: PupilFacts, period, *, tier: str, points: int, truant_before: int) -> dict[str, float]:
    """What our tiers and the three baselines say of a child; among those they name, the worst first."""
    run = len(run_away(facts, period))
    called = facts.called.sessions(period.term_from, period.on)
    days = [found for day, found in facts.marked.items() if period.term_from <= day <= period.on]
    absent = sum(found.absent_sessions for found in days)
    is_below = called and (called - absent) * 100 < ATTENDANCE_PERCENT * called
    return {
        Method.TIERS: HEIGHTS[Tier(tier)] * TIER_WEIGHT + points,
        Method.THREE_DAYS: run if run >= DAYS_IN_A_ROW else 0,
        Method.BELOW_90: absent / called if is_below else 0,
        Method.TRUANTS: truant_before,
    }


def auc(scores: Sequence[float], left: Sequence[bool]) -> float | None:
    """How often a child who left has the higher score than one who stayed; equal scores count half."""
    gone = sorted(score for score, is_gone in zip(scores, left, strict=True) if is_gone)
    stayed = sorted(score for score, is_gone in zip(scores, left, strict=True) if not is_gone)
    if not gone or not stayed:
        return None
    wins = sum(bisect_left(stayed, score) + bisect_right(stayed, score) for score in gone)
    return wins / (2 * len(gone) * len(stayed))


def chances(scores: Sequence[float], k: int) -> list[float]:
    """For each child the chance of being among the k with the highest scores, of those that are named at all."""
    named = sorted((score for score in scores if score > 0), reverse=True)
    if len(named) <= k:
        return [float(score > 0) for score in scores]
    limit = named[k - 1] if k else float("inf")
    above = sum(score > limit for score in named)
    share = (k - above) / named.count(limit) if k else 0.0
    return [1.0 if score > limit else share if score == limit else 0.0 for score in scores]


@dataclass(frozen=True)
class Judged:
    """A sample with the chance that a teacher would have followed the child that day."""

    sample: Sample
    score: float
    chance: float


def judged(samples: Sequence[Sample], name: str, k: int) -> list[Judged]:
    """Day by day: what can be followed is a number of children a day, not of a whole term."""
    by_day = defaultdict(list)
    for sample in samples:
        by_day[sample.day].append(sample)
    found = []
    for day in sorted(by_day):
        scores = [sample.scores[name] for sample in by_day[day]]
        parts = zip(by_day[day], scores, chances(scores, k), strict=True)
        found += [Judged(*part) for part in parts]
    return found


def precision(found: Iterable[Judged]) -> float | None:
    """Of those that would have been followed, the share that left."""
    rows = list(found)
    return _share(sum(one.chance for one in rows if one.sample.left), sum(one.chance for one in rows))


def recall(found: Iterable[Judged]) -> float | None:
    """Of those that left, the share that would have been followed."""
    gone = [one.chance for one in found if one.sample.left]
    return _share(sum(gone), len(gone))


def lead_days(found: Iterable[Judged]) -> float | None:
    """Half of the children who left and would have been followed were so at least this many days ahead."""
    first: dict[tuple, date] = {}
    for one in found:
        if one.sample.left and one.chance > 0:
            key = (one.sample.pupil, one.sample.left_on)
            first[key] = min(one.sample.day, first.get(key, one.sample.day))
    return median((left_on - day).days for (_, left_on), day in first.items()) if first else None


def by_tier(samples: Iterable[Sample], rules: BacktestRules) -> list[dict]:
    """Of 100 in each tier, how many left within the horizon, with the counts that it rests on."""
    rows = defaultdict(list)
    for sample in samples:
        rows[Tier(sample.tier)].append(sample.left)
    return [
        {
            "tier": str(tier),
            "n": len(rows[tier]),
            "left": sum(rows[tier]),
            "left_of_100": _rounded(_share(sum(rows[tier]) * 100, len(rows[tier]))),
            "small": len(rows[tier]) < rules.small_group,
        }
        for tier in Tier
    ]


def by_group(found: Sequence[Judged], rules: BacktestRules) -> list[dict]:
    """The same measures for girls and boys, stages, left-behind, boarders: a method that is blind for one of them shows."""
    rows = defaultdict(list)
    for one in found:
        for key in one.sample.groups:
            rows[key].append(one)
    table = []
    for (group, value), of_group in sorted(rows.items()):
        stayed = [one.chance for one in of_group if not one.sample.left]
        left = len(of_group) - len(stayed)
        table.append(
            {
                "group": group,
                "value": value,
                "n": len(of_group),
                "left": left,
                "base_rate": _rounded(_share(left, len(of_group))),
                "auc": _rounded(auc([one.score for one in of_group], [one.sample.left for one in of_group])),
                "precision_at_k": _rounded(precision(of_group)),
                "recall_at_k": _rounded(recall(of_group)),
                "followed_in_vain": _rounded(_share(sum(stayed), len(stayed))),
                "small": len(of_group) < rules.small_group or left < rules.small_left,
            }
        )
    return table


def report(samples: Sequence[Sample], names: Sequence[str], k: int, rules: BacktestRules) -> dict:
    """`n`, `base_rate` and a row for each method, as the interface has it."""
    methods = []
    for name in names:
        found = judged(samples, name, k)
        methods.append(
            {
                "name": str(name),
                "auc": _rounded(auc([one.score for one in found], [one.sample.left for one in found])),
                "precision_at_k": _rounded(precision(found)),
                "recall_at_k": _rounded(recall(found)),
                "k": k,
                "lead_days_median": lead_days(found),
                "tiers": by_tier(samples, rules) if name == Method.TIERS else [],
                "groups": by_group(found, rules),
            }
        )
    base_rate = _rounded(_share(sum(sample.left for sample in samples), len(samples)))
    return {"n": len(samples), "base_rate": base_rate, "methods": methods}


def _share(part, whole) -> float | None:
    return part / whole if whole else None


def _rounded(value, digits=4) -> float | None:
    return None if value is None else round(value, digits)
