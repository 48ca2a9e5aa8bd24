"""What nobody should type, typed everywhere: a Chinese sentence or saved intact, never a 500; stored script is inert."""

import base64

import pytest

from casework.models import TalkRecord
from kongchuo.tests.test_matrix import ROWS, address, name_of
from kongchuo.tests.world import DAY, SCRIPT, send
from organisation.models import Person, SchoolDay, Unit
from students.models import Guardian, LeaveSlip, Mark, Pupil, RegisterChange, TimelineEntry
from students.tests.factories import moment

pytestmark = [pytest.mark.walk, pytest.mark.django_db, pytest.mark.usefixtures("the_worlds_folder")]

KEPT = {
    "emoji": "家访👨‍👩‍👧🏫",
    "rare characters": "𠮷𣎴𪚥同学",
    "right to left": "ab\u202ecd\u202c\u200fef",
    "full-width digits": "１２３",
    "script": "<script>alert(1)</script>",
    "quotes": "'\"); DROP TABLE --%s{0}%00",
}
ODD = {
    **KEPT,
    "nothing": "",
    "U+0000": "谈\0话",
    "a megabyte": "long" * 262_144,
    "29 February": "2026-02-29",
    "29 February of a leap year": "2028-02-29",
    "year 9999": "9999-12-31",
    "year 1": "0001-01-01",
    "moment in 9999": "9999-12-31T23:59",
    "moment in year 1": "0001-01-01T00:00",
    "full-width day": "２０２６-11-23",
    "a huge number": "9" * 20,
    "five thousand digits": "9" * 5000,
    "superscript": "²",
    "negative": "-1",
    "not a number": "NaN",
}
ONLY_JSON = {
    "half a surrogate": "\ud800",
    "number": 10**30,
    "fraction": 1.5,
    "infinity": float("inf"),
    "list": [],
    "object": {},
    "null": None,
    "true": True,
}
# What a field is given while all others are right, so that nothing is refused before it; the rest goes into every field at once.
ALONE = ("nothing", "U+0000", "year 9999", "moment in 9999", "a huge number", "a megabyte")
SLIP = {"kind": "personal", "first_day": "2026-11-25", "first_session": "am", "last_day": "2026-11-25"} | {
    "last_session": "pm", "applied_by": "父亲", "reason": "家中有事",
}  # fmt: skip
RECORD = {"at": "2026-11-20T10:00", "place": "教室", "by": "老师", "text": "谈话", "statement": "改正"}
CHANGE = {
    "kind": "suspend",
    "date": "2026-11-23",
    "to_class": "",
    "to_school": "",
    "reason": "住院",
    "until": "2027-03-01",
}

LEAD = {"request_id": "8d0c1f5e-0000-4000-8000-000000000001", "subject": "unit:1", "ground": "", "title": "台账不全"} | {
    "on": "2026-11-20", "text": "抽查没有台账",
}  # fmt: skip
COMPLAINT = {"request_id": "8d0c1f5e-0000-4000-8000-000000000002", "county": "1", "against": "school"} | {
    "kind": "punished", "place": "某校", "text": "有人体罚学生", "name": "", "phone": "",
}  # fmt: skip

