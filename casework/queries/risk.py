"""What the warning's signals look at, for many pupils at once: a fixed number of statements for any number of them.

`known_at` leaves out whatever was recorded after that moment, so that a day of the past is judged as it could be then (F25).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q

from casework.enums import LIVE_CASES, Whereabouts
from casework.models import Case, CaseMove, TeacherReport
from casework.rules.away import RollDay
from casework.rules.signals import ENTRY_AGE, Called, Period, PupilFacts, Report
from organisation.models import Unit
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.regulation import Rules
from students.enums import (
    ABSENT,
    CORE_SUBJECTS,
    WITHOUT_SLIP,
    Band,
    EnrolmentStatus,
    MarkKind,
    SlipKind,
    Subject,
)
from students.models import Enrolment, Incident, LeaveSlip, Mark, Pupil, Roll, TermMark
from students.queries.known import known_bands, known_marks, known_rolls, known_slips, known_spells
from students.queries.learning import term_before
from students.queries.siblings import siblings_of
from students.rules.rewind import Spell

BAND_HEIGHTS = {Band.FAIL: 0, Band.PASS: 1, Band.GOOD: 2, Band.EXCELLENT: 3}
EXCUSING = (SlipKind.SICK, SlipKind.PERSONAL)
ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Child:
    """What is asked of a pupil beside the facts: a row, for an object of all columns would cost more than the rest.

    Sex, being left behind and boarding are there for the back-test's comparison of groups; no signal sees them.
    """

    pk: int
    name: str
    path: str
    school_class_id: int
    born_on: date
    sex: str
    is_left_behind: bool
    is_boarder: bool
    school_class: Unit | None = None


CHILD = ("pk", "name", "path", "school_class_id", "born_on", "sex", "is_left_behind", "is_boarder")


@dataclass(frozen=True)
class Risk:
    """A pupil with all that an assessment needs."""

    pupil: Child
    facts: PupilFacts
    period: Period
    rules: Rules
    calendar: SchoolCalendar
    has_case: bool
    has_left: bool
    truant_before: int = 0  # truant sessions of last term; counted only where a moment of the past is asked


def risks_of(pupil_ids, *, on: date, known_at: datetime | None = None) -> dict[int, Risk]:
    """{pupil: its facts on a day, the period they lie in, and the rules in force}."""
    pupils = [Child(*row) for row in Pupil.objects.filter(pk__among=pupil_ids).values_list(*CHILD)]
    keys = {pupil.pk for pupil in pupils}
    spells = _spells(keys, known_at)
    if known_at:
        _put_back(pupils, spells, on)
    _with_classes(pupils)
    times = _Times({pupil.path for pupil in pupils}, on, known_at)
    register = _Register(spells, times)
    rows = _mark_rows(keys, register, times)
    marked = _marks(rows, register, times)
    before = _absent_then(pupils, rows, times) if known_at else _absent_before(pupils, times)
    truant = _truant_then(pupils, rows, times) if known_at else {}
    bands, incidents, slips, reports = (
        _bands(keys, on, known_at),
        _incidents(keys, times),
        _slips(keys, on, known_at),
        _reports(keys, times),
    )
    cases = _live_cases(keys, known_at)
    siblings = _siblings_out(keys, times)
    found = {}
    for pupil in pupils:
        period, rules = times.period(pupil.path), times.rules(pupil.path)
        called = register.called(pupil.pk)
        present = next((spell for spell in spells[pupil.pk] if spell.covers(on)), None)
        down, failing = _compared(bands[pupil.pk], times.terms(pupil.path))
        case = cases.get(pupil.pk)
        is_out = present is not None and present.status == EnrolmentStatus.DROPPED_OUT
        facts = PupilFacts(
            marked=marked[pupil.pk],
            called=called,
            absent_before=before.get(pupil.pk, 0),
            called_before=called.sessions(period.before_from, period.before_last),
            down=down,
            failing=failing,
            incidents=tuple(day for day in incidents[pupil.pk] if day >= period.term_from),
            earlier=_dropouts(spells[pupil.pk]),
            siblings_out=siblings[pupil.pk],
            over_age=_over_age(pupil, on),
            slip_until=slips.get(pupil.pk),
            reports=tuple(reports[pupil.pk]),
            case_since=case.opened_on if case else None,
            is_lost=bool(case and not known_at and case.whereabouts == Whereabouts.LOST),
            is_expected=present is not None and present.status == EnrolmentStatus.IN_SCHOOL,
        )
        found[pupil.pk] = Risk(
            pupil,
            facts,
            period,
            rules,
            times.calendar(pupil.path),
            bool(case) or is_out,
            present is None and case is None,
            truant.get(pupil.pk, 0),
        )
    return found


def _spells(keys, known_at) -> dict[int, list[Spell]]:
    if known_at:
        return defaultdict(list, known_spells(keys, at=known_at))
    spells = defaultdict(list)
    columns = ("pupil", "school_class", "path", "status", "starts", "ends", "recorded_at")
    for pupil, *spell in Enrolment.objects.filter(pupil__among=keys).order_by("starts").values_list(*columns):
        spells[pupil].append(Spell(*spell))
    return spells


def _put_back(pupils, spells, on):
    """Into the class of that day; nothing of it is saved."""
    for pupil in pupils:
        then = next((spell for spell in spells[pupil.pk] if spell.covers(on)), None)
        if then:
            pupil.school_class_id, pupil.path = then.school_class, then.path


def _with_classes(pupils):
    """Each class once, shared by its pupils."""
    classes = Unit.objects.in_bulk({pupil.school_class_id for pupil in pupils})
    for pupil in pupils:
        pupil.school_class = classes[pupil.school_class_id]


def _live_cases(keys, known_at) -> dict[int, Case]:
    """{pupil: its live case}; of a moment of the past by the moves that were entered by then."""
    if not known_at:
        return {case.pupil_id: case for case in Case.objects.live().filter(pupil__among=keys)}
    moves = CaseMove.objects.filter(case__pupil__in=keys, at__lte=known_at).order_by("pk").select_related("case")
    last = {move.case_id: move for move in moves}
    return {move.case.pupil_id: move.case for move in last.values() if move.after in LIVE_CASES}


class _Times:
    """Calendars, rules and the periods that follow from them, read once for each county."""

    def __init__(self, paths, on, known_at=None):
        self.on, self.known_at = on, known_at
        self._books = {county: rule_book(county) for county in {path[:COUNTY_LENGTH] for path in paths}}
        self._periods: dict = {}
        self._terms: dict = {}
        self._school_days: dict = {}
        self._calendars: dict = {}
        self._rules: dict = {}
        self._known_rolls: list | None = None
        for path in paths:
            self.period(path)
        self.periods = list(self._periods.values())
        self.first = min((min(p.before_from, p.window_from) for p in self.periods), default=on)
        self.marked_from = min((min(p.term_from, p.window_from) for p in self.periods), default=on)

    def calendar(self, path):
        if path not in self._calendars:
            book = self._books.get(path[:COUNTY_LENGTH])
            self._calendars[path] = book.calendar(path) if book else None
        return self._calendars[path]

    def rules(self, path) -> Rules:
        if path not in self._rules:
            self._rules[path] = self._books[path[:COUNTY_LENGTH]].rules(path, on=self.on)
        return self._rules[path]

    def known_rolls_of(self, classes) -> list[tuple]:
        """The rolls of a moment of the past, read once: every question is asked of the same classes or some of them."""
        if self._known_rolls is None:
            self._known_rolls = known_rolls(classes, self.first, self.on, at=self.known_at)
        return [row for row in self._known_rolls if row[1] in classes]

    def all_rules(self) -> list[Rules]:
        return [self.rules(county) for county in self._books]

    def terms(self, path):
        """(present term, the one before it, the one before that)."""
        calendar = self.calendar(path)
        if id(calendar) not in self._terms:
            now = calendar.semester_of(self.on)
            last = term_before(calendar, now)
            self._terms[id(calendar)] = (now, last, term_before(calendar, last))
        return self._terms[id(calendar)]

    def is_school_day(self, path, day) -> bool:
        """By the calendar of the class; where its county is none of the pupils' own, the roll itself says so."""
        calendar = self.calendar(path)
        key = (id(calendar), day)
        if key not in self._school_days:
            self._school_days[key] = calendar is None or calendar.is_school_day(day)
        return self._school_days[key]

    def period(self, path) -> Period:
        calendar, rules = self.calendar(path), self.rules(path).warning
        days = (rules.window_days, rules.report_window_days, rules.back_by_term_day)
        key = (id(calendar), days)
        if key not in self._periods:
            self._periods[key] = self._period(path, calendar, *days)
        return self._periods[key]

    def _period(self, path, calendar, window, report_window, back_by):
        now, last, _ = self.terms(path)
        school_days = calendar.school_days(now.first_day, min(self.on, now.last_day))
        return Period(
            on=self.on,
            window_from=_nth_back(calendar, self.on, window),
            report_from=_nth_back(calendar, self.on, report_window),
            term_from=now.first_day,
            term_days=tuple(school_days[:back_by]),
            before_from=last.first_day,
            before_last=last.last_day,
        )


