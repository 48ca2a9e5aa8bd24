"""Cohorts and classes come into being with their first pupil or their teacher."""

from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.rules.grades import class_code, cohort_code, first_grade


def ensure_class(school: Unit, stage, entered: int, number: int) -> Unit:
    """The class of a cohort of `school`; made, with its cohort, where it does not exist yet."""
    grades = {
        "stage": stage,
        "system": school.system,
        "entry_year": entered,
        "first_grade": first_grade(stage, school.system),
    }
    code = cohort_code(school.code, stage, entered)
    cohort = Unit.objects.filter(code=code).first()
    if cohort is None:
        label = "小学" if stage == "primary" else "初中"
        fields = {"kind": UnitKind.COHORT, "code": code, "name": f"{label}{entered}级", **grades}
        cohort = Unit.objects.add_child(Unit.objects.get(pk=school.pk), fields)
    code = class_code(code, number)
    found = Unit.objects.filter(code=code).first()
    if found is not None:
        return found
    fields = {"kind": UnitKind.CLASS, "code": code, "name": f"{entered}级({number})班", "number": number, **grades}
    return Unit.objects.add_child(Unit.objects.get(pk=cohort.pk), fields)
