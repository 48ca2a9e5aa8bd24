"""A county's list against the register (F68): every row read, then compared set by set, never child by child."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from casework.enums.household import CompareResult, ListKind
from casework.models import HouseholdRow
from casework.rules import household as rules_of_rows
from casework.rules.household import HEADINGS, REQUIRED, headings_of, is_wrong_digit, read_row, school_age_births
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import Malformed
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.sheet_rows import read_rows
from organisation.rules.cells import text_of
from students.enums import EnrolmentStatus
from students.models import Enrolment, Guardian, Pupil, PupilAlias
from students.models.pupil import identity_index
from students.rules.roster import Finding

_R = CompareResult
CHUNK = 5000
HEADER_WITHIN = 30


@dataclass
class ListPlan:
    """What an import would take in, and what is wrong with it."""

    rows: list[HouseholdRow] = field(default_factory=list)
    read: int = 0
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def results(self) -> dict[str, int]:
        return dict(Counter(row.result for row in self.rows))


def read_list(path) -> Iterator[tuple[int, dict]]:
    """(row as in the sheet, {heading: cell}); the first yield is the heading row. Raises Malformed (`bad_file`, `no_headings`)."""
    rows = ((number, cells) for number, cells in read_rows(path) if any(text_of(cell) for cell in cells))
    header, first = next(rows, (HEADER_WITHIN + 1, []))
    if header > HEADER_WITHIN:
        raise Malformed("no_headings", "工作表是空的:第一行应是栏目名称。")
    headings = headings_of(first)
    if not {*headings} & {*REQUIRED}:
        raise Malformed("no_headings", "没有找到名单的栏目(姓名、出生日期……)。请确认第一张工作表是名单。")
    yield header, dict.fromkeys(headings)
    for number, cells in rows:
        yield number, dict(zip(headings, cells, strict=False))


def plan_list(path, *, county: Unit, kind: ListKind, on: date, progress=lambda done: None) -> ListPlan:
    """Read a list of the day `on` and compare it with today's register; nothing is written."""
    plan = ListPlan()
    townships = {unit.code: unit for unit in Unit.objects.below(county).of_kind(UnitKind.TOWNSHIP)}
    rows = read_list(path)
    header, headings = next(rows)
    plan.errors += [Finding(header, name, "missing") for name in REQUIRED if name not in headings]
    plan.warnings += [Finding(header, name, "unknown_heading") for name in headings if name and name not in HEADINGS]
    if plan.errors:
        return plan
    seen: set[str] = set()
    for number, cells in rows:
        found = read_row(number, cells, townships, on=on)
        identity = found.values["identity_number"]
        if identity and identity in seen:
            found.errors.append(Finding(number, "身份证件号", "duplicate_in_file"))
        seen.add(identity)
        plan.read += 1
        plan.errors += found.errors
        asked = rules_of_rows.asks_for_number(kind)
        plan.warnings += [one for one in found.warnings if asked or one.code != "no_identity"]
        if not plan.errors:
            plan.rows.append(
                HouseholdRow(path=county.path, row=number, township=townships[found.township_code], **found.values)
            )
        if plan.read % CHUNK == 0:
            progress(plan.read)
    if not plan.errors:
        compare(plan.rows, county=county.path, on=clock.today(), progress=progress)
    return plan


@dataclass(frozen=True)
class Registered:
    """A child of the register as a comparison needs it: the open spell's place and status, empty where there is none."""

    pk: int
    name: str
    path: str
    status: str = ""


def compare(rows: Iterable[HouseholdRow], *, county: str, on: date, progress=lambda done: None):
    """Set each row's result and the file that it means (or may mean); nothing is saved.

    By identity number, those of merged files too; then by name and guardian, for numbers with a wrong digit. A child
    whose number stands on another row of the list is never taken for a wrong digit of this one.
    """
    rows = list(rows)
    first, last = school_age_births(on, rule_book(county).rules(county, on=on).compare)
    claimed: set[int] = set()
    rest = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        known = _by_identity(part, on)
        for row in part:
            found = known.get(row.identity_index)
            if found is None:
                row.result, row.pupil_id = _R.UNMATCHED if first <= row.born_on <= last else _R.OUT_OF_AGE, None
                rest += [row] if row.result == _R.UNMATCHED else []
                continue
            row.pupil_id, row.result = found.pk, _R.OTHER_NAME if found.name != row.name else _place(found, county)
            if found.name == row.name:
                claimed.add(found.pk)
        progress(start + len(part))
    twins = Counter((row.guardian_name, row.born_on) for row in rows if row.guardian_name)
    for start in range(0, len(rest), CHUNK):
        _by_name(rest[start : start + CHUNK], claimed, twins)


