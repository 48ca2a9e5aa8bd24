"""The register as a roster workbook that can be imported again (F03)."""

import xlsxwriter

from organisation.rules.paths import at_or_below
from students.models import Enrolment, Guardian, Pupil
from students.rules.roster import REQUIRED, TEXTS, YES_NO

HEADINGS = (*REQUIRED, *TEXTS, *YES_NO, "居住乡镇代码", "就读方式", "监护人2姓名", "监护人2关系", "监护人2电话")
WIDE = {"身份证件号": 22, "学籍号": 23, "家庭住址": 28}
CHUNK = 2000
KEY = "pk"


def export_roster(path, unit_path, *, on, progress=lambda done, total: None) -> int:
    """Write all pupils of the register at or below a unit into a workbook; every cell is text. Returns how many."""
    spells = Enrolment.objects.filter(at_or_below("path", [unit_path])).current(on=on)
    keys = list(spells.order_by("path", "pupil__sort_key").values_list("pupil", flat=True))
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("学生")
    text = book.add_format({"num_format": "@"})
    head = book.add_format({"bold": True, "bg_color": "#E8F0FC"})
    for column, heading in enumerate(HEADINGS):
        sheet.set_column(column, column, WIDE.get(heading, 12), text)
        sheet.write_string(0, column, heading, head)
    sheet.freeze_panes(1, 2)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        rows = {row[KEY]: row for row in _rows(part, on)}
        for offset, key in enumerate(part):
            for column, heading in enumerate(HEADINGS):
                sheet.write_string(start + offset + 1, column, rows[key].get(heading, ""), text)
        progress(start + len(part), len(keys))
    book.close()
    return len(keys)


def _rows(keys, on):
    guardians: dict[int, list] = {}
    for guardian in Guardian.objects.filter(pupil__in=keys).order_by("order"):
        guardians.setdefault(guardian.pupil_id, []).append(guardian)
    for pupil in Pupil.objects.filter(pk__in=keys).select_related("school_class", "residence"):
        row = {
            KEY: pupil.pk,
            "学校代码": pupil.school_class.school_code,
            "姓名": pupil.name,
            "性别": pupil.get_sex_display(),
            "身份证件类型": pupil.identity_type,
            "身份证件号": pupil.identity_number,
            "出生日期": pupil.born_on.isoformat(),
            "民族": pupil.ethnicity,
            "年级": str(pupil.school_class.grade(on=on)),
            "班级": str(pupil.school_class.number),
            "学籍号": pupil.registry_number,
            "入学年月": f"{pupil.entered_on:%Y-%m-%d}" if pupil.entered_on else "",
            "居住乡镇代码": pupil.residence.code if pupil.residence else "",
            "就读方式": "住校" if pupil.is_boarder else "走读",
        }
        row |= {heading: getattr(pupil, column) for heading, column in TEXTS.items()}
        row |= {heading: "是" if getattr(pupil, column) else "否" for heading, column in YES_NO.items()}
        for prefix, guardian in zip(("监护人", "监护人2"), guardians.get(pupil.pk, ()), strict=False):
            row |= {f"{prefix}姓名": guardian.name, f"{prefix}关系": guardian.relation, f"{prefix}电话": guardian.phone}
        yield row
