"""Cohorts and classes come into being with their first pupil or their teacher."""

from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.rules.grades import class_code, cohort_code, first_grade


def ensure_cohort(school: Unit, stage, entered: int) -> Unit:
    """The cohort of a year of entry at one stage of `school`; made where it does not exist yet."""
    code = cohort_code(school.code, stage, entered)
    found = Unit.objects.filter(code=code).first()
    if found is not None:
        return found
    label = "小学" if stage == "primary" else "初中"
    fields = {"kind": UnitKind.COHORT, "code": code, "name": f"{label}{entered}级", **_grades(school, stage, entered)}
    return Unit.objects.add_child(Unit.objects.get(pk=school.pk), fields)


def ensure_class(school: Unit, stage, entered: int, number: int) -> Unit:
    """The class of a cohort of `school`; made, with its cohort, where it does not exist yet."""
    cohort = ensure_cohort(school, stage, entered)
    code = class_code(cohort.code, number)
    found = Unit.objects.filter(code=code).first()
    if found is not None:
        return found
    fields = {"kind": UnitKind.CLASS, "code": code, "name": f"{entered}级({number})班", "number": number}
    return Unit.objects.add_child(Unit.objects.get(pk=cohort.pk), fields | _grades(school, stage, entered))


def _grades(school, stage, entered):
    return {
        "stage": stage,
        "system": school.system,
        "entry_year": entered,
        "first_grade": first_grade(stage, school.system),
    }
