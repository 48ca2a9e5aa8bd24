"""The truth checks (F66, procedures §11), each a function from facts to what is worth a look. Pure.

A roll that was not called says nothing. When a roll was called counts, not when a phone without a signal sent it (P31).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from accountability.enums.truth import TruthKind
from organisation.enums import Session
from organisation.rules.truth import TruthRules
from students.enums import ABSENT, WITHOUT_SLIP

SHOWN = 12  # so many rolls stand in the evidence; the sentence says how many there are


@dataclass(frozen=True)
class RollFact:
    """One submitted roll: where, when, by whom, how many."""

    roll: int
    school_class: int
    path: str
    date: date
    session: str
    expected: int
    present: int
    by: int
    called_at: datetime
    first_submitted_at: datetime

    @property
    def words(self) -> str:
        return f"{self.date:%m月%d日}{Session(self.session).label}点名:应到 {self.expected},实到 {self.present}"


@dataclass(frozen=True)
class AwayFact:
    """A child of whom a case says that it is away, and the rolls of those days that list it without an absence."""

    pupil: int
    name: str
    case: int
    case_state: str
    away_since: date
    until: date | None
    rolls: Sequence[RollFact]


@dataclass(frozen=True)
class CountFact:
    """An inspector's headcount and the roll of that session; `absent` are those named as missing whom the roll has there."""

    count: int
    counted: int
    counted_at: datetime
    inspector: str
    roll: RollFact
    absent: Sequence[str] = ()


@dataclass(frozen=True)
class ElsewhereFact:
    """A child that a roll has there on a day on which the register has it in another school."""

    pupil: int
    name: str
    roll: RollFact
    school: str
    since: date
    recorded_at: datetime


@dataclass(frozen=True)
class FullFact:
    """A class's rolls over the last school days, and the share of absence in its county in the same time."""

    school_class: int
    path: str
    days: int
    pupils: int
    rolls: Sequence[RollFact]
    absent: int
    expected: int


@dataclass(frozen=True)
class ChangeFact:
    """A correction of a roll: what a child was before and after, who changed it when, and when a duty had fallen due."""

    pupil: int
    name: str
    roll: RollFact
    version: int
    before: str
    after: str
    changed_at: datetime
    by: int
    who: str
    due_at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Said:
    """One side's word: `kind` and `key` name the row that it stands in."""

    side: str  # roll or other
    text: str
    kind: str = ""
    key: int | None = None


@dataclass(frozen=True)
class Found:
    """Something to look at. `about` is whose roll it is: who never looks at it."""

    kind: TruthKind
    key: str
    path: str
    school_class: int
    about: int | None
    title: str
    evidence: tuple[Said, ...] = field(default=())
    pupil: int | None = None
    roll: int | None = None


def case_away(facts: Iterable[AwayFact], rules: TruthRules) -> list[Found]:
    """A roll has a child there while its case says that it is away: once for a case, a class and a caller."""
    found = []
    for fact in facts:
        rolls = [roll for roll in fact.rolls if fact.away_since <= roll.date and _before(roll.date, fact.until)]
        rolls.sort(key=lambda roll: (roll.school_class, roll.by, roll.date, roll.session))
        for (school_class, by), of_one in groupby(rolls, key=lambda roll: (roll.school_class, roll.by)):
            listed = list(of_one)
            until = f"至{fact.until:%m月%d日}" if fact.until else "至今"
            said = [Said("other", f"个案:{fact.away_since:%m月%d日}{until}不在校,{fact.case_state}", "case", fact.case)]
            key = f"case_away:{fact.case}:{fact.away_since}:{school_class}:{by}"
            title = f"{fact.name}:个案说不在校,{len(listed)} 次点名在校"
            evidence = (*said, *_rolls(listed))
            found.append(
                Found(
                    TruthKind.CASE_AWAY,
                    key,
                    listed[0].path,
                    school_class,
                    by,
                    title,
                    evidence,
                    fact.pupil,
                    listed[0].roll,
                )
            )
    return found


def headcount(facts: Iterable[CountFact], rules: TruthRules) -> list[Found]:
    """The roll has another number there than the inspector counted, or has somebody there who was named as missing."""
    found = []
    for fact in facts:
        difference = fact.counted - fact.roll.present
        if abs(difference) < rules.headcount_difference and not fact.absent:
            continue
        counted = f"督学 {fact.inspector} {fact.counted_at:%H:%M} 清点:实有 {fact.counted} 人"
        missing = f";点名在校而不在场:{'、'.join(fact.absent)}" if fact.absent else ""
        evidence = (
            Said("roll", f"{fact.roll.words}({fact.roll.called_at:%H:%M} 点名)", "roll", fact.roll.roll),
            Said("other", counted + missing, "spot_count", fact.count),
        )
        title = f"清点 {fact.counted} 人,点名实到 {fact.roll.present} 人"
        found.append(_on_roll(TruthKind.HEADCOUNT, f"headcount:{fact.count}", fact.roll, title, evidence))
    return found


