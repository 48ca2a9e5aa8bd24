"""The school calendars of many units, read once."""

from functools import lru_cache

from organisation.models import SchoolDay, StatutoryDay, Term
from organisation.rules.calendar import SchoolCalendar, TermSpan
from organisation.rules.paths import ancestors, at_or_below


class CalendarBook:
    """All calendars at, above and below `path` in three statements. Units that say the same share one calendar."""

    def __init__(self, path: str):
        around = at_or_below("unit__path", [path])
        above = {"unit__path__in": ancestors(path)}
        self._workdays = dict(StatutoryDay.objects.values_list("date", "is_workday"))
        self._terms: dict[str, list[TermSpan]] = {}
        self._exceptions: dict[str, dict] = {}
        for model in (Term, SchoolDay):
            rows = model.objects.filter(around) | model.objects.filter(**above)
            for row in rows.select_related("unit"):
                self._add(row)
        self._calendar = lru_cache(maxsize=None)(self._build)
        self._found: dict[str, SchoolCalendar] = {}

    def _add(self, row):
        if isinstance(row, Term):
            self._terms.setdefault(row.unit.path, []).append(row.span)
        else:
            self._exceptions.setdefault(row.unit.path, {})[row.date, row.session] = row.is_open

    def of(self, path: str) -> SchoolCalendar:
        """The calendar in force for the unit at `path`."""
        if path not in self._found:
            speaking = tuple(p for p in ancestors(path) if p in self._terms or p in self._exceptions)
            self._found[path] = self._calendar(speaking)
        return self._found[path]

    def _build(self, speaking) -> SchoolCalendar:
        terms: dict[tuple[int, int], TermSpan] = {}
        exceptions: dict = {}
        for path in speaking:  # from the top down: the nearer unit's word stands
            terms |= {(term.year, term.number): term for term in self._terms.get(path, ())}
            own = self._exceptions.get(path, {})
            whole_days = {day for day, session in own if not session}
            exceptions = {key: is_open for key, is_open in exceptions.items() if key[0] not in whole_days} | own
        return SchoolCalendar(self._workdays, tuple(terms.values()), exceptions)


def calendar_for(path: str) -> SchoolCalendar:
    """The calendar of one unit; for many units take one `CalendarBook`."""
    return CalendarBook(path).of(path)
