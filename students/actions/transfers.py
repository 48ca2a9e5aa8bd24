"""A transfer between two schools of the system (F04): offered by the one, accepted by the other, both changes at once."""

from datetime import date

from django.db import transaction

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.enums import UnitKind
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Unit
from organisation.rules.paths import is_at_or_below
from students.actions.register import change_register
from students.actions.timeline import record
from students.enums import TAUGHT, TRANSFER_MOVES, ChangeKind, TransferState
from students.models import Enrolment, Pupil, Transfer
from students.permissions import may_accept_transfer, may_change_register


@transaction.atomic
def offer_transfer(pupil: Pupil, to_school: Unit, *, on: date, reason, papers, by) -> Transfer:
    """Offer a pupil to another school, with the guardians' application. The pupil stays on the roll until it is accepted.

    Raises NotYours, Malformed (`missing`, `bad_school`), Refused (`wrong_state`, `papers_missing`, `transfer_exists`).
    """
    if not may_change_register(by, pupil, on=clock.today()):
        raise NotYours("permission_denied", "转学由学籍管理员办理。")
    pupil = Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    from_school = Unit.objects.above(pupil.path).of_kind(UnitKind.SCHOOL).get()
    if to_school.kind != UnitKind.SCHOOL or to_school.pk == from_school.pk:
        raise Malformed("bad_school", "请选择另一所学校。", fields={"to_school": ["请选择另一所学校"]})
    if not reason.strip():
        raise Malformed("missing", "请写明转学原因。", fields={"reason": ["必填"]})
    spell = Enrolment.objects.current(on=clock.today()).filter(pupil=pupil).first()
    if spell is None or spell.status not in TAUGHT:
        raise Refused("wrong_state", "该生现在不在校,不能办理转学。")
    if not papers:
        message = "转学须附监护人的书面申请"
        raise Refused(
            "papers_missing", f"{message}{'(学困生须为监护人本人的说明)' if pupil.has_learning_difficulty else ''}。"
        )
    if Transfer.objects.filter(pupil=pupil, state=TransferState.OFFERED).exists():
        raise Refused("transfer_exists", "该生已有一份转学在等待接收。")
    transfer = Transfer.objects.create(
        pupil=pupil,
        from_school=from_school,
        to_school=to_school,
        on=on,
        reason=reason.strip()[:300],
        asked_by=by,
        asked_at=clock.now(),
    )
    transfer.papers.set(papers)
    record(pupil, "transfer", f"申请转往{to_school.name}", by=by, on=clock.today())
    note_change("transfer", path=to_school.path, since=clock.today(), pupils=[pupil.pk], about=transfer.pk)
    return transfer


def _locked(transfer):
    return (
        Transfer.objects.select_for_update(of=("self",))
        .select_related("pupil", "from_school", "to_school")
        .get(pk=transfer.pk)
    )


@transaction.atomic
def accept_transfer(transfer: Transfer, to_class: Unit, *, on: date, by) -> Transfer:
    """The receiving school takes the pupil into a class: out there and in here on one day, in one transaction."""
    transfer = _locked(transfer)
    if not may_accept_transfer(by, transfer, on=clock.today()):
        raise NotYours("permission_denied", "由接收学校的学籍管理员办理。")
    require_move(TransferState(transfer.state), TransferState.ACCEPTED, TRANSFER_MOVES)
    if not is_at_or_below(to_class.path, transfer.to_school.path):
        raise Malformed("bad_class", "请选择本校的班级。", fields={"to_class": ["不在本校"]})
    given = {"by": by, "decided": True, "papers": list(transfer.papers.all())}
    transfer.out_change = change_register(
        transfer.pupil,
        ChangeKind.TRANSFER_OUT,
        date=on,
        to_school=transfer.to_school.code,
        reason=transfer.reason,
        **given,
    )
    transfer.in_change = change_register(
        transfer.pupil, ChangeKind.TRANSFER_IN, date=on, to_class=to_class, reason=transfer.reason, **given
    )
    transfer.to_class, transfer.on = to_class, on
    return _decide(transfer, TransferState.ACCEPTED, by=by, remark="")


@transaction.atomic
def refuse_transfer(transfer: Transfer, *, remark, by) -> Transfer:
    """The receiving school says why it cannot; the pupil stays where it is."""
    transfer = _locked(transfer)
    if not may_accept_transfer(by, transfer, on=clock.today()):
        raise NotYours("permission_denied", "由接收学校的学籍管理员办理。")
    require_move(TransferState(transfer.state), TransferState.REFUSED, TRANSFER_MOVES)
    if not remark.strip():
        raise Malformed("missing", "请写明不能接收的原因。", fields={"remark": ["必填"]})
    return _decide(transfer, TransferState.REFUSED, by=by, remark=remark)


@transaction.atomic
def withdraw_transfer(transfer: Transfer, *, remark, by) -> Transfer:
    """The sending school takes the offer back."""
    transfer = _locked(transfer)
    if not may_change_register(by, transfer.pupil, on=clock.today()):
        raise NotYours("permission_denied", "由转出学校的学籍管理员撤回。")
    require_move(TransferState(transfer.state), TransferState.WITHDRAWN, TRANSFER_MOVES)
    return _decide(transfer, TransferState.WITHDRAWN, by=by, remark=remark)


def _decide(transfer, state, *, by, remark):
    transfer.state, transfer.decided_by, transfer.decided_at = state, by, clock.now()
    transfer.remark = remark.strip()[:300]
    transfer.save()
    told = f"转往{transfer.to_school.name}:{state.label}{f'({transfer.remark})' if transfer.remark else ''}"
    record(transfer.pupil, "transfer", told, by=by, on=clock.today())
    note_change(
        "transfer", path=transfer.to_school.path, since=clock.today(), pupils=[transfer.pupil_id], about=transfer.pk
    )
    return transfer
