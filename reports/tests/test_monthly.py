"""The school monthly return: its rows and columns, months without school, the file that goes upstairs, the command."""

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from organisation.errors import Malformed, Refused
from organisation.models import Unit
from organisation.tests.factories import make_class
from reports.actions.returns import HEADINGS, make_return, write_return
from reports.models import MonthlyReturn
from reports.queries.monthly import COLUMNS, fill
from reports.tests.factories import change, entered
from students.enums import Sex
from students.tests.factories import make_pupil

GONE, LATER = date(2026, 11, 9), date(2026, 11, 16)


def cells(unit, period="2026-11", stage="初中", group="全体"):
    rows = fill(Unit.objects.get(pk=unit.pk), period).rows
    return next(row.cells for row in rows if (row.stage, row.group) == (stage, group))


def moved(unit, period="2026-11", **where):
    """The movements of a row that are not nought, between its opening and its closing."""
    found = cells(unit, period, **where)
    names = COLUMNS[: COLUMNS.index("本月末在校") + 1]
    return {name: found[name] for name in names if found[name]}


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("transfer_out", "转出"),
        ("suspend", "休学"),
        ("drop_out", "辍学"),
        ("die", "死亡"),
        ("graduate", "毕结业"),
        ("complete", "毕结业"),
        ("go_abroad", "其他减少"),
        ("defer", "其他减少"),
    ],
)
def test_who_leaves_stands_in_the_column_of_the_change(class_a, school_a, kind, column):
    make_pupil(class_a)
    change(make_pupil(class_a), kind, GONE)
    assert moved(school_a) == {"上月末在校": 2, column: 1, "本月末在校": 1}


@pytest.mark.parametrize(
    ("before", "kind", "column"),
    [
        ("suspended", "resume", "复学"),
        ("deferred", "resume", "复学"),
        ("dropped_out", "return", "复学"),
        ("dropped_out", "home_teaching", "其他增加"),
        ("suspended", "home_teaching", "其他增加"),
    ],
)
def test_who_comes_back_stands_in_the_column_of_the_change(class_a, school_a, before, kind, column):
    pupil = make_pupil(class_a, status=before)
    change(pupil, kind, GONE)
    assert moved(school_a) == {column: 1, "本月末在校": 1}
    assert cells(school_a)["本月劝返"] == (before == "dropped_out")


def test_who_enters_and_who_transfers_in(class_a, school_a):
    entered(class_a, on=GONE)
    other = make_pupil(class_a)
    other.enrolments.all().delete()
    change(other, "transfer_in", GONE, to_class=class_a)
    assert moved(school_a) == {"转入": 1, "新入学": 1, "本月末在校": 2}


def test_home_teaching_leaves_nobody_out_of_school_and_is_told_apart(class_a, school_a):
    change(make_pupil(class_a), "home_teaching", GONE)
    assert moved(school_a) == {"上月末在校": 1, "本月末在校": 1}
    assert cells(school_a)["其中送教上门"] == 1


def test_a_change_of_class_is_no_movement_and_of_stage_is_one(class_a, primary_class, school_a):
    pupil = make_pupil(class_a)
    change(pupil, "move_class", GONE, to_class=make_class(school_a, number=2))
    assert moved(school_a) == {"上月末在校": 1, "本月末在校": 1}
    child = make_pupil(primary_class)
    change(child, "move_class", LATER, to_class=class_a)
    assert moved(school_a, stage="小学") == {"上月末在校": 1, "其他减少": 1}
    assert moved(school_a, stage="初中") == {"上月末在校": 1, "其他增加": 1, "本月末在校": 2}
    assert fill(school_a, "2026-11").balances


def test_a_change_that_was_corrected_moves_nobody(class_a, school_a):
    pupil = make_pupil(class_a)
    change(pupil, "drop_out", GONE)
    change(pupil, "correct", LATER)
    assert moved(school_a) == {"上月末在校": 1, "本月末在校": 1}
    assert cells(school_a)["台账在册辍学"] == 0


