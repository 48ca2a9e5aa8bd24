"""A county's other ways in: a household list against the register, a child at work, a guardian who signs on a phone."""

import re
from datetime import date
from random import Random

import pytest
import xlsxwriter
from PIL import Image
from playwright.sync_api import expect

from kongchuo.demo.pupils import identity_number

CHILD = "罗小燕"


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "证明.jpg"
    Image.new("RGB", (600, 400), "white").save(path)
    return path


def write_list(path):
    number = identity_number(Random(5), date(2014, 5, 6), "female")
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("名单")
    rows = [
        ("姓名", "性别", "出生日期", "身份证件号", "监护人", "村组", "居住乡镇代码"),
        (CHILD, "女", "2014-05-06", number, "罗某", "下坝村三组", "520502101"),
    ]
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()


def test_a_child_of_the_household_list_turns_out_to_attend_in_another_county(visit, demo_site, tmp_path, photo):
    clerk = visit(demo_site).sign_in("jiaoyuju")
    write_list(tmp_path / "名单.xlsx")
    clerk.goto("/compare/import/")
    clerk.locator("[name=kind]").select_option("survey")
    clerk.get_by_label("名单文件(.xlsx)").set_input_files(tmp_path / "名单.xlsx")
    clerk.get_by_role("button", name="上传并检查").click()
    clerk.get_by_role("link", name=re.compile("确认导入")).click(timeout=20_000)
    clerk.get_by_role("button", name="确认导入").click()
    expect(clerk.get_by_text("已完成")).to_be_visible(timeout=20_000)
    clerk.goto("/compare/")
    clerk.get_by_role("link", name=CHILD).click()
    card = clerk.locator("details", has=clerk.locator("summary b", has_text="在他处就读"))
    card.locator("summary").click()
    card.get_by_label("依据").fill("外县第三小学六(2)班,已与该校学籍管理员电话核实")
    card.get_by_label("证明材料").set_input_files(photo)
    card.get_by_role("button", name="在他处就读").click()
    expect(clerk.get_by_text("已认定:在他处就读")).to_be_visible()
    clerk.goto("/ledgers/children/")
    row = clerk.get_by_role("row", name=re.compile(CHILD))
    expect(row).to_contain_text("在他处就读")

    stranger = visit(demo_site).sign_in("waixian")
    stranger.goto("/ledgers/children/")
    expect(stranger.get_by_text(CHILD)).to_have_count(0)


def can_be_referred(page, case):
    page.goto(case)
    link, visit_form = (
        page.get_by_role("link", name="移送人社", exact=True),
        page.locator("summary b", has_text="登记走访"),
    )
    return link.count() > 0 and visit_form.count() > 0


def test_a_child_at_work_is_put_before_the_labour_office_and_sent_home(visit, demo_site):
    clerk = visit(demo_site).sign_in("jiaoyuju")
    clerk.goto("/cases/")
    addresses = clerk.locator("td.lead a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    case = next(address for address in addresses if can_be_referred(clerk, address))
    visit_form = clerk.locator("details", has=clerk.locator("summary b", has_text="登记走访"))
    visit_form.evaluate("one => { one.open = true }")
    for label, text in {"走访人": "王干事、村干部李某", "情况": "在外省做工。", "下一步": "移送人社部门"}.items():
        visit_form.get_by_label(label).first.fill(text)
    visit_form.get_by_label("时间").fill("2026-11-24T00:00")
    visit_form.get_by_label("外出务工").check()
    visit_form.get_by_role("button", name="登记走访").click()
    expect(clerk.get_by_text("已办理:登记走访")).to_be_visible()
    clerk.get_by_role("link", name="移送人社").click()
    clerk.get_by_label("用人单位").fill("某家具厂")
    clerk.get_by_label("地点").fill("外省某市")
    clerk.get_by_label("情况").fill("跟老乡做学徒。")
    clerk.get_by_role("button", name="移送").click()
    expect(clerk.get_by_text("已移送,移送函已编号归档")).to_be_visible()

    officer = visit(demo_site).sign_in("renshe")
    officer.goto("/referrals/")
    officer.get_by_role("row", name=re.compile("某家具厂")).get_by_role("link").first.click()
    card = officer.locator("main details").first
    card.get_by_label("结果").select_option(label="送回监护人")
    card.get_by_label("说明").fill("已送回,交给父亲")
    card.get_by_role("button").last.click()
    expect(officer.get_by_text("送回监护人").nth(1)).to_be_visible()
    assert officer.goto(case).status == 404  # the referral, not the case, is the officer's

    clerk.goto(case)
    expect(clerk.get_by_text("送回监护人").first).to_be_visible()


def test_a_guardian_signs_on_a_phone_without_a_login(visit, demo_site):
    teacher = visit(demo_site).sign_in("banzhuren")
    teacher.goto("/students/")
    teacher.locator("td.lead a").first.click()
    teacher.get_by_role("link", name="家长约谈通知书").click()
    teacher.locator("[name=reason]").fill("近期多次迟到")
    teacher.locator("[name=appointed]").fill("2026-11-27T15:00")
    teacher.locator("[name=where]").fill("学校接待室")
    teacher.locator("main form button").last.click()
    expect(teacher.get_by_text("待回执").first).to_be_visible()
    letter = teacher.url
    teacher.get_by_role("button", name="生成签收链接").click()
    link = teacher.get_by_label("签收链接").input_value()

    guardian = visit(demo_site, width=390, height=844).page
    guardian.goto(link)
    expect(guardian.get_by_text("近期多次迟到")).to_be_visible()
    guardian.get_by_label("您的姓名").fill("家长某")
    guardian.get_by_label("有什么要对学校说").fill("以后按时到校。")
    guardian.get_by_role("button", name="我已收到并看过").click()
    expect(guardian.get_by_text("已签收")).to_be_visible()
    guardian.goto(link[:-3] + "abc")
    expect(guardian.get_by_text("链接不存在或已失效")).to_be_visible()

    teacher.goto(letter)
    expect(teacher.get_by_text("已签收").first).to_be_visible()
    expect(teacher.get_by_text("与登记的监护人不同名,请核实")).to_be_visible()
    expect(teacher.get_by_text("以后按时到校。").first).to_be_visible()
