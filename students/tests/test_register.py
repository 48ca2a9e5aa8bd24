"""Register changes and rosters: what each change does to the spells, what is refused, what a file may do."""

import io
import re
import unicodedata
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from organisation.actions.classes import ensure_classes
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import AccessEntry, Unit
from organisation.rules.cells import date_of, text_of
from students.actions.attachments import store_attachment
from students.actions.export import export_roster
from students.actions.register import change_register
from students.actions.roster import import_roster
from students.enums import CHANGE_EFFECTS, ChangeKind
from students.models import Attachment, Enrolment, Guardian, Pupil, RegisterChange
from students.queries.roster import read_roster
from students.rules.roster import (
    HEADINGS,
    REQUIRED,
    class_number_of,
    grade_of,
    initials_of,
    name_of,
    read_row,
    sort_key_of,
)
from students.tests.factories import make_pupil

DAY = date(2026, 11, 2)


def details(kind, **more):
    given = {"date": DAY, "reason": "原因", "until": date(2027, 3, 1), "to_school": "外县某校"}
    return {name: given[name] for name in ("date", *CHANGE_EFFECTS[kind].needs) if name in given} | more


def spells(pupil):
    rows = pupil.enrolments.order_by("starts").values_list("status", "starts", "ends")
    return [(status, starts.isoformat(), ends and ends.isoformat()) for status, starts, ends in rows]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("suspend", [("in_school", "2026-09-01", "2026-11-02"), ("suspended", "2026-11-02", None)]),
        ("defer", [("in_school", "2026-09-01", "2026-11-02"), ("deferred", "2026-11-02", None)]),
        ("home_teaching", [("in_school", "2026-09-01", "2026-11-02"), ("home_teaching", "2026-11-02", None)]),
        ("drop_out", [("in_school", "2026-09-01", "2026-11-03"), ("dropped_out", "2026-11-03", None)]),
        ("transfer_out", [("in_school", "2026-09-01", "2026-11-02")]),
        ("go_abroad", [("in_school", "2026-09-01", "2026-11-02")]),
        ("die", [("in_school", "2026-09-01", "2026-11-02")]),
        ("graduate", [("in_school", "2026-09-01", "2026-11-02")]),
        ("complete", [("in_school", "2026-09-01", "2026-11-02")]),
    ],
)
def test_what_a_change_does_and_a_correction_undoes(class_a, registrar, kind, expected):
    pupil = make_pupil(class_a)
    change_register(pupil, kind, by=registrar, **details(kind))
    assert spells(pupil) == expected
    change_register(pupil, "correct", date=DAY, reason="录错", by=registrar)
    assert spells(pupil) == [("in_school", "2026-09-01", None)]
    assert not RegisterChange.objects.standing().exists()


def test_a_dropout_begins_on_the_next_school_day_and_a_return_ends_it(class_a, registrar):
    pupil = make_pupil(class_a)
    change_register(pupil, "drop_out", date=date(2026, 10, 30), reason="外出务工", by=registrar)  # a Friday
    change_register(pupil, "return", date=date(2026, 11, 16), by=registrar)
    assert spells(pupil) == [
        ("in_school", "2026-09-01", "2026-11-02"),
        ("dropped_out", "2026-11-02", "2026-11-16"),
        ("in_school", "2026-11-16", None),
    ]


def test_a_spell_that_would_last_no_day_is_taken_over_and_given_back(class_a, registrar):
    pupil = make_pupil(class_a, starts=DAY)
    change_register(pupil, "suspend", by=registrar, **details("suspend"))
    assert spells(pupil) == [("suspended", "2026-11-02", None)]
    change_register(pupil, "correct", date=DAY, reason="录错", by=registrar)
    assert spells(pupil) == [("in_school", "2026-11-02", None)]


def test_who_left_comes_back_by_a_transfer_in(class_a, class_b, registrar, county_clerk):
    pupil = make_pupil(class_a)
    change_register(pupil, "transfer_out", by=registrar, **details("transfer_out"))
    change_register(pupil, "transfer_in", date=date(2026, 11, 9), to_class=class_b, by=county_clerk)
    pupil.refresh_from_db()
    assert (pupil.school_class, spells(pupil)[-1]) == (class_b, ("in_school", "2026-11-09", None))


