"""History cannot be bent: what raw SQL does to it is named, whoever does it, and nothing lawful is taken for it."""

import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from organisation.actions.access import log_access, log_accesses
from organisation.actions.chain import purge_access_log, seal_history
from organisation.chain import guarded
from organisation.guards import lift_guards, set_guards
from organisation.models import AccessEntry, Seal, SealPoint, Tombstone
from organisation.queries.chain import digests, verify_history
from organisation.tests.factories import make_person


@pytest.fixture
def entries(class_a, class_teacher):
    """Five entries of one county, sealed."""
    log_accesses(class_teacher, "view", what="pupil", entries=[(f"p{n}", class_a.path) for n in range(5)])
    sealed_now()
    return list(AccessEntry.objects.order_by("pk"))


def sealed_now():
    """Twice: what is seen in the first run is settled in the second."""
    return seal_history() + seal_history()


def by_hand(connection, statement, *values):
    """Raw SQL by somebody who took the guards away first."""
    lift_guards()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    set_guards()


def found():
    return [(one.kind, one.table, one.row) for one in verify_history().broken]


def test_what_was_sealed_and_left_alone_is_whole(entries):
    proof = verify_history()
    assert (proof.broken, proof.unsealed) == ([], 0)
    assert proof.rows >= 5


def test_sealing_again_seals_only_what_is_new(entries, class_teacher, class_a):
    seals = Seal.objects.count()
    assert sealed_now() == 0
    log_access(class_teacher, "view", what="pupil", key="new", path=class_a.path)
    assert sealed_now() == 1
    assert Seal.objects.count() == seals + 1
    assert found() == []


def test_each_county_has_a_chain_of_its_own(entries, other_clerk, county):
    far = other_clerk.posts.get().unit
    log_access(other_clerk, "view", what="pupil", key="x", path=far.path)
    sealed_now()
    chains = Seal.objects.filter(table="organisation_accessentry").order_by("pk")
    assert [(seal.county, seal.number) for seal in chains if seal.county == far.path] == [(far.path, 1)]
    assert found() == []


def test_an_altered_row_is_named(entries, connection_):
    by_hand(connection_, "UPDATE organisation_accessentry SET reason = 'other' WHERE id = %s", entries[2].pk)
    assert found() == [("altered", "organisation_accessentry", entries[2].pk)]


def test_a_deleted_row_is_named(entries, connection_):
    by_hand(connection_, "DELETE FROM organisation_accessentry WHERE id IN (%s, %s)", entries[1].pk, entries[3].pk)
    assert found() == [("missing", "organisation_accessentry", entries[1].pk)]


def test_an_inserted_row_is_named(entries, connection_):
    by_hand(connection_, "DELETE FROM organisation_accessentry WHERE id = %s", entries[4].pk)
    assert found() == [("missing", "organisation_accessentry", entries[4].pk)]
    copied = "person_id, action, what, key, reason, path, at"
    by_hand(
        connection_,
        f"INSERT INTO organisation_accessentry (id, {copied}) SELECT %s, {copied} FROM organisation_accessentry WHERE id = %s",
        entries[4].pk,
        entries[0].pk,
    )
    assert found() == [("altered", "organisation_accessentry", entries[4].pk)]


def test_a_row_put_between_is_named(entries, class_teacher, class_a, connection_):
    gap = entries[-1].pk + 1
    by_hand(connection_, "UPDATE organisation_accessentry SET id = %s WHERE id = %s", gap + 5, entries[-1].pk)
    assert found() == [("missing", "organisation_accessentry", entries[-1].pk)]


@pytest.mark.parametrize("field", ["hash", "previous", "county", "key"])
def test_an_altered_link_is_named(entries, connection_, field):
    by_hand(connection_, f"UPDATE organisation_seal SET {field} = 'x' WHERE id = %s", Seal.objects.first().pk)
    assert {one.kind for one in verify_history().broken} & {"unsigned", "broken", "other_key"}


def test_marks_of_a_link_cannot_be_made_to_fit(entries, connection_):
    seal = Seal.objects.get(table="organisation_accessentry")
    by_hand(connection_, "UPDATE organisation_seal SET marks = %s WHERE id = %s", b"\x01abc", seal.pk)
    assert {one.kind for one in verify_history().broken} == {"unsigned"}


def test_a_link_taken_out_is_noticed(entries, class_teacher, class_a, connection_):
    log_access(class_teacher, "view", what="pupil", key="new", path=class_a.path)
    sealed_now()
    first = Seal.objects.filter(table="organisation_accessentry").order_by("first").first()
    by_hand(connection_, "DELETE FROM organisation_seal WHERE id = %s", first.pk)
    assert {"broken", "gap"} <= {one.kind for one in verify_history().broken}


