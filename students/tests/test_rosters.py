"""Rosters as they come from schools (interfaces.md, Workbooks): what is put right, what is refused, what a later one does."""

import json
import os
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from django.core.management import call_command

from organisation.enums import PostKind, SchoolKind, SchoolSystem, Stage
from organisation.errors import Refused
from organisation.models import Unit
from organisation.tests.factories import make_class, make_holder, make_school
from students.actions.export import export_roster
from students.actions.register import change_register
from students.actions.roster import import_roster, importable_schools
from students.models import Enrolment, Guardian, Pupil
from students.queries import roster as queries
from students.rules.roster import REQUIRED, class_number_of, grade_of, headings_of
from students.tests.factories import make_pupil

START, LATER, DAY = date(2026, 9, 1), date(2026, 11, 2), date(2026, 11, 23)
WEIGHTS, LETTERS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


def identity(serial=1, born="20130401", place="520502"):
    head = f"{place}{born}{serial:03d}"
    return head + LETTERS[sum(int(d) * w for d, w in zip(head, WEIGHTS, strict=True)) % 11]


def line(serial=1, **cells):
    number = identity(serial)
    return {
        "学校代码": "2152000123",
        "姓名": f"学生{serial}",
        "性别": "男",
        "身份证件类型": "居民身份证",
        "身份证件号": number,
        "出生日期": "2013-04-01",
        "民族": "汉族",
        "年级": "八年级",
        "班级": "1班",
        "学籍号": f"G{number}",
        "入学年月": "2025-09",
        "监护人姓名": "周某",
        "监护人关系": "父亲",
        "监护人电话": "13900000000",
    } | cells


@pytest.fixture
def roster(tmp_path):
    """A roster workbook of these rows, its columns as in the first one; `above` empty rows stand before the headings."""

    def write(*rows, columns=None, above=0) -> Path:
        path = tmp_path / "名册.xlsx"
        book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy/m/d"})
        sheet = book.add_worksheet("学生信息")
        columns = columns or list(rows[0])
        for number, cells in enumerate([dict(zip(columns, columns, strict=True)), *rows], start=above):
            for column, heading in enumerate(columns):
                sheet.write(number, column, cells.get(heading, ""))
        book.close()
        return path

    return write


def codes(plan):
    return [(finding.row, finding.code) for finding in plan.errors]


def spells(pupil):
    rows = pupil.enrolments.order_by("starts").values_list("school_class__code", "starts", "ends")
    return [(code[11:], starts.isoformat(), ends and ends.isoformat()) for code, starts, ends in rows]


@pytest.mark.parametrize("text", ["3", "03", "(3)班", "三班", "3班", "(三)班", "七(3)班", "初一(3)班", "七年级3班"])
def test_class_numbers_as_people_write_them(text):
    assert class_number_of(text) == 3


@pytest.mark.parametrize(
    ("text", "number"), [("十班", 10), ("十一班", 11), ("二十三班", 23), ("0", None), ("甲班", None), ("100", None)]
)
def test_many_classes_and_none(text, number):
    assert class_number_of(text) == number


@pytest.mark.parametrize(
    ("text", "six_three", "five_four"),
    [
        ("初一", 7, 6),
        ("初中一年级", 7, 6),
        ("七年级", 7, 7),
        ("07", 7, 7),
        ("初四", None, 9),
        ("小六", 6, None),
        ("六年级", 6, 6),
        ("十年级", None, None),
        ("0", None, None),
    ],
)
def test_grades_follow_the_schools_system(text, six_three, five_four):
    assert (grade_of(text, "6-3"), grade_of(text, "5-4")) == (six_three, five_four)


def test_headings_may_carry_stars_spaces_and_explanations():
    given = [" 姓 名*", "就读方式\uff08走读/住校\uff09", "监护人2 电话", "备注(选填)", "血型(A/B)"]
    assert headings_of(given) == ["姓名", "就读方式", "监护人2电话", "备注", "血型(A/B)"]


