"""What a roster would change: every row read, checked against the file and against the register (F03)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple

from organisation.enums import Stage, UnitKind
from organisation.errors import Malformed
from organisation.models import Unit
from organisation.queries.sheet_rows import read_rows
from organisation.rules.cells import text_of
from organisation.rules.grades import class_code, cohort_code, entry_year, school_year, stage_of
from organisation.sealing import indexer
from students.enums import CHANGE_EFFECTS, ChangeKind
from students.models import Enrolment, Pupil
from students.models.pupil import IDENTITY, REGISTRY
from students.queries.roster_known import known_pupils, says_no_number
from students.rules.roster import HEADINGS, REQUIRED, Finding, GuardianEntry, RosterRow, headings_of, read_row

BATCH = 2500  # rows that are in memory at a time
HEADER_WITHIN = 30
MOVES_FROM = CHANGE_EFFECTS[ChangeKind.MOVE_CLASS].before


@dataclass(frozen=True)
class ClassKey:
    """The class that a row means: its school, stage, year of entry and number."""

    school_code: str
    stage: str
    entered: int
    number: int

    @cached_property
    def code(self) -> str:
        return class_code(cohort_code(self.school_code, Stage(self.stage), self.entered), self.number)


@lru_cache(maxsize=20000)
def _class_key(school_code, system, grade, number, year) -> ClassKey:
    stage = stage_of(grade, system)
    return ClassKey(school_code, stage, entry_year(grade, stage, system, year), number)


class Checked:
    """A row that was read, with the marks under which its two numbers stand in the index."""

    __slots__ = ("row", "identity", "registry")

    def __init__(self, row: RosterRow, identity: str | None, registry: str | None):
        self.row, self.identity, self.registry = row, identity, registry


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked row and what it means for the register: a new pupil, or an existing one as it stands.

    The indexes are those of the numbers that the row says. `enters_after` is the end of the last spell of one who finished
    a school and enters this one, `guardians` those who are new or changed.
    """

    row: RosterRow
    key: ClassKey
    pupil: Pupil | None
    changed: bool
    moves: bool
    identity_index: str | None
    registry_index: str | None
    enters_after: date | None = None
    guardians: list[GuardianEntry] = field(default_factory=list)

    @property
    def touches(self) -> bool:
        """Whether anything of a known pupil would change."""
        return self.changed or self.moves or self.enters_after is not None


class Entering(NamedTuple):
    """One who finished a school on `after` and enters this one."""

    pupil: int
    key: ClassKey
    after: date
    entered_on: date | None


@dataclass
class RosterPlan:
    """What an import would do, and what is wrong with it. Of the rows themselves only what the merge has to know is kept."""

    rows: int = 0
    on: date | None = None
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    classes: set[ClassKey] = field(default_factory=set)
    written: set[str] = field(default_factory=set)  # codes of schools that get a new or changed pupil
    touched: list[int] = field(default_factory=list)  # known pupils who change or move
    moves: dict[int, ClassKey] = field(default_factory=dict)  # by pupil
    enters: list[Entering] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def schools(self) -> set[str]:
        return {key.school_code for key in self.classes}

    def report(self, *, dry_run) -> dict:
        """The result as `import_roster --json` gives it."""
        refused = bool(self.errors)
        return {
            "rows": self.rows,
            "created": 0 if refused else self.created,
            "updated": 0 if refused else self.updated,
            "unchanged": 0 if refused else self.unchanged,
            "missing": len(self.missing),
            "missing_students": self.missing[:1000],
            "dry_run": dry_run,
            "errors": [finding.as_dict() for finding in self.errors],
            "warnings": [finding.as_dict() for finding in self.warnings],
        }


