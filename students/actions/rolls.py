"""Calling the roll (F05): one transaction, a number of statements that does not depend on the class size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db import IntegrityError, transaction
from django.utils import timezone

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.enums import Session
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person, Unit
from students.enums import ABSENT, MarkKind
from students.models import Mark, Roll, RollVersion
from students.permissions import may_call_roll, may_change_late
from students.queries.rolls import Sheet, sheet_for

NOTE_LENGTH = 200


@dataclass(frozen=True)
class Saved:
    """What came of a submission: the roll, whether it is the first one, and whether anything changed."""

    roll: Roll
    sheet: Sheet
    first: bool
    changed: bool


def submit_roll(
    school_class: Unit,
    day: date,
    session: str,
    *,
    version: int,
    marks: Sequence[Mapping],
    by: Person,
    called_at: datetime | None = None,
    reason: str = "",
) -> Saved:
    """Submit or correct a roll. `marks` is [{"student", "kind", "note"}]; pupils not named are present.

    The same submission again changes nothing. Raises NotYours (`permission_denied`, `too_late`), Malformed
    (`unknown_kind`, `not_on_list`, `duplicate_student`), Refused (`future_date`, `not_a_school_day`, `stale_version`,
    `reason_needed`).
    """
    arguments = {"version": version, "marks": marks, "by": by, "called_at": called_at, "reason": reason}
    try:
        return _submit(school_class, day, session, **arguments)
    except IntegrityError:  # somebody else's first submission came in between: judge ours against theirs
        return _submit(school_class, day, session, **arguments)


def submit_rolls(day: date, session: str, submissions: Sequence[tuple], *, by: Person) -> list[Saved]:
    """Submit the rolls of several classes at once, all or none: a multi-grade class 复式班 is several classes (P4).

    `submissions` are (class, version, marks). A refusal says which class it speaks of; its codes are `submit_roll`'s.
    """
    try:
        return _submit_all(day, session, submissions, by=by)
    except IntegrityError:  # as above: somebody else's first submission came in between
        return _submit_all(day, session, submissions, by=by)


@transaction.atomic
def _submit_all(day, session, submissions, *, by):
    saved = []
    for school_class, version, marks in submissions:
        try:
            arguments = {"version": version, "marks": marks, "by": by, "called_at": None, "reason": ""}
            saved.append(_submit(school_class, day, session, **arguments))
        except Refused as refused:
            refused.message = f"{school_class.label(on=day)}:{refused.message}各班都没有保存。"
            raise
    return saved


@transaction.atomic
def _submit(school_class, day, session, *, version, marks, by, called_at, reason):
    today = clock.today()
    if not may_call_roll(by, school_class, on=today):
        raise NotYours("permission_denied", "这个班不由您点名。")
    sheet = sheet_for(school_class, day, session, lock=True)
    late = sheet.clock.is_too_late(day, first=sheet.roll is None, on=today)
    if late and not may_change_late(by, school_class, on=today):
        raise NotYours("too_late", "已过提交和更正的时间,请教导主任办理。")
    wanted = _marks_wanted(sheet, marks)
    _check_day(sheet, today)
    stands = {pupil.pupil_id: (pupil.kind, pupil.note) for pupil in sheet.listed if pupil.kind}
    if sheet.roll is not None and wanted == stands:
        return Saved(sheet.roll, sheet, first=False, changed=False)
    if version != sheet.version:
        message = (
            f"{_who_when(sheet.roll)}这份点名已有第 {sheet.version} 版,请看过后再改。"
            if sheet.roll
            else "这节还没有点名。"
        )
        raise Refused("stale_version", message, current=sheet.version)
    if late and sheet.roll is not None and not reason.strip():
        raise Refused("reason_needed", "过了更正时间,请写明更正原因。")
    roll, sheet_after = _write(sheet, wanted, by=by, called_at=called_at, reason=reason.strip())
    changed = [key for key in {*wanted, *stands} if wanted.get(key) != stands.get(key)]
    note_change("roll", path=school_class.path, since=day, pupils=changed, about=roll.pk)
    return Saved(roll, sheet_after, first=sheet.roll is None, changed=True)


def _check_day(sheet, today):
    if sheet.day > today:
        raise Refused("future_date", "不能给以后的日期点名。")
    if not sheet.clock.is_called(sheet.day, sheet.session, boarding=_is_boarding(sheet)):
        raise Refused("not_a_school_day", f"{sheet.day:%Y-%m-%d} {Session(sheet.session).label}按校历不上课。")


def _is_boarding(sheet):
    if sheet.session != Session.EVENING:
        return False
    return Unit.objects.above(sheet.school_class.path).filter(is_boarding=True).exists()


def _marks_wanted(sheet: Sheet, marks) -> dict[int, tuple[str, str]]:
    """{pupil: (kind, note)}: what was sent, and for pupils not named an approved slip's kind."""
    by_number = {pupil.number: pupil for pupil in sheet.listed}
    wanted: dict[int, tuple[str, str]] = {}
    for mark in marks:
        pupil = by_number.get(mark["student"])
        if mark["kind"] not in MarkKind.values:
            kind = mark["kind"][:20]
            raise Malformed("unknown_kind", f"没有“{kind}”这种考勤情况。", fields={"marks": [kind]})
        if pupil is None:
            raise Malformed(
                "not_on_list", "有学生不在这个班当天的名单上,请刷新后再点。", fields={"marks": [mark["student"]]}
            )
        if pupil.pupil_id in wanted:
            raise Malformed("duplicate_student", f"{pupil.name}出现了两次。", fields={"marks": [mark["student"]]})
        wanted[pupil.pupil_id] = (mark["kind"], mark.get("note", "").strip()[:NOTE_LENGTH])
    for pupil in sheet.listed:
        if pupil.slip and pupil.pupil_id not in wanted:
            wanted[pupil.pupil_id] = (pupil.slip.kind, "")
    return wanted