# (who, method, route, its query, the fields with which it works)
FORMS = [
    ("xueji", "POST", "student_search", "", {"registry_number": "G1", "identity_number": ""}),
    ("banzhuren", "POST", "student_reveal", "", {"field": "phone", "reason": "联系家长"}),
    ("xueji", "POST", "student_change", "", CHANGE),
    ("banzhuren", "POST", "roll", "", {"version": "1", "mark_{pupil}": "truant", "note_{pupil}": "无故", "reason": "更正"}),
    ("jiaodao", "POST", "substitute", "", {"person": "1", "first_day": "2026-11-23", "last_day": "2026-11-23"}),
    ("banzhuren", "POST", "slip_new", "?student={pupil}", SLIP),
    ("jiaodao", "POST", "slip", "", {"verb": "approve", "remark": "同意"}),
    ("banzhuren", "POST", "duty", "", {"text": "已告知"}),
    ("banzhuren", "POST", "escalation", "", {f"verbal_warning-{key}": value for key, value in RECORD.items()}),
    ("xiaozhang", "POST", "lead", "", {"verb": "keep", "reason": "属实", "ground": "G2", "act": "late"}),
    ("dudao", "POST", "lead_new", "?unit=2152000123", LEAD),
    ("nobody", "POST", "complain", "", COMPLAINT),
    ("nobody", "POST", "complaint_query", "", {"number": "AAAA-BBBB-CCCC-DDDD"}),
    ("jiaoyuju", "POST", "complaint", "", {"verb": "decline", "decline-text": "不属实"}),
    ("jiaoyuju", "POST", "complaint", "", {"verb": "reveal", "reveal-reason": "回访"}),
    ("jiaoyuju", "POST", "complaint", "?unit=2152000123", {"verb": "lead", "lead-subject": "unit:1", "lead-ground": "", "lead-text": "属实"}),
    ("xiaozhang", "POST", "commendations", "", {"candidate": "no_dropout:unit:1"}),
    ("xiaozhang", "POST", "commendation", "", {"reason": "数据有误"}),
    ("dudao", "GET", "lead_new", "", {"unit": "2152000123"}),
    ("jiaoyuju", "GET", "complaints", "", {"state": "all", "kind": "", "sort": "", "page": "1"}),
    ("jiaoyuju", "GET", "complaint", "", {"unit": "2152000123"}),
    ("xiaozhang", "GET", "nominations", "", {"q": "余", "year": "2026", "page": "1"}),
    ("xiaozhang", "GET", "commendations", "", {"school": "2152000123", "year": "2026"}),
    ("xiaozhang", "GET", "api_award_bans", "", {"year": "2026", "unit": "", "person": ""}),
    ("xiaozhang", "POST", "finding_new", "", {"subject_kind": "person", "subject": "余老师", "code": "G4", "act": "omitted",
     "ground_text": "十日没有家访", "acted_on": "2026-11-02", "student": "", "text": "检查发现"}),
    ("xiaozhang", "POST", "finding", "", {"step": "dismiss", "dismiss-text": "不属实"}),
    ("xiaozhang", "POST", "finding", "", {"step": "order", "order-days": "5", "order-what": "补做", "order-check": "查看"}),
    ("jiaodao", "POST", "finding", "", {"step": "evidence", "evidence-ground": "1", "evidence-title": "笔录", "evidence-text": "证明"}),
    ("xiaozhang", "POST", "finding", "", {"step": "decide", "decide-form": "criticism", "decide-reasons": "轻微",
     "decide-no_grave_result": "1", "decide-scope": "", "decide-authority": "", "decide-authority_number": ""}),
    ("xiaozhang", "POST", "api_findings", "", {"person": "x", "grounds": [{"code": "G4", "act": "late", "text": "迟延家访十日"}], "text": "检查"}),
    ("xiaozhang", "POST", "api_finding_verb", "", {"text": "不属实", "on": "2026-11-20", "how": "heard", "investigators": []}),
    ("xiaozhang", "GET", "findings", "", {"state": "all", "page": "1", "sort": "opened"}),
    ("xiaozhang", "GET", "api_findings", "", {"state": "heard", "limit": "2", "cursor": ""}),
    ("xiaozhang", "POST", "truth_hit", "", {"verb": "explain", "reason": "去了医务室"}),
    ("xiaozhang", "GET", "truth", "", {"state": "open", "kind": "", "sort": "place", "page": "1"}),
    ("dudao", "GET", "spot_counts", "", {"sort": "day", "page": "1"}),
    ("dudao", "GET", "spot_count_new", "", {"school": "2152000123", "class": ""}),
    ("dudao", "POST", "spot_count_new", "?class={unit}", {"day": "2026-11-20", "session": "pm", "counted": "1", "note": "第二节"}),
    ("xiaozhang", "POST", "compute_rates", "", {"unit": "2152000123", "as_of": "2026-11-23"}),
    ("xiaozhang", "POST", "returns", "", {"unit": "1", "period": "2026-10"}),
    ("jiaodao", "POST", "calendar", "", {"unit": "1", "date": "2026-12-05", "session": "", "is_open": "1", "note": "补课"}),
    ("xueji", "POST", "roster_export", "", {"unit": "1", "reason": "上报"}),
    ("admin", "POST", "people", "", {"name": "新人", "login": "new", "staff_number": "T1", "phone": "1"}),
    ("admin", "POST", "person", "", {"verb": "give", "kind": "principal", "unit_code": "2152000123", "first_day": "2026-11-23"}),
    ("admin", "POST", "person", "", {"verb": "end", "post": "1"}),
    ("nobody", "POST", "account_login", "", {"login": "banzhuren", "password": "falsch"}),
    ("xueji", "POST", "account_change_password", "", {"oldpassword": "a", "password1": "b", "password2": "b"}),
    ("xueji", "POST", "mfa_activate_totp", "", {"code": "123456"}),
    ("xueji", "GET", "students", "", {"q": "马", "unit": "", "status": "", "page": "1"}),
    ("admin", "GET", "people", "", {"q": "马", "page": "1"}),
    ("xueji", "GET", "slips", "", {"state": "requested", "page": "1"}),
    ("xueji", "GET", "slip_new", "", {"student": "", "class": "2152000123-J2025-01"}),
    ("xiaozhang", "GET", "duties", "", {"view": "mine", "page": "1"}),
    ("xiaozhang", "GET", "escalations", "", {"state": "open", "page": "1"}),
    ("xiaozhang", "GET", "leads", "", {"state": "all", "source": "", "page": "1"}),
    ("xiaozhang", "GET", "rates", "", {"unit": "", "as_of": "2026-11-23", "formula": "dropout_rate"}),
    ("xiaozhang", "GET", "rate_students", "", {"page": "1"}),
    ("xiaozhang", "GET", "returns", "", {"page": "1"}),
    ("xiaozhang", "GET", "jobs", "", {"page": "1"}),
    ("xiaozhang", "GET", "roll_day", "", {"day": "2026-11-23", "school": ""}),
    ("xiaozhang", "GET", "regulation", "", {"unit": "", "on": "2026-11-23"}),
    ("xiaozhang", "GET", "api_units", "", {"limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_classes", "", {"limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_students", "", {"q": "马", "limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_escalations", "", {"student": "", "state": "", "limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_duties", "", {"mine": "1", "overdue": "1", "limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_rates", "", {"unit": "", "as_of": "2026-11-23", "formula": "", "limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_rate_students", "", {"part": "denominator", "limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "api_returns", "", {"limit": "2", "cursor": ""}),
    ("xiaozhang", "GET", "commitments", "", {"kind": "", "state": "waiting", "unit": "", "q": "马", "page": "1", "sort": "place"}),
    ("xiaozhang", "POST", "commitments_make", "", {"kinds": "teacher_guardian"}),
    ("xiaozhang", "GET", "commitment_gaps", "", {"unit": "2152000123"}),
    ("xiaozhang", "GET", "commitment_progress", "", {"unit": "2152000123", "page": "1"}),
    ("xiaozhang", "GET", "commitments_print", "", {"id": "1"}),
    ("xiaozhang", "POST", "commitments_sign", "?id={sheet}", {"on": "2026-11-23"}),
    ("banzhuren", "POST", "commitment", "", {"verb": "paper", "on": "2026-11-23", "signed_by": "马大山"}),
    ("banzhuren", "POST", "commitment", "", {"verb": "decline", "note": "不愿意"}),
    ("banzhuren", "POST", "commitment", "", {"verb": "link", "guardian": "1"}),
    ("xiaozhang", "POST", "year_plan", "", {"verb": "goals", "goals": "一名不少"}),
    ("xiaozhang", "POST", "year_plan", "", {"verb": "item", "title": "家访", "post_kind": "registrar", "due_on": "2026-12-18"}),
    ("xiaozhang", "POST", "plan_item", "", {"verb": "done", "text": "已办"}),
    ("xiaozhang", "POST", "leading_groups", "", {"kind": "leading", "on": "2026-11-23"}),
    ("banzhuren", "POST", "activity_new", "?kind=guardians_meeting&unit={unit}",
     {"held": "yes", "on": "2026-11-23", "topic": "安全", "place": "教室", "who": "家长", "text": "记录", "absent": "{pupil}"}),
    ("xiaozhang", "GET", "activity_new", "", {"kind": "class_meeting", "unit": "2152000123-J2025-01", "period": "2026-W48"}),
    ("xiaozhang", "GET", "activities", "", {"kind": "", "unit": "", "page": "1"}),
    ("xiaozhang", "POST", "surveys", "", {"audience": "teachers", "source": "paper", "asked": "9", "answered": "9", "aware": "9"}),
    ("xiaozhang", "GET", "surveys", "", {"unit": "", "page": "1"}),
    ("xiaozhang", "POST", "survey", "", {"verb": "close"}),
    ("xiaozhang", "POST", "self_inspection_new", "",
     {"on": "2026-11-23", "who": "校长", "summary": "", "register-result": "not", "register-note": "缺", "register-due_on": "2026-11-30"}),
    ("xiaozhang", "POST", "deficiency", "", {"verb": "correct", "text": "已改"}),
    ("xiaozhang", "POST", "deficiency", "", {"verb": "check", "passed": "no", "note": "没改", "due_on": "2026-11-30"}),
    ("banzhuren", "POST", "home_contact_new", "", {"kind": "visit", "on": "2026-11-23", "whom": "祖母", "text": "在家"}),
    ("xueji", "POST", "api_student_search", "", {"registry_number": "G1"}),
    ("xueji", "POST", "api_student_search", "", {"identity_number": "5"}),
    ("banzhuren", "POST", "api_student_reveal", "", {"field": "phone", "reason": "联系家长"}),
    ("xueji", "POST", "api_student_changes", "", {**CHANGE, "papers": []}),
    ("xueji", "POST", "api_student_changes", "", {"kind": "drop_out", "date": "2026-11-20", "reason": "务工"}),
    ("banzhuren", "PUT", "api_roll", "", {"version": 1, "marks": [], "called_at": "2026-11-20T08:00", "request_id": "a", "reason": "a"}),
    ("banzhuren", "POST", "api_duty_complete", "", {"text": "已告知", "proof": None}),
    ("banzhuren", "POST", "api_escalation_perform", "", {"records": []}),
]  # fmt: skip


def named(form):
    return f"{form[1]} {form[2]} {' '.join(form[4])}"


def is_json(method, route):
    return route.startswith("api_") and method != "GET"


def says_why(response) -> bool:
    """Not a 500; a refusal is in Chinese."""
    if response.status_code >= 500:
        return False
    refused = response.status_code in (400, 403, 404, 409)
    is_document = "json" in response.headers["Content-Type"]
    said = str(response.json()["detail"]) if refused and is_document else response.content.decode()
    return not refused or any("\u4e00" <= letter <= "\u9fff" for letter in said)


def filled(world, fields):
    number = world.places["own"].pupil.number
    return {key.format(pupil=number): value for key, value in fields.items()}


@pytest.mark.parametrize("form", FORMS, ids=named)
def test_whatever_is_typed_is_answered_with_a_sentence(form, world):
    who, method, route, query, fields = form
    url = address(route, world.places["own"], query)
    odd = {**ODD, **ONLY_JSON} if is_json(method, route) else ODD
    right = filled(world, fields)
    typed = [("every field", name, dict.fromkeys(right, value)) for name, value in odd.items()]
    typed += [(field, name, {**right, field: ODD[name]}) for field in right for name in ALONE]
    wrong = []
    for field, name, values in typed:
        response = send(world.clients[who], method, url, values)
        wrong += [] if says_why(response) else [f"{field} = {name}: {response.status_code}"]
    assert wrong == []


@pytest.mark.parametrize("form", [form for form in FORMS if is_json(form[1], form[2])], ids=named)
@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7", '"text"', '{"a": ' * 3000, "9" * 5000, '"\\ud800"'])
def test_a_body_that_is_no_object_is_answered_with_a_sentence(form, body, world):
    who, method, route, *_ = form
    client, url = world.clients[who], address(route, world.places["own"])
    response = getattr(client, method.lower())(url, body, content_type="application/json")
    assert response.status_code in (400, 409) or body == ""
    assert says_why(response)


INNER = {
    "api_roll": ("banzhuren", "PUT", {"version": 1}, "marks", {"student": "{pupil}", "kind": "truant", "note": "无故"}),
    "api_escalation_perform": ("banzhuren", "POST", {}, "records", {"measure": "verbal_warning", **RECORD, "discipline": ""}),
}  # fmt: skip


@pytest.mark.parametrize("route", INNER)
def test_whatever_stands_inside_a_list_is_answered_with_a_sentence(route, world):
    who, method, body, name, fields = INNER[route]
    number, url = world.places["own"].pupil.number, address(route, world.places["own"])
    fields = {key: value.format(pupil=number) for key, value in fields.items()}
    wrong = []
    for field in fields:
        for odd, value in {**ODD, **ONLY_JSON}.items():
            response = send(world.clients[who], method, url, {**body, name: [{**fields, field: value}]})
            wrong += [] if says_why(response) else [f"{field} = {odd}: {response.status_code}"]
    assert wrong == []


PATHS = [
    "/slips/{}/", "/duties/{}/", "/escalations/{}/", "/leads/{}/", "/complaints/{}/", "/commendations/{}/", "/exhibits/{}/", "/returns/{}/", "/returns/{}/file/", "/rates/{}/students/",
    "/settings/people/{}/", "/settings/calendar/{}/forget/", "/students/{}/", "/jobs/{}/", "/attachments/{}/",
    "/rolls/{}/2026-11-23/am/", "/rolls/2152000123-J2025-01/{}/am/", "/rolls/2152000123-J2025-01/2026-11-23/{}/",
    "/rolls/substitute/{}/", "/students/import/{}/", "/api/v1/classes/{}/", "/api/v1/classes/{}/rolls/2026-11-23/am/",
    "/api/v1/classes/2152000123-J2025-01/rolls/{}/am/", "/api/v1/students/{}/", "/api/v1/students/{}/timeline/",
    "/api/v1/duties/{}/complete/", "/api/v1/escalations/{}/perform/", "/api/v1/rates/{}/students/",
    "/api/v1/returns/{}/file/", "/admin/organisation/person/{}/change/", "/{}/", "/api/v1/{}/",
]  # fmt: skip
IN_PATHS = [
    "99999999999999999999",
    "9" * 400,
    "-1",
    "²",
    "%00",
    "a%00b",
    "%F0%9F%8F%AB",
    "%FF",
    "9999-12-31",
    "0001-01-01",
]
IN_PATHS += ["2026-02-29", "%E2%80%AE", "..%2F..%2Fetc", "%3Cscript%3E"]


@pytest.mark.parametrize("path", PATHS)
def test_whatever_stands_in_an_address_is_not_found(path, world):
    found = {
        (login, odd): send(world.clients[login], "GET", path.format(odd)).status_code
        for login in ("admin" if path.startswith("/admin/") else "xiaozhang",)
        for odd in IN_PATHS
    }
    assert {key: status for key, status in found.items() if status not in (302, 403, 404, 405)} == {}


def test_a_cursor_that_nobody_was_given_leads_nowhere(world):
    for position in ("p=\0", "p=abc", "p=", "o=-1", "o=99999999999999999999&p=1", "r=1&p=2026-99-99", "\udcff"):
        cursor = base64.b64encode(position.encode(errors="surrogateescape")).decode()
        for route in ("api_units", "api_students", "api_escalations", "api_duties", "api_rates", "api_returns"):
            response = send(world.clients["xiaozhang"], "GET", address(route, world.places["own"]), {"cursor": cursor})
            assert response.status_code in (200, 404), (route, position)


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "messages"])
def test_a_cookie_with_u0000_is_refused(client, cookie):
    client.cookies[cookie] = "\0" * 32
    response = client.get("/")
    assert response.status_code == 400
    assert "U+0000" in response.content.decode()


def test_the_api_refuses_u0000_with_a_problem_document(world):
    response = send(world.clients["xiaozhang"], "GET", "/api/v1/students/", {"q": "\0"})
    assert (response.status_code, response.json()["code"]) == (400, "bad_character")


def test_a_body_over_the_limit_is_refused_with_a_sentence(world):
    response = send(world.clients["xiaozhang"], "POST", "/duties/1/", {"text": "长" * 1_000_000})
    assert says_why(response)
    assert response.status_code in (400, 404)


@pytest.mark.parametrize("kind", KEPT)
def test_what_can_be_written_is_kept_as_it_was(client, world, kind):
    text, place = KEPT[kind], world.places["own"]
    teacher, head = world.clients["banzhuren"], world.clients["jiaodao"]
    json = {"content_type": "application/json"}
    pupil = place.pupil.number
    record = {"measure": "verbal_warning", "at": "2026-11-20T10:00:00+08:00", "place": text, "by": text, "text": text}
    teacher.post(f"/slips/new/?student={pupil}", {**SLIP, "reason": text, "applied_by": text})
    mark = {"student": pupil, "kind": "truant", "note": text}
    teacher.put(address("api_roll", place), {"version": 1, "marks": [mark]}, **json)
    teacher.post(address("api_escalation_perform", place), {"records": [{**record, "statement": text}]}, **json)
    world.clients["xueji"].post(address("api_student_changes", place), {**_change(), "reason": text}, **json)
    head.post("/settings/calendar/", {"unit": place.school.pk, "date": "2026-12-12", "is_open": "1", "note": text})
    assert LeaveSlip.objects.order_by("pk").last().reason == text
    assert Mark.objects.filter(pupil=place.pupil).get().note == text
    assert TalkRecord.objects.order_by("pk").last().statement == text
    assert RegisterChange.objects.filter(pupil=place.pupil).get().reason == text
    assert SchoolDay.objects.get(date="2026-12-12").note == text


def _change():
    return {"kind": "suspend", "date": "2026-11-23", "until": "2027-03-01"}


def stained(place):
    """Script in every text that a page may show."""
    Pupil.objects.update(name=SCRIPT, address=SCRIPT, village=SCRIPT, initials=SCRIPT[:60], ethnicity=SCRIPT[:20])
    Guardian.objects.update(name=SCRIPT, relation=SCRIPT[:30])
    LeaveSlip.objects.update(reason=SCRIPT, applied_by=SCRIPT, remark=SCRIPT)
    Mark.objects.update(note=SCRIPT)
    for pupil in (place.pupil, place.gone):
        TimelineEntry.objects.create(pupil=pupil, on=DAY, at=moment(DAY), kind="x", text=SCRIPT)  # none is ever changed
    TalkRecord.objects.update(text=SCRIPT, statement=SCRIPT, place=SCRIPT, by=SCRIPT)
    RegisterChange.objects.update(reason=SCRIPT, to_school=SCRIPT)
    SchoolDay.objects.update(note=SCRIPT)
    Person.objects.update(name=SCRIPT, phone=SCRIPT[:20])
    Unit.objects.filter(kind__in=["school", "county", "township"]).update(name=SCRIPT)
    for model, fields in {
        place.duty: ("title", "text"), place.lead: ("reason",), place.job: ("title", "message", "result_name"),
        place.complaint: ("place", "text"), place.exhibit: ("name",), place.commendation: ("basis",),
        place.paper: ("name",), place.escalation: ("document",), place.sheet: ("party_a", "party_b", "signed_by", "note"),
        place.item: ("title",), place.activity: ("topic", "text", "who", "place"), place.inspection: ("who", "summary"),
        place.deficiency: ("text", "check_note"),
    }.items():  # fmt: skip
        type(model).objects.update(**dict.fromkeys(fields, SCRIPT))


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=name_of)
def test_stored_script_is_inert(row, world):
    place = world.places["own"]
    stained(place)
    url = address(row.route, place, row.query, row.argument)
    for login in ("banzhuren", "xueji", "xiaozhang", "jiaoyuju", "admin"):
        response = send(world.clients[login], "GET", url)
        if not response.streaming and "html" in response.headers["Content-Type"]:
            assert SCRIPT not in response.content.decode(), login


def test_the_stain_reaches_the_pages(world):
    stained(world.places["own"])
    page = send(world.clients["xiaozhang"], "GET", address("student", world.places["own"])).content.decode()
    assert page.count("&lt;script&gt;") >= 6
