"""Marks, incidents and study plans as pages and imports need them: by class, by term, by workbook."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from organisation.enums import Stage, UnitKind
from organisation.errors import Malformed
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.workbooks import read_sheets
from organisation.rules.calendar import TermSpan
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import at_or_below
from students.enums import TAUGHT, Subject
from students.models import Enrolment, Incident, Pupil, TermMark
from students.models.pupil import registry_index
from students.permissions import INCIDENT_POSTS, MARK_POSTS, may_correct_marks
from students.rules.learning import (
    INCIDENT_HEADINGS,
    MARK_HEADINGS,
    SUBJECTS,
    WHO,
    Finding,
    read_band,
    read_incident,
    who_of,
)
from students.rules.roster import headings_of, text_of

HEADER_WITHIN = 30


def classes_for(person, *, on: date, kinds=MARK_POSTS) -> list[Unit]:
    """The classes at or below the person's teaching posts that are in one of their grades on that day."""
    units = Unit.objects.filter(at_or_below("path", person.paths(on=on, kinds=kinds)), kind=UnitKind.CLASS).open()
    return [unit for unit in units if unit.is_at_stage(on=on)]


def terms_for(path: str, *, on: date) -> list[TermSpan]:
    """The terms for which marks are entered: the present one and the one before it."""
    calendar = rule_book(path).calendar(path)
    now = calendar.semester_of(on)
    return [now, term_before(calendar, now)]


def term_before(calendar, term: TermSpan) -> TermSpan:
    if term.number > 1:
        return calendar.terms_of(term.year)[0]
    return calendar.terms_of(term.year - 1)[-1]


def pupils_of(classes, *, on: date):
    """Pupils who are taught in these classes on that day, as class lists go."""
    spells = Enrolment.objects.current(on=on).filter(school_class__in=classes, status__in=TAUGHT)
    return Pupil.objects.filter(pk__in=spells.values("pupil")).order_by("path", "sort_key", "pk")


def class_bands(school_class: Unit, term: TermSpan, subject: str, *, on: date):
    """[(pupil, what stands for the subject and term or None)] in two statements."""
    pupils = list(pupils_of([school_class.pk], on=on))
    marks = TermMark.objects.filter(pupil__in=pupils, year=term.year, term=term.number, subject=subject)
    known = {mark.pupil_id: mark for mark in marks.select_related("entered_by")}
    return [(pupil, known.get(pupil.pk)) for pupil in pupils]


@dataclass
class LearningPlan:
    """What an import would do, and what is wrong with it: nothing is taken in while one row is wrong."""

    rows: int = 0
    entries: list[dict] = field(default_factory=list)
    unchanged: int = 0
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def report(self, *, dry_run) -> dict:
        refused = bool(self.errors)
        return {
            "rows": self.rows,
            "written": 0 if refused else len(self.entries),
            "unchanged": 0 if refused else self.unchanged,
            "dry_run": dry_run,
            "errors": [finding.as_dict() for finding in self.errors],
            "warnings": [finding.as_dict() for finding in self.warnings],
        }


class ClassLists:
    """The pupils of some classes, found as a row names them."""

    def __init__(self, classes, *, on):
        self.classes = {unit.pk: unit for unit in classes}
        self.by_number, self.by_registry, self.by_name = {}, {}, {}
        for pupil in pupils_of(self.classes, on=on):
            self.by_number[pupil.number] = pupil
            if pupil.registry_index:
                self.by_registry[pupil.registry_index] = pupil
            key = (self.classes[pupil.school_class_id].code, pupil.name)
            self.by_name.setdefault(key, []).append(pupil)

    def find(self, who) -> tuple[Pupil | None, str]:
        """(pupil, "") or (None, what is wrong)."""
        if who.number:
            pupil = self.by_number.get(who.number)
        elif who.registry_number:
            pupil = self.by_registry.get(registry_index(who.registry_number))
        elif who.class_code and who.name:
            named = self.by_name.get((who.class_code, who.name), [])
            if len(named) > 1:
                return None, "same_name"
            pupil = named[0] if named else None
        else:
            return None, "missing"
        if pupil is None or (who.name and pupil.name != who.name):
            return None, "unknown_student"
        return pupil, ""


