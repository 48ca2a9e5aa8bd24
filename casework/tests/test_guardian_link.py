"""A guardian's signed link (P31), and what may be tried against it."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from casework.actions.appeal_links import appeal_by_link
from casework.actions.ladder import follow_ladder
from casework.actions.letters import issue_letter
from casework.actions.letters.links import MOST_VISITS, MOST_WRONG_TRIES, find_link, forget_knocks, hash_of, make_link
from casework.actions.letters.receipts import settle_reply, take_refusal
from casework.actions.letters.records import issue_warning
from casework.enums import LetterKind
from casework.models import Appeal, Duty, Escalation, Letter, LinkKnock, SignedLink
from organisation import clock
from organisation.errors import NotYours, Refused
from students.models import TimelineEntry
from students.tests.factories import make_guardian, make_pupil, make_roll

pytestmark = pytest.mark.django_db
SUMMONS = {"reason": "近期多次旷课", "appointed": "2026年11月25日15:00", "where": "接待室"}


@pytest.fixture
def pupil(class_a):
    pupil = make_pupil(class_a, "马小龙")
    make_guardian(pupil, "马大山", phone="13912345678")
    return pupil


@pytest.fixture
def letter(pupil, class_teacher):
    return issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher, **SUMMONS)


@pytest.fixture
def token(letter, class_teacher):
    return make_link(letter, by=class_teacher)


def page(token):
    return f"/l/{token}/"


def test_a_link_opens_its_letter_without_a_login(client, token, letter):
    answer = client.get(page(token))

    assert answer.status_code == 200
    assert "请您于2026年11月25日15:00到接待室面谈" in answer.content.decode()
    assert letter.links.get().opened_at


def test_the_page_needs_no_script_sets_no_cookie_and_stays_nowhere(client, token):
    answer = client.get(page(token))

    said = answer.content.decode()
    assert "<script" not in said
    assert not answer.cookies
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_the_page_leads_nowhere_else(client, token, letter):
    said = client.get(page(token)).content.decode()

    assert re.findall(r"<a\b", said) == []
    assert letter.pupil.number not in said
    assert "控辍" not in said


def test_only_a_hash_of_the_token_is_kept(token):
    kept = SignedLink.objects.get()

    assert kept.token_hash == hash_of(token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM casework_signedlink")
        assert token not in str(cursor.fetchall())


def test_a_guardian_signs_and_answers(client, token, letter, pupil):
    answer = client.post(page(token), {"name": "马大山", "reply": "周三一定到"})

    letter.refresh_from_db()
    assert answer.status_code == 302
    assert answer.url == page(token)
    assert (letter.receipt, letter.received_by, letter.reply) == ("signed", "马大山", "周三一定到")
    assert TimelineEntry.objects.filter(pupil=pupil, text__contains="马大山已签收家长约谈通知书").exists()
    assert "已签收" in client.get(page(token)).content.decode()


def test_signing_needs_no_cookie_and_no_referrer(token):
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(page(token), {"name": "马大山"}, headers={"Origin": "null"}).status_code == 302


def test_a_link_is_signed_once(client, token, letter):
    client.post(page(token), {"name": "马大山", "reply": "第一次"})

    again = client.post(page(token), {"name": "别人", "reply": "第二次"})

    letter.refresh_from_db()
    assert again.status_code == 409
    assert (letter.received_by, letter.reply) == ("马大山", "第一次")


def test_who_issued_is_told_of_an_answer(client, token, letter, class_teacher, class_a):
    client.post(page(token), {"name": "马大山", "reply": "周三一定到"})

    duty = Duty.objects.get(kind="letter_reply")
    assert (duty.post_kind, duty.chair_path) == ("class_teacher", class_a.path)
    settle_reply(letter, text="已电话沟通", by=class_teacher)
    duty.refresh_from_db()
    assert duty.state == "done"


def test_a_signature_without_an_answer_asks_nothing_of_anybody(client, token):
    client.post(page(token), {"name": "马大山"})

    assert not Duty.objects.filter(kind="letter_reply").exists()


@pytest.mark.parametrize("name", ["", "马", "x" * 31, "马\x00大山"])
def test_a_signature_needs_a_name(client, token, letter, name):
    client.post(page(token), {"name": name})

    letter.refresh_from_db()
    assert letter.receipt == "waiting"


def test_scripts_in_an_answer_are_inert(client, as_, token, letter, class_teacher):
    bad = "<script>alert(1)</script>{{ 7*7 }}{% now 'Y' %}"

    client.post(page(token), {"name": "<img src=x onerror=alert(1)>", "reply": bad})

    shown = client.get(page(token)).content.decode()
    inside = as_(class_teacher).get(f"/letters/{letter.pk}/").content.decode()
    for said in (shown, inside):
        assert "<script>alert" not in said
        assert "<img src=x" not in said
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in said


def test_a_link_ends(client, token, letter):
    SignedLink.objects.update(expires_at=timezone.now() - timedelta(days=400))

    opened, signed = client.get(page(token)), client.post(page(token), {"name": "马大山"})

    letter.refresh_from_db()
    assert (opened.status_code, signed.status_code, letter.receipt) == (404, 404, "waiting")
    assert "马小龙" not in opened.content.decode()


def test_a_wrong_and_an_expired_link_are_alike(client, token):
    wrong = client.get(page("x" * 32)).content
    SignedLink.objects.update(expires_at=timezone.now() - timedelta(days=400))

    assert client.get(page(token)).content == wrong


@pytest.mark.parametrize("bad", ["1", "a" * 500, "%00", "..%2f..%2fadmin", "' OR 1=1 --", "马"])
def test_guesses_find_nothing(client, token, bad):
    assert client.get(page(bad)).status_code == 404


def test_an_address_that_guesses_is_slowed_down(client, token):
    codes = [client.get(page(f"guess-{n}")).status_code for n in range(MOST_WRONG_TRIES + 1)]

    assert codes == [404] * MOST_WRONG_TRIES + [429]
    assert client.get(page(token)).status_code == 200


def test_a_claimed_address_counts_for_nothing(client):
    codes = [
        client.get(page(f"guess-{n}"), headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(MOST_WRONG_TRIES + 1)
    ]

    assert codes[-1] == 429


def test_behind_a_proxy_each_address_counts_for_itself(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    codes = [
        client.get(page(f"guess-{n}"), headers={"X-Forwarded-For": f"1.1.1.1, 10.0.0.{n}"}).status_code
        for n in range(MOST_WRONG_TRIES + 1)
    ]

    assert set(codes) == {404}


def test_a_link_is_not_opened_without_end(client, token, letter):
    for _ in range(MOST_VISITS):
        client.get(page(token))

    answer = client.get(page(token))

    assert answer.status_code == 429
    assert "马小龙" not in answer.content.decode()


def test_no_address_is_kept_in_clear(client):
    client.get(page("guess"), REMOTE_ADDR="203.0.113.7")

    assert "203.0.113.7" not in LinkKnock.objects.get().key


def test_old_counts_are_forgotten(client):
    client.get(page("guess"))
    LinkKnock.objects.update(since=timezone.now() - timedelta(days=3))

    forget_knocks()

    assert not LinkKnock.objects.exists()


def test_a_link_shows_its_own_letter_only(client, token, pupil, class_teacher, class_a):
    other = issue_letter(LetterKind.SUMMONS, make_pupil(class_a, "陈佳琪"), by=class_teacher, **SUMMONS)
    theirs = make_link(other, by=class_teacher)

    assert "陈佳琪" not in client.get(page(token)).content.decode()
    client.post(page(theirs), {"name": "陈某某"})

    assert list(Letter.objects.order_by("pk").values_list("receipt", flat=True)) == ["waiting", "signed"]


def test_a_new_link_ends_the_one_before(client, token, letter, class_teacher):
    make_link(letter, by=class_teacher)

    assert client.get(page(token)).status_code == 404


def test_a_letter_served_on_paper_is_not_signed_again(client, token, letter, class_teacher):
    take_refusal(letter, witness="王某", note="留置", by=class_teacher)

    answer = client.post(page(token), {"name": "马大山"})

    letter.refresh_from_db()
    assert (answer.status_code, letter.receipt) == (409, "refused")


def test_a_link_is_made_by_who_serves_the_letter(letter, stranger, registrar):
    for person in (stranger, registrar):
        with pytest.raises(NotYours):
            make_link(letter, by=person)


def test_a_record_needs_no_link(pupil, class_teacher):
    record = issue_letter(LetterKind.TALK, pupil, by=class_teacher)

    with pytest.raises(Refused):
        make_link(record, by=class_teacher)


def test_the_letters_page_shows_a_new_link_once(as_, letter, class_teacher):
    shown = as_(class_teacher).post(f"/letters/{letter.pk}/", {"verb": "link"}).content.decode()
    token = re.search(r"http://testserver/l/([^/]+)/", shown)[1]

    assert "<svg" in shown
    assert find_link(token).letter == letter
    assert token not in as_(class_teacher).get(f"/letters/{letter.pk}/").content.decode()


def test_another_name_than_the_guardians_is_pointed_out(client, as_, token, letter, class_teacher):
    client.post(page(token), {"name": "隔壁老李"})

    assert "与登记的监护人不同名" in as_(class_teacher).get(f"/letters/{letter.pk}/").content.decode()


@pytest.fixture
def warned(class_a, class_teacher, pupil, settings):
    """The written warning of a step that was performed, as its letter."""
    for day in (date(2026, 11, 16), date(2026, 11, 17)):
        make_roll(class_a, day, by=class_teacher, marks={pupil: "truant"})
    settings.KONGCHUO_TODAY = "2026-11-18"
    follow_ladder([pupil.pk])
    step = Escalation.objects.get(level=2)
    letter = issue_warning(step, by=class_teacher)
    Escalation.objects.filter(pk=step.pk).update(
        state="performed", performed_at=clock.now(), performed_by=class_teacher
    )
    return letter


APPEAL = {"verb": "appeal", "filed_by": "马大山", "relation": "父亲", "text": "当天孩子发烧,有病历"}


def test_a_guardian_appeals_on_the_phone_once(client, warned, class_teacher):
    token = make_link(warned, by=class_teacher)
    assert "提出申诉" in client.get(page(token)).content.decode()

    answer = client.post(page(token), APPEAL)

    assert answer.status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.filed_by, appeal.relation, appeal.entered_by, appeal.rests) == ("马大山", "父亲", None, True)
    assert {duty.kind for duty in Duty.objects.open().filter(about=appeal.pk, key__startswith="appeal:")} == {
        "appeal_committee",
        "appeal_answer",
    }
    assert "已提出申诉" in client.get(page(token)).content.decode()
    assert client.post(page(token), APPEAL).status_code == 409
    assert Appeal.objects.count() == 1


def test_the_answer_may_be_put_before_the_bureau_on_the_phone(client, warned, class_teacher, principal):
    appeal_by_link(find_link(make_link(warned, by=class_teacher)), filed_by="马大山", relation="父亲", text="发烧")
    Appeal.objects.update(state="rejected", answered_on=clock.today())
    answer = issue_letter(
        LetterKind.APPEAL_ANSWER, warned.pupil, by=principal, about_kind="appeal", about=Appeal.objects.get().pk,
        filed="2026年11月18日", matter="第2次旷课的处理", text="核实无误", decision="维持原措施", next="县教育局",
    )  # fmt: skip
    token = make_link(answer, by=principal)
    assert "申请教育局复核" in client.get(page(token)).content.decode()
    assert client.post(page(token), APPEAL).status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.state, appeal.review_text) == ("reviewing", "马大山(父亲):当天孩子发烧,有病历")


def test_an_appeal_by_link_keeps_to_the_rules(client, token, warned, class_teacher, settings):
    summons = client.post(page(token), APPEAL)
    assert (summons.status_code, "不能在这里申诉" in summons.content.decode()) == (409, False)
    link = make_link(warned, by=class_teacher)
    assert client.post(page(link), {**APPEAL, "text": ""}).status_code == 200
    settings.KONGCHUO_TODAY = "2026-12-10"
    SignedLink.objects.update(expires_at=clock.now() + timedelta(days=1))
    late = client.post(page(link), APPEAL)
    assert (late.status_code, "最晚" in late.content.decode()) == (409, True)
    assert not Appeal.objects.exists()
