"""Keys are changed: nothing is lost, histories neither, and a rotation that was interrupted is taken up again."""

import json
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection

from organisation.actions import keys
from organisation.actions.keys import rotate_keys, sealed_fields, sealed_models
from organisation.sealing import key_ring, ring_path
from organisation.tests.together import at_once, shared_database
from students.actions.roster import import_roster
from students.models import Guardian, Pupil
from students.models.pupil import identity_index, phone_index, registry_index
from students.tests.factories import identity_number, make_guardian, make_pupil
from students.tests.test_rosters import identity, line, roster  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_keys(transactional_db, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    with shared_database(tmp_path):
        yield


@pytest.fixture
def sealed(class_a):
    """Two pupils with numbers, one without; a phone; and a history."""
    for serial, name in enumerate(("马小龙", "陈佳琪")):
        number = identity_number(serial)
        pupil = make_pupil(class_a, name, identity_number=number, registry_number=f"G{number}")
        make_guardian(pupil, phone=f"1390000000{serial}")
        pupil.name = f"{name}改"
        pupil.save()
    make_pupil(class_a, "无证件")


def plain():
    """What everybody may read of the sealed columns, histories included."""
    return {
        model.__name__: list(model.objects.order_by("pk").values_list(*(f.name for f in sealed_fields(model))))
        for model in sealed_models()
    }


def raw():
    """What lies in the sealed columns and in their indexes."""
    found = []
    with connection.cursor() as cursor:
        for model in sealed_models():
            for field in sealed_fields(model):
                cursor.execute(f"SELECT {field.attname} FROM {model._meta.db_table}")
                found += [value for (value,) in cursor.fetchall() if value]
    return found


def test_everything_is_sealed_and_found_under_the_new_keys_and_the_old_ones_are_gone(sealed):
    before, old = plain(), key_ring()
    call_command("rotate_keys")

    assert plain() == before
    assert len(before["HistoricalPupil"]) == 5
    assert {value.partition(".")[0] for value in raw()} == {"k2"}
    assert list(key_ring().sealing) == ["k2"]
    assert key_ring().index != old.index
    assert old.sealing["k1"].hex() not in ring_path().read_text()
    for pupil in Pupil.objects.exclude(name="无证件"):
        assert Pupil.objects.get(identity_index=identity_index(pupil.identity_number)) == pupil
        assert Pupil.objects.get(registry_index=registry_index(pupil.registry_number)) == pupil
        assert set(pupil.history.values_list("identity_index", flat=True)) == {pupil.identity_index}
    for guardian in Guardian.objects.all():
        assert guardian.phone_index == phone_index(guardian.phone)


@pytest.mark.parametrize("died_in", ["_reseal", "_switch_index", "_reindex"])
def test_a_rotation_that_was_killed_is_taken_up_again(sealed, monkeypatch, died_in):
    before = plain()
    whole = getattr(keys, died_in)

    def die(*args):
        done = whole(*args)
        if done is not None:
            next(done, None)  # one batch came through
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keys, died_in, die)
        with pytest.raises(KeyboardInterrupt):
            rotate_keys()
    assert plain() == before

    rotate_keys()

    assert plain() == before
    assert list(json.loads(ring_path().read_text())["sealing"]) == ["k2"]
    assert {value.partition(".")[0] for value in raw()} == {"k2"}
    for pupil in Pupil.objects.exclude(name="无证件"):
        assert pupil.identity_index == identity_index(pupil.identity_number)


def test_small_batches_give_the_same(sealed, monkeypatch):
    monkeypatch.setattr(keys, "BATCH", 1)
    before = plain()
    rotate_keys()
    assert plain() == before
    assert {value.partition(".")[0] for value in raw()} == {"k2"}


def test_keys_may_be_changed_again(sealed):
    before = plain()
    rotate_keys()
    rotate_keys()
    assert plain() == before
    assert key_ring().current == "k3"


def test_a_guardian_written_meanwhile_is_sealed_under_the_new_key(sealed):
    keys._begin()
    guardian = Guardian.objects.first()
    guardian.phone = "13911111111"
    guardian.save()
    rotate_keys()
    assert Guardian.objects.get(pk=guardian.pk).phone == "13911111111"


def test_a_roster_during_which_the_keys_are_changed_comes_in_under_the_new_ones(school_a, roster):  # noqa: F811
    def while_it_is_staged(done, total):
        if total and key_ring().current == "k1":
            at_once(rotate_keys)

    plan = import_roster(roster(line(1)), since=date(2026, 9, 1), progress=while_it_is_staged)

    assert (plan.created, key_ring().current) == (1, "k2")
    assert {value.partition(".")[0] for value in raw()} == {"k2"}
    assert Pupil.objects.get().identity_index == identity_index(identity(1))