def test_dropouts_are_the_ledger_and_the_years_sum(class_a, school_a):
    old = make_pupil(class_a, starts=date(2025, 9, 1))
    change(old, "drop_out", date(2026, 5, 11))
    back, out, stays = (make_pupil(class_a) for _ in range(3))
    change(back, "drop_out", date(2026, 10, 12))
    change(back, "return", GONE)
    change(out, "drop_out", GONE)
    assert stays.enrolments.count() == 1
    found = cells(school_a)
    names = ("辍学", "复学", "本月劝返", "台账在册辍学", "学年累计辍学", "学年初在校")
    assert {name: found[name] for name in names} == {
        "辍学": 1,
        "复学": 1,
        "本月劝返": 1,
        "台账在册辍学": 2,
        "学年累计辍学": 2,
        "学年初在校": 3,
    }
    assert (found["辍学率"], found["控制线"], found["是否超线"]) == ("0.333333", "0.018000", "是")


def test_a_row_for_each_group_counts_its_own_children(class_a, school_a):
    make_pupil(class_a, sex=Sex.FEMALE, is_boarder=True)
    change(make_pupil(class_a, sex=Sex.FEMALE, is_left_behind=True), "drop_out", GONE)
    make_pupil(class_a, is_poor=True)
    assert moved(school_a, group="女生") == {"上月末在校": 2, "辍学": 1, "本月末在校": 1}
    assert moved(school_a, group="寄宿生") == {"上月末在校": 1, "本月末在校": 1}
    assert moved(school_a, group="留守儿童") == {"上月末在校": 1, "辍学": 1}
    assert moved(school_a, group="脱贫/监测户") == {"上月末在校": 1, "本月末在校": 1}
    assert moved(school_a, stage="合计") == {"上月末在校": 3, "辍学": 1, "本月末在校": 2}


def test_the_total_of_the_stages_has_no_limit(class_a, school_a):
    make_pupil(class_a)
    found = cells(school_a, stage="合计")
    assert (found["辍学率"], found["控制线"], found["是否超线"]) == ("0.000000", None, "—")


@pytest.mark.parametrize(("period", "opening"), [("2026-07", 1), ("2026-08", 1), ("2027-02", 1)])
def test_a_month_without_school_has_its_return_too(class_a, school_a, settings, period, opening):
    settings.KONGCHUO_TODAY = "2027-03-02"
    entered(class_a, on=date(2025, 9, 1))
    assert moved(school_a, period) == {"上月末在校": opening, "本月末在校": 1}
    kept, _ = make_return(school_a, period)
    assert kept.cells


def test_a_school_without_a_pupil_sends_a_zero_return(school_a):
    kept, filled = make_return(school_a, "2026-11")
    assert filled.balances
    assert {row["cells"]["本月末在校"] for row in kept.cells} == {0}


def test_what_does_not_add_up_is_refused_and_nothing_kept(class_a, school_a):
    make_pupil(class_a, starts=GONE)  # a spell without the change that began it
    with pytest.raises(Refused) as refused:
        make_return(school_a, "2026-11")
    assert (refused.value.code, "初中全体" in refused.value.message) == ("does_not_balance", True)
    assert not MonthlyReturn.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        ({"kind": "weekly"}, Malformed, "unknown_kind"),
        ({"period": "2026-13"}, Malformed, "bad_period"),
        ({"period": "十一月"}, Malformed, "bad_period"),
        ({"period": "2026-12"}, Refused, "future_date"),
    ],
)
def test_what_a_return_refuses(school_a, arguments, error, code):
    with pytest.raises(error) as refused:
        make_return(school_a, **{"period": "2026-11", **arguments})
    assert refused.value.code == code


def test_made_again_it_is_the_same_row_and_its_digest_tells_whether_the_register_changed(class_a, school_a):
    pupil = make_pupil(class_a)
    first, _ = make_return(school_a, "2026-11")
    again, _ = make_return(school_a, "2026-11")
    assert (again.pk, again.digest) == (first.pk, first.digest)
    change(pupil, "drop_out", GONE)
    changed, _ = make_return(school_a, "2026-11")
    assert (changed.pk, changed.digest == first.digest) == (first.pk, False)


@pytest.fixture
def sheet(class_a, school_a):
    make_pupil(class_a)
    change(make_pupil(class_a), "drop_out", GONE)
    file = io.BytesIO()
    write_return(make_return(school_a, "2026-11")[0], file)
    file.seek(0)
    return openpyxl.load_workbook(file).active


