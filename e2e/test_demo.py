"""What each of the demo's people sees: on a phone and at a desk, by keyboard, without script, after a lost session."""

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kongchuo.demo.county import LOGINS

DESK, PHONE = (1280, 800), (390, 844)
WORD = re.compile(r"(?<![A-Za-z0-9_@./])[A-Za-z]{3,}(?![A-Za-z0-9_@/])")
AXE = Axe().axe_script
KNOWN_WORDS = {"Excel", "xlsx"}
TEXT = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [document.title];
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!holder.closest("script, code") && holder.checkVisibility()) found.push(walker.currentNode.textContent);
  }
  for (const holder of document.querySelectorAll("[placeholder], [title], [aria-label], [alt]"))
    for (const name of ["placeholder", "title", "aria-label", "alt"]) found.push(holder.getAttribute(name) || "");
  return found.join("\\n");
}"""


def english_on(page) -> set[str]:
    """Words in Latin letters that are no code, number or known name."""
    return set(WORD.findall(page.evaluate(TEXT))) - KNOWN_WORDS


def barriers_on(page) -> list[str]:
    """What axe finds; its script is already in the page."""
    return page.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
        ".then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`))"
    )


def is_wider_than_the_window(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


LOOKED_AT = (
    set()
)  # pages that somebody before has looked at for barriers: what is in them differs by post, not how it is built


def faults_of(visitor, address) -> list[str]:
    """What is wrong with a page, looked at in both windows; barriers once, for whoever comes first."""
    page, faults = visitor.page, []
    path = urlsplit(address).path
    is_new = path not in LOOKED_AT
    LOOKED_AT.add(path)
    answer = page.goto(address)
    if answer.status != 200:
        faults.append(f"{address}: {answer.status}")
    faults += [f"{address}: English {word}" for word in sorted(english_on(page))]
    if is_new:
        page.evaluate(AXE)
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        if is_wider_than_the_window(page):
            faults.append(f"{address}: scrolls sideways at {width}")
        if is_new:
            faults += [f"{address} at {width}: {barrier}" for barrier in barriers_on(page)]
    return faults


def linked_from_navigation(page) -> list[str]:
    return page.eval_on_selector_all(".kc-side a", "links => links.map(link => link.getAttribute('href'))")


@pytest.mark.parametrize("login", LOGINS)
def test_every_page_in_the_navigation_is_sound_on_both_screens(visit, demo_site, login):
    visitor = visit(demo_site)
    page = visitor.sign_in(login)
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()
    addresses = dict.fromkeys([page.url, *linked_from_navigation(page)])
    faults = [fault for address in addresses for fault in faults_of(visitor, address)]
    assert faults + visitor.problems == []


@pytest.mark.parametrize("address", ["/jobs/", "/accounts/password/change/", "/accounts/2fa/", "/nichts/"])
def test_pages_that_belong_to_nobodys_work_are_sound_too(visit, demo_site, address):
    visitor = visit(demo_site)
    visitor.sign_in("banzhuren")
    assert [fault for fault in faults_of(visitor, address) if not fault.endswith("404")] == []


def test_the_api_is_described_under_the_strict_policy(visit, demo_site):
    visitor = visit(demo_site)
    page = visitor.sign_in("banzhuren")
    page.goto("/api/v1/docs/")
    expect(page.get_by_text("控辍保学接口")).to_be_visible()
    expect(page.locator(".opblock").first).to_be_visible()
    assert visitor.problems == []


def test_the_administrators_site_speaks_chinese(visit, demo_site):
    visitor = visit(demo_site)
    page = visitor.sign_in("admin")
    page.goto("/admin/")
    assert english_on(page) == set()
    for link in page.eval_on_selector_all("#content-main th a", "links => links.map(link => link.href)"):
        assert page.goto(link).status == 200
        assert english_on(page) - {*LOGINS, "Search"} == set(), link  # a heading of Django's for screen readers
    assert visitor.problems == []


@pytest.mark.parametrize(
    ("login", "opens"), [("xiaozhang", "/rolls/"), ("xiaozhang", "/rates/"), ("jiaoyuju", "/rates/")]
)
def test_each_number_on_today_opens_what_is_behind_it(visit, demo_site, login, opens):
    page = visit(demo_site).sign_in(login)
    page.locator(f".kc-kpi a[href^='{opens}']").first.click()
    expect(page).to_have_url(re.compile(re.escape(opens)))


# The roll.


def confirmation(page):
    return page.locator("#messages").get_by_text(re.compile(r"已(提交|保存):应到 \d+ · 实到 \d+"))


def roll_of(page, session) -> str:
    """The address of the class teacher's roll of today."""
    return re.sub(r"/(am|pm)/$", f"/{session}/", page.url)


def test_who_opens_the_bare_address_stands_at_todays_roll_after_signing_in(visit, demo_site):
    page = visit(demo_site).page
    page.goto("/")
    page.get_by_label("登录名").fill("banzhuren")
    page.get_by_label("密码").fill("kongchuo-demo")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name=re.compile("午点名"))).to_be_visible()


