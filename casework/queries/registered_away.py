"""在籍不在校 (F68): registered, in school by the register, and seen in none of the last rolls; or no roll was called."""

from datetime import date

from django.db.models import Exists, OuterRef

from casework.queries.away import roll_days
from organisation.models import Unit
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.rules.paths import at_or_below
from students.enums import ABSENT, EnrolmentStatus
from students.models import Enrolment, Mark, Pupil, Roll


def away_by_rolls(paths, *, on: date) -> dict[int, tuple[int, date]]:
    """{pupil: (days away, the first of them)}: away on every called day of the last school days, at least one of them.

    Only pupils with an absence in the time are looked at day by day: a handful of statements for any county.
    """
    if not paths:
        return {}
    since = _since(paths, on)
    marked = Mark.objects.filter(at_or_below("roll__path", paths), date__range=(since, on), kind__in=ABSENT)
    current = Enrolment.objects.current(on=on).filter(
        status=EnrolmentStatus.IN_SCHOOL, pupil__in=marked.values("pupil")
    )
    pupils = list(current.order_by().values_list("pupil", flat=True).distinct())
    found = {}
    for pupil, days in roll_days(pupils, first=since, last=on).items():
        known = [day for day in days if day.is_known]
        if known and all(day.is_away for day in known):
            found[pupil] = (len(known), min(day.day for day in known))
    return found


def classes_without_rolls(paths, *, on: date):
    """Classes with children in school in which no roll was called in the last school days: nobody there is attested."""
    if not paths:
        return Unit.objects.none()
    called = Roll.objects.filter(school_class=OuterRef("pk"), date__range=(_since(paths, on), on))
    taught = Enrolment.objects.current(on=on).filter(status=EnrolmentStatus.IN_SCHOOL, school_class=OuterRef("pk"))
    return Unit.objects.filter(at_or_below("path", paths), ~Exists(called), Exists(taught), kind="class")


def _since(paths, on) -> date:
    """The first of the last school days that the regulation looks at, by the county's calendar."""
    county = min(paths)[:COUNTY_LENGTH]
    book = rule_book(county)
    days = book.rules(county, on=on).compare.away_school_days
    calendar = book.calendar(county)
    return calendar.add_school_days_back(calendar.last_school_day(on), days - 1)


def pupils_away(person, paths, *, on: date) -> list[tuple[Pupil, int, date]]:
    """Those children whom the person may see, longest away first."""
    found = away_by_rolls(paths, on=on)
    pupils = Pupil.objects.visible_to(person, on=on).filter(pk__in=found)
    return sorted(((pupil, *found[pupil.pk]) for pupil in pupils), key=lambda one: (-one[1], one[2], one[0].sort_key))
