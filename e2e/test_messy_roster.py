"""A roster with mistakes in a browser: refused whole, and the list of what is wrong can be taken along and read."""

import re
from datetime import date
from random import Random

import openpyxl
import xlsxwriter
from playwright.sync_api import expect

from kongchuo.demo.pupils import identity_number

SCHOOL = "2152000101"
HEADS = (
    "监护人姓名", "学校代码", "身份证件号", "姓名", "性别", "身份证件类型", "出生日期", "民族", "年级", "班级", "学籍号",
    "入学年月", "监护人关系", "监护人电话", "血型",
)  # fmt: skip


def line(random, number, **cells):
    identity = identity_number(random, date(2013, 4, number), "male")
    return {
        "学校代码": SCHOOL,
        "姓名": f"新 生{number}",
        "性别": "男",
        "身份证件类型": "居民身份证",
        "身份证件号": identity,
        "出生日期": f"2013年4月{number}日",
        "民族": "汉",
        "年级": "初二",
        "班级": "\uff08\uff11\uff09班",
        "学籍号": f"G{identity}",
        "入学年月": "2025-09",
        "监护人姓名": "家长",
        "监护人关系": "父亲",
        "监护人电话": "19900000000",
    } | cells


def test_a_messy_roster_is_refused_with_a_list_that_can_be_read(visit, demo_site, tmp_path):
    random = Random(11)
    rows = [
        line(random, 1),
        line(random, 2, 民族="火星族"),
        line(random, 3, 身份证件号=520502201304030011),
        line(random, 4, 学校代码="2152999999"),
        line(random, 5),
    ]
    book = xlsxwriter.Workbook(str(tmp_path / "名册.xlsx"))
    sheet = book.add_worksheet("学生信息")
    for number, cells in enumerate([dict(zip(HEADS, HEADS, strict=True)), *rows], start=1):  # the first row stays empty
        for column, heading in enumerate(HEADS):
            sheet.write(number, column, cells.get(heading, ""))
    book.close()

    page = visit(demo_site).sign_in("xueji")
    page.goto("/students/")
    before = page.get_by_text(re.compile(r"^共 \d+ 人$")).inner_text()
    page.goto("/students/import/")
    page.get_by_label("名册(.xlsx)").set_input_files(tmp_path / "名册.xlsx")
    page.get_by_label("名册日期").fill("2026-11-24")
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("共 5 行,3 处错误,一行也没有导入")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="去确认导入")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("下载")).click()
    download.value.save_as(tmp_path / "问题.xlsx")
    listed = openpyxl.load_workbook(tmp_path / "问题.xlsx")
    errors = [row[:3] for row in listed["错误"].iter_rows(min_row=2, values_only=True)]
    assert errors == [
        (4, "民族", "unknown_ethnicity"),
        (5, "身份证件号", "numeric_identity"),
        (6, "学校代码", "unknown_school"),
    ]
    assert [row[2] for row in listed["提醒"].iter_rows(min_row=2, values_only=True)] == ["unknown_heading"]
    page.goto("/students/")
    expect(page.get_by_text(before)).to_be_visible()


def test_the_teacher_of_a_multi_grade_class_calls_all_grades_at_once(visit, demo_site):
    page = visit(demo_site).sign_in("fushi")
    page.goto("/rolls/together/2152000112/2026-11-24/am/")
    expect(page.get_by_role("heading", name=re.compile("一\\(1\\)班、二\\(1\\)班、三\\(1\\)班"))).to_be_visible()
    lists = page.locator(".kc-roll")
    expect(lists).to_have_count(3)
    pupils = page.locator(".kc-pupil").count()
    lists.nth(0).locator("button").first.click()
    lists.nth(2).locator("button").first.press("b")
    expect(page.locator("#counts")).to_contain_text(f"应到 {pupils} 实到 {pupils - 2} 旷课 1 病假 1")
    page.locator("#submit").click()
    expect(page.get_by_text(f"应到 {pupils} · 实到 {pupils - 2} · 旷课 1 · 病假 1").first).to_be_visible()
