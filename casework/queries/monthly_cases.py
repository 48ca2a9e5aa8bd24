"""Cases of a month by school (F36): what moved in it, and who is on the ledger at its end; zero rows too."""

from calendar import monthrange
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from casework.enums import OUT_OF_SCHOOL, CaseState
from casework.models import CaseMove
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.rules.paths import at_or_below
from students.models import Enrolment

COUNTED = {
    CaseState.SUSPECTED: "opened",
    CaseState.CONFIRMED: "confirmed",
    CaseState.RETURNED: "returned",
    CaseState.CLOSED: "closed",
    CaseState.CLEARED: "cleared",
}


@dataclass(frozen=True)
class SchoolMonth:
    """One school's month: `ledger` is who was out of school on its last day."""

    school: Unit
    opened: int = 0
    confirmed: int = 0
    returned: int = 0
    closed: int = 0
    cleared: int = 0
    ledger: int = 0

    @property
    def is_zero(self) -> bool:
        return not (self.opened or self.confirmed or self.returned or self.closed or self.cleared or self.ledger)


def month_span(month: str) -> tuple[date, date]:
    """The first and last day of 2026-11."""
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def cases_of_month(paths, month: str) -> list[SchoolMonth]:
    """Every school at or below `paths`, in three statements. A case counts with the school that had the child that day;
    one that no register had, with the school of its file."""
    first, last = month_span(month)
    schools = list(Unit.objects.filter(at_or_below("path", paths), kind=UnitKind.SCHOOL, closed_on=None))
    moves = list(
        CaseMove.objects.filter(
            at_or_below("case__path", paths) | at_or_below("case__origin_path", paths), on__lte=last
        )
        .order_by("pk")
        .values_list("case", "case__pupil", "case__path", "on", "after")
    )
    had = _schools_of({pupil for _, pupil, *_ in moves})
    counts: dict[str, Counter] = defaultdict(Counter)
    standing: dict[int, tuple] = {}
    for case, pupil, path, on, after in moves:
        standing[case] = (pupil, path, after)
        if on >= first and after in COUNTED:
            counts[had(pupil, on, path)][COUNTED[after]] += 1
    for pupil, path, after in standing.values():
        if after in OUT_OF_SCHOOL:
            counts[had(pupil, last, path)]["ledger"] += 1
    return [SchoolMonth(school, **_below(counts, school.path)) for school in schools]


def _schools_of(pupils):
    """A function (pupil, day, otherwise) → the path of the class that had the pupil on that day, or the day before."""
    spells = defaultdict(list)
    for pupil, path, starts, ends in (
        Enrolment.objects.filter(pupil__in=pupils).order_by("starts").values_list("pupil", "path", "starts", "ends")
    ):
        spells[pupil].append((path, starts, ends))

    def had(pupil, on, otherwise):
        for day in (on, on - timedelta(days=1)):
            for path, starts, ends in spells[pupil]:
                if starts <= day and (ends is None or day < ends):
                    return path
        return otherwise

    return had


def _below(counts, school_path) -> Counter:
    total: Counter = Counter()
    for path, counted in counts.items():
        if path.startswith(school_path):
            total.update(counted)
    return total
