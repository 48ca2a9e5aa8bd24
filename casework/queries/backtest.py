"""The past of a unit as the back-test asks for it (F25): its days, its children on a day, when they left."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min, Q

from casework.enums import ClearReason
from casework.models import Episode
from casework.rules.backtest import Split, evaluation_days, split_by_term
from organisation import clock
from organisation.enums import PostKind, UnitKind
from organisation.models import Post, Unit
from organisation.queries.edition import rule_book
from organisation.rules.grades import school_year
from organisation.rules.paths import at_or_below
from organisation.rules.regulation import Rules
from students.enums import EnrolmentStatus
from students.models import Enrolment, RegisterChange, Roll

# Cleared for these, a case was no absence of a child from school; who came back had been away.
NO_ABSENCE = [reason for reason in ClearReason if reason != ClearReason.CAME_BACK]


@dataclass(frozen=True)
class Event:
    """A child left: on which day, and since when that was known."""

    on: date
    known_at: datetime


@dataclass(frozen=True)
class Plan:
    """What a back-test of a unit looks at, by the regulation in force on its last day."""

    path: str
    as_of: date
    rules: Rules
    split: Split
    k: int


def plan_of(unit: Unit | None, *, as_of: date) -> Plan:
    """The days of training and test, and how many children the unit's class teachers can follow."""
    path = unit.path if unit else ""
    ruled = (
        path or Unit.objects.filter(kind=UnitKind.COUNTY).order_by("path").values_list("path", flat=True).first() or ""
    )
    book = rule_book(ruled)
    rules, calendar = book.rules(ruled, on=as_of), book.calendar(ruled)
    first = Roll.objects.filter(_there("path", path), date__lte=as_of).aggregate(first=Min("date"))["first"]
    terms = [term for year in _years(first, as_of) for term in calendar.terms_of(year)]
    days = [[day for day in evaluation_days(calendar, term, rules.backtest) if day >= first] for term in terms]
    until = min(as_of, clock.today())  # of days to come nobody knows the outcome
    split = split_by_term(days, as_of=until, horizon=rules.backtest.horizon_days)
    return Plan(path, as_of, rules, split, rules.warning.shown_per_class_teacher * _class_teachers(path, as_of))


def _years(first, as_of):
    return range(school_year(first), school_year(as_of) + 1) if first else ()


def _there(field, path) -> Q:
    return at_or_below(field, [path]) if path else Q()


def _class_teachers(path, on) -> int:
    """Classes that have a class teacher; where nobody has entered any, all classes."""
    posts = Post.objects.held(on=on).filter(_there("unit__path", path), kind=PostKind.CLASS_TEACHER)
    taught = Enrolment.objects.current(on=on).filter(_there("path", path), status=EnrolmentStatus.IN_SCHOOL)
    return posts.values("unit").distinct().count() or taught.values("school_class").distinct().count()


def pupils_on(path: str, day: date, *, known_at: datetime) -> list[int]:
    """Who may have been on the register there that day: by what is known now, and whose register changed since."""
    spells = Enrolment.objects.current(on=day).filter(_there("path", path)).order_by("path", "pupil")
    found = dict.fromkeys(spells.values_list("pupil", flat=True))
    changed = RegisterChange.objects.filter(Q(at__gt=known_at) | Q(corrected_by__at__gt=known_at))
    moved = changed.filter(_there("from_class__path", path) | _there("to_class__path", path))
    return [*(found | dict.fromkeys(moved.order_by("pupil").values_list("pupil", flat=True)))]


def leavings(pupil_ids, *, as_of: date) -> dict[int, list[Event]]:
    """{pupil: when it dropped out or came to be suspected of it}, as far as that was recorded by `as_of`."""
    until, found = clock.end_of(as_of), defaultdict(list)
    dropped = Enrolment.objects.filter(
        pupil__in=pupil_ids, status=EnrolmentStatus.DROPPED_OUT, starts__lte=as_of, recorded_at__lte=until
    )
    for pupil, on, at in dropped.values_list("pupil", "starts", "recorded_at"):
        found[pupil].append(Event(on, at))
    episodes = Episode.objects.filter(case__pupil__in=pupil_ids, suspected_on__lte=as_of)
    episodes = episodes.exclude(case__clear_reason__in=NO_ABSENCE).annotate(known=Min("moves__at"))
    for pupil, on, at in episodes.filter(known__lte=until).values_list("case__pupil", "suspected_on", "known"):
        found[pupil].append(Event(on, at))
    return found