def _nth_back(calendar, on, number) -> date:
    """The first of the last `number` school days up to `on`."""
    day = calendar.last_school_day(on)
    for _ in range(number - 1):
        day = calendar.last_school_day(day - ONE_DAY)
    return day


class _Register:
    """Which rolls attest which pupil: pupils of a class who came and were entered together share one answer.

    A class is counted by the day; single rolls with their moments are read only for classes that somebody was entered into
    after a roll had been called, which that roll then does not attest.
    """

    def __init__(self, spells, times):
        self._spells, self._times = spells, times
        here = [spell for of_pupil in spells.values() for spell in of_pupil if _is_in_school(spell)]
        self.classes = {spell.school_class for spell in here}
        self._first_at = _first_calls(self.classes, times)
        late = {spell.school_class for spell in here if self._is_late(spell) and not self._is_over(spell)}
        self._totals: dict[int, dict[date, int]] = defaultdict(dict)
        for school_class, day, number in _calls_by_day(self.classes, times):
            self._totals[school_class][day] = number
        self._calls: dict[int, list[tuple]] = defaultdict(list)
        self._at: dict[int, datetime] = {}
        for pk, school_class, day, at in _rolls(late, times) if late else ():
            self._calls[school_class].append((day, at))
            self._at[pk] = at
        self._sessions: dict = {}
        self._shared: dict = {}

    def called(self, pupil) -> Called:
        """The days on which rolls attest the pupil, with how many sessions each."""
        keys = tuple(key for spell in self._spells[pupil] if _is_in_school(spell) for key in self._key(spell))
        if keys not in self._shared:
            sums: dict[date, int] = defaultdict(int)
            for key in keys:
                for day, number in self._of(key).items():
                    sums[day] += number
            self._shared[keys] = Called.of(sums)
        return self._shared[keys]

    def attests(self, pupil, roll, school_class, day) -> bool:
        """Whether a roll's mark speaks of a pupil who was on that class's list, and known to be, that day."""
        return any(
            spell.school_class == school_class
            and spell.covers(day)
            and (not self._is_late(spell) or (roll in self._at and spell.recorded_at <= self._at[roll]))
            for spell in self._spells[pupil]
            if _is_in_school(spell)
        )

    def _is_late(self, spell) -> bool:
        """Entered when rolls of the class had been called already; a class without any attests nobody."""
        first = self._first_at.get(spell.school_class)
        return first is None or spell.recorded_at > first

    def _is_over(self, spell) -> bool:
        return spell.ends is not None and spell.ends <= self._times.first

    def _key(self, spell):
        """What tells one spell's answer from another's; nothing where it lies outside the time looked at."""
        if spell.school_class not in self._first_at or self._is_over(spell):
            return []
        recorded = spell.recorded_at if self._is_late(spell) else None
        starts = max(spell.starts, self._times.first)
        ends = spell.ends if spell.ends and spell.ends <= self._times.on else None
        return [(spell.school_class, spell.path, starts, ends, recorded)]

    def _of(self, key):
        if key not in self._sessions:
            school_class, path, starts, ends, recorded = key
            numbers = self._totals[school_class]
            if recorded is not None:
                numbers = Counter(day for day, at in self._calls[school_class] if recorded <= at)
            self._sessions[key] = {
                day: number
                for day, number in numbers.items()
                if day >= starts and (ends is None or day < ends) and self._times.is_school_day(path, day)
            }
        return self._sessions[key]


