"""What the nightly work asks of the database when nothing has changed: as much for many pupils as for one."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casework.actions.follow import follow_absences
from casework.actions.inquiries import detect_serious_truancy
from casework.actions.warnings.following import follow_all_warnings
from casework.models import Escalation, RatioStep, RiskWarning, TruancyInquiry
from students.tests.factories import make_pupil, make_roll

DAYS = [date(2026, 11, 2) + timedelta(days=7 * week + day) for week in range(4) for day in range(5)]
BOOKKEEPING = ("SAVEPOINT", "RELEASE", "BEGIN")


@pytest.fixture
def truants(class_a, class_teacher, settings):
    """Pupils who were truant on the first six of twenty days with a roll."""
    settings.KONGCHUO_TODAY = "2026-11-27"

    def make(number):
        pupils = [make_pupil(class_a, f"马{n}龙") for n in range(number)]
        for n, day in enumerate(DAYS):
            for session in ("am", "pm"):
                marks = dict.fromkeys(pupils, "truant") if n < 6 else {}
                make_roll(class_a, day, session, by=class_teacher, marks=marks)
        return pupils

    return make


def statements(work) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return sum(not query["sql"].startswith(BOOKKEEPING) for query in captured.captured_queries)


@pytest.mark.parametrize("number", [1, 3])
def test_the_ladder_asks_twelve_statements_where_nothing_is_to_change(truants, number):
    truants(number)
    follow_absences()
    assert (Escalation.objects.count(), RatioStep.objects.count()) == (6 * number, 2 * number)

    assert statements(follow_absences) <= 12
    assert (Escalation.objects.count(), RatioStep.objects.count()) == (6 * number, 2 * number)


def test_the_sixth_truant_day_of_twenty_is_in_the_same_inquiry(truants):
    (pupil,) = truants(1)
    assert detect_serious_truancy([pupil.pk]) == 1
    assert detect_serious_truancy([pupil.pk]) == 0
    assert "旷课 6 天:11月2日" in TruancyInquiry.objects.get().text


@pytest.mark.parametrize("number", [1, 3])
def test_warnings_ask_as_much_for_three_pupils_as_for_one(truants, number):
    truants(number)
    follow_all_warnings()
    assert RiskWarning.objects.raised().count() == number

    assert statements(follow_all_warnings) <= 26
