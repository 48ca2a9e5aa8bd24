"""The day's overview (F05): each class, whether its rolls are in, who is missing and why."""

from dataclasses import dataclass
from datetime import date

from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.edition import rule_books
from organisation.rules.paths import at_or_below
from students.enums import EnrolmentStatus
from students.models import Enrolment, Mark, Roll
from students.rules.roll import REGULAR_SESSIONS


@dataclass(frozen=True)
class ClassDay:
    """One class on one day: its rolls by session (None: not called) and its marks."""

    unit: Unit
    label: str
    school: str
    pupils: int
    has_school: bool
    rolls: dict[str, Roll | None]
    marks: dict[str, list[Mark]]

    @property
    def rows(self):
        return [(session, self.rolls.get(session), self.marks.get(session, [])) for session in REGULAR_SESSIONS]


@dataclass(frozen=True)
class SchoolDaySum:
    """A school's classes on a day, summed: what a county looks at before it looks into a school."""

    code: str
    name: str
    classes: list[ClassDay]

    @property
    def pupils(self):
        return sum(one.pupils for one in self.classes)

    @property
    def sessions(self):
        """(label, classes that called, classes that have school, named marks) of each session."""
        open_classes = [one for one in self.classes if one.has_school]
        return [
            (
                session.label,
                sum(1 for one in open_classes if one.rolls.get(session)),
                len(open_classes),
                sum(len(one.marks.get(session, ())) for one in self.classes),
            )
            for session in REGULAR_SESSIONS
        ]


@dataclass(frozen=True)
class DayOverview:
    """All classes below some units on a day, with the sums a principal looks at first."""

    day: date
    classes: list[ClassDay]
    kinds: dict[str, int]

    @property
    def schools(self) -> list[SchoolDaySum]:
        found: dict[str, list[ClassDay]] = {}
        for one in self.classes:
            found.setdefault(one.unit.school_code, []).append(one)
        return [SchoolDaySum(code, classes[0].school, classes) for code, classes in found.items()]

    def called(self, session):
        return sum(1 for one in self.classes if one.rolls.get(session))

    @property
    def sessions(self):
        with_school = [one for one in self.classes if one.has_school]
        return [(session, session.label, self.called(session), len(with_school)) for session in REGULAR_SESSIONS]

    def missing(self, session):
        return [one for one in self.classes if one.has_school and not one.rolls.get(session)]


def day_overview(paths, day: date) -> DayOverview:
    """Six statements, whatever the number of classes."""
    units = list(Unit.objects.filter(at_or_below("path", paths), kind=UnitKind.CLASS).open())
    units = [unit for unit in units if unit.is_at_stage(on=day)]
    spells = Enrolment.objects.filter(at_or_below("path", paths), status=EnrolmentStatus.IN_SCHOOL).current(on=day)
    pupils: dict[int, int] = {}
    for school_class in spells.values_list("school_class", flat=True):
        pupils[school_class] = pupils.get(school_class, 0) + 1
    rolls: dict[tuple, Roll] = {}
    for roll in Roll.objects.filter(at_or_below("path", paths), date=day).select_related("submitted_by"):
        rolls[roll.school_class_id, roll.session] = roll
    marks: dict[tuple, list[Mark]] = {}
    found = Mark.objects.filter(at_or_below("roll__path", paths), date=day).select_related("pupil", "roll", "slip")
    kinds: dict[str, int] = {}
    seen = set()
    for mark in found:
        marks.setdefault((mark.roll.school_class_id, mark.roll.session), []).append(mark)
        if (mark.pupil_id, mark.effective_kind) not in seen:
            seen.add((mark.pupil_id, mark.effective_kind))
            kinds[mark.get_kind_display()] = kinds.get(mark.get_kind_display(), 0) + 1
    schools = {unit.path: unit.name for unit in Unit.objects.filter(path__in={unit.path[:-8] for unit in units})}
    books = rule_books({unit.county_path for unit in units})
    classes = []
    for unit in units:
        if not pupils.get(unit.pk):
            continue
        calendar = books[unit.county_path].calendar(unit.path)
        classes.append(
            ClassDay(
                unit,
                unit.label(on=day),
                schools.get(unit.path[:-8], ""),
                pupils[unit.pk],
                calendar.is_school_day(day),
                {session: rolls.get((unit.pk, session)) for session in REGULAR_SESSIONS},
                {session: marks.get((unit.pk, session), []) for session in REGULAR_SESSIONS},
            )
        )
    return DayOverview(day, classes, kinds)