def _read(path, headings_known):
    """(header row, headings, [(row, {heading: cell})]). Raises Malformed (`bad_file`, `no_headings`)."""
    (rows,) = read_sheets(path, first_only=True).values() or [[]]
    for number, cells in enumerate(rows[:HEADER_WITHIN], start=1):
        if {*headings_of(cells)} & {*WHO}:
            header, headings = number, headings_of(cells)
            break
    else:
        raise Malformed("no_headings", "没有找到栏目(编号、姓名……)。请用下载的模板填写。")
    if not {*headings} & {*headings_known} - {*WHO}:
        raise Malformed("no_headings", "除了学生以外没有要导入的栏目,请用下载的模板填写。")
    filled = [
        (line, dict(zip(headings, cells, strict=False)))
        for line, cells in enumerate(rows[header:], start=header + 1)
        if any(cell != "" and str(cell).strip() for cell in cells)
    ]
    return header, headings, filled


def plan_marks(path, *, term: TermSpan, full: int | None, by, on: date) -> LearningPlan:
    """Read and check a workbook of marks: one row a pupil, one column a subject."""
    lists = ClassLists(classes_for(by, on=on), on=on)
    header, headings, rows = _read(path, [*MARK_HEADINGS, *SUBJECTS])
    plan = LearningPlan(rows=len(rows))
    subjects = {heading: SUBJECTS[heading] for heading in headings if heading in SUBJECTS}
    unknown = [heading for heading in headings if heading and heading not in {*WHO, *SUBJECTS}]
    plan.warnings += [Finding(header, heading, "unknown_heading") for heading in unknown]
    standing = {
        (mark.pupil_id, mark.subject): mark
        for mark in TermMark.objects.filter(pupil__in=lists.by_number.values(), year=term.year, term=term.number)
    }
    seen = set()
    for row, cells in rows:
        pupil = _pupil_of(plan, lists, row, cells)
        if pupil is None:
            continue
        if pupil.pk in seen:
            plan.errors.append(Finding(row, "姓名", "duplicate_in_file"))
        seen.add(pupil.pk)
        unit = lists.classes[pupil.school_class_id]
        rules = rule_book(unit.path).rules(unit.path, on=on).marks
        for heading, subject in subjects.items():
            text = text_of(cells.get(heading))
            if text:
                band, wrong = read_band(text, full=full, is_primary=unit.stage == Stage.PRIMARY, rules=rules)
                mark = standing.get((pupil.pk, subject))
                if not wrong and _is_anothers(mark, band, by, on):
                    wrong = "not_yours"
                _take(plan, mark, pupil, subject, band, Finding(row, heading, wrong) if wrong else None)
    return plan


def _is_anothers(mark, band, by, on) -> bool:
    different = mark is not None and mark.band != band and mark.entered_by_id != by.pk
    return different and not may_correct_marks(by, mark.path, on=on)


def _take(plan, mark, pupil, subject, band, finding):
    if finding:
        plan.errors.append(finding)
    elif mark is not None and mark.band == band:
        plan.unchanged += 1
    else:
        plan.entries.append({"pupil": pupil, "subject": Subject(subject), "band": band})


def _pupil_of(plan, lists, row, cells):
    pupil, wrong = lists.find(who_of(cells))
    if wrong:
        plan.errors.append(Finding(row, "姓名", wrong))
    return pupil


def may_lie_on(day: date, *, on: date) -> bool:
    """Incidents are entered for this school year, up to today."""
    return school_year_start(school_year(on)) <= day <= on


def plan_incidents(path, *, by, on: date) -> LearningPlan:
    """Read and check a workbook of incidents: one row each; what stands already is left alone."""
    lists = ClassLists(classes_for(by, on=on, kinds=INCIDENT_POSTS), on=on)
    header, headings, rows = _read(path, INCIDENT_HEADINGS)
    plan = LearningPlan(rows=len(rows))
    unknown = [heading for heading in headings if heading and heading not in INCIDENT_HEADINGS]
    plan.warnings += [Finding(header, heading, "unknown_heading") for heading in unknown]
    known = Incident.objects.standing().filter(pupil__in=lists.by_number.values())
    standing = Counter(known.values_list("pupil", "on", "kind", "text"))
    for row, cells in rows:
        pupil = _pupil_of(plan, lists, row, cells)
        found = read_incident(row, cells, may_be=lambda day: may_lie_on(day, on=on))
        plan.errors += found.errors
        if pupil is None or found.errors:
            continue
        key = (pupil.pk, found.on, found.kind, found.text)
        if standing[key]:
            standing[key] -= 1
            plan.unchanged += 1
        else:
            plan.entries.append({"pupil": pupil, "on": found.on, "kind": found.kind, "text": found.text})
    return plan
