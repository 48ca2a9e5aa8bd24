"""What happens by itself: a form whose time ran out, a matter whose seat fell empty or came to be sat on by a party."""

from django.db import transaction

from accountability.actions.findings.duties import SAYS, open_duties
from accountability.actions.findings.opening import open_from_lead
from accountability.actions.findings.steps import locked, write_step
from accountability.enums import LIVE_FINDINGS, FindingState, LeadState, StepKind
from accountability.models import Finding, Lead
from accountability.permissions import may_decide
from accountability.queries.seats import deciding_chair
from organisation import clock
from organisation.models import Post
from organisation.queries.posts import Chair

SEAT_KINDS = ("finding_screen", "finding_team", "finding_decide", "finding_serve", "finding_check", "finding_answer")


def follow_findings() -> dict:
    """End what ran out, and move matters to who decides them now; run as often as one likes."""
    today = clock.today()
    counted = {"opened": 0, "expired": 0, "moved": 0}
    for lead in Lead.objects.filter(state=LeadState.KEPT, findings__isnull=True, lapse__isnull=False):
        counted["opened"] += _open(lead)
    for finding in Finding.objects.filter(state=FindingState.SERVED, expires_on__lte=today):
        counted["expired"] += _expire(finding)
    for finding in Finding.objects.filter(state__in=LIVE_FINDINGS):
        counted["moved"] += reseat(finding)
    return counted


@transaction.atomic
def _open(lead) -> bool:
    """A lead that was kept before leads opened matters."""
    lead = Lead.objects.select_for_update(of=("self",)).select_related("subject", "lapse__duty").get(pk=lead.pk)
    if lead.state != LeadState.KEPT or lead.findings.exists():
        return False
    open_from_lead(lead, by=lead.screened_by)
    return True


@transaction.atomic
def _expire(finding) -> bool:
    finding = locked(finding)
    if finding.state != FindingState.SERVED or finding.expires_on > clock.today():
        return False
    finding.ended_at = clock.now()
    write_step(finding, StepKind.EXPIRED, by=None, after=FindingState.EXPIRED, on=finding.expires_on)
    return True


@transaction.atomic
def reseat(finding) -> bool:
    """Where nobody free sits on the deciding seat, the matter goes to the seat above (P23)."""
    finding, today = locked(finding), clock.today()
    sitting = Post.objects.held(on=today).filter(kind=finding.decider_kind, unit__path=finding.decider_path)
    if any(may_decide(post.person, finding, on=today) for post in sitting.select_related("person")):
        return False
    chair = deciding_chair(finding, on=today)
    if chair == Chair(finding.decider_kind, finding.decider_path):
        return False
    before = (finding.decider_kind, finding.decider_path)
    finding.decider_kind, finding.decider_path = chair.kind, chair.path
    write_step(finding, StepKind.SEATED, by=None, text=f"改由{finding.get_decider_kind_display()}处理")
    for duty in open_duties(finding).filter(kind__in=SEAT_KINDS, post_kind=before[0], chair_path=before[1]):
        duty.post_kind, duty.chair_path, duty.path = chair.kind, chair.path, chair.path
        duty.title = f"问责事项第{finding.pk}号:{SAYS[duty.kind]}"
        duty.save()
    return True
