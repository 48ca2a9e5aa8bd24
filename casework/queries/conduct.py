"""What rolls and register say of a batch of pupils: each table read once, whatever is then asked (F10, F11, F12)."""

from collections import defaultdict
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, F, Q
from django.utils import timezone

from casework.models import Case
from casework.rules.ladder import Conduct
from casework.rules.ratio import Share, may_be_over
from organisation.queries.edition import COUNTY_LENGTH, RuleBook, rule_books
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import ancestors
from organisation.rules.regulation import Rules
from students.enums import EnrolmentStatus, MarkKind, SlipKind
from students.models import Enrolment, LeaveSlip, Mark, Pupil

TRUANT = (MarkKind.TRUANT, MarkKind.UNVERIFIED)
EXPECTED = (EnrolmentStatus.IN_SCHOOL, EnrolmentStatus.DROPPED_OUT)
WEIGHED = (*TRUANT, MarkKind.LATE, MarkKind.EARLY_LEAVE)
YEARS = 2  # four semesters of shares
SEALED = ("identity_number", "registry_number")  # opening them would cost more than the rest


class Called(NamedTuple):
    """A mark without slip, and the roll on which it was made."""

    pupil: int
    day: date
    kind: str
    path: str
    session: str
    school_class: int
    at: object

    @property
    def is_truant(self) -> bool:
        return self.kind in TRUANT


class Spell(NamedTuple):
    pupil: int
    school_class: int
    path: str
    status: str
    starts: date
    ends: date | None
    recorded_at: object

    def covers(self, day) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)


