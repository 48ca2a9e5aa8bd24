"""Workbooks as an office would write them: units, people, posts and calendar; a school's roster."""

from datetime import date
from random import Random

import xlsxwriter

from kongchuo.demo.pupils import identity_number

SCHOOL, CLASS = "2152000123", "2152000123-J2025-01"
AUTUMN = (("2026-09-01", "2026-2027-1"), ("2027-01-20", "2026-2027-1"))
SPRING = (("2027-02-22", "2026-2027-2"), ("2027-07-05", "2026-2027-2"))


def write_setup(path, people, terms=AUTUMN):
    """A county of one school: `people` is {login: (post, code of the unit)}."""
    book = xlsxwriter.Workbook(str(path))
    sheets = {
        "单位": [
            ("代码", "名称", "类别", "上级代码", "学制", "是否寄宿"),
            ("52", "某省", "省", "", "", ""),
            ("5205", "某市", "市", "52", "", ""),
            ("520502", "某县", "县", "5205", "", ""),
            ("520502101", "某镇", "乡镇", "520502", "", ""),
            (SCHOOL, "某镇九年一贯制学校", "九年一贯制", "520502101", "6-3", "否"),
        ],
        "人员": [
            ("工号", "姓名", "手机", "登录名"),
            *((f"T{n}", f"老师{n}", "", login) for n, login in enumerate(people)),
        ],
        "岗位": [
            ("工号", "岗位", "单位代码", "起", "止"),
            *((f"T{n}", kind, unit, "2026-09-01", "") for n, (kind, unit) in enumerate(people.values())),
        ],
        "校历": [
            ("单位代码", "日期", "上课/放假", "学期"),
            *(("520502", day, "上课", term) for day, term in terms),
        ],
    }
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()


def write_roster(path, names):
    """The names as pupils of class 1 of grade 8, each with a father."""
    heads = (
        "学校代码",
        "姓名",
        "性别",
        "身份证件类型",
        "身份证件号",
        "出生日期",
        "民族",
        "年级",
        "班级",
        "学籍号",
        "入学年月",
        "监护人姓名",
        "监护人关系",
        "监护人电话",
    )
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("学生")
    sheet.write_row(0, 0, heads)
    random = Random(7)
    for number, name in enumerate(names, start=1):
        identity = identity_number(random, date(2013, 4, number), "male")
        row = (
            SCHOOL,
            name,
            "男",
            "居民身份证",
            identity,
            f"2013-04-{number:02d}",
            "汉族",
            "八年级",
            "1班",
            f"G{identity}",
            "2025-09",
            "家长",
            "父亲",
            "19900000000",
        )
        sheet.write_row(number, 0, row)
    book.close()
