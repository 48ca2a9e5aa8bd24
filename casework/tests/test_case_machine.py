"""Whoever does whatever in whatever order, and two at once: a case moves only as procedures §6 allows, and always owes what comes next."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from casework.actions.cases.opening import follow_absentees, suspect
from casework.actions.cases.verbs import (
    bring_back,
    clear_case,
    close_case,
    confirm_case,
    enforce_case,
    forward_report,
    make_follow_up,
    refuse_ending,
    reopen_case,
    report_case,
    serve_notice,
    start_persuasion,
)
from casework.actions.cases.visits import record_visit
from casework.enums import CASE_MOVES, LIVE_CASES, OUT_OF_SCHOOL, CaseState
from casework.models import Case, Duty
from organisation import clock
from organisation.errors import Refused
from organisation.queries.calendars import calendar_for
from organisation.queries.edition import forget_rule_books
from organisation.tests.together import at_once, shared_database
from students.models import Enrolment
from students.tests.factories import make_pupil, make_roll

MONDAY = date(2026, 9, 14)
POSTS = ("class_teacher", "principal", "township_officer", "county_clerk", "stranger")


def visit(case, by):
    return record_visit(
        case, by=by, kind="home", at=clock.at(clock.today(), clock.now().time().replace(hour=0)), place="家中",
        visitors=["余老师", "村干部王"], outcome="left_school", text="已外出", next_step="再访",
    )  # fmt: skip


def follow_up(case, by):
    waiting = case.episode.follow_ups.filter(done_on=None).order_by("day").first()
    return make_follow_up(case, waiting.day if waiting else 3, text="在校", by=by)


VERBS = {
    "visit": visit,
    "confirm": lambda case, by: confirm_case(case, by=by, causes=["work"]),
    "persuade": lambda case, by: start_persuasion(case, by=by),
    "report": lambda case, by: report_case(case, by=by),
    "forward": lambda case, by: forward_report(case, by=by),
    "notice": lambda case, by: serve_notice(case, by=by, received_by="马父"),
    "enforce": lambda case, by: enforce_case(case, by=by),
    "return": lambda case, by: bring_back(case, by=by, on=clock.today()),
    "follow_up": follow_up,
    "close": lambda case, by: close_case(case, by=by, text="到校满二十天"),
    "clear": lambda case, by: clear_case(case, by=by, reason="elsewhere", text="在外县就读"),
    "refuse": lambda case, by: refuse_ending(case, by=by, remark="材料不足"),
    "reopen": lambda case, by: reopen_case(case, by=by),
}


def take(verb, case, by):
    """One verb, whole or not at all, as a page does it."""
    with transaction.atomic():
        return VERBS[verb](Case.objects.get(pk=case.pk), by)


def require_order(case):
    """What holds of every case on every day."""
    case = Case.objects.get(pk=case.pk)
    moves = list(case.moves.order_by("pk").values_list("before", "after"))
    assert moves[0] == ("", "suspected")
    for (_, here), (before, after) in zip(moves, moves[1:], strict=False):
        assert before == here
        assert before == after or after in CASE_MOVES[CaseState(before)]
    assert moves[-1][1] == case.state
    spell = Enrolment.objects.filter(pupil=case.pupil).order_by("starts", "pk").last()
    assert (spell.status == "dropped_out" and spell.ends is None) == (case.state in OUT_OF_SCHOOL)
    owed = Duty.objects.open().filter(key__startswith=f"case:{case.pk}:")
    if case.state in LIVE_CASES:
        assert owed.exists(), f"nobody owes anything for a case that is {case.state}"
    if case.state == CaseState.CLEARED:
        assert not owed.exists()
    if case.state == CaseState.CLOSED:
        assert case.episode.closed_by_id not in (None, case.moves.filter(after="returned").last().by_id)
    numbers = list(case.episodes.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


event = st.tuples(st.sampled_from(sorted(VERBS)), st.sampled_from(POSTS), st.integers(0, 9))
THE_WAY = [
    ("visit", "class_teacher", 0), ("confirm", "principal", 0), ("persuade", "class_teacher", 0),
    ("report", "class_teacher", 9), ("forward", "principal", 0), ("notice", "township_officer", 1),
    ("enforce", "township_officer", 9), ("return", "class_teacher", 1), ("reopen", "principal", 9),
    ("clear", "class_teacher", 0), ("refuse", "county_clerk", 0), ("return", "class_teacher", 2),
]  # fmt: skip


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(event, max_size=14))
@example(THE_WAY)
@example(
    [
        ("visit", "class_teacher", 0),
        ("confirm", "principal", 0),
        ("clear", "class_teacher", 0),
        ("clear", "county_clerk", 0),
    ]
)
def test_a_case_moves_only_as_the_procedure_allows(request, settings, class_a, events):
    people = {name: request.getfixturevalue(name) for name in POSTS}
    with transaction.atomic():
        settings.KONGCHUO_TODAY = (MONDAY + timedelta(days=2)).isoformat()
        case = suspect(make_pupil(class_a, "马小龙"), source="days_away", away_since=MONDAY)
        for verb, post, days in events:
            settings.KONGCHUO_TODAY = (clock.today() + timedelta(days=days)).isoformat()
            before = Case.objects.get(pk=case.pk).state, case.moves.count()
            try:
                take(verb, case, people[post])
            except Refused:
                assert (Case.objects.get(pk=case.pk).state, case.moves.count()) == before
            else:
                assert post != "stranger"
            require_order(case)
        assert Case.objects.count() == 1
        transaction.set_rollback(True)
    forget_rule_books()


@pytest.fixture
def in_state(request, settings, class_a, transactional_db, tmp_path):
    """A case led to where two want to act at once, on a database that threads share."""
    with shared_database(tmp_path):
        people = {name: request.getfixturevalue(name) for name in POSTS}

        def lead(*steps):
            settings.KONGCHUO_TODAY = (MONDAY + timedelta(days=2)).isoformat()
            case = suspect(make_pupil(class_a, "马小龙"), source="days_away", away_since=MONDAY)
            for verb, post, days in steps:
                settings.KONGCHUO_TODAY = (clock.today() + timedelta(days=days)).isoformat()
                take(verb, case, people[post])
            return case, people

        yield lead


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("steps", "days", "first", "second", "ends"),
    [
        (1, 0, ("confirm", "principal"), ("confirm", "principal"), {"confirmed"}),
        (2, 0, ("persuade", "class_teacher"), ("persuade", "principal"), {"persuading"}),
        (2, 0, ("persuade", "class_teacher"), ("clear", "county_clerk"), {"cleared", "persuading"}),
        (5, 0, ("notice", "township_officer"), ("notice", "township_officer"), {"noticed"}),
        (5, 0, ("notice", "township_officer"), ("return", "class_teacher"), {"returned"}),
        (6, 0, ("return", "class_teacher"), ("clear", "county_clerk"), {"returned", "cleared"}),
        (8, 9, ("reopen", "principal"), ("reopen", "principal"), {"persuading"}),
    ],
)
def test_of_two_at_once_each_is_done_whole_or_refused(in_state, settings, steps, days, first, second, ends):
    case, people = in_state(*THE_WAY[:steps])
    settings.KONGCHUO_TODAY = (clock.today() + timedelta(days=days)).isoformat()

    def act(verb, post):
        return lambda: take(verb, case, people[post])

    results = at_once(act(*first), act(*second))

    failed = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(result, Refused) for result in failed), failed
    if first[0] == second[0]:
        assert [result.code for result in failed] == ["wrong_state"]
    assert Case.objects.get(pk=case.pk).state in ends
    require_order(case)


@pytest.mark.django_db(transaction=True)
def test_a_child_reported_by_two_at_once_has_one_case(in_state, class_a):
    pupil = make_pupil(class_a, "何丹")
    at_once(*(lambda: suspect(pupil, source="report", away_since=MONDAY) for _ in range(3)))
    assert Case.objects.filter(pupil=pupil).count() == 1


def test_attended_days_are_counted_over_holidays_and_make_up_days(
    settings, class_a, class_teacher, county_clerk, principal
):
    """National Day takes the first days of October out; the Saturday on which it is made up for counts (P10)."""
    settings.KONGCHUO_TODAY = (MONDAY + timedelta(days=2)).isoformat()
    pupil = make_pupil(class_a, "马小龙")
    case = suspect(pupil, source="days_away", away_since=MONDAY)
    take("visit", case, class_teacher)
    take("confirm", case, principal)
    take("return", case, class_teacher)
    days = calendar_for(class_a.path).school_days(MONDAY + timedelta(days=2), MONDAY + timedelta(days=40))[:20]
    assert any(day.weekday() == 5 for day in days)
    assert not any(date(2026, 10, 1) <= day <= date(2026, 10, 7) for day in days)
    for number, day in enumerate(days, start=1):
        settings.KONGCHUO_TODAY = day.isoformat()
        make_roll(class_a, day, by=class_teacher, at=timezone.now())
        follow_absentees([pupil.pk])
        if number == 19:
            while Case.objects.get().episode.follow_ups.filter(done_on=None, due_on__lte=day).exists():
                take("follow_up", case, class_teacher)
            with pytest.raises(Refused) as refusal:
                take("close", case, county_clerk)
            assert (refusal.value.code, refusal.value.extra["attended"]) == ("too_few_days", 19)
    assert take("close", case, county_clerk).state == "closed"
