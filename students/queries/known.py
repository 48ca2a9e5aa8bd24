"""What was known at a moment, and nothing that was recorded later: register, rolls, leave, bands (F25).

A few statements for any number of pupils. What is not kept by the day (a pupil's particulars, the calendar) is as it is now.
"""

from collections import defaultdict
from datetime import date, datetime

from django.db.models import Min, Q

from organisation.models import Unit
from students.enums import EXCUSABLE, SlipState, Subject
from students.models import Enrolment, LeaveSlip, Mark, Pupil, RegisterChange, Roll, RollVersion, TermMark
from students.rules.rewind import Change, Spell, rewind

SPELL = ("school_class", "path", "status", "starts", "ends", "recorded_at", "pk", "began_by", "ended_by")
CHANGE = ("pk", "kind", "at", "effective_on", "to_class", "undo", "corrects")


def known_spells(pupil_ids, *, at: datetime) -> dict[int, list[Spell]]:
    """{pupil: the register's chain as it was held then}."""
    spells, changes = defaultdict(list), defaultdict(list)
    for pupil, *spell in Enrolment.objects.filter(pupil__in=pupil_ids).values_list("pupil", *SPELL):
        spells[pupil].append(Spell(*spell))
    later = RegisterChange.objects.filter(pupil__in=pupil_ids).filter(Q(at__gt=at) | Q(corrected_by__at__gt=at))
    for pupil, *change in later.values_list("pupil", *CHANGE):
        changes[pupil].append(Change(*change))
    places = {change.to_class for of_pupil in changes.values() for change in of_pupil}
    places |= {change.undo.get("school_class") for of_pupil in changes.values() for change in of_pupil}
    paths = dict(Unit.objects.filter(pk__in=places - {None}).values_list("pk", "path")) if places else {}
    return {pupil: rewind(of_pupil, changes[pupil], at, paths) for pupil, of_pupil in spells.items()}


def known_rolls(school_classes, first: date, last: date, *, at: datetime) -> list[tuple]:
    """[(roll, class, day, when what it then said was submitted)]."""
    rolls = Roll.objects.filter(
        school_class__in=school_classes, date__range=(first, last), first_submitted_at__lte=at
    ).order_by()
    columns = ("pk", "school_class", "date", "submitted_at", "first_submitted_at")
    versions = _versions(rolls, at)
    return [
        (pk, place, day, submitted if submitted <= at else versions.get(pk, (began, []))[0])
        for pk, place, day, submitted, began in rolls.values_list(*columns)
    ]


def _versions(rolls, at) -> dict[int, tuple[datetime, list]]:
    """{roll corrected since: (when its version of then was submitted, [[pupil's number, kind, note]])}."""
    versions = RollVersion.objects.filter(roll__in=rolls.filter(submitted_at__gt=at), submitted_at__lte=at)
    rows = versions.order_by("roll", "version").values_list("roll", "submitted_at", "marks")
    return {roll: (submitted, marks) for roll, submitted, marks in rows}


def known_marks(pupil_ids, school_classes, first: date, last: date, *, at: datetime) -> list[tuple]:
    """[(pupil, day, kind as called, kind of the slip that excuses it or None, roll, class)] as the rolls and slips said then."""
    marks = Mark.objects.filter(pupil__in=pupil_ids, date__range=(first, last), roll__submitted_at__lte=at)
    columns = ("pupil", "date", "kind", "roll", "roll__school_class", "roll__session")
    rows = list(marks.order_by().values_list(*columns))
    rows += _former_marks(pupil_ids, school_classes, first, last, at)
    slips = known_slips(pupil_ids, at=at)
    return [
        (pupil, day, kind, _excused(slips[pupil], day, session, kind), roll, school_class)
        for pupil, day, kind, roll, school_class, session in rows
    ]


def _former_marks(pupil_ids, school_classes, first, last, at):
    """The marks of versions that were corrected since."""
    chosen = Roll.objects.filter(
        school_class__in=school_classes, date__range=(first, last), submitted_at__gt=at
    ).order_by()
    known = {
        pk: (day, place, session)
        for pk, day, place, session in chosen.values_list("pk", "date", "school_class", "session")
    }
    if not known:
        return []
    keys = dict(Pupil.objects.filter(pk__in=pupil_ids).values_list("number", "pk"))
    found = []
    for roll, (_, marks) in _versions(chosen, at).items():
        day, place, session = known[roll]
        found += [(keys[number], day, kind, roll, place, session) for number, kind, _ in marks if number in keys]
    return found


def _excused(slips, day, session, kind) -> str | None:
    covering = [slip.kind for slip in slips if kind in EXCUSABLE and slip.covers(day, session)]
    return covering[-1] if covering else None


def known_slips(pupil_ids, *, at: datetime) -> dict[int, list[LeaveSlip]]:
    """{pupil: the slips that were approved by then and not yet withdrawn}."""
    granted = (SlipState.APPROVED, SlipState.WITHDRAWN)
    slips = list(LeaveSlip.objects.filter(pupil__in=pupil_ids, decided_at__lte=at, state__in=granted).order_by("pk"))
    gone = [slip.pk for slip in slips if slip.state == SlipState.WITHDRAWN]
    lines = LeaveSlip.history.filter(id__in=gone, state=SlipState.WITHDRAWN).order_by()
    withdrawn = dict(lines.values("id").annotate(first=Min("history_date")).values_list("id", "first")) if gone else {}
    found = defaultdict(list)
    for slip in slips:
        if slip.state == SlipState.APPROVED or withdrawn.get(slip.pk, at) > at:
            found[slip.pupil_id].append(slip)
    return found


def known_bands(pupil_ids, *, since: int, at: datetime) -> list[tuple]:
    """[(pupil, year, term, subject, band)] as they were entered then; one entered anew since as it was before."""
    lines = TermMark.history.filter(pupil__in=pupil_ids, year__gte=since, entered_at__lte=at)
    lines = lines.exclude(subject=Subject.ATTITUDE).order_by("history_id")
    rows = lines.values_list("pupil", "year", "term", "subject", "band")
    return [(*key, band) for key, band in {tuple(row[:4]): row[4] for row in rows}.items()]
