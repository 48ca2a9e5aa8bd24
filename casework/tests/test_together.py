"""Slips, corrections, the sweeper and two workers at the same moment: the ladder is that of the final facts."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from casework.actions.follow import call_key, follow_absences, follow_facts, open_roll_duties, settle_unverified
from casework.actions.perform import perform_escalation
from casework.models import Duty, Escalation, TalkRecord
from organisation import clock
from organisation.errors import Refused
from organisation.models import FactChange
from organisation.tests.together import at_once, shared_database
from students.actions.rolls import submit_roll
from students.actions.slips import enter_slip
from students.models import Mark, Roll
from students.tests.factories import make_roll

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = [date(2026, 11, day) for day in (18, 19, 20, 23)]


@pytest.fixture(autouse=True)
def database(transactional_db, tmp_path):
    with shared_database(tmp_path):
        yield


@pytest.fixture
def truant(pupils_a):
    return pupils_a[0]


def submit(school_class, day, by, absent=(), version=0, reason=""):
    marks = [{"student": pupil.number, "kind": "truant"} for pupil in absent]
    return submit_roll(school_class, day, "am", version=version, marks=marks, by=by, reason=reason)


def steps():
    return list(Escalation.objects.order_by("day").values_list("day", "state", "count_now"))


@pytest.mark.parametrize("round_", range(3))
def test_a_late_slip_a_correction_and_two_sweeps_at_once_give_the_ladder_of_the_final_facts(
    class_a, class_teacher, head_of_teaching, truant, round_
):
    for day in DAYS:
        submit(class_a, day, head_of_teaching, [truant])
    slip = {"kind": "sick", "first_day": DAYS[0], "last_day": DAYS[0], "applied_by": "母亲", "reason": "发烧"}

    results = at_once(
        follow_facts,
        lambda: enter_slip(truant, by=class_teacher, **slip),
        lambda: submit(class_a, DAYS[3], class_teacher, version=1),
        follow_absences,
        settle_unverified,
        follow_facts,
    )
    follow_facts()

    assert [result for result in results if isinstance(result, Exception)] == []
    assert [(day, count) for day, state, count in steps() if state == "open"] == [(DAYS[1], 1), (DAYS[2], 2)]
    assert Duty.objects.open().filter(kind="escalation").count() == 2
    before = steps()
    follow_absences()
    assert steps() == before


def test_a_roll_that_overlooked_a_slip_is_put_right_by_what_follows(class_a, class_teacher, truant, school_day):
    submit(class_a, school_day, class_teacher, [truant])
    slip = {"kind": "sick", "first_day": school_day, "last_day": school_day, "applied_by": "母亲", "reason": "发烧"}
    enter_slip(truant, by=class_teacher, **slip)
    Mark.objects.update(slip=None)  # what a roll leaves that was written while the slip was granted

    follow_facts()

    assert not Mark.objects.truant(on=school_day).exists()
    assert not Escalation.objects.live().exists()


def test_two_workers_drain_the_outbox_in_parallel_and_nothing_happens_twice(class_a, head_of_teaching, pupils_a):
    for day in DAYS:
        submit(class_a, day, head_of_teaching, pupils_a)

    results = at_once(follow_facts, follow_facts, follow_facts)

    assert sum(results) == len(DAYS)
    assert not FactChange.objects.exists()
    assert Escalation.objects.count() == len(DAYS) * len(pupils_a)
    assert Duty.objects.filter(kind="escalation").count() == len(DAYS) * len(pupils_a)


def records(escalation):
    at = timezone.make_aware(datetime(2026, 11, 23, 16))
    words = {"at": at, "place": "办公室", "by": "余老师", "text": "已谈话", "statement": ""}
    return [{"measure": measure.kind, **words} for measure in escalation.measures.all()]


def test_of_two_performances_of_an_escalation_at_once_one_stands(class_a, class_teacher, truant, school_day):
    make_roll(class_a, school_day, by=class_teacher, marks={truant: "truant"})
    follow_absences()
    escalation = Escalation.objects.get()
    done = records(escalation)

    results = at_once(*(lambda: perform_escalation(escalation, done, by=class_teacher) for _ in range(2)))

    assert sum(isinstance(result, Escalation) for result in results) == 1
    assert [result.code for result in results if isinstance(result, Refused)] == ["wrong_state"]
    assert TalkRecord.objects.count() == len(done)
    assert Duty.objects.get(kind="escalation").state == "done"


@pytest.mark.parametrize("round_", range(3))
def test_an_escalation_performed_while_the_ladder_is_rebuilt_locks_nobody_out(
    class_a, class_teacher, head_of_teaching, truant, round_
):
    for day in DAYS:
        make_roll(class_a, day, by=head_of_teaching, marks={truant: "truant"})
    follow_absences()
    escalation = Escalation.objects.order_by("day").first()
    done = records(escalation)
    Roll.objects.filter(date=DAYS[1]).get().marks.update(kind="late")

    results = at_once(follow_absences, lambda: perform_escalation(escalation, done, by=class_teacher), follow_absences)

    assert [result for result in results if isinstance(result, Exception)] == []
    escalation.refresh_from_db()
    assert escalation.state == "performed"


def test_a_roll_that_came_in_while_its_duty_was_opened_leaves_no_duty(class_a, class_teacher, pupils_a, school_day):
    clocked = clock.at(school_day, datetime.min.time())
    submit(class_a, school_day, class_teacher)
    follow_facts()
    Duty.objects.create(
        kind="call_roll",
        key=call_key(class_a.pk, school_day, "am"),
        title="还没有点名",
        about=class_a.pk,
        path=class_a.path,
        post_kind="class_teacher",
        chair_path=class_a.path,
        due_at=clocked,
        opened_at=clocked,
    )

    open_roll_duties()

    assert Duty.objects.get(key=call_key(class_a.pk, school_day, "am")).state == "done"
