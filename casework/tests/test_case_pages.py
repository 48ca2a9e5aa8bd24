"""The case in the browser and over the API: whose step it is, in which state, and what a stranger learns."""

from datetime import date, timedelta

import pytest

from casework.actions.cases.opening import suspect
from casework.actions.cases.verbs import confirm_case, start_persuasion
from casework.actions.cases.visits import record_visit
from casework.enums import CASE_VERBS, CaseState
from casework.models import Case, Episode
from casework.serializers.cases import verbs_from
from organisation import clock
from students.tests.factories import make_pupil

MONDAY = date(2026, 11, 16)


@pytest.fixture
def case(class_a):
    return suspect(make_pupil(class_a, "马小龙"), source="days_away", away_since=MONDAY)


@pytest.fixture
def persuading(case, class_teacher, principal):
    record_visit(
        case, by=class_teacher, kind="home", at=clock.at(clock.today(), clock.now().time().replace(hour=0)), place="家中",
        visitors=["余老师"], outcome="left_school", text="已外出", next_step="再访",
    )  # fmt: skip
    return start_persuasion(confirm_case(case, by=principal), by=class_teacher)


def put_in(case, state):
    """A case that stands in a state, with the dates that the state rests on."""
    ended = state in ("closed", "cleared")
    Case.objects.filter(pk=case.pk).update(
        state=state, ended_on=MONDAY if ended else None, clear_reason="elsewhere" if state == "cleared" else ""
    )
    Episode.objects.filter(case=case).update(
        last_attended=MONDAY - timedelta(days=3),
        confirmed_on=MONDAY,
        persuading_on=MONDAY,
        reported_on=MONDAY,
        noticed_on=MONDAY,
        notice_until=MONDAY + timedelta(days=7),
        returned_on=MONDAY if state in ("returned", "closed") else None,
    )
    case.refresh_from_db()
    return case


POSTS = [
    "class_teacher",
    "principal",
    "township_officer",
    "county_clerk",
    "registrar",
    "head_of_teaching",
    "bureau_head",
]


@pytest.mark.parametrize("state", CaseState.values)
def test_the_page_of_a_case_opens_in_every_state_for_every_post(request, client, case, state):
    put_in(case, state)
    for post in POSTS:
        client.force_login(request.getfixturevalue(post))
        assert client.get(f"/cases/{case.pk}/").status_code == 200
        assert client.get(f"/cases/?state={state}").status_code == 200


WRONG = [(verb, state) for state in CaseState.values for verb in CASE_VERBS if verb not in verbs_from(state)]


@pytest.mark.parametrize(("verb", "state"), WRONG)
def test_a_verb_that_the_state_does_not_allow_is_refused(request, as_, case, state, verb):
    put_in(case, state)
    actor = {"notice": "township_officer", "enforce": "county_clerk", "close": "county_clerk", "clear": "county_clerk"}
    client = as_(request.getfixturevalue(actor.get(verb, "principal")))
    body = {"reason": "elsewhere", "text": "证明", "basis": "某法", "number": "1号"}
    response = client.post(f"/api/v1/cases/{case.pk}/{verb}/", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (409, "wrong_state")
    case.refresh_from_db()
    assert case.state == state


@pytest.mark.parametrize(
    ("verb", "stranger_to_the_step"),
    [
        ("confirm", "class_teacher"),
        ("confirm", "county_clerk"),
        ("notice", "principal"),
        ("enforce", "principal"),
        ("persuade", "county_clerk"),
        ("reopen", "class_teacher"),
    ],
)
def test_a_step_of_somebody_else_is_refused(request, as_, case, principal, verb, stranger_to_the_step):
    put_in(
        case,
        {"confirm": "suspected", "persuade": "confirmed", "notice": "reported", "enforce": "noticed"}.get(
            verb, "closed"
        ),
    )
    client = as_(request.getfixturevalue(stranger_to_the_step))
    response = client.post(f"/api/v1/cases/{case.pk}/{verb}/", {}, content_type="application/json")
    assert response.status_code == 403


@pytest.mark.parametrize("who", ["stranger", "other_clerk", "former_teacher", "administrator"])
def test_a_stranger_cannot_tell_that_a_case_exists(request, as_, case, who):
    client = as_(request.getfixturevalue(who))
    assert client.get(f"/cases/{case.pk}/").status_code == 404
    assert client.get(f"/api/v1/cases/{case.pk}/").status_code == 404
    assert client.post(f"/api/v1/cases/{case.pk}/clear/", {}, content_type="application/json").status_code == 404
    assert client.post(f"/cases/{case.pk}/", {"step": "clear"}).status_code == 404


def test_the_shape_of_a_case(as_, persuading, county_clerk):
    found = as_(county_clerk).get("/api/v1/cases/").json()["results"]
    assert [(one["student"], one["state"], one["main_cause"], len(one["episodes"]), one["next"]) for one in found] == [
        (persuading.pupil.number, "persuading", None, 1, ["report", "return", "clear"])
    ]


def test_a_case_is_opened_and_visited_over_the_api(as_, class_a, class_teacher):
    pupil = make_pupil(class_a)
    client = as_(class_teacher)
    body = {"student": pupil.number, "source": "left", "text": "家长说不读了"}
    opened = client.post("/api/v1/cases/", body, content_type="application/json")
    assert (opened.status_code, opened.json()["state"]) == (201, "suspected")
    again = client.post("/api/v1/cases/", body, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "case_exists")
    visit = {"at": f"{clock.today()}T00:00:00+08:00", "place": "家", "visitors": ["余", "王"], "outcome": "refused"}
    path = f"/api/v1/cases/{opened.json()['id']}/visits/"
    lacking = client.post(path, visit, content_type="application/json")
    assert (lacking.status_code, lacking.json()["code"]) == (400, "missing")
    made = client.post(path, {**visit, "text": "不愿返校", "next_step": "再访"}, content_type="application/json")
    assert made.status_code == 201


def test_the_page_takes_the_steps_that_the_api_takes(as_, case, class_teacher, principal):
    moment = f"{clock.today()}T00:00"
    visit = {
        "step": "visit", "visit-kind": "home", "visit-at": moment, "visit-place": "家", "visit-visitors": "余老师、王村干",
        "visit-outcome": "left_school", "visit-text": "外出", "visit-next_step": "再访", "visit-causes": ["work"],
    }  # fmt: skip
    assert as_(class_teacher).post(f"/cases/{case.pk}/", visit).status_code == 302
    confirm = {"step": "confirm", "confirm-last_attended": "2026-11-13", "confirm-causes": ["work"]}
    assert as_(principal).post(f"/cases/{case.pk}/", confirm).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.causes.get().is_main) == ("confirmed", True)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_as_much_for_three_cases_as_for_one(
    as_, class_a, principal, number, django_assert_max_num_queries
):
    for _ in range(number):
        suspect(make_pupil(class_a), source="days_away", away_since=MONDAY)
    client = as_(principal)
    with django_assert_max_num_queries(26):
        client.get("/cases/")


def test_many_cases_get_their_responsible_person_after_a_look(
    as_, case, principal, class_teacher, township_officer, stranger
):
    client = as_(principal)
    asked = {"case": case.pk, "line": "government_line", "person": township_officer.pk}
    assert "未指定 → 改" in client.get("/cases/assign/", asked).content.decode()
    case.refresh_from_db()
    assert case.government_line is None
    assert client.post("/cases/assign/", asked).status_code == 302
    case.refresh_from_db()
    assert case.government_line == township_officer
    client = as_(stranger)
    assert "没有选中个案" in client.get("/cases/assign/", asked).content.decode()
