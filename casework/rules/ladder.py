"""The ladder (F10, procedures §2): from a pupil's truant days to steps, and from steps to what must change. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from casework.enums import LIVE, EscalationState
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.grades import school_year
from organisation.rules.regulation import Ladder, Rung


@dataclass(frozen=True)
class Conduct:
    """What the rolls say of one day of one pupil: any truant session, how often late or gone early; recorded when."""

    day: date
    truant: bool
    recorded_on: date
    late: int = 0
    early_leave: int = 0


@dataclass(frozen=True)
class Step:
    """One escalation as the facts want it: the `count`-th truant day of its period and the rung that it reaches."""

    day: date
    period: str
    count: int
    rung: Rung
    recorded_on: date
    digest: str = ""

    @property
    def level(self) -> int:
        """The rung's `from_count`: 1, 2, 3, 4 in the default regulation."""
        return self.rung.from_count


def derive_steps(
    conduct: Iterable[Conduct], *, calendar: SchoolCalendar, ladder_on: Callable[[date], tuple[Ladder, str]]
) -> list[Step]:
    """The steps that a pupil's conduct wants, in date order; the order in which it became known does not matter.

    `ladder_on` gives the ladder in force on a day and its regulation's digest: old facts are judged by what held then.
    """
    sums: dict[str, Decimal] = {}
    steps = []
    for found in sorted(conduct, key=lambda found: found.day):
        ladder, digest = ladder_on(found.day)
        period = period_of(found.day, ladder, calendar)
        before = sums.get(period, Decimal(0))
        after = before + weight_of(found, ladder)
        sums[period] = after
        if int(after) > int(before):
            rung = rung_for(int(after), ladder)
            steps.append(Step(found.day, period, int(after), rung, found.recorded_on, digest))
    return steps


def weight_of(conduct: Conduct, ladder: Ladder) -> Decimal:
    """What a day weighs: 1 for a truant day, and nothing for lateness unless the regulation says so (P18)."""
    weights = ladder.weights
    truant = weights.truant_day if conduct.truant else Decimal(0)
    return truant + weights.late * conduct.late + weights.early_leave * conduct.early_leave


def period_of(day: date, ladder: Ladder, calendar: SchoolCalendar) -> str:
    """The counting period of a day: its semester, or its school year where the regulation says so."""
    return str(school_year(day)) if ladder.counting_period == "school_year" else calendar.semester_of(day).key


def rung_for(count: int, ladder: Ladder) -> Rung:
    """The rung with the highest `from_count` that the count reaches; below the first one, the first."""
    reached = [rung for rung in ladder.rungs if rung.from_count <= count]
    return max(reached or ladder.rungs[:1], key=lambda rung: rung.from_count)


def due_on(step: Step, calendar: SchoolCalendar, *, noticed_on: date | None = None) -> date:
    """The last day of its term: the clock runs from the later of the event and its recording."""
    return calendar.add_school_days(max(filter(None, (step.day, step.recorded_on, noticed_on))), step.rung.due_days)


@dataclass(frozen=True)
class Standing:
    """An escalation as it is stored: `count` as last set, `level` as performed or last set."""

    key: int
    day: date
    state: str
    count: int
    level: int
    period: str


@dataclass
class Plan:
    """What must change so that the stored ladder says what the facts say."""

    create: list[Step] = field(default_factory=list)
    void: list[int] = field(default_factory=list)
    overturn: list[int] = field(default_factory=list)
    revive: list[tuple[int, Step]] = field(default_factory=list)  # voided or overturned ones whose day counts again
    relevel: list[tuple[int, Step]] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changes_nothing(self) -> bool:
        return not (self.create or self.void or self.overturn or self.revive or self.relevel)


def reconcile(steps: Iterable[Step], standing: Iterable[Standing]) -> Plan:
    """Compare the steps the facts want with what is stored; applied once, a second run finds nothing to do."""
    wanted: Mapping[date, Step] = {step.day: step for step in steps}
    plan = Plan()
    known = set()
    for one in standing:
        known.add(one.day)
        step = wanted.get(one.day)
        if step is None:
            if one.state == EscalationState.OPEN:
                plan.void.append(one.key)
            elif one.state == EscalationState.PERFORMED:
                plan.overturn.append(one.key)
        elif one.state not in LIVE:
            plan.revive.append((one.key, step))
        elif _differs(one, step):
            plan.relevel.append((one.key, step))
        else:
            plan.unchanged += 1
    plan.create = [step for day, step in wanted.items() if day not in known]
    return plan


def _differs(one: Standing, step: Step) -> bool:
    """An open step moves to its new level; a performed one keeps what was done and shows both counts."""
    moved = one.state == EscalationState.OPEN and one.level != step.level
    return moved or one.count != step.count or one.period != step.period
