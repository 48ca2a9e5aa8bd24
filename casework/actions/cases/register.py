"""What a case writes into the register: the dropout it confirms, and what becomes of it when the case turns out to be none."""

from datetime import date, timedelta

from casework.actions.cases.moves import calendar_of
from casework.enums import ClearReason
from organisation import clock
from organisation.actions.classes import ensure_class
from organisation.enums import Stage
from organisation.errors import Refused
from organisation.rules.grades import school_year
from students.actions.arrivals import confirm_arrival
from students.actions.register import change_register
from students.enums import ChangeKind, EnrolmentStatus
from students.models import Enrolment
from students.permissions import may_confirm_arrival

NAME_LENGTH, REASON_LENGTH = 120, 300
# Reasons by which the child had not dropped out at all; who grew over age, or died since, had.
NO_DROPOUT = (ClearReason.DATA_ERROR, ClearReason.ELSEWHERE, ClearReason.SUSPENDED, ClearReason.ABROAD)


def drop_out(case, last: date, *, reason, by):
    """Write the dropout into the register; who is on it as dropped out already stays as it is."""
    spell = Enrolment.objects.filter(pupil=case.pupil).select_related("ended_by").order_by("starts").last()
    if spell and spell.ends is None and spell.status == EnrolmentStatus.DROPPED_OUT:
        return spell.began_by
    if spell and spell.ended_by and spell.ended_by.kind == ChangeKind.TRANSFER_OUT:
        # Papers were sent after a child whom nobody has found: the transfer is taken back, the child left from here.
        change_register(case.pupil, ChangeKind.CORRECT, date=clock.today(), reason="转出后未到校", by=by, decided=True)
        last = min(last, spell.ended_by.date - timedelta(days=1))
    elif spell and spell.ends is not None:
        return _drop_out_on_arrival(case, reason=reason, by=by)
    elif spell is None:
        return _drop_out_of_nowhere(case, reason=reason, by=by)
    return change_register(case.pupil, ChangeKind.DROP_OUT, date=last, reason=reason[:300], by=by, decided=True)


def _drop_out_on_arrival(case, *, reason, by):
    """A primary leaver who never came is put on the register of the junior school that expected the child, as dropped out
    from its first day; where no school of the system did, the case alone holds the child (docs/decisions/0030)."""
    expected = case.pupil.arrivals.exclude(to_unit=None).order_by("pk").last()
    if expected is None:
        return None
    school = expected.to_unit
    to_class = ensure_class(school, Stage.JUNIOR, school_year(expected.first_day), 1)
    given = {"by": by, "decided": True}
    change_register(case.pupil, ChangeKind.ENROL, date=expected.first_day, to_class=to_class, **given)
    case.pupil.refresh_from_db()
    case.path = case.pupil.path
    day_before = expected.first_day - timedelta(days=1)
    return change_register(case.pupil, ChangeKind.DROP_OUT, date=day_before, reason=reason[:300], **given)


def _drop_out_of_nowhere(case, *, reason, by):
    """A child whom a comparison found, and whom no school had: confirmed, it is put on the register of the class that
    its file names, as dropped out from the day it was found (docs/decisions/0040)."""
    first = calendar_of(case).last_school_day(case.episode.away_since)
    given = {"by": by, "decided": True}
    change_register(case.pupil, ChangeKind.ENROL, date=first, to_class=case.pupil.school_class, **given)
    case.pupil.refresh_from_db()
    day_before = first - timedelta(days=1)
    return change_register(case.pupil, ChangeKind.DROP_OUT, date=day_before, reason=reason[:300], **given)


def clear_register(case, reason: ClearReason, *, text, papers, by):
    """The dropout of a cleared case leaves the register as if it had not been: the figures count it no more.

    Who attends elsewhere is transferred out on the first day missed, who went abroad has left on it; a death ends the
    spell today. Raises Refused (`later_changes`: the register has moved on since and is put right by hand first).
    """
    spell = Enrolment.objects.filter(pupil=case.pupil, ends=None, status=EnrolmentStatus.DROPPED_OUT).first()
    if spell is None:
        return
    given = {"by": by, "decided": True}
    if reason == ClearReason.DECEASED:
        change_register(case.pupil, ChangeKind.DIE, date=clock.today(), reason=text[:REASON_LENGTH], **given)
    if reason not in NO_DROPOUT:
        return
    if spell.began_by_id != case.episode.drop_out_id:
        raise Refused("later_changes", "辍学登记之后学籍又有异动,请学籍管理员先更正,再排除。")
    first_missed = spell.starts
    why = f"个案排除:{reason.label}"
    change_register(case.pupil, ChangeKind.CORRECT, date=clock.today(), reason=why, **given)
    if reason == ClearReason.ABROAD:
        change_register(case.pupil, ChangeKind.GO_ABROAD, date=first_missed, reason=text[:REASON_LENGTH], **given)
    if reason == ClearReason.ELSEWHERE:
        _move_on(case.pupil, first_missed, text=text, papers=papers, by=by)


def _move_on(pupil, first_missed, *, text, papers, by):
    """The register follows the child; a paper confirms the arrival at once, a word within ten working days."""
    to_school = text[:NAME_LENGTH]
    change = change_register(
        pupil, ChangeKind.TRANSFER_OUT, date=first_missed, to_school=to_school, papers=papers, by=by, decided=True
    )
    expected = pupil.arrivals.filter(change=change).first()
    if papers and expected and may_confirm_arrival(by, expected, on=clock.today()):
        confirm_arrival(expected, on=clock.today(), note=text, by=by, proof=papers[0])
