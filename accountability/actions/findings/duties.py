"""The clocks of a matter as duties: the seat's pass with the post, the team's and the subject's are owed in person.

Their titles name nobody: an inbox is read over a shoulder.
"""

from accountability.models.finding import HEADS
from accountability.queries.conflicts import team_of
from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.models import Duty
from organisation import clock
from organisation.models import Post
from organisation.queries.posts import Chair

SAYS = {
    "finding_screen": "初核",
    "finding_team": "组成调查组",
    "finding_investigate": "调查取证",
    "finding_defend": "陈述申辩(也可以放弃)",
    "finding_hear": "听取申辩并书面答复",
    "finding_decide": "作出决定",
    "finding_serve": "送达决定",
    "finding_correct": "限期改正",
    "finding_check": "核查改正情况",
    "finding_answer": "答复复核或申诉",
}


def owe_seat(finding, kind, due_on, *, step=None, seat="decider"):
    chair = Chair(getattr(finding, f"{seat}_kind"), getattr(finding, f"{seat}_path"))
    _owe(finding, kind, _key(finding, kind, step), chair, due_on)


def owe_team(finding, kind, due_on):
    for member in team_of(finding):
        key = f"{_key(finding, kind)}:{finding.round}:{finding.steps.count()}:{member.person_id}"
        _owe(finding, kind, key, Chair(member.post_kind, member.post_path), due_on, person=member.person_id)


def owe_subject(finding, kind, due_on, *, step):
    """The person concerned; for a unit those who head it now."""
    if finding.subject_person_id:
        people = [(finding.subject_person_id, Chair(finding.subject_post, finding.path))]
    else:
        heads = Post.objects.held(on=clock.today()).filter(unit=finding.subject_unit, kind__in=HEADS)
        people = [(post.person_id, Chair(post.kind, finding.path)) for post in heads]
    for person, chair in people:
        _owe(finding, kind, f"{_key(finding, kind, step)}:{person}", chair, due_on, person=person)


def _key(finding, kind, step=None):
    return f"{kind}:{finding.pk}" + (f":{step.number}" if step else "")


def _owe(finding, kind, key, chair, due_on, *, person=None):
    open_duty(
        kind,
        key,
        title=f"问责事项第{finding.pk}号:{SAYS[kind]}",
        chair=chair,
        path=chair.path,
        due_at=clock.end_of(due_on),
        about=finding.pk,
        person=person,
    )


def done(finding, *kinds, by=None):
    """The act was done: whoever owed it owes it no longer."""
    for duty in open_duties(finding).filter(kind__in=kinds):
        close_duty(duty, by=by, text=finding.get_state_display())


def drop(finding, *kinds):
    """Nothing is left to do; of no kind named: nothing at all."""
    rows = open_duties(finding)
    for duty in rows.filter(kind__in=kinds) if kinds else rows:
        cancel_duty(duty, text=finding.get_state_display())


def open_duties(finding):
    return Duty.objects.open().filter(kind__in=[*SAYS], about=finding.pk)
