from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation.models import Unit
from organisation.queries.posts import Chair, PostBook
from organisation.rules.paths import DIGITS, path_after, topmost
from students.models import Pupil
from students.tests.factories import make_pupil

paths = st.lists(st.text(DIGITS, min_size=4, max_size=4), min_size=1, max_size=7).map("".join)


@given(paths, paths)
def test_a_range_holds_exactly_what_lies_at_or_below(path, other):
    assert (path <= other < path_after(path)) == other.startswith(path)


@given(st.lists(paths, max_size=6))
def test_topmost_paths_cover_the_same_and_never_each_other(given_paths):
    kept = topmost(given_paths)
    assert all(any(path.startswith(top) for top in kept) for path in given_paths)
    assert not any(a != b and a.startswith(b) for a in kept for b in kept)


def test_a_teacher_sees_the_class_and_a_stranger_does_not(pupils_a, class_teacher, stranger, school_day):
    assert set(Pupil.objects.visible_to(class_teacher, on=school_day)) == set(pupils_a)
    assert not Pupil.objects.visible_to(stranger, on=school_day).exists()


def test_a_post_that_has_ended_shows_nothing(pupils_a, former_teacher, school_day):
    assert Pupil.objects.visible_to(former_teacher, on=date(2026, 8, 31)).count() == len(pupils_a)
    assert not Pupil.objects.visible_to(former_teacher, on=school_day).exists()


def test_a_subject_teacher_sees_no_file(pupils_a, subject_teacher, school_day):
    assert not Pupil.objects.visible_to(subject_teacher, on=school_day).exists()


def test_a_prefecture_sees_units_and_no_names(pupils_a, prefecture_officer, county, school_day):
    assert county in Unit.objects.visible_to(prefecture_officer, on=school_day)
    assert not Pupil.objects.visible_to(prefecture_officer, on=school_day).exists()


def test_the_administrator_sees_no_pupil(pupils_a, administrator, school_day):
    assert not Pupil.objects.visible_to(administrator, on=school_day).exists()


def test_a_disabled_account_sees_nothing(pupils_a, principal, school_day):
    principal.is_active = False
    assert not Pupil.objects.visible_to(principal, on=school_day).exists()


def test_another_countys_clerk_sees_nobody(pupils_a, other_clerk, school_day):
    assert not Pupil.objects.visible_to(other_clerk, on=school_day).exists()


def test_a_township_sees_only_who_dropped_out(pupils_a, class_a, township_officer, school_day):
    gone = make_pupil(class_a, status="dropped_out")
    assert list(Pupil.objects.visible_to(township_officer, on=school_day)) == [gone]


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("class_teacher", "grade_head", "principal"), "余老师"),
        (("grade_head", "principal"), "年级组长王"),
        (("head_of_teaching", "principal"), "李主任"),
        (("principal", "county_clerk"), "张校长"),
        (("county_clerk", "bureau_head"), "局办事员"),
        (("bureau_head",), "局长"),
    ],
)
def test_a_vacant_post_falls_to_the_next(request, class_a, school_day, present, expected):
    for post in present:
        request.getfixturevalue(post)
    book = PostBook([class_a.path], on=school_day)
    assert book.holder(Chair("class_teacher", class_a.path)).person.name == expected


def test_nobody_holds_a_post_where_nobody_is(class_a, school_day):
    assert PostBook([class_a.path], on=school_day).holder(Chair("class_teacher", class_a.path)) is None
