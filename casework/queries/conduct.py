"""What the rolls say of pupils' conduct (F10): set-based, a handful of statements for any number of pupils."""

from collections import defaultdict
from datetime import date

from django.utils import timezone

from casework.rules.ladder import Conduct
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.rules.paths import ancestors
from students.enums import EnrolmentStatus, MarkKind, SlipKind
from students.models import Enrolment, LeaveSlip, Mark

TRUANT = (MarkKind.TRUANT, MarkKind.UNVERIFIED)
EXPECTED = (EnrolmentStatus.IN_SCHOOL, EnrolmentStatus.DROPPED_OUT)
WEIGHED = (*TRUANT, MarkKind.LATE, MarkKind.EARLY_LEAVE)


def conduct_of(pupil_ids, *, on: date) -> dict[int, list[Conduct]]:
    """{pupil: what each day says} from all rolls up to `on`.

    A mark counts only where the register of that day has the pupil in that class and in school, the calendar has
    school in that session, and neither a slip nor 停课停学 covers it. An unverified mark counts once its day is over.
    The first days of what is later confirmed as a dropout stay truancy: the child was expected when the roll was called.
    """
    marks = Mark.objects.filter(pupil__in=pupil_ids, kind__in=WEIGHED, slip__isnull=True, date__lte=on)
    marks = marks.exclude(kind=MarkKind.UNVERIFIED, date__gte=on).select_related("roll")
    rows = list(
        marks.only(
            "pupil_id", "date", "kind", "roll__path", "roll__session", "roll__school_class", "roll__submitted_at"
        )
    )
    if not rows:
        return {}
    pupils = {mark.pupil_id for mark in rows}
    spells, suspensions = defaultdict(list), defaultdict(list)
    for spell in Enrolment.objects.filter(pupil__in=pupils, status__in=EXPECTED):
        spells[spell.pupil_id].append(spell)
    for slip in LeaveSlip.objects.approved().filter(pupil__in=pupils, kind=SlipKind.SUSPENSION):
        suspensions[slip.pupil_id].append(slip)
    books = {county: rule_book(county) for county in {mark.roll.path[:COUNTY_LENGTH] for mark in rows}}
    days: dict[tuple[int, date], list[Mark]] = defaultdict(list)
    for mark in rows:
        calendar = books[mark.roll.path[:COUNTY_LENGTH]].calendar(mark.roll.path)
        if (
            _has_school(calendar, mark)
            and any(_covers(spell, mark) for spell in spells[mark.pupil_id])
            and not any(slip.covers(mark.date, mark.roll.session) for slip in suspensions[mark.pupil_id])
        ):
            days[mark.pupil_id, mark.date].append(mark)
    found: dict[int, list[Conduct]] = defaultdict(list)
    for (pupil, day), of_day in days.items():
        found[pupil].append(_conduct(day, of_day))
    return dict(found)


def _has_school(calendar, mark) -> bool:
    session = mark.roll.session
    if session == "evening":
        return calendar.exceptions.get((mark.date, session), calendar.is_school_day(mark.date))
    return calendar.is_school_day(mark.date, session)


def _covers(spell, mark) -> bool:
    in_time = spell.starts <= mark.date and (spell.ends is None or mark.date < spell.ends)
    return in_time and spell.school_class_id == mark.roll.school_class_id


def _conduct(day, marks) -> Conduct:
    kinds = [mark.kind for mark in marks]
    decisive = [mark for mark in marks if mark.kind in TRUANT] or marks
    return Conduct(
        day,
        any(kind in TRUANT for kind in kinds),
        max(timezone.localdate(mark.roll.submitted_at) for mark in decisive),
        kinds.count(MarkKind.LATE),
        kinds.count(MarkKind.EARLY_LEAVE),
    )


def school_path(path: str) -> str:
    """The path of the school of a class's path: a class hangs under its cohort, the cohort under the school."""
    return ancestors(path)[-3]


def cohort_path(path: str) -> str:
    return ancestors(path)[-2]