def read_roster(path) -> Iterator[tuple[int, dict]]:
    """(row as in the sheet, {heading: cell}) of every row that is not empty; the first yield is the heading row.

    Raises Malformed (`bad_file`, `no_headings`).
    """
    rows = ((number, cells) for number, cells in read_rows(path) if any(text_of(cell) for cell in cells))
    header, first = next(rows, (HEADER_WITHIN + 1, []))
    if header > HEADER_WITHIN:
        raise Malformed("no_headings", "工作表是空的:第一行应是栏目名称。")
    headings = headings_of(first)
    if not {*headings} & {*REQUIRED}:
        raise Malformed("no_headings", "没有找到名册的栏目(学校代码、姓名……)。请确认第一张工作表是学生名册。")
    yield header, dict.fromkeys(headings)
    for number, cells in rows:
        yield number, dict(zip(headings, cells, strict=False))


def plan_roster(
    path, *, on: date, schools: dict[str, Unit], until=None, progress=lambda done: None, take=lambda entries: None
) -> RosterPlan:
    """Read and check a whole roster. `schools` by code are those that may be imported to, `until` the last day of entry.

    Batch by batch; `take` is given each batch's entries, in order, as long as nothing was wrong.
    """
    plan = RosterPlan(on=on)
    rows = read_roster(path)
    header, headings = next(rows)
    for heading in headings:
        if heading and heading not in HEADINGS:
            plan.warnings.append(Finding(header, heading, "unknown_heading"))
    lacking = [Finding(header, heading, "missing") for heading in REQUIRED if heading not in headings]
    if lacking:
        plan.errors = lacking
        return plan
    checks = _Checks(plan, schools, school_year(on))
    read = (read_row(number, cells, schools, on=on, until=until) for number, cells in rows)
    while batch := _with_marks(islice(read, BATCH)):
        plan.rows += len(batch)
        entries = checks.entries_of(batch)
        if not plan.errors:
            take(entries)
        progress(plan.rows)
    plan.warnings += checks.same_names()
    if not plan.errors:
        plan.missing = _missing(plan, schools, checks.found)
    return plan


def _with_marks(rows) -> list[Checked]:
    identity_of, registry_of = indexer(column=IDENTITY), indexer(column=REGISTRY)
    return [
        Checked(row, identity_of(row.values["identity_number"]), registry_of(row.values["registry_number"]))
        for row in rows
    ]


class _Checks:
    """What the rows read so far have to do with those still to come."""

    def __init__(self, plan, schools, year):
        self.plan, self.schools, self.year = plan, schools, year
        self.identities: set[str] = set()
        self.registries: set[str] = set()
        self.found: set[int] = set()
        self.names: dict[ClassKey, dict[str, list[int]]] = {}

    def entries_of(self, batch) -> list[Entry]:
        """Check a batch against the file before it and the register; findings go into the plan."""
        for one in batch:
            self._check_file(one.row)
        known = known_pupils(batch, self.schools)
        residences = _residences(batch)
        entries = []
        for one in batch:
            entry = None if one.row.errors else _match(self.plan, one, known, self.schools, residences, self.year)
            if entry is not None:
                self._named_twice(entry)
                self._count(entry)
                entries.append(entry)
            self.plan.errors += one.row.errors
            self.plan.warnings += one.row.warnings
        return entries

    def _check_file(self, row):
        numbers = (
            ("identity_number", "身份证件号", self.identities),
            ("registry_number", "学籍号", self.registries),
        )
        for column, heading, seen in numbers:
            value = row.values.get(column)
            if value and value in seen and not any(error.code == "duplicate_in_file" for error in row.errors):
                row.errors.append(Finding(row.row, heading, "duplicate_in_file"))
            seen.add(value)

    def _named_twice(self, entry):
        """Two rows that mean one pupil, one by identity number and one by 学籍号."""
        if entry.pupil is None:
            return
        if entry.pupil.pk in self.found:
            entry.row.errors.append(Finding(entry.row.row, "学籍号", "duplicate_in_file"))
        self.found.add(entry.pupil.pk)

    def _count(self, entry):
        plan = self.plan
        plan.classes.add(entry.key)
        self.names.setdefault(entry.key, {}).setdefault(entry.row.values["name"], []).append(entry.row.row)
        if entry.pupil is None or entry.changed:
            plan.written.add(entry.key.school_code)
        if entry.pupil is None:
            plan.created += 1
            return
        plan.updated += entry.touches
        plan.unchanged += not entry.touches
        if entry.changed or entry.moves:
            plan.touched.append(entry.pupil.pk)
        if entry.moves:
            plan.moves[entry.pupil.pk] = entry.key
        if entry.enters_after is not None:
            entered_on = entry.row.values.get("entered_on")
            plan.enters.append(Entering(entry.pupil.pk, entry.key, entry.enters_after, entered_on))

    def same_names(self) -> list[Finding]:
        """Who has a namesake in the class, in the order of the sheet."""
        rows = [row for names in self.names.values() for rows in names.values() if len(rows) > 1 for row in rows]
        return [Finding(row, "姓名", "same_name_in_class") for row in sorted(rows)]


