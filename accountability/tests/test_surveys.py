"""Awareness (F41, P22 G1): anonymous answers by a public link, counts from paper, and what a low rate asks for."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client

from accountability.actions.surveys import (
    answer_survey,
    close_survey,
    counted,
    enter_counts,
    find_survey,
    open_survey,
)
from accountability.models import AwarenessSurvey, SurveyAnswer
from accountability.rules.questions import QUESTIONS
from casework.actions.letters.links import MOST_WRONG_TRIES, hash_of
from casework.models import Duty
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
RIGHT = {question.key: question.right for question in QUESTIONS["pupils"]}
WRONG = {question.key: (question.right + 1) % 3 for question in QUESTIONS["pupils"]}
POSTS = ("class_teacher", "subject_teacher", "grade_head", "head_of_teaching", "registrar", "deputy_principal") + (
    "principal", "county_clerk", "bureau_head", "township_officer", "prefecture_officer", "stranger", "former_teacher",
)  # fmt: skip
MAY = {"head_of_teaching", "deputy_principal", "principal"}


@pytest.fixture
def opened(school_a, principal):
    return open_survey(school_a, "pupils", asked=5, by=principal)


@pytest.fixture
def survey(opened):
    return opened[0]


@pytest.fixture
def page(opened):
    return f"/q/{opened[1]}/"


@pytest.mark.parametrize("post", POSTS)
def test_who_measures(request, school_a, survey, post):
    person = request.getfixturevalue(post)
    acts = [
        lambda: open_survey(school_a, "teachers", asked=5, by=person),
        lambda: enter_counts(school_a, "guardians", asked=5, answered=5, aware=5, by=person),
        lambda: (answer_survey(survey, RIGHT), close_survey(survey, by=person)),
    ]
    for act in acts:
        if post in MAY:
            act()
            continue
        with pytest.raises(NotYours):
            act()


@pytest.mark.parametrize(
    "given",
    [
        {"asked": 0},
        {"asked": 20_001},
        {"answered": 0},
        {"answered": 11},
        {"aware": 11},
        {"aware": -1},
    ],
)
def test_counts_that_cannot_be_are_refused(school_a, principal, given):
    with pytest.raises(Malformed) as refusal:
        enter_counts(school_a, "pupils", by=principal, **{"asked": 10, "answered": 10, "aware": 9} | given)
    assert refusal.value.code == "bad_count"


@pytest.mark.parametrize(("aware", "reaches"), [(9, True), (10, True), (8, False), (0, False)])
def test_the_rate_is_judged_against_the_target(school_a, principal, aware, reaches):
    made = enter_counts(school_a, "pupils", asked=10, answered=10, aware=aware, by=principal)
    assert made.reaches_target == reaches
    assert Duty.objects.filter(kind="awareness_raise").exists() == (not reaches)


def test_a_low_rate_asks_to_tell_the_law_again_until_it_is_known(school_a, principal):
    for aware in (5, 6):
        enter_counts(school_a, "pupils", asked=10, answered=10, aware=aware, by=principal)
    duty = Duty.objects.get(kind="awareness_raise")
    assert duty.title == "学生知晓率 5/10,低于 90%:再宣传并复测"
    enter_counts(school_a, "teachers", asked=10, answered=10, aware=10, by=principal)
    duty.refresh_from_db()
    assert duty.state == "open"
    enter_counts(school_a, "pupils", asked=10, answered=10, aware=9, by=principal)
    duty.refresh_from_db()
    assert duty.state == "done"


def test_anybody_answers_without_a_login_and_nothing_is_kept_of_them(page, survey):
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(page).status_code == 200
    answer = strict.post(page, RIGHT, REMOTE_ADDR="203.0.113.7", headers={"Origin": "null"})
    assert "谢谢" in answer.content.decode()
    assert not answer.cookies
    assert [field.name for field in SurveyAnswer._meta.concrete_fields] == ["id", "survey", "right"]
    with connection.cursor() as cursor:
        for table in ("accountability_surveyanswer", "casework_linkknock", "accountability_awarenesssurvey"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "203.0.113.7" not in str(cursor.fetchall())
    assert counted(survey) == (1, 1)


def test_the_page_needs_no_script_and_leads_nowhere(client, page):
    answer = client.get(page)
    said = answer.content.decode()
    assert "<script" not in said
    assert re.findall(r"<a\b", said) == []
    assert "checked" not in said
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "sent", [{}, {"years": "1"}, RIGHT | {"years": "7"}, RIGHT | {"years": "²"}, RIGHT | {"years": ""}]
)
def test_an_answer_that_is_not_whole_is_asked_for_again(client, page, sent):
    assert client.post(page, sent).status_code == 400
    assert not SurveyAnswer.objects.exists()


def test_no_more_answers_than_people_asked(client, page, survey):
    found = [client.post(page, WRONG).status_code for _ in range(6)]
    assert found == [200] * 5 + [409]
    assert counted(survey) == (5, 0)


def test_one_address_does_not_flood_it(client, page, monkeypatch):
    monkeypatch.setattr("accountability.actions.surveys.MOST_FROM_AN_ADDRESS", 2)
    assert [client.post(page, RIGHT).status_code for _ in range(3)] == [200, 200, 429]
    assert SurveyAnswer.objects.count() == 2


def test_a_wrong_an_expired_and_an_ended_link_are_alike(client, page, survey, principal):
    wrong = client.get(f"/q/{'x' * 32}/")
    AwarenessSurvey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    expired = client.get(page)
    AwarenessSurvey.objects.update(expires_at=clock.now() + timedelta(days=1))
    answer_survey(AwarenessSurvey.objects.get(), RIGHT)
    close_survey(survey, by=principal)
    ended = client.post(page, RIGHT)
    assert [one.status_code for one in (wrong, expired, ended)] == [404] * 3
    assert wrong.content == expired.content == ended.content


def test_who_tries_many_links_is_slowed_down(client):
    found = [client.get(f"/q/{f'{number}' * 30}/").status_code for number in range(MOST_WRONG_TRIES + 1)]
    assert found[-1] == 429


def test_only_a_hash_of_the_token_is_kept_in_no_history_either(opened, survey):
    assert survey.token_hash == hash_of(opened[1])
    assert find_survey(opened[1]) == survey
    assert "token_hash" not in [field.name for field in AwarenessSurvey.history.model._meta.fields]


def test_one_questionnaire_an_audience_at_a_time(survey, school_a, principal):
    with pytest.raises(Refused) as refusal:
        open_survey(school_a, "pupils", asked=5, by=principal)
    assert refusal.value.code == "already_open"


def test_what_nobody_answered_measured_nothing(survey, school_a, principal):
    close_survey(survey, by=principal)
    assert not Duty.objects.filter(kind="awareness_raise").exists()
    open_survey(school_a, "pupils", asked=5, by=principal)


def test_closing_counts_once(survey, principal):
    answer_survey(survey, RIGHT)
    answer_survey(survey, WRONG)
    closed = close_survey(survey, by=principal)
    assert (closed.answered, closed.aware, closed.state) == (2, 1, "closed")
    with pytest.raises(Refused) as refusal:
        close_survey(survey, by=principal)
    assert refusal.value.code == "wrong_state"


def test_a_link_is_made_on_the_page_and_shown_once(as_, school_a, principal):
    client = as_(principal)
    made = client.post("/routine/surveys/", {"audience": "teachers", "source": "link", "asked": "30"})
    said = made.content.decode()
    token = re.search(r"/q/([\w-]+)/", said)[1]
    assert find_survey(token)
    assert token not in client.get("/routine/surveys/").content.decode()
