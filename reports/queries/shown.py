"""Stored figures as pages and the API show them: judged anew against the limit in force, with names where allowed."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum

from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.regulations import RegulationBook
from organisation.rules.grades import school_year_start
from organisation.rules.paths import at_or_below
from reports.enums import Formula, RateState, StageOf
from reports.models import Snapshot, SnapshotPupil
from reports.rules.rates import Judged, children_until_over, hash_of, judge
from students.enums import EnrolmentStatus
from students.models import Enrolment, Pupil
from students.queries.figures import covering, due_on


@dataclass(frozen=True)
class Shown:
    """A stored figure with its judgement; `to_over` is how many more children would put it over."""

    snapshot: Snapshot
    judged: Judged
    to_over: int | None

    @property
    def state_label(self) -> str:
        return RateState(self.judged.state).label


def judged(snapshot: Snapshot, book: RegulationBook) -> Shown:
    thresholds = book.of(snapshot.path, on=snapshot.as_of).thresholds
    found = judge(
        snapshot.numerator,
        snapshot.denominator,
        stage=snapshot.stage,
        formula=snapshot.formula,
        thresholds=thresholds,
    )
    limited = found.threshold is not None and snapshot.denominator
    more = children_until_over(snapshot.numerator, snapshot.denominator, found.threshold * 1000) if limited else None
    return Shown(snapshot, found, more)


def figures_of(units, *, as_of: date, formula: str, root: Unit) -> dict[tuple[int, str], Shown]:
    """{(unit, stage): figure} of these units, in two statements."""
    book = RegulationBook(root.path)
    rows = Snapshot.objects.filter(unit__in=units, as_of=as_of, formula=formula)
    return {(row.unit_id, row.stage): judged(row, book) for row in rows}


def through_the_year(unit: Unit, *, formula: str, stage: str, as_of: date):
    """The unit's figures of the school year up to a day, in order: the line of the chart."""
    rows = Snapshot.objects.filter(unit=unit, formula=formula, stage=stage, as_of__lte=as_of).order_by("-as_of")
    book = RegulationBook(unit.path)
    year = rows.values_list("school_year", flat=True).first()
    return [judged(row, book) for row in reversed(rows.filter(school_year=year)[:120])]


def numerator_of(snapshot: Snapshot):
    """The pupils behind a numerator, as they were counted."""
    named = SnapshotPupil.objects.filter(
        at_or_below("path", [snapshot.path]), as_of=snapshot.as_of, formula=snapshot.formula
    )
    if snapshot.stage != StageOf.ALL:
        named = named.filter(stage=snapshot.stage)
    return named.select_related("pupil").order_by("path", "pupil__sort_key", "pk")


def denominator_of(snapshot: Snapshot):
    """The pupils of a denominator, derived again from the spells."""
    spells = Enrolment.objects.filter(at_or_below("path", [snapshot.path]))
    units = Unit.objects.filter(at_or_below("path", [snapshot.path]), kind=UnitKind.CLASS)
    classes = [unit for unit in units if snapshot.stage in (unit.stage, StageOf.ALL)]
    if snapshot.formula == Formula.DROPOUT_STOCK:
        at_stage = [unit.pk for unit in classes if unit.is_at_stage(on=snapshot.as_of)]
        counted = Q(school_class__in=at_stage) | Q(school_class__in=classes, status=EnrolmentStatus.DROPPED_OUT)
        spells = spells.filter(counted, covering(snapshot.as_of))
    else:
        census = school_year_start(snapshot.school_year)
        at_stage = [unit.pk for unit in classes if unit.is_at_stage(on=census)]
        spells = spells.filter(due_on(census), school_class__in=at_stage)
    return Pupil.objects.filter(pk__in=spells.values("pupil")).order_by("sort_key", "pk")


def denominator_holds(snapshot: Snapshot) -> bool:
    """Whether the register still gives the pupils that the figure was divided by (figures.md)."""
    now = denominator_of(snapshot).order_by().aggregate(number=Count("pk"), fingerprint=Sum("fingerprint"))
    return hash_of(now["number"], now["fingerprint"] or 0) == snapshot.denominator_hash
