"""The way back to school in a browser: a child vanishes, is visited, reported, noticed, returns, relapses, returns, is closed."""

import re

import pytest
from books import AUTUMN, CLASS, SCHOOL, SPRING, write_roster, write_setup
from playwright.sync_api import expect

CHILD = "马小龙"
NAMES = (CHILD, "陈佳琪", "曾雅", "周小雨")
PEOPLE = {
    "ban": ("班主任", CLASS),
    "xiao": ("校长", SCHOOL),
    "xue": ("学籍管理员", SCHOOL),
    "zhen": ("乡镇干部", "520502101"),
    "ju": ("教育局工作人员", "520502"),
}


@pytest.fixture
def people(visit, own_site):
    """{login: the person's window}, everybody signed in for the first time."""
    write_setup(own_site.folder / "setup.xlsx", PEOPLE, (*AUTUMN, *SPRING))
    passwords = own_site.set_up(own_site.folder / "setup.xlsx")
    write_roster(own_site.folder / "roster.xlsx", NAMES)
    own_site.manage("import_roster", own_site.folder / "roster.xlsx", "--from", "2026-09-01")
    return {login: visit(own_site).sign_in_first(login, passwords[login]) for login in PEOPLE}


class Days:
    """The story's calendar: rolls are called from one day to the next, with the child or without."""

    def __init__(self, site):
        self.site, self.next = site, "2026-09-01"

    def until(self, day, after, *, away=()):
        self.site.live_until(day, since=self.next, **{"class": CLASS, "teacher": "ban", "away": list(away)})
        self.next = after


def step(page, case, name, **fields):
    """Take one step of the case on its page; fields by their labels."""
    page.goto(case)
    card = page.locator("details", has=page.locator("summary b", has_text=re.compile(f"^{name}$")))
    if not card.evaluate("one => one.open"):
        card.locator("summary").click()
    for label, value in fields.items():
        field = card.get_by_label(label, exact=False).first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        elif field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill(value)
    card.get_by_role("button", name=name).click()
    expect(page.get_by_text(f"已办理:{name}")).to_be_visible()


def refused(page, case, name, reason, sentence):
    page.goto(case)
    card = page.locator("details", has=page.locator("summary b", has_text=name))
    card.locator("summary").click()
    card.get_by_label("依据").fill(reason)
    card.get_by_role("button", name=name).click()
    expect(page.get_by_text(sentence).first).to_be_visible()


def seen(page, address, text):
    page.goto(address)
    expect(page.get_by_text(text).first).to_be_visible()


VISIT = {"走访人": "余老师、村干部王某", "情况": "到家中,家长说孩子跟亲戚外出。", "下一步": "一周内再去"}


def test_a_child_vanishes_and_is_brought_back_twice(own_site, people):
    days = Days(own_site)
    teacher, principal, town, county = (people[login] for login in ("ban", "xiao", "zhen", "ju"))
    days.until("2026-10-16", "2026-10-19")
    days.until("2026-10-21", "2026-10-22", away=[CHILD])

    teacher.goto("/cases/")
    teacher.get_by_role("link", name=CHILD).click()
    case = re.sub(r"^https?://[^/]+", "", teacher.url)
    expect(teacher.get_by_text("疑似辍学").first).to_be_visible()
    step(teacher, case, "登记走访", 时间="2026-10-21T00:00", 结果="已离校,未同意返校", **VISIT)
    step(principal, case, "确认辍学", 最后到校日="2026-10-16", 外出务工="是")
    step(teacher, case, "开始劝返")
    seen(town, case, "劝返中")

    days.until("2026-10-30", "2026-11-02", away=[CHILD])
    step(teacher, case, "登记走访", 时间="2026-10-30T00:00", 结果="已离校,未同意返校", **VISIT)
    step(teacher, case, "填报辍学报告单")
    step(principal, case, "报送乡镇和教育局")
    step(town, case, "送达返校通知书", 送达日期="2026-10-30", 签收人="马某(父亲)")
    seen(county, case, "返校通知书")

    days.until("2026-11-06", "2026-11-09", away=[CHILD])
    step(teacher, case, "登记返校", 返校日期="2026-11-06")
    seen(principal, case, "已返校")

    days.until("2026-11-20", "2026-11-23")
    days.until("2026-11-26", "2026-11-27", away=[CHILD])
    step(principal, case, "复辍:重新劝返", 最后到校日="2026-11-20", 情况="点名显示三天未到校")
    seen(town, case, "第 2 次离校")
    step(teacher, case, "登记走访", 时间="2026-11-26T00:00", 结果="同意返校", **VISIT)
    days.until("2026-12-04", "2026-12-07", away=[CHILD])
    step(teacher, case, "登记返校", 返校日期="2026-12-04")

    days.until("2026-12-11", "2026-12-14")
    refused(teacher, case, "申请销号", "孩子已返校", re.compile("到校.*天"))

    days.until("2027-02-24", "2027-02-25")
    refused(teacher, case, "申请销号", "孩子已返校", "回访还没有办")
    for _ in range(4):
        step(teacher, case, "登记回访", 情况="在校,学习跟得上,与同学相处正常。")
    step(teacher, case, "申请销号", 依据="点名显示到校满二十天,回访正常")
    step(county, case, "同意销号")
    seen(principal, case, "已销号")
    principal.goto("/cases/?state=")
    expect(principal.get_by_role("link", name=CHILD)).to_have_count(1)
