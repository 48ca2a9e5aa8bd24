"""Who is barred from the awards of a year (F53, P24), and what is worth commending (F56). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from organisation.rules.grades import school_year


@dataclass(frozen=True)
class Loss:
    """A child who dropped out of a class in the year: whether it was reported in time, and is back or cleared."""

    pupil: int
    since: date
    in_time: bool
    settled: bool

    @property
    def is_excused(self) -> bool:
        return self.in_time and self.settled


def bars_class(losses: Sequence[Loss], most: int) -> bool:
    """Over its target, unless each dropout was reported in time and the child is back or cleared (P24, D16)."""
    return len(losses) > most and not all(loss.is_excused for loss in losses)


def is_barred_in(year: int, in_force_from: date, expires_on: date | None, *, is_sanction: bool) -> bool:
    """当年度 (D5): the school year in which a decision came into force; a 纪律处分 in every year that it lasts into."""
    first = school_year(in_force_from)
    last = school_year(expires_on) if is_sanction and expires_on else first
    return first <= year <= last


def is_below_average(part: int, whole: int, school_part: int, school_whole: int) -> bool:
    """A smaller share than the school's, in integers."""
    return part * school_whole < school_part * whole


def helped(before, after, *, least: int) -> bool:
    """Attendance after a measure is better than before it; both sides known on `least` sessions (F22)."""
    enough = before.called >= least and after.called >= least
    return enough and after.absent * before.called < before.absent * after.called
