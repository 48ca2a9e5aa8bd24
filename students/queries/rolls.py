"""The class list of a date and what its roll says, in few statements whatever the class size."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import F, FilteredRelation, Q

from organisation.enums import PostKind
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.rules.regulation import Rules
from students.enums import EnrolmentStatus, SlipKind
from students.models import Enrolment, LeaveSlip, Pupil, Roll
from students.rules.roll import Count, RollClock, count_roll


@dataclass(frozen=True)
class Listed:
    """A pupil on the class list of a day: what the roll says (`kind`, empty: present) and which slip covers."""

    pupil_id: int
    number: str
    name: str
    initials: str
    born_on: date
    recorded_at: datetime
    kind: str
    note: str
    slip: LeaveSlip | None = None
    apart: str = ""  # birth date and last digits, where another on the list has the same name

    @property
    def counts_as(self) -> str:
        """What it is for the count: the slip's kind where a slip excuses an absence."""
        if self.slip and self.kind not in ("late", "early_leave"):
            return self.slip.kind
        return self.kind


@dataclass(frozen=True)
class Sheet:
    """One roll as it stands: the class list of its day with marks and slips, its clock and its rules."""

    school_class: Unit
    day: date
    session: str
    roll: Roll | None
    listed: tuple[Listed, ...]
    clock: RollClock
    rules: Rules

    @property
    def version(self) -> int:
        return self.roll.version if self.roll else 0

    @property
    def count(self) -> Count:
        return count_roll(len(self.listed), [pupil.counts_as for pupil in self.listed if pupil.counts_as])


def clock_for(path: str, *, on: date) -> tuple[RollClock, Rules]:
    book = rule_book(path)
    rules = book.rules(path, on=on)
    return RollClock(book.calendar(path), rules.roll), rules


def sheet_for(school_class: Unit, day: date, session: str, *, lock=False) -> Sheet:
    """The roll of a class, day and session; four statements, five where names are equal."""
    rolls = Roll.objects.filter(school_class=school_class, date=day, session=session)
    if lock:
        rolls = rolls.select_for_update()
    roll = rolls.first()
    spells = Enrolment.objects.filter(school_class=school_class, status=EnrolmentStatus.IN_SCHOOL).current(on=day)
    mark = FilteredRelation("pupil__marks", condition=Q(pupil__marks__roll=roll.pk if roll else 0))
    rows = spells.annotate(mark=mark, kind=F("mark__kind"), note=F("mark__note")).order_by("pupil__sort_key", "pupil")
    columns = ("pupil_id", "pupil__number", "pupil__name", "pupil__initials", "pupil__born_on", "recorded_at")
    listed = [Listed(*row[:-2], row[-2] or "", row[-1] or "") for row in rows.values_list(*columns, "kind", "note")]
    slips = slips_on({pupil.pupil_id for pupil in listed}, day, session)
    expected = [
        replace(pupil, slip=slips[pupil.pupil_id]) if pupil.pupil_id in slips else pupil
        for pupil in listed
        if not (pupil.pupil_id in slips and slips[pupil.pupil_id].kind == SlipKind.SUSPENSION)
    ]
    expected = _told_apart(expected)
    clock, rules = clock_for(school_class.path, on=day)
    return Sheet(school_class, day, session, roll, tuple(expected), clock, rules)


def classes_together(person, school_code: str, *, on: date) -> list[Unit]:
    """The classes of one school whose class teacher the person is on that day, in the order of their grades (P4)."""
    posts = [post for post in person.posts_on(on) if post.kind == PostKind.CLASS_TEACHER and not post.is_substitute]
    classes = {post.unit.pk: post.unit for post in posts if post.unit.school_code == school_code}
    at_stage = [unit for unit in classes.values() if unit.is_at_stage(on=on)]
    return sorted(at_stage, key=lambda unit: (unit.grade(on=on), unit.number))


def classes_of_pupils(classes, day: date) -> dict[str, int]:
    """{number of a pupil: class} of all who are on the lists of these classes on a day."""
    spells = Enrolment.objects.filter(school_class__in=classes, status=EnrolmentStatus.IN_SCHOOL).current(on=day)
    return dict(spells.values_list("pupil__number", "school_class"))


def _told_apart(listed):
    """Pupils of one name on one list show birth date and last digits (P2); one statement more where there are any."""
    names = Counter(pupil.name for pupil in listed)
    alike = [pupil.pupil_id for pupil in listed if names[pupil.name] > 1]
    if not alike:
        return listed
    said = {pupil.pk: pupil.told_apart for pupil in Pupil.objects.filter(pk__in=alike)}
    return [replace(pupil, apart=said.get(pupil.pupil_id, "")) for pupil in listed]


def slips_on(pupil_ids, day, session) -> dict[int, LeaveSlip]:
    """The approved slip that covers each pupil in that session; 停课停学 before any other."""
    slips = LeaveSlip.objects.approved().covering(day).filter(pupil__among=pupil_ids).order_by("pk")
    found: dict[int, LeaveSlip] = {}
    for slip in slips:
        if slip.covers(day, session) and not (slip.pupil_id in found and slip.kind != SlipKind.SUSPENSION):
            found[slip.pupil_id] = slip
    return found
