"""What becomes of the ladder when two files of one child become one (P1)."""

from datetime import date

from casework.actions.follow import follow_facts
from casework.actions.ladder import follow_ladder
from casework.models import Duty, Escalation
from students.actions.merge import merge_pupils
from students.tests.factories import make_pupil, make_roll

FIRST, SECOND = date(2026, 11, 16), date(2026, 11, 17)


def test_the_truancies_of_both_files_are_counted_together(class_a, registrar, class_teacher):
    one, two = make_pupil(class_a, "甲"), make_pupil(class_a, "甲")
    make_roll(class_a, FIRST, by=class_teacher, marks={two: "truant"})
    make_roll(class_a, SECOND, by=class_teacher, marks={one: "truant"})
    follow_ladder([one.pk, two.pk])
    merge_pupils(one, two, by=registrar, reason="重复建档")
    follow_facts()
    assert list(one.escalations.order_by("day").values_list("day", "count_now")) == [(FIRST, 1), (SECOND, 2)]


def test_two_steps_for_one_day_become_one_and_the_duty_of_the_other_is_gone(class_a, registrar, class_teacher):
    one, two = make_pupil(class_a, "甲"), make_pupil(class_a, "甲")
    make_roll(class_a, FIRST, by=class_teacher, marks={one: "truant", two: "truant"})
    follow_ladder([one.pk, two.pk])
    merge_pupils(one, two, by=registrar, reason="重复建档")
    follow_facts()
    assert Escalation.objects.get().pupil == one
    assert sorted(Duty.objects.filter(kind="escalation").values_list("state", flat=True)) == ["cancelled", "open"]
