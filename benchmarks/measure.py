"""Clocks, medians, statement counts, and the line of the table that they end in."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from django.db import connection
from django.test.utils import CaptureQueriesContext

from organisation.models import Unit

TIMES = 3
BOOKKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")


@dataclass(frozen=True)
class World:
    """Where a measurement takes place: the demo county in its scratch database."""

    pupils: int
    folder: Path
    county: Unit


@dataclass(frozen=True)
class Line:
    """Ours beside its floor. `share` is the floor's speed that we reach where `is_rate`, else how many times its cost."""

    name: str
    pupils: int
    unit: str
    ours: float
    floor: float | None = None
    is_rate: bool = False
    reach: str = ""
    statements: int | None = None
    also: dict = field(default_factory=dict)
    share: float | None = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "share", self.ours / self.floor if self.floor else None)


def seconds(work: Callable) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def side_by_side(ours: Callable, floor: Callable, times=TIMES) -> tuple[float, float]:
    """Median seconds of both, taken in turns, so that a busy moment of the machine meets both."""
    taken = []
    for _ in range(times):
        gc.collect()
        taken.append((seconds(ours), seconds(floor)))
    return median(one for one, _ in taken), median(other for _, other in taken)


def statements_of(work: Callable) -> int:
    """How many statements the database is asked; what only opens and closes a transaction is not counted."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return sum(1 for query in captured.captured_queries if not query["sql"].startswith(BOOKKEEPING))


def percentile(values, share) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
