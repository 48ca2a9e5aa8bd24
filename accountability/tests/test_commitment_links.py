"""A guardian's link to one sheet, and what may be tried against it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accountability.actions.commitments.links import find_link, make_link
from accountability.actions.commitments.signing import sign_on_paper
from accountability.enums import CommitmentKind
from accountability.models import Commitment, CommitmentLink
from accountability.tests.routine_factories import make_paper, make_sheet
from casework.actions.letters.links import MOST_VISITS, MOST_WRONG_TRIES, hash_of
from organisation import clock
from organisation.errors import NotYours, Refused
from students.models import TimelineEntry
from students.tests.factories import make_guardian

pytestmark = pytest.mark.django_db
SIGNED = {"name": "马大山", "agreed": "1"}


@pytest.fixture
def sheet(pupils_a, class_a, class_teacher):
    make_guardian(pupils_a[0], "马大山", phone="13912345678")
    return make_sheet(CommitmentKind.TEACHER_GUARDIAN, class_a, class_teacher, pupil=pupils_a[0])


@pytest.fixture
def token(sheet, class_teacher):
    return make_link(sheet, by=class_teacher)


def page(token):
    return f"/c/{token}/"


def test_a_link_opens_its_sheet_and_no_other(client, token, sheet, pupils_a):
    said = client.get(page(token)).content.decode()
    assert "马小龙" in said
    assert "陈佳琪" not in said
    assert pupils_a[0].number not in said
    assert re.findall(r"<a\b", said) == []
    assert sheet.links.get().opened_at


def test_the_page_needs_no_script_sets_no_cookie_and_stays_nowhere(client, token):
    answer = client.get(page(token))
    assert "<script" not in answer.content.decode()
    assert not answer.cookies
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_only_a_hash_of_the_token_is_kept(token):
    assert CommitmentLink.objects.get().token_hash == hash_of(token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accountability_commitmentlink")
        assert token not in str(cursor.fetchall())


def test_a_guardian_signs_without_cookie_or_referrer(token, sheet, pupils_a):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(page(token), SIGNED, headers={"Origin": "null"})
    sheet.refresh_from_db()
    assert (answer.status_code, answer.url) == (302, page(token))
    assert (sheet.state, sheet.signed_how, sheet.signed_by) == ("signed", "link", "马大山")
    assert TimelineEntry.objects.filter(pupil=pupils_a[0], text__contains="链接签字").exists()


def test_a_link_is_signed_once(client, token, sheet):
    client.post(page(token), SIGNED)
    again = client.post(page(token), {"name": "别人", "agreed": "1"})
    sheet.refresh_from_db()
    assert (again.status_code, sheet.signed_by) == (409, "马大山")


@pytest.mark.parametrize(
    "sent", [{}, {"name": "马"}, {"name": "马大山"}, {"agreed": "1"}, {"name": "长" * 31, "agreed": "1"}]
)
def test_who_has_not_read_and_named_themselves_has_not_signed(client, token, sheet, sent):
    assert client.post(page(token), sent).status_code == 200
    sheet.refresh_from_db()
    assert sheet.state == "waiting"


def test_a_wrong_an_expired_and_a_void_link_are_alike(client, token, sheet):
    wrong = client.get(page("x" * 32))
    CommitmentLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    expired = client.get(page(token))
    CommitmentLink.objects.update(expires_at=clock.now() + timedelta(days=1))
    Commitment.objects.update(state="void")
    void = client.get(page(token))
    assert [one.status_code for one in (wrong, expired, void)] == [404, 404, 404]
    assert wrong.content == expired.content == void.content


def test_what_was_signed_on_paper_meanwhile_is_not_signed_again(client, token, sheet, class_a, class_teacher):
    sign_on_paper([sheet], paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    assert client.post(page(token), SIGNED).status_code == 409


def test_a_new_link_ends_the_one_before(client, token, sheet, class_teacher):
    second = make_link(sheet, by=class_teacher)
    assert find_link(token) is None
    assert client.get(page(second)).status_code == 200


def test_who_tries_many_links_is_slowed_down(client):
    found = [client.get(page(f"{number}" * 30)).status_code for number in range(MOST_WRONG_TRIES + 1)]
    assert found == [404] * MOST_WRONG_TRIES + [429]


def test_a_link_is_not_opened_without_end(client, token, monkeypatch):
    monkeypatch.setattr("accountability.actions.commitments.links.MOST_VISITS", 3)
    found = [client.get(page(token)).status_code for _ in range(4)]
    assert MOST_VISITS > 3
    assert found == [200, 200, 200, 429]


@pytest.mark.parametrize("post", ["subject_teacher", "registrar", "stranger", "township_officer", "former_teacher"])
def test_who_makes_no_links(request, sheet, post):
    with pytest.raises(NotYours):
        make_link(sheet, by=request.getfixturevalue(post))


def test_staff_sign_on_paper(class_a, class_teacher, principal):
    staff = make_sheet(CommitmentKind.PRINCIPAL_CLASS_TEACHER, class_a, principal)
    with pytest.raises(Refused) as refusal:
        make_link(staff, by=principal)
    assert refusal.value.code == "not_a_guardians"


def test_a_signed_sheet_has_no_new_link(sheet, class_a, class_teacher):
    sign_on_paper([sheet], paper=make_paper(class_a.path, class_teacher), by=class_teacher)
    with pytest.raises(Refused) as refusal:
        make_link(sheet, by=class_teacher)
    assert refusal.value.code == "wrong_state"
