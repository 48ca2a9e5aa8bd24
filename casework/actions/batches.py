"""Pupils batch by batch: locked, their facts read once, then whatever follows from them, in one transaction."""

from collections import Counter
from collections.abc import Callable

from django.db import transaction

from casework.queries.conduct import RollFacts
from organisation import clock
from students.models import Pupil

BATCH = 1000


def in_batches(pupil_ids, *following: Callable[[RollFacts], Counter]) -> Counter:
    """What the functions counted, each called with every batch; of two workers the second finds nothing left to do."""
    counted = Counter()
    keys = sorted(set(pupil_ids))
    for start in range(0, len(keys), BATCH):
        counted.update(_one(keys[start : start + BATCH], following))
    return counted


@transaction.atomic
def _one(keys, following) -> Counter:
    locked = Pupil.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    facts = RollFacts(dict(locked.values_list("pk", "path")), on=clock.today())
    counted = Counter()
    for follow in following:
        counted.update(follow(facts))
    return counted