def _called(classes, times):
    return Roll.objects.filter(school_class__in=classes, date__range=(times.first, times.on)).order_by()


def _first_calls(classes, times) -> dict[int, datetime]:
    """{class: when the first of its rolls was submitted, as it now stands}."""
    if times.known_at:
        found: dict[int, datetime] = {}
        for _, school_class, _, at in _rolls(classes, times):
            found[school_class] = min(at, found.get(school_class, at))
        return found
    return dict(_called(classes, times).values_list("school_class").annotate(at=Min("submitted_at")))


def _calls_by_day(classes, times):
    """(class, day, sessions called)."""
    if times.known_at:
        counted = Counter((school_class, day) for _, school_class, day, _ in _rolls(classes, times))
        return [(*key, number) for key, number in counted.items()]
    return _called(classes, times).values_list("school_class", "date").annotate(number=Count("pk"))


def _rolls(classes, times):
    """(roll, class, day, when it was submitted)."""
    if times.known_at:
        return times.known_rolls_of(classes)
    return _called(classes, times).values_list("pk", "school_class", "date", "submitted_at")


def _is_in_school(spell) -> bool:
    return spell.status == EnrolmentStatus.IN_SCHOOL


def _mark_rows(keys, register, times):
    """(pupil, day, kind, kind of the excusing slip, roll, its class); of the past last term's too."""
    if times.known_at:
        return known_marks(keys, register.classes, times.first, times.on, at=times.known_at)
    rows = Mark.objects.filter(pupil__among=keys, date__range=(times.marked_from, times.on)).order_by()
    return rows.values_list("pupil", "date", "kind", "slip__kind", "roll", "roll__school_class")