@pytest.mark.parametrize(
    ("kind", "more", "error", "code"),
    [
        ("transfer_in", {"to_class": "own"}, Refused, "elsewhere_enrolled"),
        ("resume", {}, Refused, "wrong_state"),
        ("return", {}, Refused, "wrong_state"),
        ("transfer_out", {"to_school": ""}, Malformed, "missing"),
        ("suspend", {"until": date(2026, 11, 1)}, Malformed, "bad_period"),
        ("die", {"date": date(2026, 11, 24)}, Refused, "future_date"),
        ("graduate", {"date": date(2026, 9, 1)}, Refused, "before_enrolled"),
        ("move_class", {"to_class": "other school"}, Malformed, "other_school"),
        ("move_class", {"to_class": "own"}, Refused, "wrong_state"),
        ("correct", {}, Refused, "nothing_to_correct"),
    ],
)
def test_what_a_change_refuses(class_a, class_b, registrar, kind, more, error, code):
    pupil = make_pupil(class_a)
    classes = {"own": class_a, "other school": class_b}
    more = {name: classes.get(value, value) for name, value in more.items()}
    with pytest.raises(error) as refused:
        change_register(pupil, kind, by=registrar, **details(ChangeKind(kind), **more))
    assert refused.value.code == code
    assert spells(pupil) == [("in_school", "2026-09-01", None)]


def test_a_teacher_changes_no_register(class_a, class_teacher, registrar):
    with pytest.raises(NotYours):
        change_register(make_pupil(class_a), "die", by=class_teacher, **details("die"))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("20120901", date(2012, 9, 1)),
        ("2012-09", date(2012, 9, 1)),
        ("2012年9月1日", date(2012, 9, 1)),
        ("２０１２/９/１", date(2012, 9, 1)),
        (41153.0, date(2012, 9, 1)),
        (201209.0, date(2012, 9, 1)),
        ("2012-13-01", None),
        ("去年", None),
        ("", None),
    ],
)
def test_dates_as_people_write_them(cell, expected):
    assert date_of(cell) == expected


@pytest.mark.parametrize(
    ("text", "system", "grade"),
    [
        ("一年级", "6-3", 1),
        ("9", "6-3", 9),
        ("初一", "6-3", 7),
        ("初一", "5-4", 6),
        ("高一", "6-3", None),
        ("十", "6-3", None),
    ],
)
def test_grades_as_people_write_them(text, system, grade):
    assert grade_of(text, system) == grade


@pytest.mark.parametrize("text", ["3", "03", "(3)班", "三班", "3班"])
def test_classes_as_people_write_them(text):
    assert class_number_of(text) == 3


def test_names_are_one_whatever_their_dots_and_spaces():
    assert {name_of("阿依古丽•买买提"), name_of(" 阿依古丽・ 买买提 "), name_of("阿依古丽.买买提")} == {
        "阿依古丽·买买提"
    }
    assert name_of("李 明") == "李明"
    assert set(initials_of("曾雅").split()) >= {"zy", "cy"}


def row(**cells):
    base = {
        "学校代码": "2152000123",
        "姓名": "周小雨",
        "性别": "男",
        "身份证件类型": "居民身份证",
        "身份证件号": "52050220130401003X",
        "出生日期": "2013-04-01",
        "民族": "汉族",
        "年级": "八年级",
        "班级": "1班",
        "学籍号": "G52050220130401003X",
        "入学年月": "2025-09",
        "监护人姓名": "周某",
        "监护人关系": "父亲",
        "监护人电话": "13900000000",
    }
    return base | cells


@pytest.fixture
def workbook(tmp_path):
    def write(*rows, headings=None, sheets=("学生",)):
        path = tmp_path / "名册.xlsx"
        book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
        for name in sheets:
            sheet = book.add_worksheet(name)
            columns = headings or list(rows[0] if rows else row())
            for number, line in enumerate([dict(zip(columns, columns, strict=True)), *rows]):
                for column, heading in enumerate(columns):
                    sheet.write(number, column, line.get(heading, ""))
        book.close()
        return path

    return write


@pytest.fixture
def valid_identity():
    weights, letters = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"

    def build(serial=3):
        head = f"52050220130401{serial:03d}"
        return head + letters[sum(int(d) * w for d, w in zip(head, weights, strict=True)) % 11]

    return build


