"""Days away, seen in the rolls (procedures §1): what a run of absence is, and what attended days are. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from students.enums import ABSENT, WITHOUT_SLIP, MarkKind


@dataclass(frozen=True)
class RollDay:
    """What the called sessions of one school day say of a pupil: one kind a session, empty where there was no mark.

    No session: no roll was called, the day is unknown.
    """

    day: date
    kinds: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.kinds)

    @property
    def is_away(self) -> bool:
        """Every called session is an absence; late and early leave are attendance."""
        return self.is_known and all(kind in ABSENT for kind in self.kinds)

    @property
    def is_away_without_slip(self) -> bool:
        return self.is_known and all(kind in WITHOUT_SLIP for kind in self.kinds)

    @property
    def absent_sessions(self) -> int:
        return sum(kind in ABSENT for kind in self.kinds)

    @property
    def is_attended(self) -> bool:
        """There on that day, and never truant: what counts towards closing a case."""
        return self.is_known and not self.is_away and MarkKind.TRUANT not in self.kinds


def run_away(days: Sequence[RollDay]) -> list[date]:
    """The last run of days away without slip, in order; an unknown day neither lengthens nor breaks it."""
    run: list[date] = []
    for found in sorted(days, key=lambda found: found.day, reverse=True):
        if not found.is_known:
            continue
        if not found.is_away_without_slip:
            break
        run.append(found.day)
    return run[::-1]


def days_attended(days: Iterable[RollDay]) -> int:
    """How many days were attended; days on which no roll was called count for nothing."""
    return sum(found.is_attended for found in days)
