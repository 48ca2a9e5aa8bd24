"""The register as a roster workbook that can be imported again (F03)."""

from organisation.actions.workbook import Table, write_workbook
from organisation.models import Unit
from organisation.rules.paths import at_or_below
from students.enums import Sex
from students.models import Enrolment, Guardian, Pupil
from students.rules.roster import REQUIRED, TEXTS, YES_NO

HEADINGS = (*REQUIRED, *TEXTS, *YES_NO, "居住乡镇代码", "就读方式", "监护人2姓名", "监护人2关系", "监护人2电话")
WIDE = {"身份证件号": 22, "学籍号": 23, "家庭住址": 28}
WIDTHS = tuple(WIDE.get(heading, 12) for heading in HEADINGS)
CHUNK = 2000
SEXES = {str(sex.value): str(sex.label) for sex in Sex}
COLUMNS = (
    *("pk", "school_class", "name", "sex", "identity_type", "identity_number", "born_on", "ethnicity"),
    *("registry_number", "entered_on", "residence__code", "is_boarder", *TEXTS.values(), *YES_NO.values()),
)
TEXTS_AT, YES_NO_AT = len(COLUMNS) - len(TEXTS) - len(YES_NO), len(COLUMNS) - len(YES_NO)
NOBODY = ("", "", "")


def export_roster(path, unit_path, *, on, progress=lambda done, total: None) -> int:
    """Write all pupils of the register at or below a unit into a workbook; every cell is text. Returns how many."""
    spells = Enrolment.objects.filter(at_or_below("path", [unit_path])).current(on=on)
    keys = list(spells.order_by("path", "pupil__sort_key").values_list("pupil", flat=True))
    write_workbook(path, Table("学生", HEADINGS, _all_rows(keys, on, progress), WIDTHS, fixed=2))
    return len(keys)


def _all_rows(keys, on, progress):
    classes: dict[int, tuple[str, str, str]] = {}
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        pupils = {row[0]: row for row in Pupil.objects.filter(pk__in=part).order_by().values_list(*COLUMNS)}
        _know_classes(classes, {row[1] for row in pupils.values()}, on)
        guardians = _guardians(part)
        for key in part:
            row = pupils[key]
            yield _row(row, classes[row[1]], *guardians.get(key, (NOBODY, NOBODY)))
        progress(start + len(part), len(keys))


def _know_classes(known, keys, on):
    for unit in Unit.objects.filter(pk__in=keys - known.keys()):
        known[unit.pk] = unit.school_code, str(unit.grade(on=on)), str(unit.number)


def _guardians(keys) -> dict[int, list[tuple]]:
    """{pupil: the first two guardians: name, relation, phone}."""
    found: dict[int, list] = {}
    rows = Guardian.objects.filter(pupil__in=keys).order_by("pupil", "order")
    for pupil, *guardian in rows.values_list("pupil", "name", "relation", "phone"):
        found.setdefault(pupil, []).append(guardian)
    return {pupil: [*guardians, NOBODY][:2] for pupil, guardians in found.items()}


def _row(row, school_class, first, second) -> list[str]:
    """In the order of HEADINGS."""
    (_, _, name, sex, identity_type, identity, born_on, ethnicity, registry, entered_on, residence, boards, *_) = row
    school_code, grade, number = school_class
    return [
        school_code,
        name,
        SEXES[sex],
        identity_type,
        identity,
        born_on.isoformat(),
        ethnicity,
        grade,
        number,
        registry,
        entered_on.isoformat() if entered_on else "",
        *first,
        *row[TEXTS_AT:YES_NO_AT],
        *("是" if said else "否" for said in row[YES_NO_AT:]),
        residence or "",
        "住校" if boards else "走读",
        *second,
    ]
