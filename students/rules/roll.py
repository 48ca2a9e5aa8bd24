"""The clock and the count of a roll (procedures §1). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from organisation.enums import Session
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.regulation import RollRules
from students.enums import ABSENT, MarkKind

REGULAR_SESSIONS = (Session.AM, Session.PM)


@dataclass(frozen=True)
class RollClock:
    """Until which day who may still submit or change a roll, by the calendar of its class."""

    calendar: SchoolCalendar
    rules: RollRules

    def last_day_to_submit(self, day: date) -> date:
        return self.calendar.add_school_days(day, self.rules.first_submission_days)

    def last_day_to_change(self, day: date) -> date:
        return self.calendar.add_school_days(day, self.rules.change_days)

    def is_too_late(self, day: date, *, first: bool, on: date) -> bool:
        """Whether the class teacher's time for a roll of `day` is over on day `on`."""
        return on > (self.last_day_to_submit(day) if first else self.last_day_to_change(day))

    def is_called(self, day: date, session: str, *, boarding: bool) -> bool:
        """Whether there is such a session that day: evenings at boarding schools, or where the calendar opens them."""
        if session == Session.EVENING:
            opened = self.calendar.exceptions.get((day, session))
            return opened if opened is not None else boarding and self.calendar.is_school_day(day)
        return self.calendar.is_school_day(day, session)

    def sessions(self, day: date, *, boarding: bool) -> list[str]:
        return [session for session in Session.values if self.is_called(day, session, boarding=boarding)]


@dataclass(frozen=True)
class Count:
    """Expected, present and how many of each kind."""

    expected: int
    present: int
    kinds: dict[str, int]


def count_together(counts: Iterable[Count]) -> Count:
    """The sum of several classes on one page (P4)."""
    counts = list(counts)
    kinds = {kind: sum(count.kinds.get(kind, 0) for count in counts) for kind in MarkKind.values}
    present = {kind: number for kind, number in kinds.items() if number}
    return Count(sum(count.expected for count in counts), sum(count.present for count in counts), present)


def count_roll(expected: int, kinds: Iterable[str]) -> Count:
    """The count of a roll from what its marks count as; late, early leave and official leave are attendance."""
    tally: dict[str, int] = {}
    for kind in kinds:
        tally[kind] = tally.get(kind, 0) + 1
    absent = sum(number for kind, number in tally.items() if kind in ABSENT)
    ordered = {kind: tally[kind] for kind in MarkKind.values if kind in tally}
    return Count(expected, expected - absent, ordered)
