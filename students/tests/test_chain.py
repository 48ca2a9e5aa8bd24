"""Rolls, marks, timeline and register in the chain: corrected and merged by the product they are whole, by hand they are not."""

import os
import signal
import threading
from datetime import date, timedelta

import pytest
from django.db import connection, connections, transaction

from organisation.actions import chain
from organisation.actions.access import log_accesses
from organisation.actions.chain import seal_history
from organisation.actions.keys import rotate_keys
from organisation.models import AccessEntry, Seal, Tombstone
from organisation.queries.chain import verify_history
from organisation.tests.test_chain import by_hand, sealed_now
from organisation.tests.together import at_once, shared_database
from students.actions.merge import merge_pupils
from students.actions.rolls import submit_roll
from students.actions.timeline import record
from students.models import Mark, Pupil, Roll, RollVersion, TimelineEntry
from students.tests.factories import make_pupil

DAY = date(2026, 11, 23)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 100)


@pytest.fixture
def roll(class_a, pupils_a, class_teacher):
    """Called and corrected twice."""
    for version, absent in enumerate([pupils_a[:1], pupils_a[:2], []]):
        marks = [{"student": pupil.number, "kind": "truant", "note": "无故"} for pupil in absent]
        saved = submit_roll(class_a, DAY, "am", version=version, marks=marks, by=class_teacher)
    return saved.roll


def found():
    return [(one.kind, one.table, one.row) for one in verify_history().broken]


def test_a_roll_that_is_corrected_after_it_was_sealed_is_whole(class_a, pupils_a, class_teacher):
    for version, absent in enumerate([pupils_a[:1], pupils_a[:2], [], pupils_a[2:]]):
        marks = [{"student": pupil.number, "kind": "truant", "note": ""} for pupil in absent]
        submit_roll(class_a, DAY, "am", version=version, marks=marks, by=class_teacher)
        sealed_now()
        assert found() == []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE students_rollversion SET marks = '[]' WHERE version = 1", "students_roll"),
        ("UPDATE students_rollversion SET marks = '[]' WHERE version = 2", "students_rollversion"),
        ("DELETE FROM students_rollversion WHERE version = 2", "students_rollversion"),
        ("UPDATE students_roll SET submitted_at = '2026-11-23 01:00:00+00:00'", "students_rollversion"),
        ("UPDATE students_roll SET date = '2026-11-20'", "students_roll"),
    ],
)
def test_a_former_version_bent_by_hand_is_named(roll, connection_, statement, table):
    sealed_now()
    by_hand(connection_, statement)
    assert table in {one[1] for one in found()}


def test_a_mark_put_on_or_taken_off_by_hand_is_named(class_a, pupils_a, class_teacher, connection_):
    marks = [{"student": pupils_a[0].number, "kind": "truant", "note": ""}]
    roll = submit_roll(class_a, DAY, "am", version=0, marks=marks, by=class_teacher).roll
    sealed_now()
    by_hand(connection_, "UPDATE students_mark SET kind = 'sick'")
    assert found() == [("altered", "students_roll", roll.pk)]
    by_hand(connection_, "DELETE FROM students_mark")
    assert found() == [("altered", "students_roll", roll.pk)]


def test_two_files_of_one_child_become_one_and_history_is_whole(class_a, pupils_a, class_teacher, county_clerk):
    kept, other = pupils_a[:2]
    for pupil in (kept, other):
        record(pupil, "talk", "谈话", by=class_teacher, on=DAY)
    marks = [{"student": pupil.number, "kind": "truant", "note": ""} for pupil in (kept, other)]
    submit_roll(class_a, DAY, "am", version=0, marks=marks, by=class_teacher)
    submit_roll(class_a, DAY, "am", version=1, marks=marks[1:], by=class_teacher)
    sealed_now()
    merge_pupils(kept, other, by=county_clerk, reason="同一个孩子")
    assert found() == []
    assert {stone.table for stone in Tombstone.objects.all()} == {"students_timelineentry", "students_rollversion"}
    sealed_now()
    assert found() == []


def test_an_entry_hung_on_another_child_by_hand_is_named(pupils_a, class_teacher, connection_):
    entry = record(pupils_a[0], "talk", "谈话", by=class_teacher, on=DAY)
    sealed_now()
    TimelineEntry.objects.filter(pk=entry.pk).update(pupil=pupils_a[1])
    assert found() == [("altered", "students_timelineentry", entry.pk)]


