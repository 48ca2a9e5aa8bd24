"""The roll through its API and page: who, when, what, how often; and its number of statements."""

from datetime import date

import pytest
from django.test.utils import CaptureQueriesContext

from organisation.enums import PostKind
from organisation.models import FactChange, SchoolDay
from organisation.tests.factories import make_holder
from students.actions.slips import enter_slip, withdraw_slip
from students.models import Mark, Roll, RollVersion
from students.tests.factories import make_pupil, make_roll

DAY = "2026-11-23"


@pytest.fixture
def put(as_, class_a):
    def send(person, *, marks=(), version=0, day=DAY, session="am", code=None, **more):
        url = f"/api/v1/classes/{code or class_a.code}/rolls/{day}/{session}/"
        body = {"version": version, "marks": list(marks), **more}
        return as_(person).put(url, body, content_type="application/json")

    return send


def mark(pupil, kind="truant", note=""):
    return {"student": pupil.number, "kind": kind, "note": note}


def test_a_roll_before_it_is_called(as_, class_teacher, class_a, pupils_a):
    body = as_(class_teacher).get(f"/api/v1/classes/{class_a.code}/rolls/{DAY}/am/").json()
    assert (body["version"], body["submitted"], body["marks"]) == (0, False, [])
    assert {p["number"] for p in body["students"]} == {p.number for p in pupils_a}


