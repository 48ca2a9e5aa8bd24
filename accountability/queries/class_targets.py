"""Classes over their target of a school year (P24): counted as the figures count them, with what became of each child."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from accountability.enums import CommitmentKind, CommitmentState
from accountability.models import Commitment
from accountability.rules.awards import Loss, bars_class
from accountability.rules.limits import children_allowed
from accountability.rules.targets import read
from casework.enums import CaseState
from casework.models import Case, Lapse
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.edition import rule_books
from organisation.rules.grades import school_year_start
from organisation.rules.paths import topmost
from students.queries.figures import dropouts, openings

REPORTS = ("case_report", "case_forward")
SETTLED = (CaseState.RETURNED, CaseState.CLOSED, CaseState.CLEARED)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ClassYear:
    """A class in a school year: its opening, how many it may lose, whom it lost."""

    unit: Unit
    opening: int
    most: int
    losses: tuple[Loss, ...]

    @property
    def is_barred(self) -> bool:
        return bars_class(self.losses, self.most)


def year_ends(year: int, on: date) -> date:
    """The year's last day, or the present one."""
    return min(on, school_year_start(year + 1) - ONE_DAY)


def class_years(paths, year: int, *, on: date) -> list[ClassYear]:
    """The classes at or below these units that had children to keep, whole as of now; a handful of statements a unit."""
    census, as_of = school_year_start(year), year_ends(year, on)
    due, lost = {}, []
    for path in topmost(paths):
        if census > as_of:
            break
        due |= openings(path, census=census, as_of=as_of)
        lost += dropouts(path, as_of=as_of)
    units = Unit.objects.in_bulk({*due, *(one.school_class for one in lost)})
    lost = [one for one in lost if units[one.school_class].is_compulsory(on=one.starts)]
    losses = _losses(lost)
    most = _targets(units, due, year, census)
    return [
        ClassYear(unit, due.get(key, 0), most[key], tuple(losses.get(key, ())))
        for key, unit in sorted(units.items(), key=lambda pair: pair[1].path)
        if unit.kind == UnitKind.CLASS and (due.get(key) or key in losses)
    ]


def _losses(lost) -> dict[int, list[Loss]]:
    """{class: whom it lost}: reported in time where no report of the case was ever late."""
    cases = defaultdict(list)
    rows = Case.objects.filter(pupil__in=[one.pupil for one in lost])
    for pk, pupil, state in rows.values_list("pk", "pupil", "state"):
        cases[pupil].append((pk, state))
    keys = [pk for of_pupil in cases.values() for pk, _ in of_pupil]
    late = defaultdict(list)
    lapses = Lapse.objects.filter(duty__kind__in=REPORTS, duty__about__in=keys)
    for case, since in lapses.values_list("duty__about", "since"):
        late[case].append(since)
    found = defaultdict(list)
    for one in lost:
        of_pupil = cases[one.pupil]
        is_late = any(since >= one.starts for case, _ in of_pupil for since in late[case])
        settled = not one.still_out or any(state in SETTLED for _, state in of_pupil)
        found[one.school_class].append(Loss(one.pupil, one.starts, bool(of_pupil) and not is_late, settled))
    return found


def _targets(units, due, year, census) -> dict[int, int]:
    """What was agreed, else what the regulation's limit leaves the class."""
    signed = Commitment.objects.filter(
        kind=CommitmentKind.PRINCIPAL_CLASS_TEACHER, year=year, unit__in=units, state=CommitmentState.SIGNED
    )
    agreed = {key: sum(one.most for one in read(targets)) for key, targets in signed.values_list("unit", "targets")}
    books = rule_books({unit.path for unit in units.values()})
    return {
        key: agreed[key] if key in agreed else _allowed(books[unit.path], unit, due.get(key, 0), census)
        for key, unit in units.items()
    }


def _allowed(book, unit, opening, census) -> int:
    return children_allowed(opening, book.rules(unit.path, on=census).thresholds.permille(unit.stage))
