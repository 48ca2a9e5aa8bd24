"""Calendar and regulation of a county, read once and kept as long as nobody changes them."""

from functools import lru_cache

from django.db import connection
from django.db.models import CharField, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from organisation.models import Regulation, SchoolDay, StatutoryDay, Term
from organisation.queries.calendars import CalendarBook
from organisation.queries.regulations import RegulationBook
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.paths import STEP
from organisation.rules.regulation import Rules

COUNTY_LENGTH = 3 * STEP
SOURCES = (StatutoryDay, Term, SchoolDay, Regulation)


class RuleBook:
    """What the calendar and the regulation say at every unit at, above and below `path`."""

    def __init__(self, path: str):
        self._calendars = CalendarBook(path)
        self._regulations = RegulationBook(path)

    def calendar(self, path: str) -> SchoolCalendar:
        return self._calendars.of(path)

    def rules(self, path: str, *, on) -> Rules:
        return self._regulations.of(path, on=on)


def edition() -> str:
    """Changes whenever calendar or regulation do: the newest line of each of their histories, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(*_edition_statement())
        found = cursor.fetchone()
    return found[0] if found else ""


@lru_cache(maxsize=1)
def _edition_statement() -> tuple[str, tuple]:
    """Every roll that is opened or saved asks it: it is put together once."""
    newest = []
    for model in SOURCES:
        newest_line = model.history.model.objects.order_by("-history_id").values("history_id")[:1]
        newest += [Coalesce(Cast(Subquery(newest_line), CharField()), Value("0")), Value(".")]
    row = StatutoryDay.objects.order_by().annotate(edition=Concat(*newest, output_field=CharField()))
    return row.values_list("edition", flat=True)[:1].query.sql_with_params()


def rule_book(path: str) -> RuleBook:
    """The rule book for a unit; one statement where nothing has changed since it was last asked for."""
    return _book(path[:COUNTY_LENGTH], edition())


def rule_books(paths) -> dict[str, RuleBook]:
    """{path: rule book} for many units, in one statement where nothing has changed."""
    wanted = set(paths)
    current = edition() if wanted else ""
    return {path: _book(path[:COUNTY_LENGTH], current) for path in wanted}


@lru_cache(maxsize=32)
def _book(path, current) -> RuleBook:
    return RuleBook(path)


def forget_rule_books():
    """Read everything anew: for tests, whose databases come and go."""
    _book.cache_clear()