def test_first_201_again_200_corrected_200_and_every_version_is_kept(put, class_teacher, pupils_a):
    absent, other, _ = pupils_a
    assert put(class_teacher, marks=[mark(absent)]).status_code == 201
    again = put(class_teacher, marks=[mark(absent)])
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert FactChange.objects.filter(kind="roll").count() == 1
    corrected = put(class_teacher, marks=[mark(other, "late", "堵车")], version=1)
    assert (corrected.status_code, corrected.json()["version"]) == (200, 2)
    assert corrected.json()["marks"] == [{"student": other.number, "kind": "late", "note": "堵车"}]
    assert RollVersion.objects.get().marks == [[absent.number, "truant", ""]]
    assert Roll.objects.get().present == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"marks": [{"student": "nobody", "kind": "truant"}]}, 400, "not_on_list"),
        ({"marks": "twice"}, 400, "duplicate_student"),
        ({"marks": "odd"}, 400, "unknown_kind"),
        ({"version": 3}, 409, "stale_version"),
        ({"version": -1}, 400, "invalid"),
        ({"day": "2026-11-24"}, 409, "future_date"),
        ({"day": "2026-11-21"}, 409, "not_a_school_day"),
        ({"session": "evening"}, 409, "not_a_school_day"),
        ({"session": "night"}, 404, "not_found"),
        ({"day": "2026-99-99"}, 404, "not_found"),
        ({"day": "2026-11-18"}, 403, "too_late"),
        ({"code": "2152000456-J2025-01"}, 404, "not_found"),
    ],
)
def test_what_a_roll_refuses(put, class_teacher, class_b, pupils_a, body, status, code):
    marks = {"twice": [mark(pupils_a[0]), mark(pupils_a[0])], "odd": [mark(pupils_a[0], "asleep")]}
    body = {
        **body,
        "marks": marks.get(body.get("marks"), []) if isinstance(body.get("marks"), str) else body.get("marks", []),
    }
    response = put(class_teacher, **body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Roll.objects.exists()


@pytest.mark.parametrize(
    ("post", "status"),
    [
        ("subject_teacher", 403),
        ("principal", 403),
        ("county_clerk", 403),
        ("stranger", 404),
        ("former_teacher", 404),
        ("other_clerk", 404),
        ("prefecture_officer", 404),
        ("head_of_teaching", 201),
        ("grade_head", 403),
    ],
)
def test_whose_roll_it_is(request, put, class_teacher, head_of_teaching, pupils_a, post, status):
    assert put(request.getfixturevalue(post)).status_code == status


def test_a_vacant_class_is_called_by_who_stands_in(put, grade_head, head_of_teaching, pupils_a):
    assert put(grade_head).status_code == 201


def test_the_head_of_teaching_changes_late_with_a_reason(put, class_a, class_teacher, head_of_teaching, pupils_a):
    make_roll(class_a, date(2026, 11, 18), by=class_teacher)
    late = {"day": "2026-11-18", "version": 1, "marks": [mark(pupils_a[0])]}
    assert put(class_teacher, **late).json()["code"] == "too_late"
    assert put(head_of_teaching, **late).json()["code"] == "reason_needed"
    assert put(head_of_teaching, **late, reason="家长补充说明").status_code == 200


def test_a_teacher_may_submit_until_the_end_of_the_next_school_day(put, class_teacher, pupils_a):
    assert put(class_teacher, day="2026-11-20").status_code == 201  # Friday's roll, on Monday


def test_a_stale_version_names_the_current_one(put, class_teacher, pupils_a):
    put(class_teacher)
    response = put(class_teacher, marks=[mark(pupils_a[0])], version=0)
    assert (response.status_code, response.json()["current"]) == (409, 1)


def test_a_back_dated_enrolment_and_a_later_transfer_leave_the_list_of_the_day(put, class_teacher, class_a, pupils_a):
    gone = pupils_a[0]
    gone.enrolments.update(ends=date(2026, 11, 23))
    late = make_pupil(class_a, starts=date(2026, 11, 23))
    assert put(class_teacher, marks=[mark(gone)]).json()["code"] == "not_on_list"
    assert put(class_teacher, marks=[mark(late)]).status_code == 201


def test_a_slip_fills_the_roll_and_a_withdrawn_one_excuses_no_more(put, class_teacher, pupils_a, school_day):
    ill, truant, _ = pupils_a
    slip = {"kind": "sick", "first_day": school_day, "last_day": school_day, "applied_by": "母亲", "reason": "发烧"}
    enter_slip(ill, by=class_teacher, **slip)
    body = put(class_teacher, marks=[mark(truant)]).json()
    assert {m["student"]: m["kind"] for m in body["marks"]} == {ill.number: "sick", truant.number: "truant"}
    excuse = enter_slip(truant, by=class_teacher, **slip)
    assert not Mark.objects.truant(on=school_day).exists()
    withdraw_slip(excuse, by=class_teacher)
    assert Mark.objects.truant(on=school_day).get().pupil == truant


def test_an_evening_is_called_where_the_calendar_opens_it(put, class_teacher, school_a, pupils_a, school_day):
    SchoolDay.objects.create(unit=school_a, date=school_day, session="evening", is_open=True)
    assert put(class_teacher, session="evening").status_code == 201


@pytest.mark.parametrize("pupils", [5, 50])
def test_the_number_of_statements_does_not_depend_on_the_class(as_, class_teacher, class_a, connection_, pupils):
    listed = [make_pupil(class_a) for _ in range(pupils)]
    client = as_(class_teacher)
    client.get("/rolls/")  # the session knows when it was last seen

    def put(session, version, absent):
        body = {"version": version, "marks": [mark(pupil, "sick" if version else "truant") for pupil in absent]}
        url = f"/api/v1/classes/{class_a.code}/rolls/{DAY}/{session}/"
        with CaptureQueriesContext(connection_) as statements:
            assert client.put(url, body, content_type="application/json").json()["version"] == version + 1
        return len(statements) - 2  # the transaction's own begin and end

    assert put("am", 0, listed[:4]) <= 12
    assert put("am", 1, listed[2:6]) <= 12
    with CaptureQueriesContext(connection_) as reading:
        assert client.get(f"/rolls/{class_a.code}/{DAY}/pm/").status_code == 200
    assert len(reading) <= 8


def test_the_page_calls_the_roll_without_script(as_, class_teacher, class_a, pupils_a):
    url = f"/rolls/{class_a.code}/{DAY}/am/"
    page = as_(class_teacher).get(url)
    assert pupils_a[0].name in page.content.decode()
    response = as_(class_teacher).post(url, {"version": 0, f"mark_{pupils_a[0].number}": "truant"}, follow=True)
    assert "应到 3 · 实到 2 · 旷课 1" in response.content.decode()


def test_a_substitute_calls_the_roll_for_a_day(as_, put, head_of_teaching, class_a, pupils_a, school_a):
    helper = make_holder(PostKind.COUNSELLOR, school_a)
    assert put(helper).status_code == 404
    data = {"person": helper.pk, "first_day": DAY, "last_day": DAY}
    assert as_(head_of_teaching).post(f"/rolls/substitute/{class_a.code}/", data).status_code == 302
    assert put(helper).status_code == 201
