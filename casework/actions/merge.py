"""Two files of one child become one (P1): two steps of the ladder for the same day become one too."""

from casework.actions.duties import cancel_duty
from casework.enums import EscalationState
from casework.models import Escalation

DONE = (EscalationState.PERFORMED, EscalationState.OVERTURNED)


def settle_escalations(kept: Escalation, other: Escalation):
    """Of two steps for one day the one that was performed stays; records of the one that goes belong to the child and stay."""
    gone = kept if other.state in DONE and kept.state not in DONE else other
    duty = gone.duty
    gone.measures.all().delete()
    gone.delete()
    if duty is not None:
        cancel_duty(duty, text="两份档案已合并")
