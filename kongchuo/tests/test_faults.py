"""Workers that die, brokers that are away, messages that are lost: nothing is lost, nothing happens twice, somebody is told.

The workers here are processes of their own, killed with SIGKILL, on the broker that the settings name.
"""

import os
import signal
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from accountability.actions.leads import open_leads
from accountability.models import Lead
from casework.actions.duties import chase_duties
from casework.actions.follow import follow_absences, follow_facts, open_roll_duties, settle_unverified
from casework.models import Duty, Escalation, Lapse, Reminder
from organisation.actions import jobs
from organisation.actions.jobs import STUCK_AFTER, Superseded, report_progress, resend_stuck_jobs, start_job, working_on
from organisation.actions.outbox import resend_facts
from organisation.models import FactChange, Job
from organisation.models.outbox import AT_ONCE, MOST_ATTEMPTS
from organisation.tasks import sweep
from organisation.tests.together import Broker, at_once, shared_database, wait_until
from reports.actions.rates import compute_rates
from reports.models import Snapshot, SnapshotPupil
from students.models import Pupil, Roll
from students.tests.factories import make_roll, write_roster

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def database(transactional_db, tmp_path, settings):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    with shared_database(tmp_path):
        yield


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    try:
        with made.used():
            yield made
    finally:
        made.end()


@pytest.fixture
def save_roll(class_teacher, class_a, pupils_a):
    def save(session="am"):
        client = Client()
        client.force_login(class_teacher)
        marks = [{"student": pupils_a[0].number, "kind": "truant"}]
        url = f"/api/v1/classes/{class_a.code}/rolls/2026-11-23/{session}/"
        return client.put(url, {"version": 0, "marks": marks}, content_type="application/json")

    return save


def everything_followed():
    return not FactChange.objects.exists()


@contextmanager
def held():
    """The pupils (on SQLite the whole database) held by somebody else: whoever follows the facts stops there."""
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE" if other.vendor == "sqlite" else "BEGIN")
        if other.features.has_select_for_update:
            cursor.execute("SELECT id FROM students_pupil FOR UPDATE")
        yield
        cursor.execute("ROLLBACK")
    other.close()


def test_a_worker_killed_between_commit_and_follow_up_loses_nothing_and_does_nothing_twice(broker, save_roll):
    assert save_roll().status_code == 201
    with held():
        first = broker.start_worker()
        wait_until(lambda: broker.waiting() == 0, "the worker takes the message")
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert FactChange.objects.filter(kind="roll").count() == 1
    assert not Escalation.objects.exists()

    broker.start_worker()
    sweep()
    wait_until(everything_followed, "the fact is followed")

    assert Escalation.objects.count() == 1
    assert Duty.objects.filter(kind="escalation").count() == 1


def test_a_roll_is_saved_while_the_broker_is_away_and_followed_once_it_is_back(broker, save_roll):
    with broker.used(url=AWAY):
        assert [save_roll().status_code, save_roll("pm").status_code] == [201, 201]
    assert Roll.objects.count() == 2
    assert broker.waiting() == 0

    sweep()
    broker.start_worker()
    wait_until(everything_followed, "the facts are followed")
    assert Escalation.objects.count() == 1


def test_a_lost_message_is_sent_again(broker, save_roll):
    save_roll()
    broker.lose_all()
    assert broker.waiting() == 0

    sweep()
    assert broker.waiting() == 1
    broker.start_worker()
    wait_until(everything_followed, "the fact is followed")


@pytest.fixture
def roster(settings, school_a):
    """An uploaded roster that hangs while it is read, and the same one in good order."""
    good = write_roster(settings.DATA_DIR / "good.xlsx", school_a, ["周小满"])
    folder = settings.DATA_DIR / "uploads"
    folder.mkdir()
    os.mkfifo(folder / "roster.xlsx")
    return lambda: good.replace(folder / "roster.xlsx")


def age(job):
    Job.objects.filter(pk=job.pk).update(sent_at=timezone.now() - STUCK_AFTER - timedelta(seconds=1))


def state(job):
    job.refresh_from_db()
    return job.state