def test_harmless_mess_is_put_right(roster, school_a):
    messy = line(
        3,
        学校代码=" 2152000123 ",
        姓名=" 阿依古丽\u30fb 买买提 ",
        性别="男 ",
        身份证件号="\uff15\uff12\uff10\uff15\uff10\uff12 20130401 0033".replace("0033", identity(3)[14:].lower()),
        出生日期=datetime(2013, 4, 1),
        民族="汉 族",
        年级="初二",
        班级="\uff08\uff11\uff09班",
        入学年月="2025年9月1日",
        监护人电话=13900000000,
    )
    columns = [*reversed(messy), "血型"]
    plan = import_roster(roster(messy, columns=columns, above=2), since=START)
    assert (codes(plan), [(w.row, w.code) for w in plan.warnings]) == ([], [(3, "unknown_heading")])
    pupil = Pupil.objects.get()
    assert (pupil.name, pupil.identity_number, pupil.ethnicity) == ("阿依古丽·买买提", identity(3), "汉族")
    assert (pupil.school_class.code, pupil.born_on) == ("2152000123-J2025-01", date(2013, 4, 1))


def test_a_lower_case_x_is_the_same_number(roster, school_a):
    serial = next(n for n in range(1, 99, 2) if identity(n).endswith("X"))
    import_roster(roster(line(serial)), since=START)
    plan = import_roster(roster(line(serial, 身份证件号=identity(serial).lower())), since=START)
    assert plan.unchanged == 1


def test_a_place_of_birth_that_no_list_knows_is_no_wrong_checksum(roster, school_a):
    number = identity(1, place="529999")
    assert codes(import_roster(roster(line(身份证件号=number, 学籍号=f"G{number}")), since=START)) == []


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"身份证件号": float(identity(1).replace("X", "0"))}, "numeric_identity"),
        ({"身份证件号": "5.20502E+17"}, "numeric_identity"),
        ({"学籍号": 520502201304010031}, "numeric_identity"),
        ({"身份证件号": identity(1)[:17]}, "bad_id_checksum"),
        ({"身份证件号": identity(1)[:-1] + ("1" if identity(1)[-1] != "1" else "2")}, "bad_id_checksum"),
        ({"身份证件号": identity(1, born="20130230")}, "id_birth_mismatch"),
        ({"出生日期": "2013-04-02"}, "id_birth_mismatch"),
        ({"性别": "女"}, "id_sex_mismatch"),
        ({"性别": "不详"}, "missing"),
        ({"出生日期": "2013-02-30"}, "bad_date"),
        ({"出生日期": "2027-01-01"}, "bad_date"),
        ({"入学年月": "2099-09"}, "bad_date"),
        ({"学校代码": "2152000999"}, "unknown_school"),
        ({"年级": "高一"}, "unknown_grade"),
        ({"班级": "甲班"}, "unknown_grade"),
        ({"民族": "火星族"}, "unknown_ethnicity"),
        ({"监护人姓名": " "}, "missing"),
        ({"学籍号": ""}, "missing"),
        ({"身份证件号": ""}, "missing"),
    ],
)
def test_what_cannot_be_meant_is_an_error_in_its_row(roster, school_a, cells, code):
    good = line(3)
    plan = import_roster(roster(good, line(**cells)), since=START)
    assert codes(plan) == [(3, code)]
    assert not Pupil.objects.exists()
    assert not Unit.objects.filter(kind="class").exists()


def test_the_second_of_two_equal_rows_is_the_duplicate(roster, school_a):
    plan = import_roster(roster(line(1), line(3), line(1)), since=START)
    assert codes(plan) == [(4, "duplicate_in_file")]


