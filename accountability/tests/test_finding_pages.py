"""Matters in the browser and over the API: who sees which, what is written into the access log, each verb once."""

import pytest

from accountability.actions.findings.hearing import state_defence
from accountability.actions.findings.opening import screen_matter
from accountability.actions.findings.team import add_evidence
from accountability.models import Finding, FindingFile
from accountability.rules.pdf import can_make_pdf
from accountability.tests.matters import GROUND, again, hear, investigate, notify, picture, prove, put, walk
from organisation.enums import PostKind
from organisation.models import AccessEntry
from organisation.tests.factories import make_holder

STRANGERS = [
    "county_clerk",
    "class_teacher",
    "head_of_teaching",
    "deputy_principal",
    "stranger",
    "other_clerk",
    "former_teacher",
]
BEFORE = ["screening", "investigating", "dismissed"]


def pages_of(finding):
    urls = [f"/findings/{finding.pk}/", f"/findings/{finding.pk}/dossier/", f"/findings/{finding.pk}/dossier.pdf"]
    urls += [f"/findings/{finding.pk}/documents/{one.pk}/" for one in finding.documents.all()]
    urls += [f"/findings/{finding.pk}/documents/{one.pk}/word/" for one in finding.documents.all()]
    return urls + [f"/findings/{finding.pk}/file/{one.pk}/" for one in finding.files.all()]


@pytest.fixture
def full(at_state, team):
    """A matter with documents and a paper."""
    finding = at_state("heard")
    add_evidence(finding, finding.grounds.get(), title="照片", text="登记簿", by=team[0], upload=picture())
    return finding


@pytest.mark.parametrize("who", STRANGERS)
def test_to_everybody_else_it_does_not_exist(as_, request, full, who):
    client = as_(request.getfixturevalue(who))
    for url in pages_of(full):
        assert client.get(url).status_code == 404, url
    assert client.post(f"/findings/{full.pk}/", {"step": "decide"}).status_code == 404
    assert client.get(f"/api/v1/findings/{full.pk}/").status_code == 404
    assert client.post(f"/api/v1/findings/{full.pk}/dismiss/", {"text": "x"}, "application/json").status_code == 404
    assert client.get("/api/v1/findings/").json()["results"] == []
    assert "张校长" not in client.get("/findings/?state=all").content.decode()


@pytest.mark.parametrize("state", BEFORE)
def test_the_subject_knows_nothing_before_being_told(as_, principal, at_state, state):
    finding = at_state(state)
    client = as_(principal)
    assert client.get(f"/findings/{finding.pk}/").status_code == 404
    assert client.get("/api/v1/findings/").json()["results"] == []
    assert f"/findings/{finding.pk}/" not in client.get("/findings/mine/").content.decode()


@pytest.mark.parametrize("state", ["notified", "heard", "decided", "served", "revoked"])
def test_the_subject_reads_what_is_said_and_no_more(as_, principal, at_state, state):
    finding = at_state(state)
    client = as_(principal)
    page = client.get(f"/findings/{finding.pk}/").content.decode()
    assert "接报后十日没有家访" in page
    assert "登记簿上没有家访记录" not in page  # the evidence is the team's
    assert "有具体行为,应当调查" not in page
    assert f"/findings/{finding.pk}/" in client.get("/findings/mine/").content.decode()
    assert client.get(f"/findings/{finding.pk}/dossier/").status_code == 404
    assert client.get(f"/findings/{finding.pk}/documents/{finding.documents.first().pk}/").status_code == 200


