"""A child's page tells what happened, newest first, from the timeline and the rolls."""

from datetime import date

import pytest

from students.actions.timeline import record
from students.models import Mark
from students.queries.story import story_of
from students.tests.factories import make_roll

TODAY = date(2026, 11, 23)


@pytest.fixture
def pupil(pupils_a):
    return pupils_a[0]


def absent(pupil, class_a, teacher, day, *sessions, kind="truant", note=""):
    for session in sessions:
        roll = make_roll(class_a, day, session, by=teacher)
        Mark.objects.create(roll=roll, pupil=pupil, date=day, kind=kind, note=note)


def test_the_sessions_of_a_day_stand_in_one_line_with_who_called(pupil, class_a, class_teacher):
    absent(pupil, class_a, class_teacher, date(2026, 11, 20), "am", "pm")
    (line,) = story_of(pupil, class_teacher, on=TODAY)
    assert (line.text, line.by) == ("旷课(上午、下午)", "余老师")
    assert line.link == f"/rolls/{class_a.code}/2026-11-20/am/"


def test_the_newest_stands_first_wherever_it_was_written(pupil, class_a, class_teacher):
    absent(pupil, class_a, class_teacher, date(2026, 11, 18), "am", kind="sick", note="发热")
    record(pupil, "measure", "口头警告", by=class_teacher, on=date(2026, 11, 19))
    record(pupil, "register", "转入", by=class_teacher, on=date(2026, 9, 1))
    assert [line.text for line in story_of(pupil, class_teacher, on=TODAY)] == ["口头警告", "病假(上午):发热", "转入"]


def test_last_years_absences_are_not_told_again(pupil, class_a, class_teacher):
    absent(pupil, class_a, class_teacher, date(2026, 6, 18), "am")
    absent(pupil, class_a, class_teacher, date(2026, 9, 3), "am")
    assert [line.on for line in story_of(pupil, class_teacher, on=TODAY)] == [date(2026, 9, 3)]


def test_who_sees_no_rolls_reads_no_absences(pupil, class_a, class_teacher):
    absent(pupil, class_a, class_teacher, date(2026, 11, 18), "am")
    record(pupil, "register", "转入", by=class_teacher, on=date(2026, 9, 1))
    assert [line.text for line in story_of(pupil, class_teacher, on=TODAY, with_marks=False)] == ["转入"]
