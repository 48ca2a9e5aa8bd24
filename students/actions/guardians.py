"""Guardians found again by the blind index of their phone: who shares one is a sibling, or lives with one (F20)."""

from organisation.actions.bulk import copy_to_history
from students.models import Guardian

CHUNK = 2000


def index_phones() -> int:
    """Index the phones that were entered before there was an index; a second run finds nothing to do."""
    found = 0
    rows = Guardian.objects.exclude(phone="").filter(phone_index__isnull=True).order_by("pk")
    while batch := list(rows[:CHUNK]):
        for guardian in batch:
            guardian.prepare()
        Guardian.objects.bulk_update(batch, ["phone_index"])
        marks = ", ".join(["%s"] * len(batch))
        copy_to_history(Guardian, f"{Guardian._meta.db_table}.id IN ({marks})", [g.pk for g in batch], kind="~")
        found += len(batch)
    return found