def test_a_job_whose_worker_was_killed_is_sent_again_and_finished_once(broker, roster, registrar, school_a):
    params = {"file": "roster.xlsx", "since": "2026-11-23", "dry_run": False}
    job = start_job("students.import_roster", title="名册", by=registrar, unit=school_a, params=params)
    first = broker.start_worker()
    wait_until(lambda: state(job) == "running", "the worker claims the job")
    first.send_signal(signal.SIGKILL)
    first.wait()
    roster()
    sweep()
    assert state(job) == "running"  # it may only be slow
    age(job)

    sweep()
    broker.start_worker()
    wait_until(lambda: state(job) in ("done", "failed"), "the job is finished")

    assert (job.state, job.result["created"]) == ("done", 1)
    assert Pupil.objects.filter(name="周小满").count() == 1


@pytest.fixture
def job(registrar, school_a):
    return start_job("organisation.beat", title="任务", by=registrar, unit=school_a)


def test_a_job_that_is_merely_slow_is_not_sent_again(job, monkeypatch):
    monkeypatch.setattr(jobs, "SIGN_OF_LIFE", 0.1)
    with working_on(str(job.pk)):
        age(job)
        wait_until(lambda: not Job.objects.filter(sent_at__lt=timezone.now() - STUCK_AFTER), "a sign of life")
        assert resend_stuck_jobs() == 0
    assert state(job) == "done"


def test_a_job_that_waited_long_is_not_stuck_the_moment_it_is_taken(job):
    age(job)
    with working_on(str(job.pk)):
        assert resend_stuck_jobs() == 0


def test_two_sweeps_send_a_stuck_job_once(job):
    age(job)
    assert sorted(at_once(resend_stuck_jobs, resend_stuck_jobs)) == [0, 1]


def test_two_workers_that_take_the_same_message_do_the_job_once(job):
    done = []

    def work():
        with working_on(str(job.pk)) as mine:
            if mine:
                done.append(mine)

    at_once(work, work, work)
    assert len(done) == 1


def test_a_worker_that_woke_up_too_late_spoils_nothing(job):
    with working_on(str(job.pk)) as slow:
        age(job)
        resend_stuck_jobs()
        with working_on(str(job.pk)) as second:
            second.message = "第二个做完了"
        slow.message = "第一个也做完了"
        with pytest.raises(Superseded):
            report_progress(slow, 1, 2)
    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "第二个做完了")


@pytest.fixture
def poison(class_a, school_day):
    """A fact that no follower can follow."""
    return FactChange.objects.create(kind="enrolment", path=class_a.path, pupils=["?"], since=school_day)


def test_a_fact_that_fails_holds_up_no_other_and_is_tried_more_and_more_seldom(poison, save_roll):
    save_roll()
    for _ in range(AT_ONCE + 2):
        follow_facts()
    assert list(FactChange.objects.values_list("pk", "attempts")) == [(poison.pk, AT_ONCE)]
    assert Escalation.objects.count() == 1

    FactChange.objects.update(created_at=timezone.now() - timedelta(hours=1))
    follow_facts()
    poison.refresh_from_db()
    assert poison.attempts == AT_ONCE + 1


def test_a_fact_that_was_given_up_is_told_of_and_tried_again_by_hand(poison, client):
    FactChange.objects.update(attempts=MOST_ATTEMPTS, created_at=timezone.now() - timedelta(days=9))
    resend_facts()
    assert follow_facts() == 0
    told = client.get("/healthz").json()
    assert told["facts_given_up"] == 1
    assert "follow_absences" in told["warnings"][0]

    FactChange.objects.update(pupils=[])  # the program was mended
    call_command("follow_absences", "--json")
    assert everything_followed()


def test_two_beats_at_once_do_each_thing_once(class_a, class_teacher, principal, head_of_teaching, pupils_a, settings):
    for day in (date(2026, 11, 2), date(2026, 11, 3)):
        make_roll(class_a, day, by=head_of_teaching, marks={pupils_a[0]: "truant"})
    settings.KONGCHUO_TODAY = "2026-11-04"
    follow_absences()
    settings.KONGCHUO_TODAY = "2026-11-23"

    for task in (chase_duties, open_leads, open_roll_duties, settle_unverified, compute_rates):
        results = at_once(task, task)
        assert [result for result in results if isinstance(result, Exception)] == [], task

    assert (Lapse.objects.count(), Lead.objects.count()) == (2, 2)
    assert Duty.objects.filter(kind="screen_lead").count() == 2
    assert Reminder.objects.count() == len(set(Reminder.objects.values_list("duty", "stage", "person")))
    assert Snapshot.objects.exists()
    assert SnapshotPupil.objects.count() == len(set(SnapshotPupil.objects.values_list("as_of", "formula", "pupil")))