def test_two_rows_that_mean_one_pupil_by_different_numbers_are_duplicates(roster, school_a):
    import_roster(roster(line(身份证件类型="无", 身份证件号="", 学籍号="L123")), since=START)
    plan = import_roster(roster(line(1, 学籍号="L123"), line(3)), since=START)
    assert (plan.updated, plan.created) == (1, 1)
    plan = import_roster(
        roster(line(1, 学籍号="G9"), line(身份证件类型="无", 身份证件号="", 学籍号="L123")), since=LATER, dry_run=True
    )
    assert codes(plan) == [(3, "duplicate_in_file")]


def test_numbers_of_two_pupils_in_one_row_are_refused(roster, school_a):
    import_roster(roster(line(1), line(3)), since=START)
    plan = import_roster(roster(line(1, 学籍号=f"G{identity(3)}")), since=START)
    assert codes(plan) == [(2, "duplicate_id")]


def test_warnings_stop_nothing(roster, school_a):
    plan = import_roster(
        roster(
            line(1, 监护人电话="12345"),
            line(3, 姓名="学生1", 监护人电话="+86 139-0000-0000"),
            line(5, 年级="一年级", 身份证件类型="无", 身份证件号="", 学籍号=""),
        ),
        since=START,
    )
    assert [(w.row, w.code) for w in plan.warnings] == [
        (2, "bad_phone"),
        (4, "no_identity"),
        (4, "age_out_of_range"),
        (2, "same_name_in_class"),
        (3, "same_name_in_class"),
    ]
    assert plan.created == 3


def test_a_child_without_papers_stays_one_child_however_often_it_comes(roster, school_a):
    nobody = line(身份证件类型="无", 身份证件号="", 学籍号="")
    assert import_roster(roster(nobody), since=START).created == 1
    again = import_roster(roster(nobody), since=LATER)
    assert (again.unchanged, again.created, again.missing) == (1, 0, [])
    assert Pupil.objects.get().registry_number.startswith("L")


def test_the_cohort_comes_from_the_grade_and_the_rosters_school_year(roster, school_a):
    import_roster(roster(line(年级="7", 入学年月="2019-09")), since=date(2025, 10, 1))
    assert spells(Pupil.objects.get()) == [("J2025-01", "2025-09-01", None)]


def test_grade_six_of_a_five_four_school_is_junior(roster, township):
    make_school(township, "2152000777", system=SchoolSystem.FIVE_FOUR)
    import_roster(
        roster(line(1, 学校代码="2152000777", 年级="初一"), line(3, 学校代码="2152000777", 年级="6")), since=START
    )
    assert {pupil.school_class.code for pupil in Pupil.objects.all()} == {"2152000777-J2026-01"}


def test_a_primary_school_of_a_five_four_county_has_no_grade_six(roster, township):
    make_school(township, "2152000777", system=SchoolSystem.FIVE_FOUR, school_kind=SchoolKind.PRIMARY)
    assert codes(import_roster(roster(line(学校代码="2152000777", 年级="6")), since=START)) == [(2, "unknown_grade")]


def test_the_first_roster_begins_in_september_or_with_the_month_of_entry(roster, school_a):
    import_roster(roster(line(1), line(3, 入学年月="2026-10")), since=START)
    assert {spells(pupil)[0][1] for pupil in Pupil.objects.all()} == {"2026-09-01", "2026-10-01"}


def test_in_a_later_roster_new_pupils_start_on_its_day(roster, school_a):
    import_roster(roster(line(1)), since=START)
    import_roster(roster(line(1), line(3, 入学年月="2026-09")), since=LATER)
    assert spells(Pupil.objects.get(name="学生3")) == [("J2025-01", "2026-11-02", None)]


def test_a_changed_class_is_a_move_and_nobody_missing_is_ended(roster, school_a):
    import_roster(roster(line(1), line(3)), since=START)
    plan = import_roster(roster(line(1, 班级="2")), since=LATER)
    assert (plan.updated, plan.missing) == (1, [Pupil.objects.get(name="学生3").number])
    moved = Pupil.objects.get(name="学生1")
    assert spells(moved) == [("J2025-01", "2026-09-01", "2026-11-02"), ("J2025-02", "2026-11-02", None)]
    assert moved.register_changes.filter(kind="move_class").count() == 1
    assert Enrolment.objects.filter(ends__isnull=True).count() == 2


