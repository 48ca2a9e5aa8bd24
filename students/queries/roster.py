"""What a roster would change: every row read, checked against the file and against the register (F03)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache

from django.db.models import Q

from organisation.enums import Stage, UnitKind
from organisation.errors import Malformed
from organisation.models import Unit
from organisation.queries.sheet_rows import read_rows
from organisation.rules.cells import text_of
from organisation.rules.grades import class_code, cohort_code, entry_year, school_year, stage_of
from organisation.rules.paths import at_or_below
from students.enums import CHANGE_EFFECTS, ChangeKind
from students.models import Enrolment, Guardian, Pupil, PupilAlias
from students.models.pupil import identity_index, registry_index
from students.rules.roster import HEADINGS, REQUIRED, Finding, RosterRow, headings_of, read_row

CHUNK = 5000
HEADER_WITHIN = 30
MOVES_FROM = CHANGE_EFFECTS[ChangeKind.MOVE_CLASS].before
FINISHED = (ChangeKind.GRADUATE, ChangeKind.COMPLETE)


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

    def __init__(self, row: RosterRow):
        self.row = row
        self.identity = identity_index(row.values["identity_number"])
        self.registry = registry_index(row.values["registry_number"])


@dataclass(frozen=True, slots=True)
class Entry:
    """A checked row and what it means for the register: a new pupil, or an existing one as it stands.

    The indexes are those of the numbers that the row says. `enters_after` is the end of the last spell of one who finished a school and enters this one.
    """

    row: RosterRow
    key: ClassKey
    pupil: Pupil | None
    changed: bool
    moves: bool
    identity_index: str | None
    registry_index: str | None
    enters_after: date | None = None

    @property
    def touches(self) -> bool:
        """Whether anything of a known pupil would change."""
        return self.changed or self.moves or self.enters_after is not None


@dataclass
class RosterPlan:
    """What an import would do, and what is wrong with it."""

    rows: int = 0
    on: date | None = None
    entries: list[Entry] = field(default_factory=list)
    guardians: dict[int, list] = field(default_factory=dict)  # by row: guardians that are new or changed
    missing: list[str] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def created(self) -> int:
        return sum(1 for entry in self.entries if entry.pupil is None)

    @property
    def updated(self) -> int:
        return sum(1 for entry in self.entries if entry.pupil and entry.touches)

    @property
    def unchanged(self) -> int:
        return sum(1 for entry in self.entries if entry.pupil and not entry.touches)

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


def plan_roster(path, *, on: date, schools: dict[str, Unit], until=None, progress=lambda done: None) -> RosterPlan:
    """Read and check a whole roster. `schools` by code are those that may be imported to, `until` the last day of entry."""
    plan, checked = RosterPlan(on=on), []
    rows = read_roster(path)
    header, headings = next(rows)
    for heading in headings:
        if heading and heading not in HEADINGS:
            plan.warnings.append(Finding(header, heading, "unknown_heading"))
    lacking = [Finding(header, heading, "missing") for heading in REQUIRED if heading not in headings]
    if lacking:
        plan.errors = lacking
        return plan
    for number, cells in rows:
        checked.append(Checked(read_row(number, cells, schools, on=on, until=until)))
        if len(checked) % CHUNK == 0:
            progress(len(checked))
    plan.rows = len(checked)
    _check_file(checked)
    known = _known_pupils(checked, schools)
    residences = _residences(checked)
    year = school_year(on)
    for one in checked:
        if not one.row.errors:
            _match(plan, one, known, schools, residences, year)
    _named_twice(plan)
    for one in checked:
        plan.errors += one.row.errors
        plan.warnings += one.row.warnings
    plan.warnings += _same_names(plan)
    if not plan.errors:
        plan.missing = _missing(plan, schools)
    return plan


def _check_file(checked):
    for column, heading in (("identity_number", "身份证件号"), ("registry_number", "学籍号")):
        seen = set()
        for row in (one.row for one in checked):
            value = row.values.get(column)
            if value and value in seen and not any(error.code == "duplicate_in_file" for error in row.errors):
                row.errors.append(Finding(row.row, heading, "duplicate_in_file"))
            seen.add(value)


@dataclass
class Known:
    """The pupils whom the rows may mean, with their open spells and guardians."""

    by_identity: dict[str, Pupil] = field(default_factory=dict)
    by_registry: dict[str, Pupil] = field(default_factory=dict)
    without_papers: dict[tuple, list[Pupil]] = field(default_factory=dict)
    spells: dict[int, Enrolment] = field(default_factory=dict)
    finished: dict[int, date] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)  # indexes of numbers that a merged file had
    guardians: dict[int, dict[int, Guardian]] = field(default_factory=dict)


def _known_pupils(checked, schools) -> Known:
    known = Known()
    paperless = [row for row in (one.row for one in checked) if _says_no_number(row) and row.school_code in schools]
    if paperless:
        paths = {schools[row.school_code].path for row in paperless}
        found = Pupil.objects.filter(at_or_below("path", paths), identity_index=None)
        found = found.filter(name__in={row.values["name"] for row in paperless})
        for pupil in found.select_related("residence", "school_class"):
            key = (pupil.school_class.school_code, pupil.name, pupil.sex, pupil.born_on)
            known.without_papers.setdefault(key, []).append(pupil)
        _know_more(known, [pupil.pk for pupils in known.without_papers.values() for pupil in pupils])
    for start in range(0, len(checked), CHUNK):
        part = checked[start : start + CHUNK]
        identities = {one.identity for one in part} - {None}
        registries = {one.registry for one in part} - {None}
        found = Pupil.objects.filter(Q(identity_index__in=identities) | Q(registry_index__in=registries))
        pupils = list(found.select_related("residence"))
        known.by_identity |= {pupil.identity_index: pupil for pupil in pupils if pupil.identity_index}
        known.by_registry |= {pupil.registry_index: pupil for pupil in pupils if pupil.registry_index}
        former = PupilAlias.objects.filter(Q(identity_index__in=identities) | Q(registry_index__in=registries))
        for alias in former.select_related("pupil__residence"):
            pupils.append(alias.pupil)
            known.by_identity.setdefault(alias.identity_index, alias.pupil)
            known.by_registry.setdefault(alias.registry_index, alias.pupil)
            known.former |= {alias.identity_index, alias.registry_index} - {None}
        _know_more(known, [pupil.pk for pupil in pupils])
    return known


def _says_no_number(row) -> bool:
    return bool(row.values["name"]) and not row.values["identity_number"] and not row.values["registry_number"]


def _know_more(known, keys):
    open_spells = Enrolment.objects.filter(pupil__in=keys, ends__isnull=True).select_related("school_class")
    known.spells |= {spell.pupil_id: spell for spell in open_spells}
    ended = Enrolment.objects.filter(pupil__in=keys, ended_by__kind__in=FINISHED).order_by("starts")
    known.finished |= dict(ended.values_list("pupil", "ends"))
    for guardian in Guardian.objects.filter(pupil__in=keys):
        known.guardians.setdefault(guardian.pupil_id, {})[guardian.order] = guardian


def _residences(checked) -> dict[str, Unit]:
    codes = {one.row.residence_code for one in checked} - {""}
    return {unit.code: unit for unit in Unit.objects.filter(code__in=codes, kind=UnitKind.TOWNSHIP)}


def _match(plan, checked, known, schools, residences, year):
    """Find the pupil a row means and what of it is new."""
    row = checked.row
    school = schools[row.school_code]
    key = _class_key(school.code, school.system, row.grade, row.class_number, year)
    pupil = _meant(checked, known)
    if row.errors:
        return
    if checked.identity in known.former:
        del row.values["identity_number"], row.values["identity_type"]
    if checked.registry in known.former:
        del row.values["registry_number"]
    spell = known.spells.get(pupil.pk) if pupil else None
    enters_after = known.finished.get(pupil.pk) if pupil and spell is None else None
    if pupil is not None and enters_after is None and (spell is None or spell.school_class.school_code != school.code):
        row.errors.append(Finding(row.row, "学校代码", "elsewhere_enrolled"))
        return
    if row.residence_code in residences:
        row.values["residence"] = residences[row.residence_code]
    if pupil is not None and not row.values.get("registry_number", True):
        del row.values["registry_number"]
    changed = pupil is not None and any(getattr(pupil, name) != value for name, value in row.values.items())
    moves = spell is not None and spell.school_class.code != key.code
    if moves and (spell.starts > plan.on or spell.status not in MOVES_FROM):
        code = "later_changes" if spell.starts > plan.on else "wrong_state"
        row.errors.append(Finding(row.row, "班级", code))
        return
    present = known.guardians.get(pupil.pk, {}) if pupil else {}
    fresh = [entry for entry in row.guardians if not _same_guardian(present.get(entry.order), entry)]
    if fresh:
        plan.guardians[row.row] = fresh
    changed = changed or (pupil is not None and bool(fresh))
    marks = (checked.identity, checked.registry)
    plan.entries.append(Entry(row, key, pupil, changed, moves, *marks, enters_after))


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
    if by_identity or by_registry or not _says_no_number(row):
        return by_identity or by_registry
    key = (row.school_code, *(row.values[name] for name in ("name", "sex", "born_on")))
    alike = [pupil for pupil in known.without_papers.get(key, ()) if pupil.pk in known.spells]
    return alike[0] if len(alike) == 1 else None


def _named_twice(plan):
    """Two rows that mean one pupil, one by identity number and one by 学籍号."""
    seen = set()
    for entry in plan.entries:
        if entry.pupil is not None and entry.pupil.pk in seen:
            entry.row.errors.append(Finding(entry.row.row, "学籍号", "duplicate_in_file"))
        seen.add(entry.pupil and entry.pupil.pk)


def _same_guardian(known, entry) -> bool:
    return known is not None and (known.name, known.relation, known.phone) == (entry.name, entry.relation, entry.phone)


def _same_names(plan):
    seen: dict[tuple, int] = {}
    for entry in plan.entries:
        seen[entry.key, entry.row.values["name"]] = seen.get((entry.key, entry.row.values["name"]), 0) + 1
    return [
        Finding(entry.row.row, "姓名", "same_name_in_class")
        for entry in plan.entries
        if seen[entry.key, entry.row.values["name"]] > 1
    ]


def _missing(plan, schools) -> list[str]:
    """Pupils of the schools in the file who are not in it: reported, never ended."""
    codes = {entry.key.school_code for entry in plan.entries}
    in_file = {entry.pupil.pk for entry in plan.entries if entry.pupil}
    found = []
    for code in codes:
        spells = Enrolment.objects.below(schools[code].path).filter(ends__isnull=True)
        found += [number for pk, number in spells.values_list("pupil", "pupil__number") if pk not in in_file]
    return sorted(found)
