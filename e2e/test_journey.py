"""The main job in a browser: roster in, roll called, the absence climbs, is performed, corrected; rate and Excel out."""

import re

import openpyxl
import pytest
from books import CLASS, SCHOOL, write_roster, write_setup
from playwright.sync_api import expect

PEOPLE = {
    "ban": ("班主任", CLASS),
    "nian": ("年级组长", "2152000123-J2025"),
    "xiao": ("校长", SCHOOL),
    "xue": ("学籍管理员", SCHOOL),
    "ju": ("教育局工作人员", "520502"),
}
NAMES = ("马小龙", "陈佳琪", "阿依古丽·买买提", "曾雅", "周小雨", "何丹")


@pytest.fixture(scope="module")
def passwords(empty_site):
    write_setup(empty_site.folder / "setup.xlsx", PEOPLE)
    return empty_site.set_up(empty_site.folder / "setup.xlsx")


@pytest.fixture
def first_sign_in(visit, empty_site, passwords):
    return lambda login, **size: visit(empty_site, **size).sign_in_first(login, passwords[login])


def eventually(page, check, tries=20):
    """What follows from a roll is visible within a few seconds."""
    for _ in range(tries):
        if check():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("not seen in ten seconds")


def tap(page, name):
    page.locator(f".kc-pupil[data-name='{name}'] button").click()


def test_from_a_roster_to_the_return(first_sign_in, empty_site, tmp_path):
    registrar = first_sign_in("xue")
    write_roster(tmp_path / "名册.xlsx", NAMES)
    registrar.goto("/students/import/")
    registrar.get_by_label("名册(.xlsx)").set_input_files(tmp_path / "名册.xlsx")
    registrar.get_by_label("名册日期").fill("2026-09-01")
    registrar.get_by_role("button", name="上传并检查").click()
    expect(registrar.get_by_text("检查通过")).to_be_visible(timeout=20_000)
    registrar.get_by_role("link", name="去确认导入").click()
    registrar.get_by_role("button", name="确认导入").click()
    expect(registrar.get_by_text("新增 6 人")).to_be_visible(timeout=20_000)

    teacher = first_sign_in("ban", width=390, height=844)
    expect(teacher.get_by_role("heading", name=re.compile("八\\(1\\)班 · .午点名"))).to_be_visible()
    teacher.goto(f"/rolls/{CLASS}/2026-11-23/am/")
    tap(teacher, "马小龙")
    tap(teacher, "陈佳琪")
    expect(teacher.locator("#counts")).to_contain_text("旷课 2")
    teacher.get_by_role("button", name="提交点名").click()
    expect(teacher.get_by_text("已提交:应到 6 · 实到 4 · 旷课 2")).to_be_visible()
    teacher.goto("/duties/")
    eventually(teacher, lambda: teacher.get_by_text("马小龙 第1次旷课").count() == 1)

    teacher.get_by_role("row", name=re.compile("马小龙")).get_by_role("link", name="办理").click()
    for section in ("口头警告", "告知家长"):
        card = teacher.locator("section", has=teacher.get_by_role("heading", name=section))
        card.get_by_label("内容").fill(f"{section}:已与学生和家长谈话。")
        card.get_by_label("时间").fill("2026-11-24T00:00")
    teacher.get_by_role("button", name="保存记录").click()
    expect(teacher.get_by_text("已全部办理")).to_be_visible()

    teacher.goto(f"/rolls/{CLASS}/2026-11-24/am/")
    tap(teacher, "马小龙")
    teacher.get_by_role("button", name="提交点名").click()
    teacher.goto("/duties/")
    eventually(teacher, lambda: teacher.get_by_text("马小龙 第2次旷课").count() == 1)
    expect(teacher.get_by_text("马小龙 第1次旷课")).to_have_count(0)

    teacher.goto(f"/rolls/{CLASS}/2026-11-24/am/")
    tap(teacher, "马小龙")
    teacher.get_by_role("button", name="保存更正").click()
    expect(teacher.get_by_text("已保存:应到 6 · 实到 6")).to_be_visible()
    teacher.goto("/escalations/?state=voided")
    eventually(teacher, lambda: teacher.get_by_text("第2次").count() >= 1)

    registrar.goto("/students/?q=hd")
    registrar.get_by_role("link", name="何丹").click()
    registrar.get_by_role("link", name="学籍异动").click()
    registrar.get_by_label("异动类别").select_option("drop_out")
    registrar.get_by_label("日期", exact=False).first.fill("2026-11-20")
    registrar.get_by_label("原因").fill("外出务工")
    registrar.once("dialog", lambda dialog: dialog.accept())
    registrar.get_by_role("button", name="办理").click()
    expect(registrar.get_by_text("已办理辍学")).to_be_visible()

    principal = first_sign_in("xiao")
    principal.goto("/rates/")
    principal.get_by_role("button", name="重新计算").click()
    expect(principal.get_by_text("已完成")).to_be_visible(timeout=20_000)
    principal.get_by_role("link", name="查看辍学率").click()
    expect(principal.get_by_text("16.67%").first).to_be_visible()
    expect(principal.get_by_text("超线").first).to_be_visible()
    principal.get_by_role("link", name="1 人").first.click()
    expect(principal.get_by_role("link", name="何丹")).to_be_visible()

    principal.goto("/returns/")
    principal.get_by_label("月份").fill("2026-11")
    principal.get_by_role("button", name="生成 Excel").click()
    link = principal.get_by_role("link", name=re.compile("下载"))
    expect(link).to_be_visible(timeout=20_000)
    with principal.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "月报.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "月报.xlsx").active
    assert "控辍保学月报表" in sheet["A1"].value
    assert sheet.page_setup.orientation == "landscape"
    heads = [cell.value for cell in sheet[3]]
    total = next(row for row in sheet.iter_rows(min_row=4, values_only=True) if row[:2] == ("初中", "全体"))
    row = dict(zip(heads, total, strict=True))
    assert (row["上月末在校"], row["辍学"], row["本月末在校"], row["台账在册辍学"]) == (6, 1, 5, 1)
    assert (row["辍学率"], row["是否超线"]) == (pytest.approx(1 / 6, abs=1e-6), "是")
