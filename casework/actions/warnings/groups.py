"""The special groups as a workbook (F23): who, which groups, what is on file; no number of a child stands in it."""

from casework.queries.groups import on_file, special_pupils
from organisation.actions.workbook import Table, write_workbook
from organisation.queries.units import names_of

HEADINGS = ("单位", "姓名", "性别", "特殊群体", "预警", "已有措施", "最近帮扶日期", "缺少措施")


def export_groups(path, person, *, on, unit_path="", group="", missing=False) -> int:
    """Write what the list shows to this person. Returns how many."""
    pupils = list(special_pupils(person, on=on, path=unit_path, group=group, missing=missing))
    names = names_of({pupil.path for pupil in pupils}, on=on)
    rows = (_cells(pupil, names[pupil.path]) for pupil in pupils)
    write_workbook(path, Table("特殊群体", HEADINGS, rows, widths=(18,) * len(HEADINGS), fixed=2))
    return len(pupils)


def _cells(pupil, place):
    line = on_file(pupil)
    return (
        place,
        pupil.name,
        pupil.get_sex_display(),
        "、".join(line.groups),
        line.tier_label,
        "、".join(line.measures),
        f"{pupil.last_on:%Y-%m-%d}" if pupil.last_on else "",
        "是" if line.is_missing else "",
    )
