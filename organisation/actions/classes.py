"""Cohorts and classes come into being with their first pupil or their teacher."""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import F

from organisation.actions.bulk import create_with_history
from organisation.enums import Stage, UnitKind
from organisation.models import Unit
from organisation.rules.grades import class_code, cohort_code, first_grade
from organisation.rules.paths import STEP, at_or_below


@transaction.atomic
def ensure_cohort(school: Unit, stage, entered: int) -> Unit:
    """The cohort of a year of entry at one stage of `school`; made where it does not exist yet."""
    (found,) = _ensure_units([(school, _cohort_fields(school, stage, entered))]).values()
    return found


def ensure_class(school: Unit, stage, entered: int, number: int) -> Unit:
    """The class of a cohort of `school`; made, with its cohort, where it does not exist yet."""
    (found,) = ensure_classes([(school, stage, entered, number)])
    return found


@transaction.atomic
def ensure_classes(wanted: Iterable[tuple[Unit, str, int, int]]) -> list[Unit]:
    """The classes (school, stage, year of entry, number), in that order; a few statements for any number of them."""
    wanted = list(wanted)
    cohorts = _ensure_units((school, _cohort_fields(school, stage, entered)) for school, stage, entered, _ in wanted)
    classes = _ensure_units(
        (cohorts[cohort_code(school.code, stage, entered)], _class_fields(school, stage, entered, number))
        for school, stage, entered, number in wanted
    )
    return [classes[_class_fields(*one)["code"]] for one in wanted]


def _grades(school, stage, entered):
    return {
        "stage": stage,
        "system": school.system,
        "entry_year": entered,
        "first_grade": first_grade(stage, school.system),
    }


def _cohort_fields(school, stage, entered):
    label = "小学" if stage == Stage.PRIMARY else "初中"
    code = cohort_code(school.code, stage, entered)
    return {"kind": UnitKind.COHORT, "code": code, "name": f"{label}{entered}级", **_grades(school, stage, entered)}


def _class_fields(school, stage, entered, number):
    code = class_code(cohort_code(school.code, stage, entered), number)
    name = f"{entered}级({number})班"
    grades = _grades(school, stage, entered)
    return {"kind": UnitKind.CLASS, "code": code, "name": name, "number": number, **grades}


def _ensure_units(wanted: Iterable[tuple[Unit, Mapping]]) -> dict[str, Unit]:
    """{code: unit} of units under their parents, those that are lacking added behind the children already there."""
    by_code = {fields["code"]: (parent, fields) for parent, fields in wanted}
    found = _by_code(by_code)
    lacking = [one for code, one in by_code.items() if code not in found]
    if lacking:
        parents = Unit.objects.filter(pk__in={parent.pk for parent, _ in lacking})
        list(parents.select_for_update(no_key=True).order_by("pk"))
        found = _by_code(by_code)  # somebody else may have added them before the parents were ours
        lacking = [one for code, one in by_code.items() if code not in found]
    return found | {unit.code: unit for unit in _add_children(lacking)}


def _by_code(codes) -> dict[str, Unit]:
    return {unit.code: unit for unit in Unit.objects.filter(code__in=[*codes])}


def _add_children(wanted) -> list[Unit]:
    parents = {parent.pk: parent for parent, _ in wanted}
    last = _last_steps(parents.values())
    added = []
    for parent, fields in wanted:
        last[parent.path] += 1
        path = Unit._get_path(parent.path, parent.depth + 1, last[parent.path])
        added.append(Unit(path=path, depth=parent.depth + 1, **fields))
    for number, keys in _parents_by_children(wanted).items():
        Unit.objects.filter(pk__in=keys).update(numchild=F("numchild") + number)
    return create_with_history(Unit, added)


def _last_steps(parents) -> Counter:
    """{path of a parent: the step of its last child}, 0 where it has none."""
    last = Counter()
    depths = {parent.depth + 1 for parent in parents}
    below = Unit.objects.filter(at_or_below("path", [parent.path for parent in parents]), depth__in=depths)
    for path in below.values_list("path", flat=True):
        last[path[:-STEP]] = max(last[path[:-STEP]], Unit._str2int(path[-STEP:]))
    return last


def _parents_by_children(wanted) -> dict[int, list[int]]:
    """{number of new children: parents}."""
    grouped: dict[int, list[int]] = {}
    for key, number in Counter(parent.pk for parent, _ in wanted).items():
        grouped.setdefault(number, []).append(key)
    return grouped
