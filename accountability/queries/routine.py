"""Which units owe routine work, and what of it is on record."""

from collections import defaultdict

from accountability.enums import ActivityKind
from accountability.models import (
    Activity,
    AwarenessSurvey,
    CommitmentWording,
    LeadingGroup,
    SelfInspection,
    YearPlan,
)
from accountability.queries.contacts import contacted_classes
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.rules.paths import at_or_below
from students.enums import EnrolmentStatus
from students.models import Enrolment


def taught_classes(path, *, on) -> set[int]:
    """The classes at and below a unit in which somebody is taught, one statement."""
    spells = Enrolment.objects.current(on=on).below(path).with_status(EnrolmentStatus.IN_SCHOOL)
    return set(spells.order_by().values_list("school_class", flat=True).distinct())


def owing_units(county: Unit, *, on) -> list[Unit]:
    """The county, and its open schools and classes that teach somebody now, two statements."""
    taught = taught_classes(county.path, on=on)
    units = list(Unit.objects.below(county).of_kind(UnitKind.SCHOOL, UnitKind.CLASS).open())
    classes = [unit for unit in units if unit.pk in taught and unit.is_at_stage(on=on)]
    teaching = {unit.school_code for unit in classes}
    return [county, *(unit for unit in units if unit.code in teaching), *classes]


def recorded_keys(now_due) -> set[str]:
    """Of what is due now, the keys of what is on record already: a few statements, however many."""
    found: set[str] = set()
    by_routine = defaultdict(list)
    for one in now_due:
        by_routine[one.routine].append(one)
    activities = [one for routine in ActivityKind.values for one in by_routine.get(routine, ())]
    found |= _of_activities(activities)
    for routine, model, extra in (
        ("leading_group", LeadingGroup, {"kind": "leading"}),
        ("year_plan", YearPlan, {}),
        ("commitments", CommitmentWording, {}),
        ("awareness", AwarenessSurvey, {"state": "closed", "answered__gt": 0}),
    ):
        found |= _of_year(by_routine.get(routine, ()), model, extra)
    found |= _of_inspections(by_routine.get("self_inspection", ()))
    return found | _of_contacts(by_routine.get("home_contacts", ()))


def _of_activities(wanted) -> set[str]:
    if not wanted:
        return set()
    periods = {one.due.period for one in wanted}
    rows = Activity.objects.filter(period__in=periods).order_by().values_list("kind", "unit", "period")
    known = set(rows)
    return {one.key for one in wanted if (one.routine, one.unit.pk, one.due.period) in known}


def _of_year(wanted, model, extra) -> set[str]:
    if not wanted:
        return set()
    years = {one.due.period for one in wanted}
    rows = model.objects.filter(year__in=years, **extra).order_by().values_list("unit", "year")
    known = {(unit, str(year)) for unit, year in rows}
    return {one.key for one in wanted if (one.unit.pk, one.due.period) in known}


def _of_inspections(wanted) -> set[str]:
    if not wanted:
        return set()
    periods = {one.due.period for one in wanted}
    known = set(SelfInspection.objects.filter(period__in=periods).order_by().values_list("unit", "period"))
    return {one.key for one in wanted if (one.unit.pk, one.due.period) in known}


def _of_contacts(wanted) -> set[str]:
    if not wanted:
        return set()
    county = wanted[0].unit.county_path
    done = contacted_classes(county, year=max(int(one.due.period) for one in wanted))
    return {one.key for one in wanted if one.unit.pk in done}


def schools_below(unit: Unit) -> list[Unit]:
    return list(Unit.objects.filter(at_or_below("path", [unit.path]), kind=UnitKind.SCHOOL).open())
