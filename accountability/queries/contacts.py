"""Which children's families were visited or called in a school year (P9): from contacts, from visits of cases, from talks."""

from datetime import date, time

from django.db.models import Count, Q
from django.utils import timezone

from accountability.models import HomeContact
from casework.enums import MeasureKind
from casework.models import TalkRecord, Visit
from organisation import clock
from organisation.rules.grades import school_year_start
from students.enums import EnrolmentStatus
from students.models import Enrolment

# What counts as having been at a family's: a recorded home visit of the ladder, a word with the guardians.
TALKS = (MeasureKind.HOME_VISIT, MeasureKind.GUARDIANS_TOLD)


def days_of(year: int) -> tuple[date, date]:
    """The first day of a school year, and the first after it."""
    return school_year_start(year), school_year_start(year + 1)


def contacted(year) -> Q:
    """Enrolments whose child was contacted in a school year, as a filter on `pupil`."""
    first, after = days_of(year)
    since, until = clock.at(first, time()), clock.at(after, time())
    own = HomeContact.objects.filter(on__gte=first, on__lt=after)
    visits = Visit.objects.filter(at__gte=since, at__lt=until)
    talks = TalkRecord.objects.filter(kind__in=TALKS, at__gte=since, at__lt=until)
    return (
        Q(pupil__in=own.values("pupil"))
        | Q(pupil__in=visits.values("case__pupil"))
        | Q(pupil__in=talks.values("pupil"))
    )


def taught_now(path, *, on):
    return Enrolment.objects.current(on=on).below(path).with_status(EnrolmentStatus.IN_SCHOOL)


def progress_by_class(path, *, year, on) -> dict[int, tuple[int, int]]:
    """{class: (contacted, taught)} at and below a unit, one statement."""
    rows = taught_now(path, on=on).order_by().values("school_class")
    rows = rows.annotate(taught=Count("pk"), reached=Count("pk", filter=contacted(year)))
    return {row["school_class"]: (row["reached"], row["taught"]) for row in rows}


def contacted_classes(path, *, year) -> set[int]:
    """The classes whose every child was contacted."""
    progress = progress_by_class(path, year=year, on=clock.today())
    return {pk for pk, (reached, taught) in progress.items() if reached >= taught}


def contacted_since(days: dict[int, date]) -> set[int]:
    """Of {pupil: day}, who was contacted on that day or later, three statements."""
    if not days:
        return set()
    first = clock.at(min(days.values()), time())
    rows = [(pupil, on) for pupil, on in HomeContact.objects.filter(pupil__in=days).values_list("pupil", "on")]
    visits = Visit.objects.filter(case__pupil__in=days, at__gte=first).values_list("case__pupil", "at")
    talks = TalkRecord.objects.filter(pupil__in=days, at__gte=first, kind__in=TALKS).values_list("pupil", "at")
    rows += [(pupil, timezone.localdate(at)) for pupil, at in [*visits, *talks]]
    return {pupil for pupil, on in rows if on >= days[pupil]}