def elsewhere(facts: Iterable[ElsewhereFact], rules: TruthRules) -> list[Found]:
    """A roll has a child there on days on which it was enrolled at another school: once for a child, a class and a caller."""
    order = sorted(facts, key=lambda one: (one.pupil, one.roll.school_class, one.roll.by, one.since, one.roll.date))
    found = []
    for (pupil, school_class, by, since), of_one in groupby(
        order, key=lambda one: (one.pupil, one.roll.school_class, one.roll.by, one.since)
    ):
        listed = list(of_one)
        first = listed[0]
        recorded = f"{first.recorded_at:%m月%d日} 登记"
        said = Said("other", f"学籍:{since:%m月%d日}起在{first.school}({recorded})")
        evidence = (said, *_rolls([one.roll for one in listed]))
        key = f"elsewhere:{pupil}:{school_class}:{by}:{since}"
        title = f"{first.name}:学籍已在{first.school},{len(listed)} 次点名在校"
        found.append(
            Found(TruthKind.ELSEWHERE, key, first.roll.path, school_class, by, title, evidence, pupil, first.roll.roll)
        )
    return found


def always_full(facts: Iterable[FullFact], rules: TruthRules) -> list[Found]:
    """Every roll of the class was full through the last school days, where its county was not, and where chance would
    hardly have it so: a class of six may well be full for a month, one of fifty is not."""
    found = []
    for fact in facts:
        full = all(roll.present >= roll.expected for roll in fact.rolls)
        if not fact.rolls or fact.days < rules.full_school_days or not full or not fact.absent:
            continue
        share = fact.absent / fact.expected
        chance = (1 - share) ** (fact.pupils * fact.days)
        if chance * 1000 >= rules.full_chance_permille:
            continue
        last = max(fact.rolls, key=lambda roll: (roll.date, roll.called_at))
        title = f"{fact.days} 个上课日 {len(fact.rolls)} 次点名全部到齐"
        evidence = (
            Said("roll", f"{title},每次 {fact.pupils} 人左右", "roll", last.roll),
            Said("other", f"同期全县每百人次缺勤 {share * 100:.1f}:应到 {fact.expected} 人次,缺勤 {fact.absent} 人次"),
        )
        key = f"always_full:{fact.school_class}:{last.date:%Y-%m}"
        found.append(_on_roll(TruthKind.ALWAYS_FULL, key, last, title, evidence))
    return found


def bulk_past(facts: Iterable[RollFact], rules: TruthRules) -> list[Found]:
    """Somebody filled in so many rolls of past days within so few minutes. What was called on its own day and only sent
    late is not meant."""
    late = [one for one in facts if one.first_submitted_at.date() > one.date and one.called_at.date() > one.date]
    late.sort(key=lambda one: (one.by, one.first_submitted_at, one.roll))
    found = []
    for by, of_one in groupby(late, key=lambda one: one.by):
        rolls = list(of_one)
        while rolls:
            within = rolls[0].first_submitted_at + timedelta(minutes=rules.bulk_minutes)
            burst = [one for one in rolls if one.first_submitted_at <= within]
            if len(burst) < rules.bulk_rolls:
                rolls = rolls[1:]
                continue
            rolls = [one for one in rolls if one.first_submitted_at > within]
            first, last = burst[0], burst[-1]
            span = f"{first.first_submitted_at:%m月%d日 %H:%M} 至 {last.first_submitted_at:%H:%M}"
            days = len({one.date for one in burst})
            title = f"{rules.bulk_minutes} 分钟内补录 {len(burst)} 次点名({days} 天)"
            evidence = (Said("other", f"{span} 提交 {len(burst)} 次以往的点名"), *_rolls(burst))
            found.append(_on_roll(TruthKind.BULK_PAST, f"bulk_past:{by}:{first.roll}", first, title, evidence))
    return found


def changed_late(facts: Iterable[ChangeFact], rules: TruthRules) -> list[Found]:
    """A child who was truant was made present after a duty about that truancy had fallen due."""
    found = []
    for fact in facts:
        if fact.before not in WITHOUT_SLIP or fact.after in ABSENT or fact.changed_at <= fact.due_at:
            continue
        reason = f",原因:{fact.reason}" if fact.reason else ",没有写明原因"
        evidence = (
            Said("roll", f"{fact.changed_at:%m月%d日 %H:%M} {fact.who}把旷课改为到校{reason}", "roll", fact.roll.roll),
            Said("other", f"旷课处理的待办 {fact.due_at:%m月%d日 %H:%M} 到期"),
        )
        key = f"changed_late:{fact.roll.roll}:{fact.version}:{fact.pupil}"
        title = f"{fact.name}:{fact.roll.date:%m月%d日}{Session(fact.roll.session).label}旷课,到期后改为到校"
        found.append(
            Found(
                TruthKind.CHANGED_LATE,
                key,
                fact.roll.path,
                fact.roll.school_class,
                fact.by,
                title,
                evidence,
                fact.pupil,
                fact.roll.roll,
            )
        )
    return found


def _before(day: date, until: date | None) -> bool:
    return until is None or day < until


def _rolls(rolls: Sequence[RollFact]) -> list[Said]:
    shown = [Said("roll", roll.words, "roll", roll.roll) for roll in rolls[:SHOWN]]
    more = len(rolls) - len(shown)
    return [*shown, Said("roll", f"另有 {more} 次")] if more else shown


def _on_roll(kind, key, roll: RollFact, title, evidence) -> Found:
    return Found(kind, key, roll.path, roll.school_class, roll.by, title, evidence, roll=roll.roll)


# How soon a session may be counted: nobody counts what has not begun.
BEGINS = {Session.AM: 7, Session.PM: 12, Session.EVENING: 17}


def has_begun(day: date, session: str, now: datetime) -> bool:
    """Whether a session of a day has begun at a moment of the product's day."""
    return day < now.date() or (day == now.date() and now.hour >= BEGINS[Session(session)])
