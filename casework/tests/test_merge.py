"""What becomes of the ladder when two files of one child become one (P1)."""

from datetime import date

import pytest

from casework.actions.cases.opening import suspect
from casework.actions.follow import follow_facts
from casework.actions.ladder import follow_ladder
from casework.actions.ratio import follow_ratios
from casework.actions.warnings.following import follow_warnings
from casework.actions.warnings.support import report_worry
from casework.models import Case, Duty, Escalation, RatioStep, RiskWarning, TierChange
from organisation.errors import Refused
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


def test_two_warnings_become_one_with_the_words_and_the_history_of_both(class_a, registrar, class_teacher):
    one, two = make_pupil(class_a, "甲"), make_pupil(class_a, "甲")
    report_worry(one, points=3, reason="常说不想读了", by=class_teacher)
    report_worry(two, points=4, reason="想去打工", by=class_teacher)
    follow_warnings([one.pk, two.pk])
    changes = TierChange.objects.count()
    assert RiskWarning.objects.count() == 2
    merge_pupils(one, two, by=registrar, reason="重复建档")
    follow_facts()
    warning = RiskWarning.objects.get()
    assert (warning.pupil, warning.points) == (one, 4)
    assert "想去打工" in warning.signals.get().text
    assert "不想读" in warning.signals.get().text
    assert warning.changes.count() >= changes
    assert not Duty.objects.open().filter(key__startswith="warning:").exclude(about=warning.pk).exists()


def test_two_steps_over_one_limit_become_one(class_a, registrar, class_teacher):
    one, two = make_pupil(class_a, "甲"), make_pupil(class_a, "甲")
    for day in range(1, 29):
        for session in ("am", "pm"):
            marks = dict.fromkeys((one, two), "truant") if day % 7 == 0 else {}
            make_roll(class_a, date(2026, 9, day), session, by=class_teacher, marks=marks)
    follow_ratios([one.pk, two.pk])
    rules = sorted(one.ratio_steps.values_list("rule", flat=True))
    assert rules
    assert sorted(two.ratio_steps.values_list("rule", flat=True)) == rules
    merge_pupils(one, two, by=registrar, reason="重复建档")
    follow_facts()
    assert sorted(RatioStep.objects.values_list("rule", flat=True)) == rules
    assert Duty.objects.open().filter(kind="ratio").count() == len(rules)


def test_two_cases_under_way_are_ended_first(class_a, registrar):
    one, two = make_pupil(class_a, "甲"), make_pupil(class_a, "甲")
    for pupil in (one, two):
        suspect(pupil, source="days_away", away_since=FIRST, text="三天未到校")
    with pytest.raises(Refused) as refused:
        merge_pupils(one, two, by=registrar, reason="重复建档")
    assert refused.value.code == "cannot_merge"
    assert Case.objects.count() == 2