def test_an_earlier_roster_moves_nobody_behind_later_changes(roster, school_a):
    import_roster(roster(line(1)), since=START)
    import_roster(roster(line(1, 班级="2")), since=LATER)
    assert codes(import_roster(roster(line(1, 班级="3")), since=date(2026, 10, 9))) == [(2, "later_changes")]
    assert not Unit.objects.filter(code="2152000123-J2025-03").exists()


def test_nobody_is_moved_on_a_day_to_come(roster, school_a):
    import_roster(roster(line(1)), since=START)
    with pytest.raises(Refused) as refused:
        import_roster(roster(line(1, 班级="2")), since=date(2026, 12, 1))
    assert refused.value.code == "future_date"


def test_an_empty_optional_cell_says_nothing(roster, school_a):
    full = line(1, 家庭住址="大坝组 3 号", 是否留守儿童="是", 就读方式="住校", 监护人2姓名="", 监护人2电话="")
    import_roster(roster(full), since=START)
    plan = import_roster(roster(full | {"家庭住址": "", "是否留守儿童": "", "就读方式": ""}), since=START)
    assert (plan.unchanged, plan.warnings) == (1, [])
    pupil = Pupil.objects.get()
    assert (pupil.address, pupil.is_left_behind, pupil.is_boarder) == ("大坝组 3 号", True, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("是", True), ("Y", True), ("1", True), ("肢体残疾", True), ("否", False), ("无", False), ("0", False)],
)
def test_yes_and_no_as_people_write_them(roster, school_a, text, said):
    import_roster(roster(line(1, 是否残疾=text)), since=START)
    assert Pupil.objects.get().is_disabled is said


def test_both_guardians_come_in_and_go_out_again(roster, school_a, tmp_path):
    import_roster(roster(line(1, 监护人2姓名="吴某", 监护人2关系="母亲", 监护人2电话="13911112222")), since=START)
    assert list(Guardian.objects.values_list("order", "name")) == [(1, "周某"), (2, "吴某")]
    export_roster(tmp_path / "out.xlsx", school_a.path, on=DAY)
    assert import_roster(tmp_path / "out.xlsx", since=START).unchanged == 1


def test_who_finished_primary_school_enters_the_junior_one_by_its_roster(roster, school_a, school_b, registrar):
    leaver = make_pupil(
        make_class(school_b, stage=Stage.PRIMARY, entered=2020),
        starts=date(2025, 9, 1),
        identity_number=identity(1),
        registry_number=f"G{identity(1)}",
    )
    change_register(leaver, "graduate", date=date(2026, 7, 10), by=None)
    plan = import_roster(roster(line(1, 年级="七年级", 入学年月="2026-09")), by=registrar, since=START)
    assert (codes(plan), plan.updated, plan.created) == ([], 1, 0)
    leaver.refresh_from_db()
    assert spells(leaver)[-1] == ("J2026-01", "2026-09-01", None)
    assert leaver.school_class.code == "2152000123-J2026-01"


def test_who_was_transferred_away_comes_back_by_a_transfer_and_not_by_a_roster(roster, school_a):
    import_roster(roster(line(1)), since=START)
    change_register(Pupil.objects.get(), "transfer_out", date=LATER, to_school="外县某校", by=None)
    assert codes(import_roster(roster(line(1)), since=DAY)) == [(2, "elsewhere_enrolled")]


def test_a_post_that_does_not_import_opens_no_school_to_a_roster(school_a, school_b, county):
    person = make_holder(PostKind.REGISTRAR, school_a)
    person.posts.create(kind=PostKind.INSPECTOR, unit=county, first_day=START)
    assert {*importable_schools(person, on=DAY)} == {school_a.code}


