"""The diary of a case (F32): visits with who, when, how, what was found, what comes next."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from casework.actions.cases.duties import settle_duties
from casework.actions.cases.moves import locked
from casework.actions.cases.verbs import set_causes
from casework.enums import LIVE_CASES, CaseState, VisitKind, VisitOutcome, Whereabouts
from casework.models import Case, Visit
from casework.permissions import may_visit
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from students.actions.timeline import record


@transaction.atomic
def record_visit(
    case: Case, *, by, kind, at, place, visitors, outcome, text, next_step, guardians_view="", photos=(), **found
) -> Visit:
    """Write down a visit. `found` may hold `whereabouts`, `whereabouts_text`, `causes`, as far as it found them out.

    Raises NotYours, Malformed (`missing`, `unknown_kind`, `bad_time`, `two_people`), Refused (`wrong_state`).
    """
    case = locked(case)
    if not may_visit(by, case, on=clock.today()):
        raise NotYours("permission_denied", "走访由学校或居住地乡镇、村登记。")
    visitors = [name.strip()[:60] for name in visitors if name.strip()]
    _check(kind, outcome, at, place, visitors, text, next_step, persuading=case.state != CaseState.SUSPECTED)
    if case.state not in LIVE_CASES:
        raise Refused("wrong_state", f"个案{case.get_state_display()},不再登记走访。")
    if timezone.localdate(at) < case.episode.away_since - timedelta(days=30):
        raise Malformed("bad_time", "走访时间早于这次离校。", fields={"at": ["时间过早"]})
    visit = Visit.objects.create(
        case=case,
        episode=case.episode,
        kind=kind,
        at=at,
        place=place.strip()[:100],
        visitors=visitors,
        outcome=outcome,
        text=text.strip(),
        guardians_view=guardians_view.strip(),
        next_step=next_step.strip()[:300],
        entered_by=by,
        entered_at=clock.now(),
    )
    visit.photos.set(photos)
    _keep_found(case, by=by, **found)
    told = f"{visit.get_kind_display()}:{visit.get_outcome_display()}"
    record(case.pupil, "visit", told, by=by, on=timezone.localdate(at), link=f"/cases/{case.pk}/")
    settle_duties(case, by=by, done=_done_by(visit))
    return visit


def _check(kind, outcome, at, place, visitors, text, next_step, persuading):
    if kind not in VisitKind.values or outcome not in VisitOutcome.values:
        raise Malformed(
            "unknown_kind", "请选择走访方式和结果。", fields={"kind": VisitKind.values, "outcome": VisitOutcome.values}
        )
    given = {"place": place, "text": text, "next_step": next_step, "visitors": "".join(visitors)}
    lacking = [name for name, value in given.items() if not value.strip()]
    if lacking:
        raise Malformed("missing", "地点、走访人、情况、下一步都要写明。", fields={name: ["必填"] for name in lacking})
    if at > max(clock.now(), timezone.now()) + timedelta(minutes=5):
        raise Malformed("bad_time", "走访时间不能晚于现在。", fields={"at": ["不能晚于现在"]})
    if persuading and kind in (VisitKind.HOME, VisitKind.WORKPLACE) and len(visitors) < 2:
        raise Malformed("two_people", "劝返上门须两人同行,请写明两位走访人。", fields={"visitors": ["至少两人"]})


def _done_by(visit) -> tuple[str, ...]:
    home = visit.kind in (VisitKind.HOME, VisitKind.WORKPLACE)
    return ("case_call", "case_visits", *(("case_first_visit",) if home else ()))


def _keep_found(case, *, by, whereabouts="", whereabouts_text="", causes=()):
    if whereabouts:
        if whereabouts not in Whereabouts.values:
            raise Malformed("unknown_whereabouts", "没有这种去向。", fields={"whereabouts": Whereabouts.values})
        case.whereabouts, case.whereabouts_text = whereabouts, whereabouts_text[:200]
        case.save()
    set_causes(case, causes, by=by)