class RollFacts:
    """The facts about pupils on a day; `paths` is {pupil: class path}. Ask for it while the pupils are locked."""

    def __init__(self, paths: dict[int, str], *, on: date):
        self.paths, self.on = paths, on
        self._since = school_year_start(school_year(on) - YEARS + 1)
        self._taught: dict[tuple, set[str]] = {}

    @cached_property
    def pupils(self) -> dict[int, Pupil]:
        """For who has to write something; nobody else needs more than a key."""
        return Pupil.objects.filter(pk__in=self.paths).defer(*SEALED).in_bulk()

    @cached_property
    def _marks(self) -> list[Called]:
        """An unverified mark counts once its day is over."""
        marks = Mark.objects.filter(pupil__in=self.paths, kind__in=WEIGHED, slip__isnull=True, date__lte=self.on)
        marks = marks.exclude(kind=MarkKind.UNVERIFIED, date__gte=self.on).order_by("date", "pk")
        rolls = ("roll__path", "roll__session", "roll__school_class", "roll__submitted_at")
        return [Called(*row) for row in marks.values_list("pupil", "date", "kind", *rolls)]

    @cached_property
    def _spells(self) -> dict[int, list[Spell]]:
        spells = defaultdict(list)
        rows = Enrolment.objects.filter(pupil__in=self.paths, status__in=EXPECTED)
        for row in rows.values_list("pupil", "school_class", "path", "status", "starts", "ends", "recorded_at"):
            spells[row[0]].append(Spell(*row))
        return spells

    @cached_property
    def _books(self) -> dict[str, RuleBook]:
        paths = {*self.paths.values(), *(mark.path for mark in self._marks)}
        paths |= {spell.path for of_pupil in self._spells.values() for spell in of_pupil}
        return rule_books({path[:COUNTY_LENGTH] for path in paths})

    def calendar(self, path) -> SchoolCalendar:
        return self._books[path[:COUNTY_LENGTH]].calendar(path)

    def rules(self, path, *, on=None) -> Rules:
        return self._books[path[:COUNTY_LENGTH]].rules(path, on=on or self.on)

    @cached_property
    def live(self) -> set[int]:
        """Who has a case that goes on."""
        return set(Case.objects.live().filter(pupil__in=self.paths).values_list("pupil", flat=True))

    @cached_property
    def away(self) -> set[int]:
        """Who is out of school, or under way back: a case has taken over."""
        out = (spell for of_pupil in self._spells.values() for spell in of_pupil if spell.covers(self.on))
        return self.live | {spell.pupil for spell in out if spell.status == EnrolmentStatus.DROPPED_OUT}

    @cached_property
    def conduct(self) -> dict[int, list[Conduct]]:
        """{pupil: what each day says} from all rolls up to the day.

        A mark counts only where the register of that day has the pupil in that class and in school, the calendar has
        school in that session, and neither a slip nor 停课停学 covers it. The first days of what is later confirmed as
        a dropout stay truancy: the child was expected when the roll was called.
        """
        suspensions = defaultdict(list)
        pupils = {mark.pupil for mark in self._marks}
        for slip in LeaveSlip.objects.approved().filter(pupil__in=pupils, kind=SlipKind.SUSPENSION):
            suspensions[slip.pupil_id].append(slip)
        days: dict[tuple[int, date], list[Called]] = defaultdict(list)
        for mark in self._marks:
            if (
                self._has_school(mark)
                and any(
                    spell.school_class == mark.school_class and spell.covers(mark.day)
                    for spell in self._spells[mark.pupil]
                )
                and not any(slip.covers(mark.day, mark.session) for slip in suspensions[mark.pupil])
            ):
                days[mark.pupil, mark.day].append(mark)
        found: dict[int, list[Conduct]] = defaultdict(list)
        for (pupil, day), of_day in days.items():
            found[pupil].append(_conduct(day, of_day))
        return dict(found)

    def _has_school(self, mark) -> bool:
        calendar = self.calendar(mark.path)
        if mark.session == "evening":
            return calendar.exceptions.get((mark.day, mark.session), calendar.is_school_day(mark.day))
        return calendar.is_school_day(mark.day, mark.session)

    @cached_property
    def shares(self) -> dict[int, tuple[Share, list[Share]]]:
        """{pupil: (share of the school year, shares of the last semesters in order)} of who may be over a limit.

        A roll attests a pupil whom the register has in that class and in school that day, recorded before it was
        submitted. A semester in which the pupil had school and nobody called is there, with no sessions.
        """
        unexcused = self._unexcused()
        concerned = {
            pupil
            for pupil, of_pupil in unexcused.items()
            if may_be_over(of_pupil.values(), self.rules(self.paths[pupil]).ratio)
        }
        expected = self._expected(concerned)
        year, found = school_year(self.on), {}
        for pupil in sorted(concerned):
            keys = sorted(self._semesters(pupil))
            semesters = [Share(key, unexcused[pupil].get(key, 0), expected[pupil].get(key, 0)) for key in keys]
            of_year = [one for one in semesters if one.period.startswith(f"{year}-")]
            total = Share(str(year), sum(s.unexcused for s in of_year), sum(s.expected for s in of_year))
            found[pupil] = (total, semesters)
        return found

    def _unexcused(self) -> dict[int, dict[str, int]]:
        """{pupil: {semester: unexcused sessions}}."""
        found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for mark in self._marks:
            if mark.is_truant and mark.day >= self._since:
                found[mark.pupil][self._semester(mark.pupil, mark.day)] += any(
                    spell.school_class == mark.school_class
                    and spell.covers(mark.day)
                    and spell.recorded_at <= mark.at
                    and self.calendar(spell.path).is_school_day(mark.day)
                    for spell in self._in_school(mark.pupil)
                )
        return found

    def _expected(self, pupils) -> dict[int, dict[str, int]]:
        """{pupil: {semester: sessions called}}, one statement."""
        found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        if not pupils:
            return found
        roll = "school_class__rolls__"
        called = Enrolment.objects.filter(
            Q(ends__isnull=True) | Q(**{f"{roll}date__lt": F("ends")}),
            pupil__in=pupils,
            status=EnrolmentStatus.IN_SCHOOL,
            **{f"{roll}date__range": (self._since, self.on), f"{roll}date__gte": F("starts")},
            **{f"{roll}submitted_at__gte": F("recorded_at")},
        )
        days = called.order_by().values_list("pupil", "path", f"{roll}date").annotate(number=Count("pk"))
        for pupil, path, day, number in days:
            if self.calendar(path).is_school_day(day):
                found[pupil][self._semester(pupil, day)] += number
        return found

    def _semesters(self, pupil) -> set[str]:
        """The semesters in which the pupil had school; pupils of one calendar who came together share the answer."""
        own, found = self.calendar(self.paths[pupil]), set()
        for spell in self._in_school(pupil):
            calendar = self.calendar(spell.path)
            key = (id(own), id(calendar), max(self._since, spell.starts), self._last(spell))
            if key not in self._taught:
                self._taught[key] = {own.semester_of(day).key for day in calendar.school_days(*key[2:])}
            found |= self._taught[key]
        return found

    def _last(self, spell) -> date:
        return min(self.on, date.fromordinal(spell.ends.toordinal() - 1)) if spell.ends else self.on

    def _in_school(self, pupil):
        return [spell for spell in self._spells[pupil] if spell.status == EnrolmentStatus.IN_SCHOOL]

    def _semester(self, pupil, day) -> str:
        return self.calendar(self.paths[pupil]).semester_of(day).key


def _conduct(day, marks) -> Conduct:
    kinds = [mark.kind for mark in marks]
    decisive = [mark for mark in marks if mark.is_truant] or marks
    return Conduct(
        day,
        any(mark.is_truant for mark in marks),
        max(timezone.localdate(mark.at) for mark in decisive),
        kinds.count(MarkKind.LATE),
        kinds.count(MarkKind.EARLY_LEAVE),
    )


def school_path(path: str) -> str:
    """The path of the school of a class's path: a class hangs under its cohort, the cohort under the school."""
    return ancestors(path)[-3]


def cohort_path(path: str) -> str:
    return ancestors(path)[-2]