def _write(sheet, wanted, *, by, called_at, reason):
    now = timezone.now()
    said_of = {pupil.pupil_id: wanted.get(pupil.pupil_id, ("", "")) for pupil in sheet.listed}
    listed = tuple(replace(p, kind=said_of[p.pupil_id][0], note=said_of[p.pupil_id][1]) for p in sheet.listed)
    after = replace(sheet, listed=listed)
    count = after.count
    said = {
        "expected": count.expected,
        "present": count.present,
        "submitted_by": by,
        "submitted_at": now,
        "called_at": _called(called_at, sheet.day, now),
        "reason": reason,
    }
    if sheet.roll is None:
        place = {"school_class": sheet.school_class, "path": sheet.school_class.path}
        when = {"date": sheet.day, "session": sheet.session, "first_submitted_at": now}
        roll = Roll.objects.create(**place, **when, **said)
    else:
        roll = sheet.roll
        _keep_version(sheet)
        for name, value in {**said, "version": roll.version + 1}.items():
            setattr(roll, name, value)
        roll.save(update_fields=[*said, "version"])
        gone = [pupil.pupil_id for pupil in sheet.listed if pupil.kind and pupil.pupil_id not in wanted]
        if gone:
            Mark.objects.filter(roll=roll, pupil__in=gone).delete()
    _save_marks(roll, listed)
    return roll, replace(after, roll=roll)


def _called(called_at, day, now):
    """When the roll was called, as the phone says; a clock that stands before the day, or after now, is not believed."""
    if called_at is None or called_at > now or called_at < clock.at(day, time.min):
        return now
    return called_at


def _keep_version(sheet):
    roll = sheet.roll
    RollVersion.objects.create(
        roll=roll,
        version=roll.version,
        marks=[[pupil.number, pupil.kind, pupil.note] for pupil in sheet.listed if pupil.kind],
        submitted_by_id=roll.submitted_by_id,
        submitted_at=roll.submitted_at,
        called_at=roll.called_at,
        reason=roll.reason,
    )


def _save_marks(roll, listed):
    marks = [
        Mark(
            roll=roll,
            pupil_id=pupil.pupil_id,
            date=roll.date,
            kind=pupil.kind,
            note=pupil.note,
            slip=pupil.slip if pupil.kind in ABSENT or pupil.kind == MarkKind.OFFICIAL else None,
        )
        for pupil in listed
        if pupil.kind
    ]
    if marks:
        Mark.objects.bulk_create(
            marks, update_conflicts=True, unique_fields=["roll", "pupil"], update_fields=["kind", "note", "slip"]
        )


def _who_when(roll):
    return f"{roll.submitted_by.name}在 {timezone.localtime(roll.submitted_at):%m月%d日 %H:%M} 提交过," if roll else ""