def _marks(rows, register, times) -> dict[int, dict[date, RollDay]]:
    """{pupil: {day with a mark: what its called sessions say}}; an unverified mark counts once its day is over."""
    kinds: dict[int, dict[date, list]] = defaultdict(lambda: defaultdict(list))
    for pupil, day, kind, slip_kind, roll, school_class in rows:
        if day < times.marked_from or not register.attests(pupil, roll, school_class, day):
            continue
        effective = slip_kind or kind
        if effective == MarkKind.UNVERIFIED and day < times.on:
            effective = MarkKind.TRUANT
        kinds[pupil][day].append(effective)
    found: dict[int, dict[date, RollDay]] = defaultdict(dict)
    for pupil, days in kinds.items():
        called = register.called(pupil)
        for day, said in days.items():
            number = called.sessions(day, day)
            if number:
                found[pupil][day] = RollDay(day, (*said, *[""] * (number - len(said))))
    return found


def _absent_before(pupils, times) -> dict[int, int]:
    """{pupil: absent sessions of last term}; one statement for each way in which terms are laid."""
    spans = defaultdict(set)
    for pupil in pupils:
        period = times.period(pupil.path)
        spans[period.before_from, period.before_last].add(pupil.pk)
    absent = Q(slip__isnull=True, kind__in=ABSENT) | Q(slip__kind__in=EXCUSING)
    found: dict[int, int] = {}
    for span, keys in spans.items():
        rows = Mark.objects.filter(absent, pupil__among=keys, date__range=span).order_by()
        found |= dict(rows.values_list("pupil").annotate(number=Count("pk")))
    return found


def _absent_then(pupils, rows, times) -> dict[int, int]:
    """The same from the marks of a moment of the past."""
    return _counted_then(pupils, rows, times, lambda kind, slip: slip in EXCUSING if slip else kind in ABSENT)


def _truant_then(pupils, rows, times) -> dict[int, int]:
    return _counted_then(pupils, rows, times, lambda kind, slip: not slip and kind in WITHOUT_SLIP)


def _counted_then(pupils, rows, times, counts) -> dict[int, int]:
    """{pupil: sessions of last term whose marks count}."""
    spans = {pupil.pk: times.period(pupil.path) for pupil in pupils}
    found: dict[int, int] = defaultdict(int)
    for pupil, day, kind, slip, *_ in rows:
        if spans[pupil].before_from <= day <= spans[pupil].before_last and counts(kind, slip):
            found[pupil] += 1
    return found


def _band_rows(keys, since, known_at):
    if known_at:
        return known_bands(keys, since=since, at=known_at)
    rows = TermMark.objects.filter(pupil__among=keys, year__gte=since).exclude(subject=Subject.ATTITUDE)
    return rows.order_by().values_list("pupil", "year", "term", "subject", "band")


def _bands(keys, on, known_at):
    found: dict[int, dict[tuple, dict]] = defaultdict(lambda: defaultdict(dict))
    for pupil, year, term, subject, band in _band_rows(keys, school_year(on) - 1, known_at):
        found[pupil][year, term][subject] = band
    return found