def test_a_roster_in_again_moved_and_missing(workbook, valid_identity, school_a):
    one, two = (row(身份证件号=valid_identity(n), 学籍号=f"G{valid_identity(n)}", 姓名=f"学生{n}") for n in (1, 3))
    report = import_roster(workbook(one, two), since=date(2026, 9, 1)).report(dry_run=False)
    assert (report["created"], report["errors"]) == (2, [])
    pupil = Pupil.objects.get(name="学生1")
    assert pupil.school_class.code == "2152000123-J2025-01"
    assert spells(pupil) == [("in_school", "2026-09-01", None)]
    assert pupil.history.count() == pupil.enrolments.get().history.count() == 1
    assert import_roster(workbook(one, two), since=date(2026, 9, 1)).unchanged == 2
    moved = import_roster(workbook(one | {"班级": "2", "监护人电话": "13911112222"}), since=date(2026, 11, 2))
    assert (moved.updated, len(moved.missing)) == (1, 1)
    assert spells(pupil) == [("in_school", "2026-09-01", "2026-11-02"), ("in_school", "2026-11-02", None)]
    assert Guardian.objects.get(pupil=pupil).phone == "13911112222"
    assert Enrolment.objects.filter(ends__isnull=True).count() == 2


def test_a_roster_moves_four_pupils_in_as_many_statements_as_one(workbook, valid_identity, school_a):
    def line(n, number):
        return row(身份证件号=valid_identity(n), 学籍号=f"G{valid_identity(n)}", 姓名=f"学生{n}", 班级=number)

    def cost_of_moving(*moved, on):
        stay = [line(n, "1" if n < 11 else "2") for n in range(1, 13, 2) if n not in moved]
        with CaptureQueriesContext(connection) as captured:
            import_roster(workbook(*(line(n, "2") for n in moved), *stay), since=on)
        return len(captured)

    import_roster(workbook(*(line(n, "1" if n < 11 else "2") for n in range(1, 13, 2))), since=date(2026, 9, 1))

    assert cost_of_moving(1, on=date(2026, 11, 2)) == cost_of_moving(1, 3, 5, 7, 9, on=date(2026, 11, 3))

    for pupil in Pupil.objects.exclude(name="学生11"):
        assert pupil.school_class.code == "2152000123-J2025-02"
        assert [spell[2] is None for spell in spells(pupil)] == [False, True]
        assert [change.kind for change in pupil.register_changes.order_by("pk")] == ["enrol", "move_class"]
        assert [version.history_type for version in pupil.history.order_by("pk")] == ["+", "~"]
        assert pupil.timeline.get().text == "调班"


def test_a_move_on_the_first_day_of_a_spell_takes_it_over_and_can_be_corrected(workbook, valid_identity, school_a):
    line = row(身份证件号=valid_identity(1), 学籍号="G1")
    import_roster(workbook(line), since=date(2026, 9, 1))
    import_roster(workbook(line | {"班级": "2"}), since=date(2026, 9, 1))
    pupil = Pupil.objects.get()
    assert (spells(pupil), pupil.school_class.number) == ([("in_school", "2026-09-01", None)], 2)

    change_register(pupil, ChangeKind.CORRECT, date=date(2026, 9, 1), reason="录错", by=None)

    pupil.refresh_from_db()
    assert (spells(pupil), pupil.school_class.number) == ([("in_school", "2026-09-01", None)], 1)


def test_a_roster_of_a_later_day_moves_nobody_yet(workbook, valid_identity, school_a):
    line = row(身份证件号=valid_identity(1), 学籍号="G1")
    import_roster(workbook(line), since=date(2026, 9, 1))

    with pytest.raises(Refused) as refusal:
        import_roster(workbook(line | {"班级": "2"}), since=date(2027, 3, 1))

    assert refusal.value.code == "future_date"
    assert spells(Pupil.objects.get()) == [("in_school", "2026-09-01", None)]


def test_classes_of_many_schools_come_into_being_in_order_with_their_history(school_a, school_b):
    wanted = [(school_b, "junior", 2025, 2), (school_a, "junior", 2025, 1), (school_b, "junior", 2025, 1)]

    made = ensure_classes(wanted)

    assert [unit.code for unit in made] == [
        "2152000456-J2025-02",
        "2152000123-J2025-01",
        "2152000456-J2025-01",
    ]
    assert ensure_classes(wanted) == made
    assert made[0].history.get().history_type == "+"
    assert Unit.objects.find_problems() == ([], [], [], [], [])


def test_a_roster_with_one_error_changes_nothing(workbook, valid_identity, school_a):
    good, bad = row(身份证件号=valid_identity(1), 学籍号="G1"), row(身份证件号="520502201304010031")
    plan = import_roster(workbook(good, bad), since=date(2026, 9, 1))
    assert [(e.row, e.code) for e in plan.errors] == [(3, "bad_id_checksum")]
    assert not Pupil.objects.exists()
    assert not Unit.objects.filter(kind="class").exists()


