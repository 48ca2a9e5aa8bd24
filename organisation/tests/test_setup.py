"""A county's set-up workbook: what people write in it, and that one wrong row changes nothing."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from organisation.actions.setup import setup_county
from organisation.enums import PostKind, SchoolKind, SchoolSystem, UnitKind
from organisation.errors import Malformed
from organisation.models import Person, Post, SchoolDay, Term, Unit
from organisation.queries.calendars import calendar_for
from organisation.rules.cells import date_of
from organisation.rules.setup import SCHOOL_KINDS, UNIT_KINDS, kind_in, system_of, term_of

SCHOOL = "2152000123"
UNITS = [
    ("代码", "名称", "类别", "上级代码", "学制", "是否寄宿"),
    ("52", "某省", "省", "", "", ""),
    ("5205", "某市", "市", "52", "", ""),
    ("520502", "某县", "县", "5205", "", ""),
    ("520502101", "某镇", "镇", "520502", "", ""),
    (SCHOOL, "一校", "九年一贯制", "520502101", "5-4", "是"),
    ("2152000456", "二校", "小学", "520502", "6-3", "否"),
]
PEOPLE = [("工号", "姓名", "手机", "登录名"), ("T1", "张某", "13900000000", "zhang"), ("T2", "李某", "", "")]
POSTS = [("工号", "岗位", "单位代码", "起", "止"), ("T1", "校长", SCHOOL, "2026-09-01", "")]
DAYS = [
    ("单位代码", "日期", "上课/放假", "学期"),
    ("520502", "2026-09-01", "上课", "2026-2027-1"),
    ("520502", "2027-01-20", "上课", "2026-2027-1"),
]


@pytest.fixture
def workbook(tmp_path):
    """A set-up workbook; each sheet is the usual one unless other rows are given, and `more` is added to it."""

    def write(more=None, **sheets) -> Path:
        path = tmp_path / "设置.xlsx"
        book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
        for name, rows in ({"单位": UNITS, "人员": PEOPLE, "岗位": POSTS, "校历": DAYS} | sheets).items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate([*rows, *(more or {}).get(name, ())]):
                sheet.write_row(number, 0, line)
        book.close()
        return path

    return write


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("市(州)", UnitKind.PREFECTURE),
        ("市/州", UnitKind.PREFECTURE),
        ("自治州", UnitKind.PREFECTURE),
        ("区", UnitKind.COUNTY),
        ("县级市", UnitKind.COUNTY),
        ("街道办事处", UnitKind.TOWNSHIP),
        ("完小", None),
    ],
)
def test_kinds_of_units_as_people_write_them(label, kind):
    assert kind_in(UNIT_KINDS, label) == kind


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("小学", SchoolKind.PRIMARY),
        ("初级中学", SchoolKind.JUNIOR),
        ("完中", SchoolKind.JUNIOR),
        ("九年一贯制学校", SchoolKind.NINE_YEAR),
        ("教学点", SchoolKind.TEACHING_POINT),
        ("特殊教育学校", SchoolKind.SPECIAL),
        ("幼儿园", None),
        ("", None),
    ],
)
def test_kinds_of_schools_as_people_write_them(label, kind):
    assert kind_in(SCHOOL_KINDS, label) == kind


@pytest.mark.parametrize("cell", ["5-4", "五四", "五四制", "五·四学制", "5\uff0d4", "54", 54.0, date(2026, 5, 4)])
def test_the_system_as_people_and_excel_write_it(cell):
    assert system_of(cell) == SchoolSystem.FIVE_FOUR
    assert system_of("") == SchoolSystem.SIX_THREE
    assert system_of("三六") is None


@pytest.mark.parametrize("text", ["2026-2027-1", "2026-2027学年第一学期", "2026-2027学年度第1学期", "2026-2027上"])
def test_terms_as_people_write_them(text):
    assert term_of(text) == (2026, 1)
    assert term_of("2026-2028-1") is None


@pytest.mark.parametrize(
    ("cell", "day"),
    [("2026-09-01 00:00:00", date(2026, 9, 1)), ("2026年9月", date(2026, 9, 1)), ("2026-09-01 08:30", None)],
)
def test_a_date_with_a_midnight_is_a_date(cell, day):
    assert date_of(cell) == day


def test_full_width_brackets_spaces_and_excel_dates_are_understood(db, workbook):
    path = workbook(
        {
            "单位": [("2152000789", "三校", "小学\uff08教学点\uff09", "520502101", "六三制", "")],
            "人员": [(1003, "王某", 13911112222, "")],
            "岗位": [(1003, " 班主任 ", f"{SCHOOL}-J2025-02", date(2026, 9, 1), date(2027, 8, 31))],
        }
    )
    setup_county(path)
    post = Post.objects.get(person__staff_number="1003")
    assert (post.unit.code, post.last_day) == (f"{SCHOOL}-J2025-02", date(2027, 8, 31))
    assert post.unit.grade(on=date(2026, 9, 1)) == 7
    assert post.person.phone == "13911112222"
    assert Unit.objects.get(code="2152000789").school_kind == SchoolKind.TEACHING_POINT
    assert Unit.objects.get(code=SCHOOL).is_boarding


def test_a_post_on_a_cohort_makes_the_cohort_and_no_class(db, workbook):
    setup_county(workbook({"岗位": [("T2", "年级组长", f"{SCHOOL}-P2024", "2026-09-01", "")]}))
    assert Post.objects.get(kind=PostKind.GRADE_HEAD).unit.kind == UnitKind.COHORT
    assert not Unit.objects.of_kind(UnitKind.CLASS).exists()


def test_one_teacher_holds_several_posts(db, workbook):
    classes = [("T2", "班主任", f"{SCHOOL}-P{year}-01", "2026-09-01", "") for year in (2024, 2025, 2026)]
    setup_county(workbook({"岗位": classes}))
    assert Person.objects.get(staff_number="T2").posts.count() == 3


@pytest.mark.parametrize(
    ("sheet", "line", "said"),
    [
        ("单位", ("2152000456", "又一校", "小学", "520502", "", ""), "单位 第 8 行:代码 2152000456 与第 7 行重复"),
        ("单位", ("2152000789", "三校", "幼儿园", "520502", "", ""), "单位 第 8 行"),
        ("单位", ("2152000789", "三校", "小学", "520502", "四四", ""), "学制“四四”"),
        ("单位", ("2152000789", "三校", "小学", "520599", "", ""), "没有上级单位 520599"),
        ("单位", ("215200078", "三校", "小学", "520502", "", ""), "学校代码应为 10 位数字"),
        ("人员", ("T1", "另一人", "", ""), "人员 第 4 行:工号 T1 与第 2 行的张某重复"),
        ("人员", ("T9", "另一人", "", "zhang"), "登录名 zhang 已有人使用"),
        ("岗位", ("T9", "校长", SCHOOL, "2026-09-01", ""), "岗位 第 3 行:没有工号 T9"),
        ("岗位", ("T1", "伙夫", SCHOOL, "2026-09-01", ""), "没有“伙夫”这种岗位"),
        ("岗位", ("T1", "校长", SCHOOL, "2026-09-01", "永远"), "止日看不懂"),
        ("岗位", ("T1", "校长", SCHOOL, "2026-09-01", "2026-08-01"), "止日早于起日"),
        ("岗位", ("T1", "班主任", "2152000456-J2025-01", "2026-09-01", ""), "“班主任”不能设在单位"),
        ("岗位", ("T1", "校长", f"{SCHOOL}-P2025-01", "2026-09-01", ""), "“校长”不能设在单位"),
        ("校历", ("520502", "2026-09-02", "也许", "2026-2027-1"), "校历 第 4 行"),
        ("校历", ("520502", "2026-09-02", "上课", "第一学期"), "学期“第一学期”看不懂"),
        ("校历", ("520502", "2026-09-01", "放假", "2026-2027-1"), "既写了上课又写了放假"),
        ("校历", ("2152000456", "2026-09-01", "上课", "2026-2027-1"), "只有一天"),
    ],
)
def test_one_wrong_row_is_named_and_nothing_is_changed(db, workbook, sheet, line, said):
    with pytest.raises(Malformed) as refused:
        setup_county(workbook({sheet: [line]}))
    assert said in refused.value.message
    assert not any(model.objects.exists() for model in (Unit, Person, Post, Term, SchoolDay))


def test_a_schools_own_days_differ_from_the_countys(db, workbook):
    """A school names no term of its own: it follows the county's, but for the days it names."""
    more = {
        "校历": [
            (SCHOOL, "2026-09-07", "放假", ""),
            (SCHOOL, "2026-09-12", "上课", ""),
            (SCHOOL, "2026-09-08", "上课", ""),
        ]
    }
    assert setup_county(workbook(more)).days == 2
    calendar = calendar_for(Unit.objects.get(code=SCHOOL).path)
    found = [calendar.is_school_day(date(2026, 9, day)) for day in (7, 8, 12)]
    assert found == [False, True, True]


def test_a_second_workbook_changes_a_day_and_says_nothing_twice(db, workbook):
    setup_county(workbook({"校历": [("520502", "2026-09-07", "放假", "2026-2027-1")]}))
    again = setup_county(workbook({"校历": [("520502", "2026-09-07", "上课", "2026-2027-1")]}))
    assert (again.units, again.people, again.posts, again.days) == (0, 0, 0, 1)
    assert SchoolDay.objects.get().is_open
