"""Two files of one child become one (P1): what can stand only once for a child becomes one, and keeps what hung on both."""

from casework.actions.duties import cancel_duty
from casework.enums import EscalationState
from casework.enums.truancy import RatioState
from casework.models import Duty, Escalation, RatioStep, RiskWarning, TeacherReport

DONE = (EscalationState.PERFORMED, EscalationState.OVERTURNED)
MERGED = "两份档案已合并"
LONGEST_REASON = 200


def join_escalations(kept: Escalation, other: Escalation):
    """Of two steps for one day the one that was performed stays; records of the one that goes belong to the child and stay."""
    gone = kept if other.state in DONE and kept.state not in DONE else other
    duty = gone.duty
    gone.measures.all().delete()
    gone.delete()
    _drop(duty)


def join_ratio_steps(kept: RatioStep, other: RatioStep):
    """Of two steps over one limit the performed one stays, with the records of both."""
    stays, gone = (other, kept) if other.state == RatioState.PERFORMED != kept.state else (kept, other)
    gone.records.update(step=stays)
    duty = gone.duty
    gone.delete()
    _drop(duty)


def join_warnings(kept: RiskWarning, other: RiskWarning):
    """One warning, with the history, conferences and support of both; its tier is computed anew from the joined facts."""
    other.signals.all().delete()
    for duty in Duty.objects.open().filter(key__startswith=f"warning:{other.pk}:"):
        _drop(duty)
    for relation in RiskWarning._meta.related_objects:
        relation.related_model._base_manager.filter(**{relation.field.name: other}).update(
            **{relation.field.name: kept}
        )
    kept.opened_on = min(kept.opened_on, other.opened_on)
    kept.save()
    other.delete()


def join_reports(kept: TeacherReport, other: TeacherReport):
    """Both words of one teacher on one day, at the higher points."""
    kept.points = max(kept.points, other.points)
    if other.reason not in kept.reason:
        kept.reason = f"{kept.reason};{other.reason}"[:LONGEST_REASON]
    kept.save()
    other.delete()


def _drop(duty):
    if duty is not None:
        cancel_duty(duty, text=MERGED)
