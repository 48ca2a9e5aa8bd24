"""Plain tables as a workbook, written row by row as they come: long lists leave the house through here alone.

Text stays text and is never a formula; numbers, days and moments are native cells. Nothing is kept in memory but a few
hundred rows. Official returns with their own form are made by openpyxl instead.
"""

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from string import ascii_uppercase
from xml.sax.saxutils import escape

from django.utils import timezone

LETTERS = [*ascii_uppercase, *(one + other for one in ascii_uppercase for other in ascii_uppercase)]
LONGEST = 32_767  # what a cell of Excel holds
MOST_EXACT = 10**15  # a longer number would lose its last digits in a cell
AT_ONCE = 256
LEVEL = 1  # a sheet's XML repeats itself so much that more effort saves little
WIDTH = 12
EPOCH = datetime(1899, 12, 30)
EARLIEST = date(1900, 3, 1)  # Excel believes in 29 February 1900
# What a reader of XML refuses, or reads as something else: then each cell of the row is looked at.
ODD = re.compile("[&<>\x00-\x20\x7f-\x9f\u2028\u2029\u3000\ud800-\udfff\ufeff\ufffe\uffff]|_x")
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
ILLEGAL_IN_NAME = re.compile(r"[\[\]:*?/\\]")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TEXT, HEADING, WRAPPED, DAY, MOMENT = 1, 2, 3, 4, 5
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8F0FC"/><bgColor indexed="64"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment horizontal="left" vertical="top"/></xf>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment horizontal="left" vertical="top"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(frozen=True)
class Table:
    """One sheet: its headings, and rows of text, numbers, days, moments, yes or no, or nothing."""

    name: str
    headings: tuple[str, ...]
    rows: Iterable
    widths: tuple[int, ...] = ()  # in characters, WIDTH where none is said
    fixed: int = 1  # columns that stay in view; the headings always do
    wraps: bool = False


def write_workbook(target, *tables: Table):
    """Write the tables into `target`, a path or a file opened for writing."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as packed:
        for name, text in _parts(tables):
            packed.writestr(name, text)
        for number, table in enumerate(tables, start=1):
            with packed.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                _write_sheet(sheet, table, is_first=number == 1)


def _parts(tables):
    numbers = range(1, len(tables) + 1)
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{OFFICE}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{OFFICE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{OFFICE}.styles+xml"/>{sheets}</Types>',
    )
    yield "_rels/.rels", _links([("officeDocument", "xl/workbook.xml")])
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _links([*targets, ("styles", "styles.xml")])
    listed = "".join(
        f'<sheet name="{_attribute(_sheet_name(table.name))}" sheetId="{n}" r:id="rId{n}"/>'
        for n, table in enumerate(tables, start=1)
    )
    yield (
        "xl/workbook.xml",
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><bookViews><workbookView/></bookViews><sheets>{listed}</sheets></workbook>',
    )
    yield "xl/styles.xml", STYLES


def _links(targets) -> str:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def _attribute(text) -> str:
    return escape(text, {'"': "&quot;"})


def _sheet_name(name) -> str:
    """Without what Excel takes in no sheet's name."""
    return ILLEGAL_IN_NAME.sub(" ", ILLEGAL.sub("", name)).strip("' ")[:31] or "Sheet"


def _write_sheet(sheet, table, *, is_first):
    style = WRAPPED if table.wraps else TEXT
    sheet.write(_before_rows(table, style, is_first).encode())
    writer = _Rows(style, len(table.headings))
    sheet.write(_Rows(HEADING, len(table.headings)).line(1, [str(heading) for heading in table.headings]).encode())
    lines = []
    for number, row in enumerate(table.rows, start=2):
        lines.append(writer.line(number, row))
        if len(lines) == AT_ONCE:
            sheet.write("".join(lines).encode())
            lines.clear()
    sheet.write("".join(lines).encode())
    sheet.write(
        b'</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
        b'<pageSetup paperSize="9" fitToHeight="0"/></worksheet>'
    )


def _before_rows(table, style, is_first) -> str:
    fixed = min(table.fixed, len(table.headings))
    corner = f"{LETTERS[fixed]}2"
    selected = 'tabSelected="1" ' if is_first else ""
    across = f'xSplit="{fixed}" ' if fixed else ""
    pane = "bottomRight" if fixed else "bottomLeft"
    widths = [*table.widths, *[WIDTH] * (len(table.headings) - len(table.widths))]
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" style="{style}" customWidth="1"/>'
        for n, width in enumerate(widths[: len(table.headings)], start=1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView {selected}workbookViewId="0">'
        f'<pane {across}ySplit="1" topLeftCell="{corner}" activePane="{pane}" state="frozen"/>'
        f'<selection pane="{pane}"/></sheetView></sheetViews>{f"<cols>{columns}</cols>" if columns else ""}<sheetData>'
    )


class _Rows:
    """Rows as XML. Most are plain text in which nothing is odd: those are put together without looking at a cell."""

    def __init__(self, style, width):
        self.style = style
        self.after = f'" s="{style}" t="inlineStr"><is><t>'
        self.starts = [f'<c r="{letter}' for letter in LETTERS[:width]]

    def line(self, number, row) -> str:
        try:
            is_plain = not ODD.search("".join(row))
        except TypeError:
            is_plain = False
        if is_plain:
            middle = f"{number}{self.after}"
            cells = [
                f"{start}{middle}{text}</t></is></c>" for start, text in zip(self.starts, row, strict=False) if text
            ]
        else:
            cells = [self._cell(f"{start}{number}", cell) for start, cell in zip(self.starts, row, strict=False)]
        return f'<row r="{number}">{"".join(cells)}</row>'

    def _cell(self, start, value) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            value = "是" if value else "否"
        if isinstance(value, int | float | Decimal) and abs(value) < MOST_EXACT:
            return f'{start}"><v>{value}</v></c>'
        if isinstance(value, datetime):
            value = timezone.make_naive(value) if timezone.is_aware(value) else value
            if value.date() >= EARLIEST:
                return f'{start}" s="{MOMENT}"><v>{_serial(value)}</v></c>'
        elif isinstance(value, date) and value >= EARLIEST:
            return f'{start}" s="{DAY}"><v>{(value - EPOCH.date()).days}</v></c>'
        text = ILLEGAL.sub("", str(value))[:LONGEST]
        kept = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
        text = escape(LOOKS_ESCAPED.sub("_x005F_", text), {"\r": "&#13;"})
        return f'{start}" s="{self.style}" t="inlineStr"><is><t{kept}>{text}</t></is></c>' if text else ""


def _serial(moment: datetime) -> float:
    """Days since Excel's beginning."""
    since = moment - EPOCH
    return since.days + since.seconds / 86_400
