"""Complaints from people without a login: what they see, who handles them, what the query number gives away."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accountability.actions.complaints import (
    as_typed,
    file_complaint,
    find_complaint,
    lay_to,
    pass_up,
    query_number,
    reveal_complainant,
    step_complaint,
)
from accountability.actions.knocks import MOST_COMPLAINTS, MOST_QUERIES
from accountability.models import Complaint, Exhibit, Lead
from accountability.tests.factories import make_complaint
from casework.models import Duty, LinkKnock
from casework.queries.inbox import duties_of
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import AccessEntry, Unit
from organisation.tests.factories import make_holder, make_post
from organisation.tests.together import at_once, shared_database

TODAY = date(2026, 11, 23)
SAID = {"against": "school", "kind": "punished", "place": "某某中学", "text": "余老师打了马小龙"}
SECRET = {"name": "王大明", "phone": "13912345678"}


def form(county, **more):
    return {"request_id": str(uuid.uuid4()), "county": county.pk, **SAID, **more}


@pytest.fixture
def complaint(county):
    return make_complaint(county, **SECRET)[0]


@pytest.fixture
def handling(complaint, county_clerk):
    return step_complaint(complaint, "accept", text="", by=county_clerk)


# Handed in.


def test_somebody_without_a_login_complains_and_gets_a_number_once(client, county, county_clerk):
    page = client.post("/complain/", form(county, **SECRET))
    assert page.status_code == 200
    number = page.context["number"]
    assert number in page.content.decode()
    found = Complaint.objects.get()
    assert find_complaint(number) == found
    assert (found.state, found.handler_kind, found.is_anonymous) == ("received", "county_clerk", False)
    assert number not in str(list(Complaint.objects.values()))
    assert [duty.about for duty in duties_of(county_clerk, on=TODAY)] == [found.pk]
    assert page.headers["Cache-Control"] == "no-store, private"


def test_nothing_that_was_written_is_shown_back(client, county):
    page = client.post("/complain/", form(county, **SECRET)).content.decode()
    for text in (*SECRET.values(), SAID["text"], SAID["place"]):
        assert text not in page


def test_name_and_phone_are_sealed_and_out_of_histories(client, county, connection_):
    client.post("/complain/", form(county, **SECRET))
    with connection_.cursor() as cursor:
        for table in ("accountability_complaint", "accountability_historicalcomplaint"):
            cursor.execute(f"SELECT * FROM {table}")
            assert not [text for text in SECRET.values() if text in str(cursor.fetchall())]


def test_the_same_form_sent_twice_is_one_complaint_with_one_number(client, county):
    body = form(county)
    numbers = {client.post("/complain/", body).context["number"] for _ in range(2)}
    assert len(numbers) == Complaint.objects.count() == 1


def test_anonymous_is_allowed(client, county):
    client.post("/complain/", form(county))
    assert Complaint.objects.get().is_anonymous


@pytest.mark.parametrize("field", ["text", "place", "kind", "against", "county", "request_id"])
def test_what_is_missing_is_said(client, county, field):
    page = client.post("/complain/", form(county) | {field: ""})
    assert page.status_code == 400
    assert not Complaint.objects.exists()


def test_papers_are_checked_before_they_are_kept(client, county, pdf, html):
    assert client.post("/complain/", form(county, papers=[pdf])).status_code == 200
    assert Exhibit.objects.get().complaint == Complaint.objects.get()
    assert client.post("/complain/", form(county, papers=[html])).status_code == 400
    four = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4\n%%EOF") for n in range(4)]
    page = client.post("/complain/", form(county, papers=four))
    assert (page.status_code, page.context["refusal"].code) == (400, "too_many_files")
    assert Complaint.objects.count() == 1


def test_an_address_complains_so_often_and_no_more(client, county):
    for _ in range(MOST_COMPLAINTS):
        assert client.post("/complain/", form(county)).status_code == 200
    assert client.post("/complain/", form(county)).status_code == 429
    assert client.post("/complain/", form(county), REMOTE_ADDR="10.0.0.9").status_code == 200
    assert Complaint.objects.count() == MOST_COMPLAINTS + 1
    assert "127.0.0.1" not in str(list(LinkKnock.objects.values()))


def test_what_a_stranger_claims_of_the_address_counts_for_nothing(client, county):
    found = [
        client.post("/complain/", form(county), headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(MOST_COMPLAINTS + 1)
    ]
    assert found == [200] * MOST_COMPLAINTS + [429]


def test_the_pages_stay_within_the_policy(client, county):
    page = client.get("/complain/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    text = page.content.decode()
    assert "<script>" not in text
    assert "style=" not in text
    assert " onclick" not in text


# Asked after.


def test_the_number_opens_state_and_answer_and_nothing_else(client, county, county_clerk):
    complaint, number = make_complaint(county, **SAID, **SECRET)
    step_complaint(complaint, "accept", text="", by=county_clerk)
    step_complaint(complaint, "answer", text="已责成学校改正", by=county_clerk)
    page = client.post("/complain/query/", {"number": number})
    text = page.content.decode()
    assert "已答复" in text
    assert "已责成学校改正" in text
    for hidden in (*SECRET.values(), SAID["text"], SAID["place"], complaint.serial, county_clerk.name, number):
        assert hidden not in text
    assert page.headers["Cache-Control"] == "no-store, private"


def test_a_number_as_people_type_it(county):
    complaint, number = make_complaint(county)
    for typed in (number, number.lower(), number.replace("-", ""), number.replace("-", " "), f" {number} "):
        assert find_complaint(typed) == complaint
    assert as_typed(number) == number


@pytest.mark.parametrize("number", ["", "AAAA-BBBB-CCCC-DDDD", "1", "T2611230A1B2", "'; --", "长" * 60])
def test_a_number_that_is_none_opens_nothing(client, complaint, number):
    page = client.post("/complain/query/", {"number": number})
    assert page.status_code in (400, 404)
    assert "已收到" not in page.content.decode()


def test_the_serial_and_the_key_of_a_complaint_open_nothing(client, complaint):
    for number in (complaint.serial, str(complaint.pk), complaint.number_hash):
        assert client.post("/complain/query/", {"number": number}).status_code in (400, 404)


def test_who_guesses_is_stopped(client, complaint):
    found = [client.post("/complain/query/", {"number": f"AAAA{n}"}).status_code for n in range(MOST_QUERIES + 1)]
    assert found == [404] * MOST_QUERIES + [429]


def test_a_number_says_nothing_of_another(county):
    numbers = {query_number(uuid.uuid4()) for _ in range(200)}
    assert len(numbers) == 200
    assert {len(number) for number in numbers} == {19}


# Handled.

POSTS = [
    ("county_clerk", "school", True),
    ("bureau_head", "school", True),
    ("county_clerk", "township", True),
    ("county_clerk", "bureau", False),
    ("bureau_head", "bureau", False),
    ("prefecture_officer", "bureau", True),
    ("prefecture_officer", "school", False),
    ("principal", "school", False),
    ("township_officer", "township", False),
    ("other_clerk", "school", False),
]


@pytest.mark.parametrize(("post", "against", "handles"), POSTS)
def test_who_handles_a_complaint(as_, request, county, post, against, handles):
    person = request.getfixturevalue(post)
    complaint, _ = make_complaint(county, against=against)
    assert Complaint.objects.visible_to(person, on=TODAY).exists() == handles
    assert as_(person).get(f"/complaints/{complaint.pk}/").status_code == (200 if handles else 404)
    if handles:
        assert step_complaint(complaint, "accept", text="", by=person).state == "handling"
    else:
        with pytest.raises(NotYours):
            step_complaint(complaint, "accept", text="", by=person)


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ("received", "accept", "handling"),
        ("received", "decline", "declined"),
        ("received", "answer", None),
        ("handling", "answer", "answered"),
        ("handling", "accept", None),
        ("handling", "decline", None),
        ("answered", "accept", None),
        ("answered", "answer", None),
        ("answered", "decline", None),
        ("declined", "accept", None),
        ("declined", "answer", None),
        ("declined", "decline", None),
    ],
)
def test_each_verb_in_each_state(complaint, county_clerk, before, verb, after):
    Complaint.objects.update(state=before, answer="" if before in ("received", "handling") else "先前的答复")
    if after is None:
        with pytest.raises(Refused) as refused:
            step_complaint(complaint, verb, text="再答", by=county_clerk)
        assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    else:
        step_complaint(complaint, verb, text="答复", by=county_clerk)
    complaint.refresh_from_db()
    assert complaint.state == (after or before)


@pytest.mark.parametrize(("verb", "text", "code"), [("decline", " ", "text_needed"), ("forget", "x", "unknown_verb")])
def test_it_is_not_settled_without_a_word(complaint, county_clerk, verb, text, code):
    with pytest.raises(Malformed) as refused:
        step_complaint(complaint, verb, text=text, by=county_clerk)
    assert refused.value.code == code


def test_its_terms_are_duties(complaint, county_clerk):
    accept = Duty.objects.get(kind="complaint_accept")
    assert accept.due_at == clock.end_of(date(2026, 11, 30))  # five working days
    step_complaint(complaint, "accept", text="", by=county_clerk)
    answer = Duty.objects.get(kind="complaint_answer")
    accept.refresh_from_db()
    assert (accept.state, answer.state, answer.due_at) == ("done", "open", clock.end_of(date(2026, 12, 21)))
    step_complaint(complaint, "answer", text="已核实", by=county_clerk)
    answer.refresh_from_db()
    assert answer.state == "done"


def test_about_the_own_bureau_after_all_it_goes_up(handling, county_clerk, prefecture_officer):
    moved = pass_up(handling, by=county_clerk)
    assert (moved.against, moved.handler_kind) == ("bureau", "prefecture_officer")
    assert not Complaint.objects.visible_to(county_clerk, on=TODAY).exists()
    assert Complaint.objects.visible_to(prefecture_officer, on=TODAY).get() == moved
    assert Duty.objects.open().get(about=moved.pk).post_kind == "prefecture_officer"
    with pytest.raises(Refused):
        pass_up(moved, by=prefecture_officer)


def test_a_lead_from_a_complaint_names_no_complainant(handling, school_a, class_teacher, county_clerk):
    post = class_teacher.posts.get()
    lead = lay_to(handling, post, ground="G6", text="两名家长说法一致", by=county_clerk)
    assert lay_to(handling, post, ground="G6", text="再写一次", by=county_clerk) == lead
    lay_to(handling, school_a, text="学校知情不报", by=county_clerk)
    assert (lead.subject, lead.source, Lead.objects.count()) == (class_teacher, "complaint", 2)
    assert not [text for text in SECRET.values() if text in str(lead.evidence)]
    handling.refresh_from_db()
    assert handling.unit.path.startswith(school_a.path)


@pytest.mark.parametrize("where", ["own bureau", "another county"])
def test_a_lead_is_not_laid_to_ones_own_office_or_elsewhere(handling, county, county_clerk, other_clerk, where):
    subject = county if where == "own bureau" else other_clerk.posts.get()
    with pytest.raises(Refused):
        lay_to(handling, subject, text="x", by=county_clerk)
    assert not Lead.objects.exists()


def test_who_came_to_the_unit_complained_of_sees_it_no_more(handling, school_a, county_clerk):
    Complaint.objects.update(unit=school_a)
    make_post(county_clerk, PostKind.PRINCIPAL, school_a)
    person = type(county_clerk).objects.get(pk=county_clerk.pk)
    assert not Complaint.objects.visible_to(person, on=TODAY).exists()


def test_name_and_phone_are_shown_on_a_reason_that_stays(as_, complaint, county_clerk):
    client = as_(county_clerk)
    page = client.get(f"/complaints/{complaint.pk}/").content.decode()
    assert SECRET["phone"] not in page
    shown = client.post(f"/complaints/{complaint.pk}/", {"verb": "reveal", "reveal-reason": "回访核实"})
    assert SECRET["phone"] in shown.content.decode()
    entry = AccessEntry.objects.filter(what="complaint", action="reveal").get()
    assert (entry.person, entry.reason) == (county_clerk, "回访核实")
    with pytest.raises(Malformed):
        reveal_complainant(complaint, reason=" ", by=county_clerk)


def test_the_page_takes_it_from_the_inbox_to_the_answer(as_, county, complaint, school_a, county_clerk, class_teacher):
    client = as_(county_clerk)
    assert complaint.serial in client.get("/complaints/").content.decode()
    at = f"/complaints/{complaint.pk}/"
    assert client.post(at, {"verb": "accept"}).status_code == 302
    body = {"verb": "lead", "lead-subject": f"unit:{school_a.pk}", "lead-ground": "", "lead-text": "初步属实"}
    assert client.post(f"{at}?unit={school_a.code}", body).status_code == 302
    assert client.post(at, {"verb": "answer", "answer-text": ""}).status_code == 200
    assert client.post(at, {"verb": "answer", "answer-text": "已转办"}).status_code == 302
    complaint.refresh_from_db()
    assert (complaint.state, complaint.answer, complaint.unit) == ("answered", "已转办", school_a)
    assert client.post(at, {"verb": "answer", "answer-text": "再答"}).status_code == 404


def test_the_duty_gives_the_complaint_away_to_nobody(as_, complaint, county_clerk, principal, county):
    duty = Duty.objects.get(kind="complaint_accept")
    for person in (principal, make_holder(PostKind.INSPECTOR, county)):
        assert as_(person).get(f"/duties/{duty.pk}/").status_code == 404
    assert Unit.objects.filter(pk=county.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_four_times_at_once_is_one_complaint(transactional_db, tmp_path, county):
    with shared_database(tmp_path):
        request_id = uuid.uuid4()
        given = {**SAID, "name": "", "phone": ""}
        numbers = at_once(*(lambda: file_complaint(request_id=request_id, county=county, **given) for _ in range(4)))
        assert len(set(numbers)) == 1
        assert Complaint.objects.count() == Duty.objects.filter(kind="complaint_accept").count() == 1
