"""Sealing access entries into the chain, and proving them, against reading the same rows and hashing them."""

import hmac
from time import perf_counter

from benchmarks.measure import Line, statements_of
from benchmarks.raw import Raw
from organisation.actions.access import log_accesses
from organisation.actions.chain import seal_history
from organisation.models import AccessEntry, Person
from organisation.queries.chain import verify_history

ROWS = 100_000  # of a county of a thousand pupils or more
BATCH = 10_000
KEY = b"k" * 32
FLOOR = (
    "SELECT id, at, person_id, action, what, key, reason, path FROM organisation_accessentry WHERE id > %s ORDER BY id"
)


def measure(world):
    rows = min(ROWS, world.pupils * 100)
    seal_history()  # what the demo wrote
    last = AccessEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    person = Person.objects.order_by("pk").first()
    for start in range(0, rows, BATCH):
        entries = [(f"p{number:09d}", world.county.path) for number in range(start, start + BATCH)]
        log_accesses(person, "view", what="pupil", entries=entries)
    with Raw() as raw:
        floors = sorted(_floor(raw, last) for _ in range(3))
    begun = perf_counter()
    statements = statements_of(lambda: _seal_all(rows))
    ours = perf_counter() - begun
    begun = perf_counter()
    proof = verify_history()
    proved = perf_counter() - begun
    if proof.broken or proof.rows < rows:
        raise RuntimeError(f"history is not whole: {proof}")
    also = {"rows": rows, "verify_history of all s": proved, "of rows": proof.rows}
    yield Line("seal history", world.pupils, "s", ours, floors[1], reach="—", statements=statements, also=also)


def _seal_all(rows):
    """What was seen by the first look is settled; nobody else writes here."""
    sealed = seal_history()
    if sealed < rows:
        sealed += seal_history()
    if sealed < rows:
        raise RuntimeError(f"only {sealed} sealed")


def _floor(raw, last) -> float:
    begun = perf_counter()
    previous = b""
    for row in raw.run(FLOOR, [last]):
        previous = hmac.digest(KEY, previous + repr(row).encode(), "sha256")
    raw.roll_back()
    return perf_counter() - begun