def report_of(capsys, *arguments):
    code = 0
    try:
        call_command("import_roster", *map(str, arguments), "--json")
    except SystemExit as left:
        code = left.code
    return code, json.loads(capsys.readouterr().out)


def test_the_command_speaks_json_alone_and_exits_by_the_result(roster, school_a, capsys):
    code, report = report_of(capsys, roster(line(1)), "--from", "2026-09-01", "--dry-run")
    assert (code, report["created"], report["dry_run"], Pupil.objects.count()) == (0, 1, True, 0)
    code, report = report_of(capsys, roster(line(1, 民族="火星族")), "--from", "2026-09-01")
    assert (code, report["created"], [e["code"] for e in report["errors"]]) == (1, 0, ["unknown_ethnicity"])
    assert {*report["errors"][0]} == {"row", "column", "code", "message"}


def test_a_file_that_is_no_roster_is_said_in_json_too(tmp_path, db, capsys):
    (tmp_path / "x.xlsx").write_text("no")
    code, report = report_of(capsys, tmp_path / "x.xlsx")
    assert (code, report["errors"][0]["code"]) == (1, "bad_file")


def test_each_required_heading_is_asked_for(roster, school_a):
    for heading in REQUIRED:
        columns = [name for name in line() if name != heading]
        assert codes(import_roster(roster(line(), columns=columns), since=START)) == [(1, "missing")]


@pytest.mark.skipif("KONGCHUO_COUNTY_FILES" not in os.environ, reason="no county files at hand")
def test_a_county_as_it_arrives_from_outside(db, capsys, tmp_path):
    """Set up; the messy roster refused whole, each wrong row and no other named; the clean one in, again unchanged."""
    files = Path(os.environ["KONGCHUO_COUNTY_FILES"])
    call_command("setup_county", files / "county_setup.xlsx")
    capsys.readouterr()
    expected = json.loads((files / "roster_messy.expected.json").read_text())["errors"]
    code, report = report_of(capsys, files / "roster_messy.xlsx", "--from", START)
    found = {(error["row"], error["code"]) for error in report["errors"]}
    assert code == 1
    assert found >= {(error["row"], error["code"]) for error in expected}
    assert {row for row, _ in found} == {error["row"] for error in expected}
    assert not Pupil.objects.exists()
    code, report = report_of(capsys, files / "roster_clean.xlsx", "--from", START)
    assert (code, report["errors"]) == (0, [])
    assert report["created"] == report["rows"] == Pupil.objects.count()
    code, report = report_of(capsys, files / "roster_clean.xlsx", "--from", START)
    assert (code, report["unchanged"]) == (0, Pupil.objects.count())
    county = Unit.objects.filter(kind="county").first()
    export_roster(tmp_path / "out.xlsx", county.path, on=DAY)
    code, report = report_of(capsys, tmp_path / "out.xlsx", "--from", START)
    assert (code, report["unchanged"], report["missing"]) == (0, Pupil.objects.count(), 0)


def test_a_roster_of_several_batches_is_judged_as_one(roster, school_a, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 2)
    rows = [line(n, 姓名="马小龙" if n in (1, 9) else f"马{n}") for n in (1, 3, 5, 7, 9)]
    wrong = import_roster(roster(*rows, line(1), line(11, 民族="火星族")), since=START)
    assert codes(wrong) == [(7, "duplicate_in_file"), (8, "unknown_ethnicity")]
    assert (Pupil.objects.count(), Unit.objects.of_kind("class").exists()) == (0, False)
    plan = import_roster(roster(*rows), since=START)
    assert (plan.created, [(w.row, w.code) for w in plan.warnings]) == (
        5,
        [(2, "same_name_in_class"), (6, "same_name_in_class")],
    )
    assert {*Pupil.objects.values_list("school_class__code", flat=True)} == {f"{school_a.code}-J2025-01"}
    again = import_roster(roster(*rows[1:4]), since=START)
    assert (again.unchanged, len(again.missing)) == (3, 2)
