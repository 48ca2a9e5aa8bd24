"""Commitments as pages look for them: lists, and who has not signed, by unit (F40)."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count

from accountability.enums import CommitmentKind, CommitmentState
from accountability.models import Commitment
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.rules.paths import ancestors
from students.enums import EnrolmentStatus
from students.models import Enrolment

K, S = CommitmentKind, CommitmentState


@dataclass
class Cell:
    """Of one kind in one unit: how many sheets there are, how many are signed, declined, and how many wait."""

    total: int = 0
    signed: int = 0
    declined: int = 0
    due: int | None = None  # how many there should be, where that is known

    @property
    def waiting(self) -> int:
        return self.total - self.signed - self.declined

    @property
    def missing(self) -> int:
        """Not made yet."""
        return max((self.due or 0) - self.total, 0)


@dataclass
class Line:
    unit: Unit
    label: str
    cells: dict[str, Cell] = field(default_factory=dict)


def with_names(rows):
    return rows.select_related("wording__unit", "wording__template", "unit", "pupil", "signer", "paper")


def gaps_below(unit: Unit, *, person, year, on) -> list[Line]:
    """The schools of a county or township, the classes of a school, or the class itself, each with its sheets counted;
    four statements. Teachers' sheets of a school stand with the school."""
    grain = UnitKind.SCHOOL if unit.kind in (UnitKind.COUNTY, UnitKind.TOWNSHIP) else UnitKind.CLASS
    units = {one.path: one for one in Unit.objects.below(unit).open()}
    lines = {
        path: Line(one, one.label(on=on), {kind: Cell() for kind in K})
        for path, one in units.items()
        if one.kind == grain or path == unit.path or (one.kind == UnitKind.TOWNSHIP and grain == UnitKind.SCHOOL)
    }
    sheets = Commitment.objects.visible_to(person, on=on).below(unit).standing().filter(year=year).order_by()
    for path, kind, state, number in sheets.values_list("path", "kind", "state").annotate(number=Count("pk")):
        cell = _line_of(path, lines).cells[kind]
        cell.total += number
        cell.signed += number if state == S.SIGNED else 0
        cell.declined += number if state == S.DECLINED else 0
    _say_what_is_due(lines, units, on)
    return [line for line in lines.values() if _says_something(line, unit)]


def _line_of(path, lines) -> Line:
    return next(lines[above] for above in reversed(ancestors(path)) if above in lines)


def _say_what_is_due(lines, units, on):
    """Every child taught has guardians to sign, every class at its stage a class teacher, every school a principal."""
    classes = {path: one for path, one in units.items() if one.kind == UnitKind.CLASS}
    spells = Enrolment.objects.current(on=on).with_status(EnrolmentStatus.IN_SCHOOL)
    taught = Counter(dict(spells.filter(path__in=classes).order_by().values_list("path").annotate(n=Count("pk"))))
    for path in taught:
        cells = _line_of(path, lines).cells
        _add(cells[K.TEACHER_GUARDIAN], taught[path])
        _add(cells[K.PRINCIPAL_CLASS_TEACHER], 1)
    for path, one in units.items():
        if one.kind == UnitKind.SCHOOL and any(where.startswith(path) for where in taught):
            _add(_line_of(path, lines).cells[K.BUREAU_PRINCIPAL], 1)


def _add(cell, number):
    cell.due = (cell.due or 0) + number


def _says_something(line, unit) -> bool:
    """Schools and classes always; the unit itself and its townships where there is a sheet of theirs."""
    below = line.unit.path != unit.path and line.unit.kind in (UnitKind.SCHOOL, UnitKind.CLASS)
    return below or any(cell.total or cell.due for cell in line.cells.values())


def totals(lines) -> dict[str, Cell]:
    found = {kind: Cell() for kind in K}
    for line in lines:
        for kind, cell in line.cells.items():
            found[kind].total += cell.total
            found[kind].signed += cell.signed
            found[kind].declined += cell.declined
            if cell.due is not None:
                _add(found[kind], cell.due)
    return found
