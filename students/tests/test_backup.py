"""A backup taken while people work, brought back on an empty machine; a damaged one is refused with a sentence."""

import json
import shutil

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from organisation.actions.backup import MANIFEST, count_rows, make_backup
from organisation.models import Person, Unit
from organisation.sealing import ring_path
from organisation.tests.factories import make_person
from organisation.tests.together import at_once, shared_database
from students.models import Attachment, Pupil
from students.tests.factories import identity_number, make_pupil

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_installation(transactional_db, tmp_path, settings):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    with shared_database(tmp_path):
        yield


@pytest.fixture
def installed(class_a, class_teacher, settings):
    """A pupil with a sealed number, and a paper."""
    paper = Attachment.objects.create(
        name="证明.pdf",
        content_type="application/pdf",
        size=4,
        sha256="0",
        path=class_a.path,
        uploaded_by=class_teacher,
    )
    uploads = settings.DATA_DIR / "uploads"
    uploads.mkdir()
    (uploads / str(paper.pk)).write_bytes(b"%PDF")
    return make_pupil(class_a, "马小龙", identity_number=identity_number(7))


@pytest.fixture
def saved(installed, tmp_path):
    folder = tmp_path / "backup"
    call_command("backup", str(folder))
    return folder


def empty(settings):
    """An empty machine: tables as `migrate` makes them, nothing in them, no uploads; the keys were put back."""
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(settings.DATA_DIR / "uploads", ignore_errors=True)


def test_a_backup_comes_back_whole_on_an_empty_machine(saved, settings, capsys):
    before = count_rows()
    empty(settings)
    assert not Pupil.objects.exists()

    call_command("restore", str(saved))

    assert count_rows() == before
    pupil = Pupil.objects.get()
    assert (pupil.name, pupil.identity_number) == ("马小龙", identity_number(7))
    assert (settings.DATA_DIR / "uploads" / str(Attachment.objects.get().pk)).read_bytes() == b"%PDF"
    assert "都相符" in capsys.readouterr().out
    make_person("新人")  # keys of new rows go on where the old ones ended


def test_the_manifest_names_every_file_and_table_and_no_key(saved, settings):
    manifest = json.loads((saved / MANIFEST).read_text())
    assert {file["path"] for file in manifest["files"]} == {
        str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file() and path.name != MANIFEST
    }
    assert manifest["counts"]["students_pupil"] == 1
    ring = json.loads(ring_path().read_text())
    everything = b"".join(path.read_bytes() for path in saved.rglob("*") if path.is_file())
    assert ring["index"].encode() not in everything
    assert ring["sealing"]["k1"].encode() not in everything


def test_a_backup_under_load_is_that_of_one_moment(class_a, tmp_path):
    folder = tmp_path / "backup"

    def enrol():
        for _ in range(30):
            with transaction.atomic():
                make_pupil(class_a)

    manifest, *others = at_once(lambda: make_backup(folder), enrol, enrol)

    assert others == [None, None]
    counts = manifest["counts"]
    assert counts["students_pupil"] == counts["students_historicalpupil"] == counts["students_enrolment"]


def spoil_dump(folder):
    dump = next(folder.glob("database.*"))
    raw = bytearray(dump.read_bytes())
    raw[len(raw) // 2] ^= 1
    dump.write_bytes(raw)


def lose_upload(folder):
    next((folder / "uploads").iterdir()).unlink()


def cut_dump(folder):
    dump = next(folder.glob("database.*"))
    dump.write_bytes(dump.read_bytes()[:-100])


def lose_manifest(folder):
    (folder / MANIFEST).unlink()


def spoil_manifest(folder):
    (folder / MANIFEST).write_text("{")


def point_outside(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"].append({"path": "../data/keys/sealing.json", "bytes": 1, "sha256": ""})
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize("damage", [spoil_dump, cut_dump, lose_upload, lose_manifest, spoil_manifest, point_outside])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(saved, settings, damage):
    damage(saved)
    empty(settings)
    with pytest.raises(CommandError, match="备份"):
        call_command("restore", str(saved))
    assert not Pupil.objects.exists()
    assert not (settings.DATA_DIR / "uploads").exists()


def test_nothing_is_restored_over_data(saved):
    with pytest.raises(CommandError, match="空的安装"):
        call_command("restore", str(saved))
    assert Pupil.objects.count() == 1


def test_a_backup_of_a_newer_program_or_another_database_is_refused(saved, settings):
    empty(settings)
    manifest = json.loads((saved / MANIFEST).read_text())
    for change in ({"migrations": ["students.9999_tomorrow"]}, {"database": "postgresql"}, {"database": "sqlite"}):
        other = {**manifest, **change}
        if other == manifest:
            continue
        (saved / MANIFEST).write_text(json.dumps(other))
        with pytest.raises(CommandError):
            call_command("restore", str(saved))
    assert not Unit.objects.exists()


def test_keys_that_do_not_fit_are_told_of(saved, settings, capsys):
    empty(settings)
    ring_path().unlink()
    call_command("restore", str(saved))
    assert "keys/" in capsys.readouterr().err
    assert not ring_path().exists()


@pytest.mark.parametrize("place", ["uploads", "full"])
def test_a_backup_goes_into_an_empty_folder_outside_the_data(installed, settings, tmp_path, place):
    folder = settings.DATA_DIR / "uploads" / "b" if place == "uploads" else tmp_path
    with pytest.raises(CommandError):
        call_command("backup", str(folder))


def test_a_missing_tool_is_named(installed, tmp_path, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite needs no tool")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup", str(tmp_path / "backup"))
    assert Person.objects.exists()
