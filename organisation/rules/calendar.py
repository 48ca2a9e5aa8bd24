"""School days (procedures, preamble): a working day by the statutory calendar, inside a term, not struck out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache

from organisation.rules.grades import school_year

# Days that a register may speak of; beyond them no calendar is asked.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
ONE_DAY = timedelta(days=1)
KEPT = 4000  # answers that a calendar keeps at hand: several years of days
HORIZON = 500  # no holiday is longer; a clock that finds no school day in it stands on the last day looked at


@dataclass(frozen=True)
class TermSpan:
    """A semester: 1 up to the end of the winter holiday, 2 after it."""

    year: int
    number: int
    first_day: date
    last_day: date

    @property
    def key(self) -> str:
        """2026-1 is the first semester of school year 2026."""
        return f"{self.year}-{self.number}"

    @property
    def name(self) -> str:
        return f"{self.year}—{self.year + 1}学年第{'一二'[self.number - 1]}学期"


@lru_cache(maxsize=128)
def default_terms(year: int) -> tuple[TermSpan, TermSpan]:
    """The semesters of a school year for which nobody has entered any."""
    return (
        TermSpan(year, 1, date(year, 9, 1), date(year + 1, 1, 20)),
        TermSpan(year, 2, date(year + 1, 2, 20), date(year + 1, 7, 10)),
    )


@dataclass(frozen=True)
class SchoolCalendar:
    """The calendar of one unit: `exceptions` is {(day, session or ""): open?}, nearer units' over their parents'."""

    workdays: Mapping[date, bool]
    terms: Sequence[TermSpan] = ()
    exceptions: Mapping[tuple[date, str], bool] = field(default_factory=dict)

    @cached_property
    def _terms_by_year(self):
        years = {}
        for term in sorted(self.terms, key=lambda term: term.number):
            years.setdefault(term.year, []).append(term)
        return years

    def terms_of(self, year: int) -> Sequence[TermSpan]:
        return self._terms_by_year.get(year) or default_terms(year)

    def term_of(self, on: date) -> TermSpan | None:
        """The term that a day lies in; None in the holidays."""
        return next((t for t in self.terms_of(school_year(on)) if t.first_day <= on <= t.last_day), None)

    def semester_of(self, on: date) -> TermSpan:
        """The semester that a day counts in: holidays count with the semester before them."""
        return self._semesters(on)

    @cached_property
    def _semesters(self):
        return lru_cache(maxsize=KEPT)(self._find_semester)

    def _find_semester(self, on):
        terms = self.terms_of(school_year(on))
        return next((t for t in reversed(terms) if t.first_day <= on), terms[0])

    def is_working_day(self, on: date) -> bool:
        """By the statutory calendar; Monday to Friday where it is not known yet."""
        return self.workdays.get(on, on.weekday() < 5)

    def is_school_day(self, on: date, session: str = "") -> bool:
        """Whether there is school: on that day at all, or in that session of it."""
        return self._school_days(on, session)

    @cached_property
    def _school_days(self):
        """A calendar never changes: what it says of a day that many pupils ask for is found once."""
        return lru_cache(maxsize=KEPT)(self._find_school_day)

    def _find_school_day(self, on, session):
        if session and (on, session) in self.exceptions:
            return self.exceptions[on, session]
        if (on, "") in self.exceptions:
            return self.exceptions[on, ""]
        if self.is_working_day(on) and self.term_of(on) is not None:
            return True
        return not session and any(self.exceptions.get((on, s)) for s in ("am", "pm", "evening"))

    def school_days(self, first: date, last: date) -> list[date]:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in days if self.is_school_day(day)]

    def add_school_days(self, on: date, days: int) -> date:
        """The `days`-th school day after `on`; 0 is `on` itself."""
        return self._add(on, days, self.is_school_day)

    def add_school_days_back(self, on: date, days: int) -> date:
        """The `days`-th school day before `on`; 0 is `on` itself."""
        day = on
        for _ in range(HORIZON):
            if days <= 0:
                break
            day -= ONE_DAY
            days -= self.is_school_day(day)
        return day

    def add_working_days(self, on: date, days: int) -> date:
        """For townships and bureaus, whose clocks know no terms."""
        return self._add(on, days, self.is_working_day)

    def school_days_between(self, first: date, last: date) -> int:
        """School days after `first` up to and including `last`: how late something is."""
        return len(self.school_days(first + ONE_DAY, last)) if last > first else 0

    def working_days_between(self, first: date, last: date) -> int:
        days = (first + timedelta(days=n + 1) for n in range(max((last - first).days, 0)))
        return sum(1 for day in days if self.is_working_day(day))

    def next_school_day(self, on: date) -> date:
        return self.add_school_days(on, 1)

    def last_school_day(self, on: date) -> date:
        """`on`, or the last school day before it."""
        for back in range(HORIZON):
            if self.is_school_day(day := on - timedelta(days=back)):
                return day
        return on

    def _add(self, on, days, counts):
        day = on
        for _ in range(HORIZON):
            if days <= 0:
                break
            day += ONE_DAY
            if counts(day):
                days -= 1
        return day
