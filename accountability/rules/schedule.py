"""When routine work is due (F41): by the school days of its week, month, term or year. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from organisation.rules.calendar import ONE_DAY, SchoolCalendar
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.routine import Routine


@dataclass(frozen=True)
class Due:
    """One period of a routine: its key, from which day on it stands in the inbox, and its last day."""

    period: str
    opens_on: date
    due_on: date


def period_of(every: str, calendar: SchoolCalendar, on: date) -> str:
    """The week (2026-W48), month (2026-11), semester (2026-1) or school year (2026) in which a day counts."""
    if every == "week":
        year, week, _ = on.isocalendar()
        return f"{year}-W{week:02d}"
    if every == "month":
        return f"{on:%Y-%m}"
    if every == "term":
        return calendar.semester_of(on).key
    return str(school_year(on))


def span_of(every: str, calendar: SchoolCalendar, on: date) -> tuple[date, date]:
    """First and last day of the period in which a day counts."""
    if every == "week":
        monday = on - timedelta(days=on.weekday())
        return monday, monday + timedelta(days=6)
    if every == "month":
        first = on.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY
    if every == "term":
        term = calendar.semester_of(on)
        return term.first_day, term.last_day
    terms = calendar.terms_of(school_year(on))
    return min(school_year_start(school_year(on)), terms[0].first_day), terms[-1].last_day


def due_of(rule: Routine, calendar: SchoolCalendar, on: date) -> Due | None:
    """When a routine falls due in the period of a day; None where it is never due, or the period has no school day.

    `within` counts school days from the period's first, that one included; beyond its end the last one holds.
    """
    if rule.every == "never":
        return None
    days = calendar.school_days(*span_of(rule.every, calendar, on))
    if not days:
        return None
    last = min(rule.within, len(days)) - 1 if rule.within else len(days) - 1
    first = max(last - rule.notice, 0) if rule.notice else 0
    return Due(period_of(rule.every, calendar, on), days[first], days[last])
