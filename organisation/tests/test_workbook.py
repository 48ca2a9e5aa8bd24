"""The plain writer: what goes in comes out again, in calamine and in openpyxl, whatever people have typed."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import pytest
import python_calamine as calamine

from organisation.actions.workbook import LONGEST, Table, write_workbook

FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", '=HYPERLINK("http://x")', "\uff1d1+1", "'=1"]
TEXTS = [
    "马小龙",
    "𠮷野𡈽",
    "😀",
    "a&b<c>\"d'",
    " 前后 ",
    "两\n行",
    "0012",
    "520502201304010017",
    "1e5",
    "_x0041_",
    "مرحبا",
]


@pytest.fixture
def written():
    def write(*rows, headings=None, **more):
        file = io.BytesIO()
        write_workbook(file, Table("名单", headings or ("甲",) * len(rows[0]), rows, **more))
        return file

    return write


def by_openpyxl(file):
    return list(openpyxl.load_workbook(file).active.iter_rows(min_row=2))


def by_calamine(file):
    file.seek(0)
    return calamine.load_workbook(file).get_sheet_by_index(0).to_python()[1:]


@pytest.mark.parametrize("text", [*FORMULAS, *TEXTS])
def test_text_comes_out_as_it_went_in_and_is_no_formula(written, text):
    file = written((text, "乙"))
    ((cell, _),) = by_openpyxl(file)
    assert cell.data_type == "s"
    assert cell.value.replace("_x005F_x0041_", "_x0041_") == text
    assert by_calamine(file) == [[text, "乙"]]
    with zipfile.ZipFile(file) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


def test_numbers_and_days_are_native_and_long_numbers_stay_text(written):
    moment = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    row = (
        7,
        Decimal("0.25"),
        date(2026, 11, 23),
        moment,
        True,
        None,
        520502201304010017,
        float("nan"),
        date(1899, 1, 1),
    )
    (cells,) = by_openpyxl(written(row))
    assert [cell.value for cell in cells][:3] == [7, 0.25, datetime(2026, 11, 23)]
    assert cells[2].is_date
    assert cells[3].value == datetime(2026, 11, 23, 9, 30)  # Chinese time
    assert [cell.value for cell in cells][4:] == ["是", None, "520502201304010017", "nan", "1899-01-01"]


def test_what_no_xml_holds_is_left_out_and_the_file_opens(written):
    odd = "".join(map(chr, [*range(32), 0xD800, 0xFFFE, 0xFFFF])) + "完"
    file = written((odd, "\ud83d", "长" * (LONGEST + 5)), headings=("\x00甲", "乙<", "丙&"))
    with zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
        for name in packed.namelist():
            ElementTree.fromstring(packed.read(name))
    ((first, second, long),) = by_openpyxl(file)
    assert first.value.endswith("完")
    assert second.value is None
    assert len(long.value) == LONGEST
    assert [cell.value for cell in openpyxl.load_workbook(file).active[1]] == ["甲", "乙<", "丙&"]


def test_headings_stay_in_view_and_columns_are_as_wide_as_said(written):
    sheet = openpyxl.load_workbook(written(("甲", "乙"), widths=(20,), fixed=1)).active
    assert (sheet.title, sheet.freeze_panes, sheet["A1"].font.b) == ("名单", "B2", True)
    assert sheet.column_dimensions["A"].width == 20
    assert sheet.column_dimensions["A"].number_format == sheet["A2"].number_format == "@"


def test_several_sheets_with_odd_names_and_none_at_all():
    file = io.BytesIO()
    tables = [Table(name, ("甲",), ()) for name in ("错误/提醒", "x" * 40, "'[]:*?'", 'a&"b')]
    write_workbook(file, *tables)
    assert openpyxl.load_workbook(file).sheetnames == ["错误 提醒", "x" * 31, "Sheet", 'a&"b']


def test_the_last_columns_of_a_wide_table_have_their_letters(written):
    row = tuple(map(str, range(200)))
    assert by_calamine(written(row)) == [[*row]]
    assert openpyxl.load_workbook(written(row)).active["GR2"].value == "199"