def _residences(checked) -> dict[str, Unit]:
    codes = {one.row.residence_code for one in checked} - {""}
    return {unit.code: unit for unit in Unit.objects.filter(code__in=codes, kind=UnitKind.TOWNSHIP)}


def _match(plan, checked, known, schools, residences, year) -> Entry | None:
    """Find the pupil a row means and what of it is new; None where that is wrong."""
    row = checked.row
    school = schools[row.school_code]
    key = _class_key(school.code, school.system, row.grade, row.class_number, year)
    pupil = _meant(checked, known)
    if row.errors:
        return None
    if checked.identity in known.former:
        del row.values["identity_number"], row.values["identity_type"]
    if checked.registry in known.former:
        del row.values["registry_number"]
    spell = known.spells.get(pupil.pk) if pupil else None
    enters_after = known.finished.get(pupil.pk) if pupil and spell is None else None
    if pupil is not None and enters_after is None and (spell is None or spell.school_class.school_code != school.code):
        row.errors.append(Finding(row.row, "学校代码", "elsewhere_enrolled"))
        return None
    if row.residence_code in residences:
        row.values["residence"] = residences[row.residence_code]
    if pupil is not None and not row.values.get("registry_number", True):
        del row.values["registry_number"]
    changed = pupil is not None and any(getattr(pupil, name) != value for name, value in row.values.items())
    moves = spell is not None and spell.school_class.code != key.code
    if moves and (spell.starts > plan.on or spell.status not in MOVES_FROM):
        code = "later_changes" if spell.starts > plan.on else "wrong_state"
        row.errors.append(Finding(row.row, "班级", code))
        return None
    present = known.guardians.get(pupil.pk, {}) if pupil else {}
    fresh = [entry for entry in row.guardians if not _same_guardian(present.get(entry.order), entry)]
    changed = changed or (pupil is not None and bool(fresh))
    marks = (checked.identity, checked.registry)
    return Entry(row, key, pupil, changed, moves, *marks, enters_after, fresh)


def _meant(checked, known) -> Pupil | None:
    """The pupil whom a row means: by identity number, else by 学籍号; without either, the school's one of that name and birth."""
    row = checked.row
    by_identity = known.by_identity.get(checked.identity)
    by_registry = known.by_registry.get(checked.registry)
    if by_identity and by_registry and by_identity.pk != by_registry.pk:
        row.errors.append(Finding(row.row, "学籍号", "duplicate_id"))
        return None
    if by_registry and by_identity is None and row.values["identity_number"] and by_registry.identity_number:
        row.errors.append(Finding(row.row, "身份证件号", "duplicate_id"))
        return None
    if by_identity or by_registry or not says_no_number(row):
        return by_identity or by_registry
    key = (row.school_code, *(row.values[name] for name in ("name", "sex", "born_on")))
    alike = [pupil for pupil in known.without_papers.get(key, ()) if pupil.pk in known.spells]
    return alike[0] if len(alike) == 1 else None


def _same_guardian(known, entry) -> bool:
    return known is not None and (known.name, known.relation, known.phone) == (entry.name, entry.relation, entry.phone)


def _missing(plan, schools, in_file) -> list[str]:
    """Pupils of the schools in the file who are not in it: reported, never ended."""
    found = []
    for code in plan.schools:
        spells = Enrolment.objects.below(schools[code].path).filter(ends__isnull=True)
        found += [number for pk, number in spells.values_list("pupil", "pupil__number") if pk not in in_file]
    return sorted(found)
