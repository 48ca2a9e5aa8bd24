"""Candidates for commendation (F56), by rule: no dropout, below the school's average, support that worked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from accountability.enums import LeadSource, LeadState, Merit
from accountability.models import Commendation, Lead
from accountability.queries.award_bans import Ban, bans_of, key_of
from accountability.queries.class_targets import ClassYear, class_years, year_ends
from accountability.rules.awards import helped, is_below_average
from casework.models import SupportEntry
from casework.queries.away import roll_days
from casework.rules.before_after import WINDOW, side_by_side
from organisation.enums import PostKind
from organisation.models import Person, Post, Unit
from organisation.rules.grades import school_year_start
from organisation.rules.paths import ancestors, at_or_below

LOOK_AROUND = timedelta(days=60)
LEAST_SESSIONS = 10  # a handful of sessions says nothing yet
LEAST_HELPED = 2  # children: one may be chance


@dataclass(frozen=True)
class Candidate:
    """Who may be commended for what, on which figures, and what stands against it."""

    merit: Merit
    subject: Person | Unit
    unit: Unit
    name: str
    basis: str
    bans: tuple[Ban, ...] = ()
    doubts: bool = False
    standing: Commendation | None = None

    @property
    def key(self) -> str:
        kind, pk = key_of(self.subject)
        return f"{self.merit}:{kind}:{pk}"

    @property
    def is_open(self) -> bool:
        """Nothing stands against it, and it was not confirmed yet."""
        return not (self.bans or self.doubts or self.standing)


def candidates_of(school: Unit, year: int, *, on: date) -> list[Candidate]:
    """The candidates of a school for a school year: its classes with their class teachers, who helped, and itself."""
    classes = [one for one in class_years([school.path], year, on=on) if one.opening]
    names = {one.unit.path: one.unit.label(on=year_ends(year, on)) for one in classes}
    teachers = _class_teachers(classes, year_ends(year, on))
    found = []
    for merit, one, basis in _merited(classes):
        found.append(Candidate(merit, one.unit, one.unit, names[one.unit.path], basis))
        for teacher in teachers.get(one.unit.pk, ()):
            found.append(Candidate(merit, teacher, one.unit, f"{teacher.name}({names[one.unit.path]}班主任)", basis))
    if classes and not any(one.losses for one in classes):
        basis = f"学年初在校 {sum(one.opening for one in classes)} 人,无辍学"
        found.append(Candidate(Merit.NO_DROPOUT, school, school, school.name, basis))
    found += _supporters(school, year, on)
    return _judged(found, school, year, on)


def _merited(classes: list[ClassYear]):
    """(merit, class, on which figures)."""
    lost, opening = sum(len(one.losses) for one in classes), sum(one.opening for one in classes)
    for one in classes:
        counted = f"学年初在校 {one.opening} 人"
        if not one.losses:
            yield Merit.NO_DROPOUT, one, f"{counted},无辍学"
        elif is_below_average(len(one.losses), one.opening, lost, opening):
            yield Merit.BELOW_AVERAGE, one, f"{counted},辍学 {len(one.losses)} 人;全校 {opening} 人中 {lost} 人"


def _class_teachers(classes, on) -> dict[int, list[Person]]:
    """Who is class teacher at the end of the time looked at."""
    held = Post.objects.held(on=on).filter(
        unit__in=[one.unit.pk for one in classes], kind=PostKind.CLASS_TEACHER, is_substitute=False
    )
    found = defaultdict(list)
    for post in held.select_related("person").order_by("pk"):
        found[post.unit_id].append(post.person)
    return found


def _supporters(school, year, on) -> list[Candidate]:
    """Who wrote down support after whose first entry the children came more often (F22), at least two of them."""
    first, last = school_year_start(year), year_ends(year, on)
    entries = SupportEntry.objects.filter(at_or_below("path", [school.path]), on__range=(first, last))
    begun: dict[tuple, date] = {}
    people = {}
    for entry in entries.select_related("by").order_by("on", "pk"):
        begun.setdefault((entry.by_id, entry.pupil_id), entry.on)
        people[entry.by_id] = entry.by
    days = roll_days({pupil for _, pupil in begun}, first=first - LOOK_AROUND, last=last) if begun else {}
    better, tried = defaultdict(int), defaultdict(int)
    for (person, pupil), since in begun.items():
        before, after = side_by_side(days.get(pupil, ()), since, window=WINDOW)
        tried[person] += 1
        better[person] += helped(before, after, least=LEAST_SESSIONS)
    return [
        Candidate(
            Merit.SUPPORT,
            people[key],
            school,
            people[key].name,
            f"帮扶 {tried[key]} 名学生,帮扶后出勤好转 {number} 人(前后各 {WINDOW} 个上课日)",
        )
        for key, number in better.items()
        if number >= LEAST_HELPED and number * 2 > tried[key]
    ]


def _judged(candidates, school, year, on) -> list[Candidate]:
    """With what stands against each: bans, an open doubt about the truth of figures, a commendation that stands."""
    bans = bans_of(list({one.key: one.subject for one in candidates}.values()), year, on=on)
    standing = {
        (one.merit, one.subject_id, one.unit_id): one
        for one in Commendation.objects.standing().filter(at_or_below("path", [school.path]), year=year)
    }
    doubted = doubted_units([one.unit for one in candidates])
    judged = []
    for one in candidates:
        is_person = isinstance(one.subject, Person)
        key = (str(one.merit), one.subject.pk if is_person else None, None if is_person else one.subject.pk)
        judged.append(
            Candidate(
                one.merit,
                one.subject,
                one.unit,
                one.name,
                one.basis,
                tuple(bans.get(key_of(one.subject), ())),
                one.unit.pk in doubted,
                standing.get(key),
            )
        )
    return judged


def doubted_units(units) -> set[int]:
    """Those of the units on which, or on what they lie in, a truth check left a lead that nobody dismissed (P24)."""
    above = {path for unit in units for path in ancestors(unit.path)}
    leads = Lead.objects.filter(source=LeadSource.TRUTH, path__in=above).exclude(state=LeadState.DISMISSED)
    paths = set(leads.values_list("path", flat=True))
    return {unit.pk for unit in units if paths & set(ancestors(unit.path))}
