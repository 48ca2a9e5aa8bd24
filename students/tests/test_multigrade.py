"""A multi-grade class 复式班: several classes on one roll page, saved all or none (P4)."""

from datetime import date

import pytest
from django.test.utils import CaptureQueriesContext

from organisation.enums import PostKind, SchoolKind, Stage
from organisation.models import FactChange
from organisation.tests.factories import make_class, make_holder, make_post, make_school
from students.models import Mark, Roll
from students.tests.factories import make_pupil

DAY = date(2026, 11, 23)
URL = f"/rolls/together/2152000888/{DAY}/am/"


@pytest.fixture
def classes(township):
    point = make_school(township, "2152000888", school_kind=SchoolKind.TEACHING_POINT)
    return [make_class(point, stage=Stage.PRIMARY, entered=year) for year in (2026, 2025, 2024)]


@pytest.fixture
def teacher(classes):
    person = make_holder(PostKind.CLASS_TEACHER, classes[0], "复式班教师")
    for school_class in classes[1:]:
        make_post(person, PostKind.CLASS_TEACHER, school_class)
    return person


@pytest.fixture
def pupils(classes):
    return [make_pupil(school_class) for school_class in classes for _ in range(2)]


def form(classes, marks=(), version=0):
    versions = {f"version_{school_class.code}": version for school_class in classes}
    return versions | {f"mark_{pupil.number}": kind for pupil, kind in marks}


def test_the_teacher_stands_at_one_page_with_all_classes(as_, teacher, pupils):
    client = as_(teacher)
    assert client.get("/rolls/").headers["Location"].startswith("/rolls/together/2152000888/")
    page = client.get(URL).content.decode()
    assert all(pupil.name in page for pupil in pupils)
    assert "一(1)班、二(1)班、三(1)班" in page
    assert "应到 6 · 实到 6" in page


def test_one_submission_saves_the_roll_of_each_class(as_, teacher, classes, pupils):
    done = as_(teacher).post(URL, form(classes, [(pupils[0], "truant"), (pupils[5], "sick")]), follow=True)
    assert "已提交:应到 6 · 实到 4 · 旷课 1 · 病假 1" in done.content.decode()
    assert Roll.objects.count() == 3
    assert {(mark.pupil_id, mark.roll.school_class_id) for mark in Mark.objects.select_related("roll")} == {
        (pupils[0].pk, classes[0].pk),
        (pupils[5].pk, classes[2].pk),
    }
    assert FactChange.objects.filter(kind="roll").count() == 3


def test_a_correction_of_one_class_leaves_the_others_as_they_are(as_, teacher, classes, pupils):
    client = as_(teacher)
    client.post(URL, form(classes, [(pupils[0], "truant")]))
    client.post(URL, form(classes, [(pupils[0], "truant"), (pupils[3], "late")], version=1))
    assert [Roll.objects.get(school_class=one).version for one in classes] == [1, 2, 1]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"version_2152000888-P2025-01": 7}, 409, "二(1)班:"),
        ({"mark_p99999999x": "truant"}, 400, "一(1)班:"),
        ({"version_2152000888-P2024-01": "x"}, 400, ""),
    ],
)
def test_one_wrong_class_saves_none(as_, teacher, classes, pupils, change, status, said):
    answer = as_(teacher).post(URL, form(classes) | change)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not Roll.objects.exists()


def test_an_unknown_kind_of_the_last_class_saves_none(as_, teacher, classes, pupils):
    answer = as_(teacher).post(URL, form(classes, [(pupils[5], "vanished")]))
    assert answer.status_code == 400
    assert "三(1)班:" in answer.content.decode()
    assert not Roll.objects.exists()


def test_it_is_the_page_of_its_teacher_alone(as_, teacher, classes, stranger, township):
    assert as_(stranger).get(URL).status_code == 404
    assert as_(make_holder(PostKind.CENTRAL_HEAD, township)).get(URL).status_code == 404
    assert as_(teacher).get(URL.replace("/am/", "/noon/")).status_code == 404


def test_a_substitute_for_one_class_does_not_see_two_classes_as_one(as_, class_teacher, primary_class, class_a):
    make_post(class_teacher, PostKind.CLASS_TEACHER, primary_class, is_substitute=True)
    assert "/rolls/together/" not in as_(class_teacher).get("/rolls/").headers["Location"]


def test_the_central_school_head_stands_in_for_a_vacant_class(as_, classes, pupils, township):
    """Nobody holds a post at the teaching point: the roll falls to the head of the central school (P4)."""
    head = make_holder(PostKind.CENTRAL_HEAD, township)
    url = f"/api/v1/classes/{classes[0].code}/rolls/{DAY}/am/"
    answer = as_(head).put(url, {"version": 0, "marks": []}, content_type="application/json")
    assert answer.status_code == 201


def test_statements_grow_with_the_classes_and_not_with_the_pupils(as_, teacher, classes, pupils, connection_):
    client = as_(teacher)
    client.get(URL)

    def count(work):
        with CaptureQueriesContext(connection_) as statements:
            assert work().status_code in (200, 302)
        return len(statements)

    few = count(lambda: client.get(URL)), count(lambda: client.post(URL, form(classes, [(pupils[0], "truant")])))
    more = [make_pupil(school_class) for school_class in classes for _ in range(15)]
    Roll.objects.all().delete()
    many = (
        count(lambda: client.get(URL)),
        count(lambda: client.post(URL, form(classes, [(one, "truant") for one in more[:9]]))),
    )
    assert many[0] == few[0]
    assert many[1] <= few[1] + 3  # marks are written where there are any: one statement a class
