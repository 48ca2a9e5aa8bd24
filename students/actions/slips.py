"""Leave slips (F05): entered, decided by the post their length asks for, withdrawn; late ones excuse past marks."""

from django.db import transaction

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from students.actions.timeline import record
from students.enums import EXCUSABLE, SLIP_MOVES, SlipKind, SlipState
from students.models import LeaveSlip, Mark
from students.permissions import may_change_slip, may_decide_slip, may_enter_slip


@transaction.atomic
def enter_slip(pupil, *, kind, first_day, last_day, applied_by, reason, by, certificate=None, **sessions) -> LeaveSlip:
    """Write down a leave slip; decided at once where the one who enters it may decide it."""
    if kind == SlipKind.SUSPENSION:
        raise Malformed("not_a_leave", "停课停学由惩戒决定产生,不能登记为请假。")
    if not may_enter_slip(by, pupil, on=clock.today()):
        raise NotYours("permission_denied", "请假由班主任登记。")
    if last_day < first_day or (last_day - first_day).days > 366:
        raise Malformed("bad_period", "请假的止日不能早于起日,也不能超过一年。", fields={"last_day": ["请核对日期"]})
    slip = LeaveSlip.objects.create(
        pupil=pupil,
        path=pupil.path,
        kind=kind,
        first_day=first_day,
        last_day=last_day,
        applied_by=applied_by,
        reason=reason,
        certificate=certificate,
        entered_by=by,
        entered_at=clock.now(),
        **sessions,
    )
    if may_decide_slip(by, slip, chair_for(slip), on=clock.today()) and not lacks_certificate(slip):
        return decide_slip(slip, approve=True, by=by)
    note_change("slip", path=slip.path, since=first_day, pupils=[pupil.pk], about=slip.pk)
    return slip


@transaction.atomic
def decide_slip(slip: LeaveSlip, *, approve: bool, by, remark="") -> LeaveSlip:
    """Grant or refuse a slip. Raises NotYours, Refused (`wrong_state`, `certificate_missing`)."""
    slip = LeaveSlip.objects.select_for_update().get(pk=slip.pk)
    if not may_decide_slip(by, slip, chair_for(slip), on=clock.today()):
        raise NotYours("permission_denied", f"这张请假条由{PostKind(chair_for(slip).kind).label}审批。")
    state = SlipState.APPROVED if approve else SlipState.REJECTED
    require_move(SlipState(slip.state), state, SLIP_MOVES)
    if approve and lacks_certificate(slip):
        raise Refused("certificate_missing", "病假超过 3 天,请先上传医院证明。")
    slip.state, slip.decided_by, slip.decided_at, slip.remark = state, by, clock.now(), remark
    slip.save()
    _follow(slip, by=by)
    return slip


@transaction.atomic
def add_certificate(slip: LeaveSlip, paper, *, by) -> LeaveSlip:
    """Hand in the certificate of a slip later. Raises NotYours."""
    slip = LeaveSlip.objects.select_for_update().get(pk=slip.pk)
    if not may_change_slip(by, slip, chair_for(slip), on=clock.today()):
        raise NotYours("permission_denied", "由登记人或审批人补交证明。")
    slip.certificate = paper
    slip.save()
    return slip


@transaction.atomic
def withdraw_slip(slip: LeaveSlip, *, by, remark="") -> LeaveSlip:
    """Take a slip back; what it excused stands again as it was called."""
    slip = LeaveSlip.objects.select_for_update().get(pk=slip.pk)
    if not may_change_slip(by, slip, chair_for(slip), on=clock.today()):
        raise NotYours("permission_denied", "由登记人或审批人撤销。")
    if slip.kind == SlipKind.SUSPENSION:
        raise Refused("not_a_leave", "停课停学随惩戒决定撤销,不能单独撤回。")
    require_move(SlipState(slip.state), SlipState.WITHDRAWN, SLIP_MOVES)
    slip.state, slip.remark = SlipState.WITHDRAWN, remark
    slip.save()
    _follow(slip, by=by)
    return slip


