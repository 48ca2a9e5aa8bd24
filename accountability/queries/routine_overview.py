"""What of the routine work is on record, school by school (F41): for principals and the bureau; a fixed number of statements."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from accountability.enums import ActivityKind, CommitmentState, DeficiencyState
from accountability.models import (
    Activity,
    AwarenessSurvey,
    Commitment,
    Deficiency,
    LeadingGroup,
    SelfInspection,
    YearPlan,
)
from accountability.queries.contacts import progress_by_class
from accountability.queries.routine import taught_classes
from accountability.rules.schedule import period_of
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.edition import rule_books
from organisation.rules.grades import school_year
from organisation.rules.paths import at_or_below

PER_CLASS = (ActivityKind.CLASS_MEETING, ActivityKind.GUARDIANS_MEETING)


@dataclass
class School:
    """One school's line."""

    unit: Unit
    classes: int = 0
    held: Counter = field(default_factory=Counter)  # {kind: activities of the present period; per class, classes}
    not_held: Counter = field(default_factory=Counter)
    has_plan: bool = False
    has_group: bool = False
    inspected_on: date | None = None
    deficiencies: int = 0
    late: int = 0
    surveys: dict = field(default_factory=dict)  # {audience: the newest that was closed}
    sheets: int = 0
    signed: int = 0
    reached: int = 0
    taught: int = 0

    @property
    def class_meetings(self) -> int:
        return self.held[ActivityKind.CLASS_MEETING]

    @property
    def guardians_meetings(self) -> int:
        return self.held[ActivityKind.GUARDIANS_MEETING]

    @property
    def publicity(self) -> int:
        return self.held[ActivityKind.PUBLICITY]


def overview(units: list[Unit], *, on) -> list[School]:
    """The schools at and below some units, each with what is on record for the present week, term and year."""
    paths, year = [unit.path for unit in units], school_year(on)
    below = at_or_below("path", paths)
    found = list(Unit.objects.filter(below).of_kind(UnitKind.SCHOOL, UnitKind.CLASS).open())
    lines = {unit.path: School(unit) for unit in found if unit.kind == UnitKind.SCHOOL}
    homes = {unit.pk: unit.path[:-8] for unit in found if unit.kind == UnitKind.CLASS}
    for path in paths:
        for pk in taught_classes(path, on=on):
            if homes.get(pk) in lines:
                lines[homes[pk]].classes += 1
        for pk, (reached, taught) in progress_by_class(path, year=year, on=on).items():
            if homes.get(pk) in lines:
                lines[homes[pk]].reached += reached
                lines[homes[pk]].taught += taught
    _count_activities(lines, below, on)
    _say_what_stands(lines, below, year)
    _count_inspections(lines, below, on)
    _count_sheets(lines, below, year)
    return [line for line in lines.values() if line.classes]


def _count_activities(lines, below, on):
    """Of the period in which the regulation asks for each kind."""
    books = rule_books(lines)
    wanted = {}
    for path in lines:
        rules, calendar = books[path].rules(path, on=on).routine, books[path].calendar(path)
        wanted[path] = {kind: period_of(rules.of(kind).every, calendar, on) for kind in ActivityKind.values}
    periods = {period for kinds in wanted.values() for period in kinds.values()}
    rows = Activity.objects.filter(below, period__in=periods).order_by()
    for path, kind, period, held in rows.values_list("path", "kind", "period", "held").distinct():
        school = path[:-8] if kind in PER_CLASS else path
        if school in lines and wanted[school][kind] == period:
            (lines[school].held if held else lines[school].not_held)[kind] += 1


def _say_what_stands(lines, below, year):
    for path in YearPlan.objects.filter(below, year=year).values_list("path", flat=True):
        if path in lines:
            lines[path].has_plan = True
    for path in LeadingGroup.objects.filter(below, year=year, kind="leading").values_list("path", flat=True):
        if path in lines:
            lines[path].has_group = True
    for survey in AwarenessSurvey.objects.filter(below, year=year, state="closed", answered__gt=0).order_by(
        "closed_on", "pk"
    ):
        if survey.path in lines:
            lines[survey.path].surveys[survey.audience] = survey


def _count_inspections(lines, below, on):
    first = school_year(on)
    inspections = SelfInspection.objects.filter(below, on__gte=date(first, 9, 1)).order_by("on")
    for path, day in inspections.values_list("path", "on"):
        if path in lines:
            lines[path].inspected_on = day
    late = Q(due_on__lt=on, state=DeficiencyState.OPEN)
    rows = Deficiency.objects.filter(below).unsettled().order_by().values_list("path")
    for path, number, over in rows.annotate(number=Count("pk"), over=Count("pk", filter=late)):
        if path in lines:
            lines[path].deficiencies, lines[path].late = number, over


def _count_sheets(lines, below, year):
    sheets: dict[str, Counter] = defaultdict(Counter)
    rows = Commitment.objects.filter(below, year=year).standing().order_by()
    for path, state, number in rows.values_list("path", "state").annotate(number=Count("pk")):
        school = path if path in lines else path[:-8]
        sheets[school][state] += number
    for path, counted in sheets.items():
        if path in lines:
            lines[path].sheets, lines[path].signed = sum(counted.values()), counted[CommitmentState.SIGNED]
