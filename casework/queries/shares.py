"""Unexcused shares of sessions by semester (F11), for many pupils in a handful of statements."""

from collections import defaultdict
from datetime import date

from casework.queries.away import roll_days
from casework.rules.ratio import Share
from organisation.queries.edition import rule_book
from organisation.rules.grades import school_year, school_year_start
from students.enums import WITHOUT_SLIP, MarkKind
from students.models import Mark, Pupil

YEARS = 2  # four semesters


def ever_unexcused(pupil_ids, *, since: date) -> set[int]:
    """Those of the pupils who have any unexcused mark since a day: nobody else's share can pass a limit."""
    marks = Mark.objects.filter(pupil__in=pupil_ids, kind__in=WITHOUT_SLIP, slip__isnull=True, date__gte=since)
    return set(marks.values_list("pupil", flat=True))


def shares_of(pupil_ids, *, on: date) -> dict[int, tuple[Share, list[Share]]]:
    """{pupil: (share of the school year, shares of the last semesters in order)}, only for who was ever unexcused.

    An unverified mark of the present day is not unexcused yet.
    """
    year = school_year(on)
    first = school_year_start(year - YEARS + 1)
    concerned = ever_unexcused(pupil_ids, since=first)
    days = roll_days(concerned, first=first, last=on)
    found = {}
    for pupil in Pupil.objects.filter(pk__in=concerned):
        calendar = rule_book(pupil.path).calendar(pupil.path)
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for day in days.get(pupil.pk, ()):
            count = counts[calendar.semester_of(day.day).key]
            count[1] += len(day.kinds)
            count[0] += sum(
                kind in WITHOUT_SLIP and not (kind == MarkKind.UNVERIFIED and day.day >= on) for kind in day.kinds
            )
        semesters = [Share(key, *count) for key, count in sorted(counts.items())]
        of_year = [one for one in semesters if one.period.startswith(f"{year}-")]
        total = Share(str(year), sum(s.unexcused for s in of_year), sum(s.expected for s in of_year))
        found[pupil.pk] = (total, semesters)
    return found
