"""The special groups as a workbook (F23): who, which groups, what is on file; no number of a child stands in it."""

import xlsxwriter

from casework.queries.groups import on_file, special_pupils
from organisation.queries.units import names_of

HEADINGS = ("单位", "姓名", "性别", "特殊群体", "预警", "已有措施", "最近帮扶日期", "缺少措施")


def export_groups(path, person, *, on, unit_path="", group="", missing=False) -> int:
    """Write what the list shows to this person. Returns how many."""
    pupils = list(special_pupils(person, on=on, path=unit_path, group=group, missing=missing))
    names = names_of({pupil.path for pupil in pupils}, on=on)
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet, bold = book.add_worksheet("特殊群体"), book.add_format({"bold": True, "bg_color": "#E8F0FC"})
    sheet.set_column(0, len(HEADINGS) - 1, 18)
    sheet.write_row(0, 0, HEADINGS, bold)
    sheet.freeze_panes(1, 2)
    for row, pupil in enumerate(pupils, start=1):
        line = on_file(pupil)
        cells = (
            names[pupil.path],
            pupil.name,
            pupil.get_sex_display(),
            "、".join(line.groups),
            line.tier_label,
            "、".join(line.measures),
            f"{pupil.last_on:%Y-%m-%d}" if pupil.last_on else "",
            "是" if line.is_missing else "",
        )
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    book.close()
    return len(pupils)