def _compared(bands, terms) -> tuple[tuple, tuple]:
    """(subjects down a band, core subjects failed) in the newest of the present and the last term that has marks."""
    keys = [(term.year, term.number) for term in terms]
    at = next((n for n in (0, 1) if bands.get(keys[n])), None)
    if at is None:
        return (), ()
    now, before = bands[keys[at]], bands.get(keys[at + 1], {})
    down = [s for s in Subject if s in now and s in before and BAND_HEIGHTS[now[s]] < BAND_HEIGHTS[before[s]]]
    return tuple(down), tuple(s for s in CORE_SUBJECTS if now.get(s) == Band.FAIL)


def _incidents(keys, times):
    found = defaultdict(list)
    since = min((p.term_from for p in times.periods), default=times.on)
    rows = Incident.objects.filter(pupil__among=keys, on__range=(since, times.on)).order_by("on", "pk")
    if times.known_at:
        standing = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=times.known_at)
        rows = rows.filter(standing, entered_at__lte=times.known_at)
    else:
        rows = rows.standing()
    for pupil, day in rows.values_list("pupil", "on"):
        found[pupil].append(day)
    return found


def _slip_rows(keys, on, known_at):
    since = on - 60 * ONE_DAY
    if known_at:
        granted = (slip for of_pupil in known_slips(keys, at=known_at).values() for slip in of_pupil)
        rows = ((slip, slip.kind in EXCUSING and slip.first_day <= on and slip.last_day >= since) for slip in granted)
        return [(slip.pupil_id, slip.last_day) for slip, counts in rows if counts]
    rows = LeaveSlip.objects.approved().filter(pupil__among=keys, kind__in=EXCUSING, last_day__gte=since)
    return rows.filter(first_day__lte=on).order_by().values_list("pupil", "last_day")


def _slips(keys, on, known_at) -> dict[int, date]:
    """{pupil: the last day of the leave that ended last}; none where another one covers today."""
    ended: dict[int, date] = {}
    for pupil, last in _slip_rows(keys, on, known_at):
        ended[pupil] = max(last, ended.get(pupil, last))
    return {pupil: last for pupil, last in ended.items() if last < on}


def _reports(keys, times):
    found = defaultdict(list)
    since = min((p.report_from for p in times.periods), default=times.on)
    rows = TeacherReport.objects.filter(pupil__among=keys, on__range=(since, times.on)).order_by("on", "pk")
    rows = rows.filter(at__lte=times.known_at) if times.known_at else rows
    for pupil, points, day, reason in rows.values_list("pupil", "points", "on", "reason"):
        found[pupil].append(Report(points, day, reason))
    return found


def _siblings_out(keys, times) -> dict[int, int]:
    """{pupil: how many siblings are out of school, or left it within a year}."""
    siblings = siblings_of(keys)
    everybody = {other for others in siblings.values() for other in others}
    within = max((rules.warning.earlier_within_days for rules in times.all_rules()), default=0)
    if times.known_at:
        out = _out_then(everybody, times, within)
        return defaultdict(int, {pupil: len(others & out) for pupil, others in siblings.items()})
    recent = Q(ends__isnull=True) | Q(starts__gt=times.on - within * ONE_DAY)
    rows = Enrolment.objects.filter(
        recent, pupil__among=everybody, status=EnrolmentStatus.DROPPED_OUT, starts__lte=times.on
    )
    out = set(rows.values_list("pupil", flat=True))
    return defaultdict(int, {pupil: len(others & out) for pupil, others in siblings.items()})


def _out_then(pupils, times, within) -> set[int]:
    since = times.on - within * ONE_DAY
    return {
        pupil
        for pupil, spells in known_spells(pupils, at=times.known_at).items()
        for spell in spells
        if spell.status == EnrolmentStatus.DROPPED_OUT
        and spell.starts <= times.on
        and (spell.ends is None or spell.starts > since)
    }


def _dropouts(spells) -> tuple[date, ...]:
    """The days on which the pupil dropped out, and came back."""
    out = [spell for spell in spells if spell.status == EnrolmentStatus.DROPPED_OUT]
    return tuple(day for spell in out for day in (spell.starts, spell.ends) if day)


def _over_age(pupil, on) -> int:
    """Years above the age at which children are in that grade."""
    census = school_year_start(school_year(on))
    age = census.year - pupil.born_on.year - ((census.month, census.day) < (pupil.born_on.month, pupil.born_on.day))
    return max(0, age - (ENTRY_AGE - 1 + pupil.school_class.grade(on=on)))