def test_a_dry_run_changes_nothing(workbook, valid_identity, school_a):
    plan = import_roster(workbook(row(身份证件号=valid_identity(1))), since=date(2026, 9, 1), dry_run=True)
    assert (plan.created, Pupil.objects.count()) == (1, 0)


def test_a_pupil_of_another_school_is_a_transfer_and_not_an_import(workbook, valid_identity, class_b, school_a):
    make_pupil(class_b, identity_number=valid_identity(1), registry_number="G1")
    plan = import_roster(workbook(row(身份证件号=valid_identity(1), 学籍号="G1")), since=date(2026, 11, 2))
    assert [e.code for e in plan.errors] == ["elsewhere_enrolled"]


def test_a_child_without_papers_gets_a_temporary_number(workbook, school_a):
    plan = import_roster(workbook(row(身份证件类型="无", 身份证件号="", 学籍号="")), since=date(2026, 9, 1))
    assert [w.code for w in plan.warnings] == ["no_identity"]
    assert Pupil.objects.get().registry_number.startswith("L")


def test_formulas_in_a_workbook_stay_text_and_come_out_as_text(
    workbook, valid_identity, school_a, tmp_path, school_day
):
    evil = '=HYPERLINK("http://x")'
    import_roster(workbook(row(身份证件号=valid_identity(1), 备注=evil, 家庭住址="@SUM(1)")), since=date(2026, 9, 1))
    out = tmp_path / "out.xlsx"
    assert export_roster(out, school_a.path, on=school_day) == 1
    with zipfile.ZipFile(out) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
    again = import_roster(out, since=date(2026, 9, 1))
    assert (again.unchanged, again.errors) == (1, [])


def far_corner(path):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "学校代码")
    sheet.write(1048575, 16383, "x")
    book.close()


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (310 * 1024 * 1024))


def entity(path):
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>')


def macro(path):
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/vbaProject.bin", "x")


@pytest.mark.parametrize(
    "make",
    [
        far_corner,
        bomb,
        entity,
        macro,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"<html><table></table></html>"),
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600),
        lambda path: path.write_bytes(b"PK\x03\x04" + b"0" * 600),
    ],
)
def test_rubbish_files_are_refused_with_a_sentence(db, tmp_path, make):
    path = tmp_path / "bad.xlsx"
    make(path)
    with pytest.raises(Malformed) as refused:
        list(read_roster(path))
    assert refused.value.code == "bad_file"


def test_an_empty_sheet_and_a_wrong_sheet_are_told_so(workbook):
    for path in (workbook(headings=["甲", "乙"]),):
        with pytest.raises(Malformed) as refused:
            list(read_roster(path))
        assert refused.value.code == "no_headings"


def test_missing_headings_are_errors_and_unknown_ones_warnings(workbook, school_a):
    columns = [*REQUIRED[1:], "血型"]
    plan = import_roster(workbook(row(), headings=columns), since=date(2026, 9, 1))
    assert [(e.row, e.column, e.code) for e in plan.errors] == [(1, "学校代码", "missing")]
    assert [w.code for w in plan.warnings] == ["unknown_heading"]
    assert "血型" not in HEADINGS


texts = st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none(), st.dates())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(HEADINGS)), texts))
def test_whatever_stands_in_a_row_is_read_or_refused_and_never_breaks(school_a, cells):
    found = read_row(2, cells, {"2152000123": school_a}, on=DAY)
    assert found.errors or found.values["name"]


def test_numbers_are_sealed_in_the_database_and_its_history(class_a, connection_):
    make_pupil(class_a, identity_number="52050220130401003X")
    with connection_.cursor() as cursor:
        for table in ("students_pupil", "students_historicalpupil"):
            cursor.execute(f"SELECT identity_number FROM {table}")
            assert "52050220130401003X" not in cursor.fetchone()[0]


def test_a_number_is_revealed_for_a_reason_that_is_written_down(as_, class_a, class_teacher, stranger, grade_head):
    pupil = make_pupil(class_a, identity_number="52050220130401003X")
    url = f"/api/v1/students/{pupil.number}/reveal/"
    body = {"field": "identity_number", "reason": "核对户口"}
    assert as_(stranger).post(url, body, content_type="application/json").status_code == 404
    assert as_(grade_head).post(url, body, content_type="application/json").status_code == 403
    assert as_(class_teacher).post(url, {"field": "x"}, content_type="application/json").status_code == 400
    shown = as_(class_teacher).post(url, body, content_type="application/json").json()
    assert shown["value"] == "52050220130401003X"
    assert AccessEntry.objects.get(action="reveal").reason == "核对户口"
    masked = as_(class_teacher).get(f"/api/v1/students/{pupil.number}/").json()
    assert masked["identity_number"] == "**************003X"