def test_a_tail_cut_off_with_its_rows_shows_in_the_digest_kept_elsewhere(entries, connection_):
    seal = Seal.objects.order_by("pk").last()
    anchor = (seal.county, seal.number, seal.hash)
    by_hand(connection_, "DELETE FROM organisation_seal WHERE id = %s", seal.pk)
    by_hand(connection_, "DELETE FROM organisation_accessentry")
    by_hand(connection_, "DELETE FROM organisation_sealpoint")
    assert verify_history().broken == []
    assert [one.kind for one in verify_history(anchors=[anchor]).broken] == ["anchor"]


def test_another_key_is_said_to_be_another_key(entries, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert {one.kind for one in verify_history().broken} >= {"other_key"}


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize("model", guarded(), ids=lambda model: model._meta.db_table)
def test_the_database_refuses_to_change_and_to_delete(model, statement, connection_, pupils_a, class_teacher, entries):
    row = _row_of(model, pupils_a[0], class_teacher)
    column = next(f.column for f in model._meta.concrete_fields if f.name in ("text", "reason", "hash"))
    with pytest.raises(IntegrityError), transaction.atomic(), connection_.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table, column, column) + f" WHERE id = {row.pk}")
    assert model._base_manager.filter(pk=row.pk).exists()


def _row_of(model, pupil, by):
    made = {
        "students_timelineentry": lambda: model.objects.create(
            pupil=pupil, on=date(2026, 11, 23), at=timezone.now(), kind="x", text="x", by=by
        ),
        "organisation_tombstone": lambda: model.objects.create(
            kind="changed", table="x", first=1, last=1, reason="x", at=timezone.now(), signature="x"
        ),
    }.get(model._meta.db_table)
    return made() if made else model._base_manager.first()


def test_a_purge_leaves_a_tombstone_and_whole_history(entries, administrator, settings):
    settings.KONGCHUO_TODAY = "2027-11-23"
    later = entries[-1].at + timedelta(days=1)
    assert purge_access_log(before=timezone.localdate(later), by=administrator, reason="保存期满") == 5
    assert not AccessEntry.objects.exists()
    stone = Tombstone.objects.get()
    assert (stone.first, stone.last, stone.by) == (entries[0].pk, entries[4].pk, administrator)
    assert found() == []
    sealed_now()
    assert found() == []


@pytest.mark.parametrize(("before", "code"), [(date(2026, 10, 1), "kept_by_law"), (date(2027, 1, 1), "kept_by_law")])
def test_young_entries_are_kept_by_law(entries, administrator, before, code):
    with pytest.raises(CommandError, match="六个月"):
        call_command(
            "purge_access_log", "--before", before.isoformat(), "--by", administrator.login, "--reason", "清理"
        )


def test_what_is_not_sealed_is_not_purged(class_teacher, class_a, administrator, settings):
    log_access(class_teacher, "view", what="pupil", key="new", path=class_a.path)
    settings.KONGCHUO_TODAY = "2028-11-23"
    with pytest.raises(CommandError, match="没封存"):
        call_command("purge_access_log", "--before", "2028-01-01", "--by", administrator.login, "--reason", "清理")


def test_a_forged_tombstone_opens_the_door_and_is_noticed(entries, connection_):
    Tombstone.objects.create(
        kind="purged",
        table="organisation_accessentry",
        first=1,
        last=10**9,
        reason="x",
        at=timezone.now(),
        signature="0",
    )
    AccessEntry.objects.filter(pk=entries[0].pk).delete()
    assert [one.kind for one in verify_history().broken] == ["forged", "missing"]


def test_the_command_says_so_and_ends_with_one(entries, connection_, capsys):
    call_command("verify_history")
    assert "历史完好" in capsys.readouterr().out
    by_hand(connection_, "UPDATE organisation_accessentry SET key = 'z' WHERE id = %s", entries[0].pk)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_history", "--json")
    said = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert said["whole"] is False
    assert said["broken"][0]["row"] == entries[0].pk


def test_the_digest_is_what_the_check_takes(entries, county, capsys):
    call_command("history_digest", "--unit", county.code)
    line = capsys.readouterr().out.strip()
    assert line == digests(Seal.objects.filter(county=county.path))[0].line
    call_command("verify_history", "--unit", county.code, "--anchor", line)
    with pytest.raises(SystemExit):
        call_command("verify_history", "--anchor", f"{county.code}:1:{'0' * 64}")


@pytest.mark.parametrize("arguments", [["--unit", "nix"], ["--anchor", "nix"], ["--anchor", "520502:x:y"]])
def test_what_makes_no_sense_is_refused(county, arguments):
    with pytest.raises(CommandError):
        call_command("verify_history", *arguments)


def test_a_lost_place_does_not_seal_anything_twice(entries):
    seals = Seal.objects.count()
    SealPoint.objects.all().delete()
    assert sealed_now() == 0
    assert Seal.objects.count() == seals
    assert found() == []


def test_nobody_sees_a_seal_without_a_post_for_it(entries, bureau_head, class_teacher, other_clerk, school_day):
    assert Seal.objects.visible_to(bureau_head, on=school_day).exists()
    for person in (class_teacher, other_clerk, make_person()):
        assert not Seal.objects.visible_to(person, on=school_day).exists()
