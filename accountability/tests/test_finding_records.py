"""What was written about a matter stays (F51): by model, by shell, by SQL, under another key; and it lies sealed."""

import json

import pytest
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from accountability.actions.findings.files import place_of, read_file
from accountability.actions.findings.team import add_evidence
from accountability.enums import FINDING_MOVES, FindingState
from accountability.models import (
    Evidence,
    Finding,
    FindingDocument,
    FindingFile,
    FindingGround,
    FindingStep,
    Investigator,
)
from accountability.queries.steps import is_whole
from accountability.tests.matters import notify, picture, prove
from organisation.actions.keys import rotate_keys
from organisation.errors import Malformed, Refused
from students.actions.merge import merge_pupils

RECORDS = [Evidence, FindingDocument, FindingFile, FindingGround, FindingStep, Investigator]
TABLES = [model._meta.db_table for model in RECORDS] + ["accountability_historicalfinding"]


@pytest.fixture
def served(at_state, bureau_head, team):
    """A matter with a row in every table."""
    finding = at_state("heard")
    add_evidence(finding, finding.grounds.get(), title="照片", text="登记簿", by=team[0], upload=picture())
    return finding


@pytest.mark.parametrize("model", RECORDS)
def test_no_record_is_changed_or_deleted_by_the_model(served, model):
    row = model.objects.first()
    changes = [
        row.save,
        row.delete,
        model.objects.all().delete,
        lambda: model.objects.all().update(pk=row.pk),
        lambda: model.objects.bulk_update([row], ["at"]),
    ]
    for change in changes:
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code == "append_only"


@pytest.mark.parametrize("table", [*TABLES, "accountability_finding"])
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1} || 'x'"])
def test_no_record_is_changed_or_deleted_by_sql(served, table, statement):
    column = {
        "accountability_evidence": "text",
        "accountability_findingdocument": "number",
        "accountability_findingfile": "name",
        "accountability_findingground": "label",
        "accountability_findingstep": "text",
        "accountability_investigator": "post_path",
        "accountability_finding": "path",
        "accountability_historicalfinding": "path",
    }[table]
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column))


def test_the_matter_itself_is_not_deleted_or_set_in_bulk(served):
    for change in (served.delete, Finding.objects.all().delete, lambda: Finding.objects.update(state="decided")):
        with pytest.raises((Refused, ProtectedError)):
            change()


@pytest.mark.parametrize("state", [state for state in FindingState if state not in ("screening", "investigating")])
def test_no_matter_begins_in_the_middle(principal, state, bureau_head):
    fields = {"subject_person": principal, "subject_post": "principal", "path": "x", "decider_kind": "bureau_head"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding(**fields, decider_path="y", opened_at="2026-11-23T08:00+08:00", state=state).save()


@pytest.mark.parametrize(
    "before", ["screening", "investigating", "notified", "heard", "decided", "served", "dismissed"]
)
def test_the_database_holds_the_same_table_of_moves(at_state, before):
    finding = at_state(before)
    for after in FindingState:
        if after == before or after in FINDING_MOVES[FindingState(before)]:
            continue
        finding.state = after
        with pytest.raises(IntegrityError), transaction.atomic():
            finding.save()


def force(finding):
    """What somebody with the database's own words would try."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accountability_finding SET state = 'heard' WHERE id = %s", [finding.pk])
        cursor.execute(
            "UPDATE accountability_finding SET state = 'decided', form = 'criticism', decided_at = opened_at"
            " WHERE id = %s",
            [finding.pk],
        )


@pytest.mark.parametrize("before", ["screening", "investigating", "notified"])
def test_a_decision_without_a_defence_is_impossible_by_sql(at_state, before):
    finding = at_state(before)
    with pytest.raises(IntegrityError):
        force(finding)
    assert Finding.objects.get(pk=finding.pk).state == before


def test_the_defence_must_be_one_against_what_was_told_last(at_state, team):
    finding = at_state("heard")
    notify(prove(finding, team), team, form="circular", new_facts="又查明一项")
    with pytest.raises(IntegrityError):
        force(finding)


def test_a_shell_cannot_skip_the_defence(at_state):
    finding = at_state("notified")
    finding.state, finding.form, finding.decided_at = "decided", "criticism", finding.opened_at
    with pytest.raises(IntegrityError), transaction.atomic():
        finding.save()


def test_what_was_decided_is_not_decided_otherwise(at_state):
    finding = at_state("decided")
    finding.form = "criticism"
    with pytest.raises(IntegrityError), transaction.atomic():
        finding.save()


def test_the_admin_site_knows_nothing_of_it():
    assert not {model for model in admin.site._registry if model._meta.app_label == "accountability"}


def test_the_chain_notices_a_step_that_was_altered_or_taken_out(served):
    steps = list(served.steps.all())
    assert is_whole(steps)
    assert not is_whole(steps[:2] + steps[3:])
    steps[1].text = "别的话"
    assert not is_whole(steps)


def test_texts_lie_sealed(served):
    with connection.cursor() as cursor:
        for table, columns in (
            ("accountability_findingstep", "text, sealed_details"),
            ("accountability_findingground", "text, act"),
            ("accountability_findingdocument", "text, kind"),
            ("accountability_evidence", "title, text"),
        ):
            cursor.execute(f"SELECT {columns} FROM {table}")
            said = json.dumps(cursor.fetchall(), ensure_ascii=False)
            assert not any(word in said for word in ("家访", "培训", "登记簿", "轻微"))
    assert "培训" in served.steps.get(kind="heard").details["answer"]


def test_papers_lie_encrypted_and_content_checked(served, team):
    file = FindingFile.objects.get()
    raw = place_of(file).read_bytes()
    assert raw[:2] != b"\xff\xd8"
    assert b"JFIF" not in raw
    assert read_file(file)[:2] == b"\xff\xd8"  # re-encoded as JPEG
    place_of(file).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(Refused) as refused:
        read_file(file)
    assert refused.value.code == "file_lost"


def test_a_paper_that_is_none_is_refused_and_leaves_no_step(served, team):
    bad = picture("坏.png")
    bad.file.seek(0)
    bad.file.write(b"<html>")
    before = served.steps.count()
    with pytest.raises(Malformed):
        add_evidence(served, served.grounds.get(), title="坏", text="坏", by=team[0], upload=bad)
    assert served.steps.count() == before


@pytest.mark.usefixtures("served")
def test_the_keys_are_changed_under_it(served):
    before = list(served.steps.values_list("digest", flat=True))
    assert rotate_keys() > 0
    steps = list(served.steps.all())
    assert [step.digest for step in steps] == before
    assert is_whole(steps)
    assert read_file(FindingFile.objects.get())[:2] == b"\xff\xd8"


def test_two_files_of_the_child_concerned_are_merged(at_state, principal, registrar, pupils_a):
    finding = at_state("heard", subject_person=principal, pupil=pupils_a[1])
    merge_pupils(pupils_a[0], pupils_a[1], by=registrar, reason="同一个孩子")
    assert Finding.objects.get(pk=finding.pk).pupil == pupils_a[0]
    assert is_whole(list(finding.steps.all()))
