"""Attendance before and after something was done, side by side (F22). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from casework.rules.away import RollDay
from students.enums import ABSENT, MarkKind

WINDOW = 20


@dataclass(frozen=True)
class Side:
    """What the rolls of some days say: absent sessions of called ones, truant days, days on which nobody called."""

    days: int
    called: int
    absent: int
    truant_days: int
    unknown: int

    @property
    def share(self):
        return self.absent / self.called if self.called else None


def side_of(days: Sequence[RollDay]) -> Side:
    return Side(
        len(days),
        sum(len(day.kinds) for day in days),
        sum(kind in ABSENT for day in days for kind in day.kinds),
        sum(MarkKind.TRUANT in day.kinds for day in days),
        sum(not day.is_known for day in days),
    )


def side_by_side(days: Sequence[RollDay], on: date, *, window=WINDOW) -> tuple[Side, Side]:
    """The last school days before a day and the first ones from it on, as many on each side as there are."""
    ordered = sorted(days, key=lambda day: day.day)
    before = [day for day in ordered if day.day < on][-window:]
    after = [day for day in ordered if day.day >= on][:window]
    return side_of(before), side_of(after)