@transaction.atomic
def write_suspension(pupil, *, first_day, last_day, reason, by) -> LeaveSlip:
    """停课停学 by the decision of a discipline: the pupil is not expected on the roll, and never truant, those days."""
    now = clock.now()
    slip = LeaveSlip.objects.create(
        pupil=pupil,
        path=pupil.path,
        kind=SlipKind.SUSPENSION,
        first_day=first_day,
        last_day=last_day,
        applied_by=by.name,
        reason=reason,
        state=SlipState.APPROVED,
        entered_by=by,
        entered_at=now,
        decided_by=by,
        decided_at=now,
    )
    _follow(slip, by=by)
    return slip


@transaction.atomic
def lift_suspension(slip: LeaveSlip, *, by):
    """The decision behind it was overturned: from now on the pupil is expected again."""
    slip = LeaveSlip.objects.select_for_update().get(pk=slip.pk)
    if slip.state != SlipState.APPROVED:
        return
    slip.state, slip.remark = SlipState.WITHDRAWN, "惩戒已撤销"
    slip.save()
    _follow(slip, by=by)


def excuse_marks(pupil_ids, first_day, last_day):
    """Bring marks and approved slips in line: a roll and a slip that were saved at the same time did not see each other."""
    slips = LeaveSlip.objects.approved().filter(pupil__in=pupil_ids, first_day__lte=last_day, last_day__gte=first_day)
    granted = list(slips.order_by("pk"))
    marks = Mark.objects.filter(pupil__in=pupil_ids, date__range=(first_day, last_day), kind__in=EXCUSABLE)
    for mark in marks.select_related("roll", "slip"):
        covering = [s for s in granted if s.pupil_id == mark.pupil_id and s.covers(mark.date, mark.roll.session)]
        if mark.slip not in covering and (mark.slip or covering):
            seen = Mark.objects.filter(pk=mark.pk, kind__in=EXCUSABLE, slip=mark.slip)
            seen.update(slip=covering[-1] if covering else None)


def lacks_certificate(slip) -> bool:
    """Sick leave over three school days wants a doctor's certificate."""
    days, rules = _length(slip)
    return slip.kind == SlipKind.SICK and days > rules.certificate_over_days and slip.certificate_id is None


def chair_for(slip) -> Chair:
    """Which post decides: class teacher up to 3 school days, head of teaching beyond, principal beyond 7."""
    days, rules = _length(slip)
    if days <= rules.slip_days_class_teacher:
        return Chair(PostKind.CLASS_TEACHER, slip.path)
    kind = PostKind.HEAD_OF_TEACHING if days <= rules.slip_days_head_of_teaching else PostKind.PRINCIPAL
    school = Unit.objects.above(slip.path).filter(kind="school").values_list("path", flat=True).get()
    return Chair(kind, school)


def _length(slip):
    book = rule_book(slip.path)
    days = book.calendar(slip.path).school_days(slip.first_day, slip.last_day)
    return len(days), book.rules(slip.path, on=slip.first_day).roll


def _follow(slip, *, by):
    """Marks of called rolls follow the slip, the timeline and the floors above hear of it."""
    marks = Mark.objects.filter(pupil=slip.pupil_id, date__range=(slip.first_day, slip.last_day)).select_related("roll")
    if slip.state == SlipState.APPROVED:
        covered = [mark.pk for mark in marks if mark.kind in EXCUSABLE and slip.covers(mark.date, mark.roll.session)]
        Mark.objects.filter(pk__in=covered).update(slip=slip)
    else:
        Mark.objects.filter(slip=slip).update(slip=None)
    days = f"{slip.first_day:%m月%d日}至{slip.last_day:%m月%d日}"
    text = f"{slip.get_kind_display()}:{days},{slip.get_state_display()}"
    record(slip.pupil, "slip", text, by=by, on=slip.first_day)
    note_change("slip", path=slip.path, since=slip.first_day, pupils=[slip.pupil_id], about=slip.pk)
