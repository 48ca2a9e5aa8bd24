"""Commendations (F56): confirmed by the right post from the candidates that the rules name, withdrawn with a reason."""

from django.db import transaction

from accountability.enums import COMMENDATION_MOVES, CommendationState
from accountability.models import Commendation
from accountability.permissions import commending_post, may_commend, may_withdraw
from accountability.queries.merits import candidates_of
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Person, Unit


@transaction.atomic
def confirm_commendation(school: Unit, key: str, *, year: int, by) -> Commendation:
    """Confirm one of the school's candidates, named by its key.

    Raises Malformed (`no_candidate`), NotYours, Refused (`barred`, `truth_open`, `commended`).
    """
    list(
        Unit.objects.select_for_update(no_key=True).filter(pk=school.pk)
    )  # of two at once the second finds the first's
    today = clock.today()
    candidate = next((one for one in candidates_of(school, year, on=today) if one.key == key), None)
    if candidate is None:
        raise Malformed("no_candidate", "不在按规则产生的表彰对象里。")
    person = candidate.subject if isinstance(candidate.subject, Person) else None
    if not may_commend(by, candidate.unit, person, on=today):
        post = commending_post(candidate.unit).label
        raise NotYours("permission_denied", f"由{post}确认,且不能确认本人的表彰。")
    if candidate.bans:
        raise Refused("barred", f"不得评优评先:{candidate.bans[0].text}。")
    if candidate.doubts:
        raise Refused("truth_open", "真实性核查的线索还没有了结,了结后再确认。")
    if candidate.standing:
        raise Refused("commended", "本学年已经表彰过。")
    return Commendation.objects.create(
        year=year,
        merit=candidate.merit,
        subject=person,
        unit=None if person else candidate.subject,
        path=candidate.unit.path,
        basis=candidate.basis[:300],
        confirmed_at=clock.now(),
        confirmed_by=by,
    )


@transaction.atomic
def withdraw_commendation(commendation: Commendation, *, reason: str, by) -> Commendation:
    """Take a commendation back. Raises NotYours, Malformed (`reason_needed`), Refused (`wrong_state`)."""
    commendation = Commendation.objects.select_for_update().get(pk=commendation.pk)
    if not may_withdraw(by, commendation, on=clock.today()):
        raise NotYours("permission_denied", "由确认的岗位或上级撤回。")
    if not reason.strip():
        raise Malformed("reason_needed", "请写明撤回原因。", fields={"reason": ["必填"]})
    require_move(CommendationState(commendation.state), CommendationState.WITHDRAWN, COMMENDATION_MOVES)
    commendation.state, commendation.reason = CommendationState.WITHDRAWN, reason.strip()[:300]
    commendation.withdrawn_at, commendation.withdrawn_by = clock.now(), by
    commendation.save()
    return commendation