def _by_identity(rows, on) -> dict[str, Registered]:
    for row in rows:
        row.identity_index = identity_index(row.identity_number)
    indexes = {row.identity_index for row in rows} - {None}
    found = {
        index: (pk, name, path)
        for index, pk, name, path in PupilAlias.objects.filter(identity_index__in=indexes).values_list(
            "identity_index", "pupil", "pupil__name", "pupil__path"
        )
    }
    pupils = Pupil.objects.filter(identity_index__in=indexes).order_by()
    found |= {row[0]: row[1:] for row in pupils.values_list("identity_index", "pk", "name", "path")}
    spells = Enrolment.objects.current(on=on).filter(pupil__in={pk for pk, *_ in found.values()}).order_by()
    status = {pupil: (path, state) for pupil, path, state in spells.values_list("pupil", "path", "status")}
    return {
        index: Registered(pk, name, *status[pk]) if pk in status else Registered(pk, name, path)
        for index, (pk, name, path) in found.items()
    }


def _place(found: Registered, county: str) -> CompareResult:
    if not found.status:
        return _R.FORMER
    if found.status == EnrolmentStatus.DROPPED_OUT:
        return _R.DROPPED_OUT
    return _R.IN_SCHOOL if found.path.startswith(county) else _R.ELSEWHERE


def _by_name(rows, claimed, twins):
    """Rows whose number nobody has: the register's children of that name and guardian, whose number may be wrong."""
    alike = defaultdict(list)
    names = {row.name for row in rows}
    named = Pupil.objects.filter(name__in=names).order_by("pk")
    wanted = {(row.name, row.guardian_name) for row in rows}
    keys = [pk for pk in named.values_list("pk", flat=True) if pk not in claimed]
    guardians = defaultdict(set)
    for start in range(0, len(keys), CHUNK):
        of_them = Guardian.objects.filter(pupil__in=keys[start : start + CHUNK]).order_by()
        for pupil, name, child in of_them.values_list("pupil", "name", "pupil__name"):
            if (child, name) in wanted:
                guardians[pupil].add(name)
    for start in range(0, len(guardians), CHUNK):
        part = Pupil.objects.filter(pk__in=[*guardians][start : start + CHUNK])
        for pupil in part.only("pk", "name", "born_on", "identity_number"):
            alike[pupil.name].append(pupil)
    siblings = _born_together(rows)
    for row in rows:
        candidates = [pupil for pupil in alike[row.name] if row.guardian_name in guardians[pupil.pk]]
        has_twin = bool(row.guardian_name) and (
            twins[row.guardian_name, row.born_on] > 1 or siblings[row.guardian_name, row.born_on] > 1
        )
        row.result, row.pupil_id = _nearest(row, candidates, has_twin)


def _born_together(rows) -> Counter:
    """{(guardian, birth): children of the register}: two of one guardian and day are twins."""
    found: Counter = Counter()
    names = [*{row.guardian_name for row in rows if row.guardian_name}]
    births = {row.born_on for row in rows}
    for start in range(0, len(names), CHUNK):
        guardians = Guardian.objects.filter(name__in=names[start : start + CHUNK]).order_by()
        for name, born_on in guardians.values_list("name", "pupil__born_on"):
            if born_on in births:
                found[name, born_on] += 1
    return found


def _nearest(row, candidates, has_twin):
    for pupil in candidates:
        if is_wrong_digit(row.identity_number, pupil.identity_number, has_twin=has_twin):
            return _R.WRONG_DIGIT, pupil.pk
    for pupil in candidates:
        if pupil.born_on == row.born_on:
            return _R.LIKELY, pupil.pk
    return _R.UNMATCHED, None


def counts_of(rows) -> dict[str, dict[str, int]]:
    """{result: {all, waiting}} of rows, one statement."""
    counted = rows.order_by().values("result").annotate(all=Count("pk"), waiting=Count("pk", filter=Q(decision="")))
    return {one["result"]: one for one in counted}