def test_a_file_changed_behind_its_history_is_named(pupils_a, connection_):
    sealed_now()
    by_hand(connection_, "UPDATE students_pupil SET name = '别人' WHERE id = %s", pupils_a[1].pk)
    assert found() == [("unlike", "students_pupil", pupils_a[1].pk)]


def test_new_keys_change_no_history(pupils_a, connection_):
    for number, pupil in enumerate(pupils_a):
        pupil.identity_number = f"52050220130401000{number}"
        pupil.save()
    sealed_now()
    rotate_keys()
    assert found() == []
    by_hand(
        connection_,
        "UPDATE students_pupil SET identity_number = (SELECT identity_number FROM students_pupil WHERE id = %s) WHERE id = %s",
        pupils_a[0].pk,
        pupils_a[1].pk,
    )
    assert found() == [("unlike", "students_pupil", pupils_a[1].pk)]
    by_hand(connection_, "UPDATE students_historicalpupil SET identity_number = 'k9.abc' WHERE id = %s", pupils_a[1].pk)
    assert found()[0][:2] == ("altered", "students_historicalpupil")


def test_a_history_bent_with_its_row_is_named(pupils_a, connection_):
    sealed_now()
    by_hand(connection_, "UPDATE students_pupil SET name = '别人' WHERE id = %s", pupils_a[1].pk)
    by_hand(connection_, "UPDATE students_historicalpupil SET name = '别人' WHERE id = %s", pupils_a[1].pk)
    assert found() == [("altered", "students_historicalpupil", Pupil.history.get(id=pupils_a[1].pk).history_id)]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_chain(small_batches, tmp_path, class_a, class_teacher):
    with shared_database(tmp_path):
        log_accesses(class_teacher, "view", what="pupil", entries=[(f"p{n}", class_a.path) for n in range(900)])
        results = at_once(*[seal_history] * 4)
        seal_history()
        assert not [one for one in results if isinstance(one, Exception)]
        entries = Seal.objects.filter(table="organisation_accessentry")
        assert sum(entries.values_list("rows", flat=True)) == 900
        assert verify_history().broken == []
        assert verify_history().unsealed == 0


@pytest.mark.django_db(transaction=True)
def test_what_another_transaction_still_writes_is_sealed_after_it(tmp_path, class_a, class_teacher):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    held, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            log_accesses(class_teacher, "view", what="pupil", entries=[("slow", class_a.path)])
            held.set()
            go_on.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow)
    writer.start()
    held.wait(10)
    log_accesses(class_teacher, "view", what="pupil", entries=[("quick", class_a.path)])
    seal_history()
    assert not Seal.objects.filter(table="organisation_accessentry").exists()
    go_on.set()
    writer.join()
    sealed_now()
    assert list(AccessEntry.objects.order_by("pk").values_list("key", flat=True)) == ["slow", "quick"]
    assert (verify_history().broken, verify_history().unsealed) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_killed_between_batches_it_goes_on_where_it_stood(small_batches, tmp_path, class_a, class_teacher):
    with shared_database(tmp_path):
        log_accesses(class_teacher, "view", what="pupil", entries=[(f"p{n}", class_a.path) for n in range(700)])
        connections.close_all()
        child = os.fork()
        if child == 0:
            batches = iter(range(2))
            seal_history(
                lambda sealed: next(batches, None) or os.kill(os.getpid(), signal.SIGKILL) if sealed > 200 else None
            )
            os._exit(0)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        done = sum(Seal.objects.filter(table="organisation_accessentry").values_list("rows", flat=True))
        assert 0 < done < 700
        assert verify_history().broken == []
        sealed_now()
        assert (verify_history().broken, verify_history().unsealed) == ([], 0)


def test_what_the_chain_says_does_not_depend_on_when_it_is_asked(roll, pupils_a):
    later = make_pupil(roll.school_class, starts=DAY + timedelta(days=1))
    sealed_now()
    assert (Roll.objects.count(), RollVersion.objects.count(), Mark.objects.count()) == (1, 2, 0)
    later.name = "改名"
    later.save()
    assert found() == []
