"""Signing a commitment (F40): the photo of the signed sheet, several sheets on one, or a guardian's link; once."""

from datetime import date

from django.db import transaction

from accountability.actions.commitments.duties import settle_batch
from accountability.enums import COMMITMENT_MOVES, CommitmentKind, CommitmentState, SignedHow
from accountability.models import Commitment
from accountability.permissions import may_sign
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused, require_move
from students.actions.timeline import record

MOST_AT_ONCE = 100


def locked_sheets(keys) -> list[Commitment]:
    rows = Commitment.objects.select_for_update(of=("self",)).select_related("unit", "wording", "pupil", "signer")
    return list(rows.filter(pk__in=keys).order_by("pk"))


@transaction.atomic
def sign_on_paper(sheets, *, paper, by, on: date | None = None, signed_by="") -> list[Commitment]:
    """The sheets were signed by hand; the photo or scan proves it, one for several where they lie together.

    Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`wrong_state`).
    """
    on, found = on or clock.today(), locked_sheets([sheet.pk for sheet in sheets])
    for sheet in found:
        _require_part(by, sheet)
    if paper is None:
        raise Malformed("missing", "请上传签字页的照片或扫描件。", fields={"paper": ["必填"]})
    if len(found) > 1 and signed_by.strip():
        raise Malformed("missing", "几份一起登记时不填签字人,按乙方登记。", fields={"signed_by": ["不填"]})
    for sheet in found:
        _require_day(sheet, on)
        _sign(sheet, SignedHow.PAPER, signed_by or sheet.party_b, on=on, by=by, paper=paper)
    return found


@transaction.atomic
def decline(sheet: Commitment, *, note, by) -> Commitment:
    """A guardian would not sign: why, and what was said. Nobody is made to sign, and it may still be signed later.

    Raises NotYours, Malformed (`missing`), Refused (`wrong_state`, `not_a_guardians`).
    """
    (sheet,) = locked_sheets([sheet.pk])
    _require_part(by, sheet)
    if not note.strip():
        raise Malformed("missing", "请写明家长的意见和已做的解释。", fields={"note": ["必填"]})
    if sheet.kind != CommitmentKind.TEACHER_GUARDIAN:
        raise Refused("not_a_guardians", "只有家长责任书可以登记未签。")
    require_move(CommitmentState(sheet.state), CommitmentState.DECLINED, COMMITMENT_MOVES)
    sheet.state, sheet.note, sheet.entered_by = CommitmentState.DECLINED, note.strip()[:300], by
    sheet.save()
    record(sheet.pupil, "commitment", f"家长未签责任书:{sheet.note}", by=by, on=clock.today(), link=_page(sheet))
    settle_batch(sheet, by=by)
    return sheet


def sign_by_link(sheet: Commitment, *, name):
    """The guardian signed on the phone; the sheet is locked by the caller."""
    _sign(sheet, SignedHow.LINK, name, on=clock.today(), by=None, paper=None)


def _require_part(by, sheet):
    if not may_sign(by, sheet, on=clock.today()):
        raise NotYours("permission_denied", "签订由签订人本人或制发单位登记。")


def _require_day(sheet, on):
    if on > clock.today() or on < sheet.dated:
        raise Malformed("bad_time", "签订日期不能早于制发日期,也不能晚于今天。", fields={"on": ["日期不对"]})


def _sign(sheet, how, name, *, on, by, paper):
    require_move(CommitmentState(sheet.state), CommitmentState.SIGNED, COMMITMENT_MOVES)
    sheet.state, sheet.signed_on, sheet.signed_how = CommitmentState.SIGNED, on, how
    sheet.signed_by, sheet.paper, sheet.entered_by = name.strip()[:80], paper, by
    sheet.save()
    if sheet.pupil_id:
        text = f"家长责任书已签({sheet.get_signed_how_display()}):{sheet.signed_by}"
        record(sheet.pupil, "commitment", text, by=by, on=on, link=_page(sheet))
    settle_batch(sheet, by=by)


def _page(sheet) -> str:
    return f"/commitments/{sheet.pk}/"
