"""Making a return: filled from the register, kept with its digest, written in the official form."""

from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import Malformed, Refused
from organisation.models import Unit
from reports.models import MonthlyReturn
from reports.queries.monthly import COLUMNS, RATES, Return, fill, month_of

KINDS = {"monthly": "控辍保学月报表"}
HEADINGS = ("学段", "类别", *COLUMNS)
THIN = Side(style="thin", color="808080")
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
FIRST_ROW = 4


@transaction.atomic
def make_return(unit: Unit, period: str, *, kind="monthly", by=None) -> tuple[MonthlyReturn, Return]:
    """Fill a return from the register and keep it; made again, it says what the register says now.

    Raises Malformed (`unknown_kind`, `bad_period`), Refused (`future_date`, `does_not_balance`).
    """
    if kind not in KINDS:
        raise Malformed("unknown_kind", f"没有“{kind}”这种报表。可用:{'、'.join(KINDS)}。")
    if month_of(period)[0] > clock.today():
        raise Refused("future_date", "这个月还没有开始。")
    filled = fill(unit, period)
    if not filled.balances:
        wrong = "、".join(f"{row.stage}{row.group}" for row in filled.rows if not row.balances)
        raise Refused("does_not_balance", f"上月末 + 增加 − 减少 与本月末不符:{wrong}。请核对学籍异动。")
    kept, _ = MonthlyReturn.objects.update_or_create(
        kind=kind,
        unit=unit,
        period=period,
        defaults={
            "path": unit.path,
            "cells": filled.as_json(),
            "digest": filled.digest,
            "made_at": clock.now(),
            "made_by": by,
        },
    )
    return kept, filled


def write_return(kept: MonthlyReturn, file):
    """The return as an Excel file (a path or an open file) in official form: title, unit and period, table, totals,
    sign-off, A4 landscape."""
    book = Workbook()
    sheet = book.active
    sheet.title = kept.period
    last = get_column_letter(len(HEADINGS))
    year, month = kept.period.split("-")
    _line(sheet, f"A1:{last}1", f"{year}年{int(month)}月{KINDS[kept.kind]}", Font(size=18, bold=True), CENTRE, 34)
    left = Alignment(horizontal="left", vertical="center")
    until = min(month_of(kept.period)[1], localdate(kept.made_at))
    text = f"填报单位:{kept.unit.name}({kept.unit.code})        统计截止:{until:%Y年%m月%d日}        单位:人"
    _line(sheet, f"A2:{last}2", text, Font(size=11), left, 22)
    _table(sheet, kept)
    end = FIRST_ROW + len(kept.cells)
    note = "本表由学籍自动生成。本月末在校 = 上月末在校 + 各项增加 − 各项减少;辍学率以学年初在校为分母。"
    _line(sheet, f"A{end}:{last}{end}", note, Font(size=10), left, 20)
    head = "校长" if kept.unit.kind == UnitKind.SCHOOL else "负责人"
    signed = f"{head}(签字):____________      填表人:____________      填报日期:____年__月__日      (单位公章)"
    _line(sheet, f"A{end + 1}:{last}{end + 1}", signed, Font(size=11), left, 30)
    _page(sheet, end + 1, last)
    book.save(file)


def _line(sheet, cells, text, font, alignment, height):
    sheet.merge_cells(cells)
    cell = sheet[cells.split(":")[0]]
    _write(cell, text)
    cell.font, cell.alignment = font, alignment
    sheet.row_dimensions[cell.row].height = height


def _write(cell, value):
    """Text stays text: what begins with `=` is no formula."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def _rate(value):
    """A number that Excel shows in percent; a dash where there is no rate or no limit."""
    return "—" if value is None else Decimal(value)


def _table(sheet, kept):
    border = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
    for column, heading in enumerate(HEADINGS, start=1):
        cell = sheet.cell(FIRST_ROW - 1, column)
        _write(cell, heading)
        cell.font, cell.alignment, cell.border = Font(bold=True, size=10), CENTRE, border
        cell.fill = PatternFill("solid", fgColor="E8F0FC")
    sheet.row_dimensions[FIRST_ROW - 1].height = 42
    for number, row in enumerate(kept.cells, start=FIRST_ROW):
        for column, value in enumerate(
            (row["stage"], row["group"], *(row["cells"][name] for name in COLUMNS)), start=1
        ):
            cell = sheet.cell(number, column)
            is_rate = HEADINGS[column - 1] in RATES
            _write(cell, _rate(value) if is_rate else value)
            cell.number_format = "0.00%" if is_rate else "General"
            total = row["stage"] == "合计" or row["group"] == "全体"
            cell.font, cell.alignment, cell.border = Font(size=10, bold=total), CENTRE, border
        sheet.row_dimensions[number].height = 20
    stages = [row["stage"] for row in kept.cells]
    for stage in dict.fromkeys(stages):
        first = FIRST_ROW + stages.index(stage)
        sheet.merge_cells(start_row=first, end_row=first + stages.count(stage) - 1, start_column=1, end_column=1)


def _page(sheet, end, last):
    for column in range(1, len(HEADINGS) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 11 if column in (2, len(HEADINGS)) else 7.2
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_area = f"A1:{last}{end}"
    sheet.print_options.horizontalCentered = True
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 3)
