"""What the register says in numbers (F60): openings, dropouts, stocks and movements by class, set-based.

One definition yields the count, the pupils behind it and the drill-down. Levels above sum classes, never rates.
"""

from collections import Counter
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, Sum

from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import at_or_below
from students.enums import TAUGHT, ChangeKind, EnrolmentStatus
from students.models import Enrolment, RegisterChange


def covering(day: date, prefix="") -> Q:
    """Spells that cover a day."""
    open_ended = Q(**{f"{prefix}ends__isnull": True}) | Q(**{f"{prefix}ends__gt": day})
    return open_ended & Q(**{f"{prefix}starts__lte": day})


def due_on(census: date) -> Q:
    """Spells of the opening: in school, or a dropout that begins on that very day (figures.md)."""
    return covering(census) & (Q(status__in=TAUGHT) | _first_missed(census))


def _first_missed(census: date) -> Q:
    """Dropouts that begin on the census date itself, and do not only change class on the ledger that day."""
    goes_on = Enrolment.objects.filter(pupil=OuterRef("pupil"), status=EnrolmentStatus.DROPPED_OUT, ends=census)
    return Q(status=EnrolmentStatus.DROPPED_OUT, starts=census) & ~Exists(goes_on)


class ClassCount(NamedTuple):
    """One class: who was taught on the census date (with the sum of their fingerprints), and on the cut-off who is
    enrolled and who of them is on the ledger. Who drops out on the census date itself comes from `dropouts`."""

    school_class: int
    taught: int
    fingerprint: int
    enrolled: int
    enrolled_fingerprint: int
    ledger: int
    ledger_fingerprint: int


def class_counts(path: str, *, census: date, as_of: date) -> list[ClassCount]:
    """The taught on the census date and the stock on the cut-off, one statement."""
    taught = covering(census) & Q(status__in=TAUGHT)
    there = covering(as_of)
    ledger = there & Q(status=EnrolmentStatus.DROPPED_OUT)
    spells = Enrolment.objects.filter(at_or_below("path", [path])).filter(taught | there)
    sums = [
        expression
        for counted in (taught, there, ledger)
        for expression in (Count("pk", filter=counted), Sum("pupil__fingerprint", filter=counted, default=0))
    ]
    named = dict(zip(ClassCount._fields[1:], sums, strict=True))
    rows = spells.order_by().values("school_class").annotate(**named)
    return [ClassCount(*row) for row in rows.values_list(*ClassCount._fields)]


class Dropout(NamedTuple):
    """A time that a pupil dropped out in the school year: the class and the first missed day; whether it is the
    pupil's latest, and whether the pupil is still out on the cut-off."""

    pupil: int
    fingerprint: int
    school_class: int
    path: str
    starts: date
    is_latest: bool
    still_out: bool


def begun_dropouts(path: str, *, as_of: date) -> list[Dropout]:
    """Every time that somebody dropped out, first missed school day in the school year up to the cut-off; one statement.

    A spell that goes on from another dropped-out one (a change of class on the ledger) begins no dropout.
    """
    first = school_year_start(school_year(as_of))
    out = Enrolment.objects.filter(status=EnrolmentStatus.DROPPED_OUT)
    begun = out.filter(starts__range=(first, as_of)).exclude(
        Exists(out.filter(pupil=OuterRef("pupil"), ends=OuterRef("starts")))
    )
    later = begun.filter(pupil=OuterRef("pupil"), starts__gt=OuterRef("starts"))
    rows = begun.filter(at_or_below("path", [path])).annotate(
        is_latest=~Exists(later), still_out=Exists(not_back(as_of).filter(pupil=OuterRef("pupil")))
    )
    columns = ("pupil", "pupil__fingerprint", "school_class", "path", "starts", "is_latest", "still_out")
    return [Dropout(*row) for row in rows.values_list(*columns)]


def dropouts(path: str, *, as_of: date) -> list[Dropout]:
    """Each pupil once, where the latest time began: the same for a school asked alone and for its county."""
    return [one for one in begun_dropouts(path, as_of=as_of) if one.is_latest]


def openings(path: str, *, census: date, as_of: date) -> Counter:
    """{class: pupils of its opening (figures.md)}; classes without are left out. Two statements."""
    found = Counter(
        {one.school_class: one.taught for one in class_counts(path, census=census, as_of=as_of) if one.taught}
    )
    found.update(one.school_class for one in begun_dropouts(path, as_of=as_of) if one.starts == census)
    return found


def not_back(as_of: date):
    """Dropped-out spells that nothing has followed by a day. A transfer out of the ledger is no return: only where the
    pupil arrived counts; who died or went abroad is out no more (figures.md, the table of movements)."""
    spells = Enrolment.objects.filter(starts__lte=as_of)
    transferred = Q(ends__lte=as_of, ended_by__kind=ChangeKind.TRANSFER_OUT)
    later = spells.filter(pupil=OuterRef("pupil"), starts__gt=OuterRef("starts"))
    out = spells.filter(status=EnrolmentStatus.DROPPED_OUT)
    return out.filter(covering(as_of) | transferred).exclude(Exists(later))


class Movement(NamedTuple):
    """A pupil who came into or went out of "in school" at a class, by which kind of change, on which day."""

    pupil: int
    school_class: int
    kind: str
    day: date
    change: int  # +1 in, -1 out
    stays: bool  # the same school and stage on both sides: only the class changes
    from_ledger: bool  # a dropped-out pupil comes back


def movements(path: str, *, first: date, last: date) -> list[Movement]:
    """What moved pupils in and out of school between two days, both included; one statement.

    Only what changes whether a pupil is taught counts: a transfer out of one on the ledger moves nobody out of school.
    """
    changes = RegisterChange.objects.standing().filter(effective_on__range=(first, last))
    changes = changes.filter(at_or_below("from_class__path", [path]) | at_or_below("to_class__path", [path]))
    places = ("from_class", "from_class__path", "from_class__stage", "to_class", "to_class__path", "to_class__stage")
    found = []
    for pupil, kind, day, undo, *place in changes.values_list("pupil", "kind", "effective_on", "undo", *places):
        from_class, from_path, from_stage, to_class, to_path, to_stage = place
        was_in = undo.get("status") in TAUGHT
        is_in = _is_in_after(kind, was_in)
        if was_in and is_in and from_class == to_class:
            continue
        stays = was_in and is_in and from_path[:-8] == to_path[:-8] and from_stage == to_stage
        if was_in and from_path.startswith(path):
            found.append(Movement(pupil, from_class, kind, day, -1, stays, False))
        if is_in and to_path.startswith(path):
            back = undo.get("status") == EnrolmentStatus.DROPPED_OUT
            found.append(Movement(pupil, to_class, kind, day, +1, stays, back))
    return found


def _is_in_after(kind, was_in) -> bool:
    if kind == ChangeKind.MOVE_CLASS:
        return was_in
    return kind in (
        ChangeKind.ENROL,
        ChangeKind.TRANSFER_IN,
        ChangeKind.RESUME,
        ChangeKind.RETURN,
        ChangeKind.HOME_TEACHING,
    )
