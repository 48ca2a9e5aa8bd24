"""One move of a case: allowed by the table, written down, told in the child's timeline, its duties settled."""

from casework.actions.cases.duties import settle_duties
from casework.enums import CASE_MOVES, CaseState
from casework.models import Case
from organisation import clock
from organisation.errors import Refused, require_move
from organisation.queries.edition import rule_book
from students.actions.timeline import record

ENDED = (CaseState.CLOSED, CaseState.CLEARED)


def locked(case: Case) -> Case:
    """The case as it is now, held until the end of the transaction."""
    return Case.objects.select_for_update(of=("self",)).select_related("pupil", "township").get(pk=case.pk)


def require_case_move(case: Case, after: CaseState):
    require_move(CaseState(case.state), after, CASE_MOVES)


def require_state(case: Case, *states: CaseState):
    """Refuse what cannot be done while the case stands where it does."""
    if case.state not in states:
        allowed = "、".join(state.label for state in states)
        raise Refused("wrong_state", f"个案现为“{case.get_state_display()}”,要在“{allowed}”时才能办理。")


def move_case(case: Case, after: CaseState, *, on, by=None, text="", reason="", done=(), **dates) -> Case:
    """Move a case. `dates` are written into its present episode; `reason` says why it is cleared."""
    require_case_move(case, after)
    episode, before = case.episode, case.state
    case.state, case.clear_reason = after, reason
    case.ended_on = on if after in ENDED else None
    case.version += 1
    case.save()
    if after in ENDED:
        dates["ended_on"] = on
    for name, value in dates.items():
        setattr(episode, name, value)
    if dates:
        episode.save()
    case.moves.create(episode=episode, before=before, after=after, on=on, at=clock.now(), by=by, text=text[:500])
    told = f"个案:{after.label}{f'({text})' if text else ''}"
    record(case.pupil, "case", told[:500], by=by, on=on, link=f"/cases/{case.pk}/")
    settle_duties(case, by=by, done=done)
    return case


def calendar_of(case):
    return rule_book(case.path).calendar(case.path)
