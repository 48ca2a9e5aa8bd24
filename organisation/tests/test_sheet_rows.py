"""A sheet read part by part says what the whole one says: same cells, same numbers of rows, same refusals."""

import re
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from organisation.actions.workbook import Table, write_workbook
from organisation.errors import Malformed
from organisation.queries import sheet_rows
from organisation.queries.sheet_rows import read_rows
from organisation.queries.workbooks import read_sheets

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(sheet_rows, "PART", 600)
    monkeypatch.setattr(sheet_rows, "CHUNK", 500)


@pytest.fixture
def book(tmp_path):
    """Two sheets with empty rows, an empty first column, dates, numbers, yes and no, a formula and shared texts."""
    path = tmp_path / "表.xlsx"
    made = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy/m/d"})
    sheet = made.add_worksheet("一")
    made.add_worksheet("二").write(0, 0, "别的表")
    for row in (3, 4, *range(8, 60)):
        sheet.write_row(row, 1, [f"马小龙{row}", row, 0.5, True, date(2013, 4, row % 28 + 1), '<row r="7">&'])
    sheet.write_formula(60, 1, "=1+1", None, 2)
    made.close()
    return path


def changed(path, change):
    """The workbook with its first sheet's XML changed."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts[SHEET] = change(parts[SHEET])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


def whole(path):
    (rows,) = read_sheets(path, first_only=True).values()
    return [(number, cells) for number, cells in enumerate(rows, start=1) if any(cell != "" for cell in cells)]


def number_of_parts(path):
    with zipfile.ZipFile(path) as packed:
        return len(list(sheet_rows._parts(packed.open(SHEET), sheet_rows.PART)))


def test_parts_say_what_the_whole_sheet_says(book):
    assert number_of_parts(book) > 5
    assert [*read_rows(book)] == whole(book)
    assert (4, ["", "马小龙3", 3.0, 0.5, True, date(2013, 4, 4), '<row r="7">&']) in [
        (number, [cell.date() if isinstance(cell, datetime) else cell for cell in cells])
        for number, cells in read_rows(book)
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: re.sub(rb' r="[A-Z]*\d+"', b"", xml),  # no row says its number
        lambda xml: xml.replace(b"</row>", b'</row><!-- <row r="1"><c r="A1"/> -->'),
        lambda xml: re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml).replace(b"<x:worksheet xmlns=", b"<x:worksheet xmlns:x="),
        lambda xml: xml.replace(b"<row ", b"\n<row\n\t"),
        lambda xml: xml.replace(b"<sheetData>", b"<sheetData >"),
    ],
)
def test_sheets_of_other_makers(book, change):
    path = changed(book, change)
    assert [*read_rows(path)] == whole(path)


def test_a_list_of_our_own_comes_back(tmp_path):
    path = tmp_path / "x.xlsx"
    rows = [[f"马{n}", str(n), ""] for n in range(100)]
    write_workbook(path, Table("甲", ("一", "二", "三"), rows))
    assert [cells[:2] for _, cells in read_rows(path)][1:] == [row[:2] for row in rows]


def test_an_empty_sheet_has_no_rows(tmp_path):
    path = tmp_path / "x.xlsx"
    xlsxwriter.Workbook(str(path)).close()
    assert [*read_rows(path)] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[: len(xml) // 2],
        lambda xml: xml.replace(b'<row r="20"', b'<row r="999999"', 1).replace(b'r="B20"', b'r="B999999"'),
        lambda xml: xml.replace(b'r="B20"', b'r="GS20"'),
        lambda xml: xml.replace(b'r="B20"', b'r="AAA20"'),
        lambda xml: xml.replace(b'r="B20"', b'r="B9999999999"'),
        lambda xml: b"<!DOCTYPE x>" + xml,
    ],
)
def test_a_broken_or_far_flung_sheet_is_refused_with_a_sentence(book, change):
    with pytest.raises(Malformed) as refused:
        list(read_rows(changed(book, change)))
    assert refused.value.code == "bad_file"


def test_the_last_column_and_row_that_are_taken(book):
    path = changed(book, lambda xml: xml.replace(b'r="B61"', b'r="GR61"'))
    assert len([*read_rows(path)][-1][1]) == 200