def test_a_child_is_found_by_number_only_by_post_and_only_in_scope(as_, class_a, class_teacher, stranger):
    make_pupil(class_a, registry_number="G52050220130401003X")
    body = {"registry_number": "g52050220130401003x"}

    def found(person):
        return as_(person).post("/api/v1/students/search/", body, content_type="application/json").json()["results"]

    assert len(found(class_teacher)) == 1
    assert found(stranger) == []


def test_the_search_takes_names_and_initials(as_, class_a, class_teacher):
    make_pupil(class_a, "马小龙", initials="mxl")
    for q, number in (("马小", 1), ("mx", 1), ("zz", 0), ("%", 0)):
        assert len(as_(class_teacher).get("/api/v1/students/", {"q": q}).json()["results"]) == number


def upload(content, name="纸.jpg"):
    file = io.BytesIO(content)
    file.name, file.size = name, len(content)
    return file


def test_papers_are_checked_by_content(class_teacher, class_a):
    for content in (b"<script>", b"%PDF-1.7 /JavaScript %%EOF", b"\x89PNG broken"):
        with pytest.raises(Malformed):
            store_attachment(upload(content), by=class_teacher, path=class_a.path)
    paper = store_attachment(upload(b"%PDF-1.7\n%%EOF", "证明.pdf"), by=class_teacher, path=class_a.path)
    assert paper.content_type == "application/pdf"
    assert Attachment.objects.count() == 1


def test_the_county_in_the_shared_shape_is_set_up_from_one_workbook(db, tmp_path):
    path = tmp_path / "setup.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for name, rows in {
        "单位": [
            ("代码", "名称", "类别", "上级代码", "学制", "是否寄宿"),
            ("52", "某省", "省", "", "", ""),
            ("5205", "某市", "市", "52", "", ""),
            ("520502", "某县", "县", "5205", "", ""),
            ("2152000123", "一校", "九年一贯制", "520502", "5-4", "是"),
        ],
        "人员": [("工号", "姓名", "手机", "登录名"), ("T1", "张某", "13900000000", "zhang")],
        "岗位": [("工号", "岗位", "单位代码", "起", "止"), ("T1", "班主任", "2152000123-J2025-01", "2026-09-01", "")],
        "校历": [
            ("单位代码", "日期", "上课/放假", "学期"),
            ("520502", "2026-09-01", "上课", "2026-2027-1"),
            ("520502", "2026-09-02", "放假", "2026-2027-1"),
            ("520502", "2026-09-03", "上课", "2026-2027-1"),
        ],
    }.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(rows):
            sheet.write_row(number, 0, line)
    book.close()
    call_command("setup_county", path)
    call_command("setup_county", path)  # again changes nothing
    made = Unit.objects.get(code="2152000123-J2025-01")
    assert (made.system, made.grade(on=DAY)) == ("5-4", 7)
    assert Unit.objects.get(code="2152000123").school_days.count() == 0
    assert Unit.objects.get(code="520502").school_days.get().is_open is False


def test_roster_pages_check_confirm_and_import(
    as_, workbook, valid_identity, registrar, class_teacher, school_a, settings
):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    path = workbook(row(身份证件号=valid_identity(1)))
    assert as_(class_teacher).get("/students/import/").status_code == 403
    with Path(path).open("rb") as file:
        response = as_(registrar).post("/students/import/", {"file": file, "since": "2026-09-01"})
    assert response.status_code == 302


@given(st.text(alphabet=st.characters(max_codepoint=0x2FFFF), max_size=12) | st.text(alphabet="王a1-·. 1", max_size=8))
def test_a_cell_of_plain_characters_is_taken_as_it_stands(text):
    tidied = re.sub(r"[\s\u200b\ufeff]+", " ", unicodedata.normalize("NFKC", text).replace("\x00", "")).strip()
    assert text_of(text) == tidied


def test_names_are_read_word_by_word_as_the_dictionary_reads_them():
    names = ["曾雅", "单朝阳", "重庆", "马小龙", "陈佳琪", "阿依古丽·买买提", "欧阳 Tom", "长孙长乐", "𠮷野"]
    assert [sort_key_of(name) for name in names] == [f"{''.join(lazy_pinyin(name))} {name}".lower() for name in names]