def test_the_subject_opens_no_evidence(as_, principal, full):
    file = FindingFile.objects.get()
    assert as_(principal).get(f"/findings/{full.pk}/file/{file.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["head", "team", "subject"])
def test_every_page_that_is_read_is_written_down(as_, full, bureau_head, team, principal, who):
    person = {"head": bureau_head, "team": team[0], "subject": principal}[who]
    client = as_(person)
    for url in pages_of(full):
        if url.endswith(".pdf"):  # has a test of its own
            continue
        before = AccessEntry.objects.count()
        status = client.get(url).status_code
        if status != 200:
            continue
        assert AccessEntry.objects.count() > before, url
        entry = AccessEntry.objects.filter(what="finding").first()
        assert (entry.person, entry.key) == (person, str(full.pk)), url
    before = AccessEntry.objects.count()
    client.get(f"/api/v1/findings/{full.pk}/")
    assert AccessEntry.objects.count() == before + 1
    assert AccessEntry.objects.first().key == str(full.pk)


def test_the_way_through_the_pages(as_, bureau_head, team, principal):
    ground = {"code": GROUND["code"], "act": GROUND["act"], "ground_text": GROUND["text"]}
    who = {"subject_kind": "person", "subject": principal.login, "text": "督导检查中发现"}
    as_(bureau_head).post("/findings/new/", {**ground, **who})
    finding = Finding.objects.get()
    url = f"/findings/{finding.pk}/"

    def post(person, step, **values):
        data = {"step": step, **{f"{step}-{name}": value for name, value in values.items()}}
        response = as_(person).post(url, data)
        assert response.status_code == 302, response.content.decode()[:3000]
        return Finding.objects.get(pk=finding.pk).state

    assert post(bureau_head, "screen", text="应当调查") == "investigating"
    post(bureau_head, "team", people=[one.pk for one in team])
    ground = finding.grounds.get()
    post(team[0], "evidence", ground=ground.pk, title="登记簿", text="没有记录", upload=picture())
    said = {"facts": "没有家访", "basis": "第三条", "form": "circular"}
    assert post(team[0], "notify", **said) == "notified"
    post(principal, "state", text="当时在外培训")
    assert post(team[1], "hear", how="heard", answer="不予采纳", outcome="rejected") == "heard"
    assert post(bureau_head, "decide", form="circular", reasons="态度端正", scope="county") == "decided"
    assert post(principal, "receipt", sure="on") == "served"
    post(bureau_head, "publish", scope="school", text="全县校长会")
    post(bureau_head, "order", days="5", what="补做家访", check="查登记簿")
    post(team[0], "check", corrected="1", text="已补做")
    post(principal, "review", text="过重")
    assert post(bureau_head, "answer", outcome="revoked", text="事实不清") == "revoked"
    assert as_(bureau_head).get(url).status_code == 200


def test_a_page_says_why_not(as_, at_state, bureau_head):
    finding = at_state("heard")
    data = {"step": "decide", "decide-form": "circular", "decide-reasons": "严重", "decide-scope": "county"}
    response = as_(bureau_head).post(f"/findings/{finding.pk}/", data)
    assert response.status_code == 409
    assert "不得因申辩加重" in response.content.decode()
    assert "政务处分法第四十三条" in response.content.decode()


def test_what_is_not_offered_is_not_done(as_, at_state, bureau_head, principal):
    finding = at_state("notified")
    for person in (bureau_head, principal):
        data = {"step": "decide", "decide-form": "criticism", "decide-reasons": "轻微"}
        as_(person).post(f"/findings/{finding.pk}/", data)
    assert Finding.objects.get(pk=finding.pk).state == "notified"


def test_the_whole_file(as_, full, bureau_head):
    page = as_(bureau_head).get(f"/findings/{full.pk}/dossier/").content.decode()
    for said in ("卷宗目录", "登记簿上没有家访记录", "拟处理事先告知书", "培训属实"):
        assert said in page


@pytest.mark.skipif(not can_make_pdf(), reason="no pango on this machine")
def test_the_whole_file_is_one_pdf(as_, full, bureau_head):
    response = as_(bureau_head).get(f"/findings/{full.pk}/dossier.pdf")
    assert response.content[:5] == b"%PDF-"
    assert len(response.content) > 10_000


@pytest.mark.skipif(can_make_pdf(), reason="this machine can")
def test_a_machine_without_the_library_says_so(as_, full, bureau_head):
    response = as_(bureau_head).get(f"/findings/{full.pk}/dossier.pdf")
    assert response.status_code == 409
    assert "打印全卷" in response.content.decode()


def test_stored_script_is_inert_on_every_page(as_, bureau_head, team, principal):
    script = "<script>alert(1)</script>"
    finding = walk(bureau_head, team, "investigating", subject_person=principal)
    prove(investigate(finding, bureau_head, team), team)
    notify(finding, team, facts=f"未家访{script}", basis=script)
    state_defence(finding, text=script, by=principal)
    hear(finding, team, answer=script)
    for person in (bureau_head, principal):
        client = as_(person)
        for url in pages_of(finding):
            response = client.get(url)
            if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
                assert "<script>alert" not in response.content.decode(), url


# The API.


@pytest.fixture
def api(as_):
    def call(person, url, data=None, method="post"):
        client = as_(person)
        return (
            client.post(f"/api/v1/findings/{url}", data, "application/json")
            if method == "post"
            else client.get(f"/api/v1/findings/{url}")
        )

    return call


def test_the_way_through_the_api(api, bureau_head, team, principal):
    sent = {"person": principal.login, "grounds": [GROUND], "text": "督导检查中发现"}
    made = api(bureau_head, "", sent)
    assert made.status_code == 201
    assert made.json() | {"id": 0} == {
        "id": 0,
        "subject": {"kind": "person", "name": "张校长", "code": principal.login, "post": "principal"},
        "state": "screening",
        "grounds": [{"code": "G4", "label": "帮扶劝返不落实", "act": "omitted"}],
        "sanction": None,
        "next": ["screen", "dismiss"],
    }
    pk = made.json()["id"]
    finding = Finding.objects.get()

    def say(person, verb, **values):
        answer = api(person, f"{pk}/{verb}/", values)
        assert answer.status_code == 200, answer.json()
        return answer.json()

    assert say(bureau_head, "screen", text="应当调查")["state"] == "investigating"
    say(bureau_head, "investigate", investigators=[one.login for one in team])
    refused = api(team[0], f"{pk}/notify/", {"facts": "x", "basis": "y", "form": "admonition"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_proof")
    prove(finding, team)
    assert say(team[0], "notify", facts="没有家访", basis="第三条", form="admonition")["next"] == [
        "dismiss", "investigate", "notify", "hear", "refer",
    ]  # fmt: skip
    refused = api(bureau_head, f"{pk}/decide/", {"form": "admonition", "reasons": "轻微"})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    say(team[0], "hear", text="在外", answer="不采纳", outcome="rejected")
    assert say(bureau_head, "decide", form="admonition", reasons="轻微")["sanction"] == {
        "form": "admonition",
        "sanction": "",
        "in_force_from": None,
        "expires_on": None,
    }
    assert say(team[0], "serve", received_by="本人")["sanction"]["expires_on"] == "2027-05-23"
    say(principal, "review", text="过重")
    assert say(bureau_head, "revoke", text="事实不清")["state"] == "revoked"


@pytest.mark.parametrize("verb", ["delete", "edit", "expire", "archive"])
def test_there_are_no_other_verbs(api, at_state, bureau_head, verb):
    finding = at_state("served")
    assert api(bureau_head, f"{finding.pk}/{verb}/", {}).status_code == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nothing_is_overwritten_over_the_api(as_, at_state, bureau_head, method):
    finding = at_state("served")
    client = as_(bureau_head)
    response = getattr(client, method)(f"/api/v1/findings/{finding.pk}/", {"state": "dismissed"}, "application/json")
    assert response.status_code == 405


def test_the_subject_of_a_unit_matter_is_its_head(as_, bureau_head, team, school_a, principal, head_of_teaching):
    finding = walk(bureau_head, team, "notified", subject_unit=school_a)
    assert as_(principal).get(f"/findings/{finding.pk}/").status_code == 200
    assert as_(head_of_teaching).get(f"/findings/{finding.pk}/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("url", ["/findings/", "/findings/mine/", "/api/v1/findings/"])
def test_lists_cost_as_much_for_three_as_for_one(
    as_, bureau_head, team, school_a, number, url, django_assert_max_num_queries
):
    subject = make_holder(PostKind.PRINCIPAL, school_a)
    for n in range(number):
        finding = put(bureau_head, subject_person=subject, code=f"G{n + 1}")
    if "mine" in url:
        for each in Finding.objects.all():
            each.notified_at = each.opened_at
            each.save()
    client = as_(again(finding.subject_person if "mine" in url else bureau_head))
    client.get(url)
    with django_assert_max_num_queries(14):
        client.get(url)


@pytest.mark.parametrize("state", ["investigating", "notified", "served"])
def test_a_page_costs_a_bounded_number_of_queries(
    as_, at_state, bureau_head, team, state, django_assert_max_num_queries
):
    finding = at_state(state)
    if state == "investigating":
        prove(investigate(finding, bureau_head, team), team)
    client = as_(bureau_head)
    with django_assert_max_num_queries(45):
        client.get(f"/findings/{finding.pk}/")


@pytest.mark.parametrize(("state", "shown"), [("investigating", False), ("notified", True), ("served", True)])
def test_today_tells_the_one_concerned_once_told(as_, at_state, principal, state, shown):
    finding = at_state(state)
    assert (f"/findings/{finding.pk}/" in as_(principal).get("/").content.decode()) is shown


def test_today_tells_who_investigates(as_, principal, class_teacher, head_of_teaching, deputy_principal):
    pair = [head_of_teaching, deputy_principal]
    finding = walk(principal, pair, "screening", subject_person=class_teacher)
    screen_matter(finding, text="有具体行为,应当调查", by=principal)
    assert f"/findings/{finding.pk}/" not in as_(head_of_teaching).get("/").content.decode()
    investigate(finding, principal, pair)
    page = as_(head_of_teaching).get("/").content.decode()
    assert f"/findings/{finding.pk}/" in page
    assert 'href="/findings/"' in page
    assert "问责" not in as_(class_teacher).get("/").content.decode()