def test_the_file_has_title_unit_period_and_sign_off(sheet, school_a):
    last = sheet.max_row
    merged = {str(cells) for cells in sheet.merged_cells.ranges}
    assert sheet.title == "2026-11"
    assert sheet["A1"].value == "2026年11月控辍保学月报表"
    assert {"A1:X1", "A2:X2", f"A{last}:X{last}"} <= merged
    assert f"{school_a.name}({school_a.code})" in sheet["A2"].value
    assert "统计截止:2026年11月23日" in sheet["A2"].value
    assert "校长(签字)" in sheet.cell(last, 1).value


def test_the_file_prints_on_one_landscape_page_width(sheet):
    setup = sheet.page_setup
    assert (setup.orientation, int(setup.paperSize)) == ("landscape", 9)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, setup.fitToWidth, setup.fitToHeight) == (True, 1, 0)
    assert sheet.print_area == f"'2026-11'!$A$1:$X${sheet.max_row}"


def test_the_file_holds_a_row_for_each_stage_and_group_with_native_numbers(sheet):
    assert tuple(cell.value for cell in sheet[3]) == HEADINGS == ("学段", "类别", *COLUMNS)
    rows = list(sheet.iter_rows(min_row=4, max_row=18))
    assert [row[0].value for row in rows if row[0].value] == ["小学", "初中", "合计"]
    assert [row[1].value for row in rows] == ["全体", "女生", "寄宿生", "留守儿童", "脱贫/监测户"] * 3
    junior = dict(zip(HEADINGS, rows[5], strict=True))
    counted = [junior[name] for name in COLUMNS[: COLUMNS.index("辍学率")]]
    assert all(cell.data_type == "n" and isinstance(cell.value, int) for cell in counted)
    rate, limit = junior["辍学率"], junior["控制线"]
    assert (rate.value, rate.number_format, limit.value, limit.number_format) == (0.5, "0.00%", 0.018, "0.00%")
    total = dict(zip(HEADINGS, rows[10], strict=True))
    assert (total["本月末在校"].value, total["控制线"].value, total["是否超线"].value) == (1, "—", "—")


def test_a_townships_file_is_signed_by_its_head(class_a, township):
    make_pupil(class_a)
    file = io.BytesIO()
    write_return(make_return(township, "2026-11")[0], file)
    file.seek(0)
    sheet = openpyxl.load_workbook(file).active
    assert sheet.cell(sheet.max_row, 1).value.startswith("负责人(签字)")


def test_text_from_data_is_never_a_formula(school_a):
    kept, _ = make_return(school_a, "2026-11")
    kept.cells[0]["cells"]["备注"] = '=HYPERLINK("http://x")'
    kept.cells[0]["group"] = "@SUM(1)"
    file = io.BytesIO()
    write_return(kept, file)
    file.seek(0)
    sheet = openpyxl.load_workbook(file).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s", "n"}


def test_the_command_writes_the_file(class_a, school_a, tmp_path, capsys):
    make_pupil(class_a)
    target = tmp_path / "月报.xlsx"
    call_command("export_return", "monthly", "--unit", school_a.code, "--period", "2026-11", "--output", str(target))
    assert openpyxl.load_workbook(target).active["A1"].value == "2026年11月控辍保学月报表"
    assert str(target) in capsys.readouterr().out


def test_the_command_names_the_kinds(db, capsys):
    call_command("export_return", "--list")
    assert capsys.readouterr().out == "monthly\t控辍保学月报表\n"


@pytest.mark.parametrize(
    "changed",
    [{"--unit": "2199999999"}, {"--period": "2026-1x"}, {"--period": "2027-01"}, {"kind": "weekly"}, {"--unit": ""}],
)
def test_the_command_says_what_is_wrong_and_writes_nothing(school_a, tmp_path, changed):
    target = tmp_path / "x.xlsx"
    given = {"kind": "monthly", "--unit": school_a.code, "--period": "2026-11", "--output": str(target), **changed}
    kind = given.pop("kind")
    with pytest.raises(CommandError):
        call_command("export_return", kind, *[part for pair in given.items() for part in pair])
    assert not Path(target).exists()