def test_fifty_names_are_seen_without_scrolling(visit, demo_site):
    page = visit(demo_site).sign_in("banzhuren")
    last = page.locator(".kc-pupil").last.bounding_box()
    bar = page.locator(".kc-bar").bounding_box()
    assert page.locator(".kc-pupil").count() > 45
    assert last["y"] + last["height"] <= bar["y"]
    assert bar["y"] + bar["height"] <= DESK[1]


def test_on_a_phone_names_stand_in_one_column_of_targets_for_a_thumb(visit, demo_site):
    page = visit(demo_site, width=360, height=740).sign_in("banzhuren")
    boxes = [row.bounding_box() for row in page.locator(".kc-pupil").all()[:5]]
    assert len({box["x"] for box in boxes}) == 1
    assert all(box["height"] >= 44 for box in boxes)
    assert boxes[0]["y"] < 740 / 2
    assert not is_wider_than_the_window(page)


def test_the_roll_is_called_by_keyboard_alone(visit, demo_site):
    page = visit(demo_site).sign_in("banzhuren")
    page.goto(roll_of(page, "am"))
    expect(page.locator(".kc-pupil button").first).to_be_focused()
    for key in ("k", "ArrowRight", "b", "ArrowDown", "c", "ArrowDown", "s", "ArrowLeft", "z", "z", "Enter"):
        page.keyboard.press(key)
    expect(confirmation(page)).to_contain_text("旷课 1")
    for kind in ("病假 1", "事假 1", "迟到 1"):
        expect(confirmation(page)).to_contain_text(kind)
    expect(confirmation(page)).not_to_contain_text("早退")


def test_a_name_is_found_by_its_initials_and_marked_from_there(visit, demo_site):
    page = visit(demo_site).sign_in("banzhuren")
    page.goto(roll_of(page, "pm"))
    wanted = page.locator(".kc-pupil").nth(20)
    page.locator("#find").fill(wanted.get_attribute("data-initials").split()[0])
    page.keyboard.press("Enter")
    page.keyboard.press("k")
    expect(page.locator(".kc-pupil.truant")).to_have_count(1)


def test_the_roll_on_a_phone_takes_under_ten_actions(visit, demo_site):
    actions = 3  # login, password, 登录
    page = visit(demo_site, width=390, height=844).sign_in("waixiao")
    for row in page.locator(".kc-pupil:not(.marked)").all()[:2]:
        row.get_by_role("button").click()
        actions += 1
    page.locator("#submit").click()
    actions += 1
    expect(confirmation(page)).to_contain_text("旷课")
    assert actions < 10


def test_the_roll_is_called_without_script(visit, demo_site):
    page = visit(demo_site, java_script_enabled=False).sign_in("banzhuren")
    page.goto(roll_of(page, "pm"))
    page.locator(".kc-pupil select").nth(3).select_option(label="病假")
    page.locator("#submit").click()
    expect(confirmation(page)).to_contain_text("病假 1")


def test_the_first_visit_to_the_roll_is_light(visit, demo_site):
    visitor = visit(demo_site)
    weights = {}
    visitor.page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}) if answer.ok else None)
    page = visitor.sign_in("banzhuren")
    page.wait_for_load_state("networkidle")
    assets = sum(weight for url, weight in weights.items() if "/static/" in url)
    assert weights[page.url] < 40 * 1024
    assert assets < 150 * 1024  # as built; a gateway compresses them to a third


# A session that ended.


def end_session(visitor):
    visitor.context.clear_cookies(name="sessionid")


def test_who_was_signed_out_comes_back_to_the_page_asked_for(visit, demo_site):
    visitor = visit(demo_site)
    page = visitor.sign_in("xiaozhang")
    end_session(visitor)
    page.goto("/rates/")
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    page.get_by_label("登录名").fill("xiaozhang")
    page.get_by_label("密码").fill("kongchuo-demo")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile("/rates/$"))


def test_a_fragment_that_notices_the_lost_session_leads_back_to_its_page_too(visit, demo_site):
    visitor = visit(demo_site)
    page = visitor.sign_in("xiaozhang")
    page.route("**/badges/", lambda route: (end_session(visitor), route.continue_()))
    page.goto("/rates/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/rates/$"))


def test_a_roll_sent_after_the_session_ended_leads_to_the_login_and_back(visit, demo_site):
    visitor = visit(demo_site)
    page = visitor.sign_in("banzhuren")
    roll = roll_of(page, "pm")
    page.goto(roll)
    page.wait_for_load_state("networkidle")  # else the badges are the first to notice
    end_session(visitor)
    page.locator("#submit").click()
    page.get_by_label("登录名").fill("banzhuren")
    page.get_by_label("密码").fill("kongchuo-demo")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(roll)


def test_a_form_without_its_token_is_refused_in_a_sentence(visit, demo_site):
    visitor = visit(demo_site)
    page = visitor.sign_in("banzhuren")
    page.goto(roll_of(page, "pm"))
    visitor.context.clear_cookies(name="csrftoken")
    page.locator("#submit").click()
    expect(page.get_by_text("刷新")).to_be_visible()
