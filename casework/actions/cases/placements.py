"""The months of a child who is taught elsewhere or at home (P10, P14), and the notes of the ledger (P15)."""

import re

from django.db import transaction

from casework.actions.cases.duties import settle_duties
from casework.actions.cases.moves import locked, require_state
from casework.enums import CaseState
from casework.models import Case, PlacementProof
from casework.permissions import may_ask_ending, may_visit
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from students.actions.timeline import record


@transaction.atomic
def prove_month(case: Case, *, month, days, text, by, paper=None) -> PlacementProof:
    """What the place says of one month; said again, the later word stands."""
    case = locked(case)
    if not may_visit(by, case, on=clock.today()):
        raise NotYours("permission_denied", "安置证明由学校或乡镇登记。")
    require_state(case, CaseState.RETURNED, CaseState.CLOSED)
    placement = case.placements.filter(episode=case.episode).first()
    if placement is None:
        raise Refused("wrong_state", "没有安置记录。")
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month) or month > f"{clock.today():%Y-%m}":
        raise Malformed("bad_period", "月份应写成 2026-11,不能晚于本月。", fields={"month": ["请核对"]})
    if month < f"{placement.since:%Y-%m}" or not 0 <= days <= 31:
        raise Malformed("bad_period", "月份早于安置,或天数不对。", fields={"month": ["请核对"], "days": ["请核对"]})
    proof, _ = PlacementProof.objects.update_or_create(
        placement=placement,
        month=month,
        defaults={"days": days, "text": text.strip()[:300], "paper": paper, "by": by, "at": clock.now()},
    )
    record(case.pupil, "case", f"{month} 安置证明:{days} 天", by=by, on=clock.today(), link=f"/cases/{case.pk}/")
    settle_duties(case, by=by, done=("case_proof",))
    return proof


@transaction.atomic
def note_on_ledger(case: Case, *, by, platform_on=None, note="") -> Case:
    """When the child was put down on the national platform, and a remark for the ledger (P15)."""
    case = locked(case)
    if not may_ask_ending(by, case, on=clock.today()):
        raise NotYours("permission_denied", "台账由学校、乡镇或教育局登记。")
    if platform_on and platform_on > clock.today():
        raise Refused("future_date", "日期不能晚于今天。")
    case.platform_on, case.note = platform_on or case.platform_on, note.strip()[:300] or case.note
    case.save()
    return case
