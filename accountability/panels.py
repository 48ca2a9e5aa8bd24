"""What accountability shows on shared pages: leads and complaints in one's navigation, the kinds of their duties, and
what evidence refers to."""

from django.urls import reverse

from accountability.enums import LIVE_FINDINGS, SCREENED_BY, SCREENS_NEXT
from accountability.kinds import ReferenceKind, register_reference
from accountability.models import Complaint, Finding, Lead
from accountability.permissions import ENTERS_LEADS, may_nominate, may_see_complaints, opens_matters
from casework.kinds import DutyKind, register_kind
from casework.models import Case, Duty
from casework.queries.inbox import duties_of
from organisation.enums import PostKind
from organisation.registry import HOME, NavItem, Panel, register_nav, register_panel

# Whoever a seat may fall to: the next posts up from the principal on, and what governments' seats go to.
SCREENERS = {*SCREENED_BY.values(), *SCREENS_NEXT.values(), PostKind.CENTRAL_HEAD, PostKind.COUNTY_CLERK}
SHOWN = (("case", "case", Case), ("duty", "duty", Duty), ("complaint", "complaint", Complaint), ("lead", "lead", Lead))


FINDING_KINDS = {
    "finding_screen": "问责初核",
    "finding_team": "组成调查组",
    "finding_investigate": "调查取证",
    "finding_defend": "陈述申辩",
    "finding_hear": "听取申辩",
    "finding_decide": "作出决定",
    "finding_serve": "送达决定",
    "finding_correct": "限期改正",
    "finding_check": "核查改正",
    "finding_answer": "复核与申诉",
}


def register():
    register_nav(NavItem("leads", "线索", "leads", 55, follows_leads, waiting))
    register_nav(
        NavItem("complaints", "投诉", "complaints", 57, lambda person, on: may_see_complaints(person, on=on), pending)
    )
    register_nav(NavItem("nominations", "评优", "nominations", 58, lambda person, on: may_nominate(person, on=on)))
    register_nav(NavItem("findings", "问责", "findings", 56, handles_findings, findings_waiting))
    register_panel(Panel(HOME, 4, "accountability/_home_findings.html", my_findings))
    register_kind(
        DutyKind("screen_lead", "线索初核", lambda duty: reverse("lead", args=[duty.about]), confidential=True)
    )
    for step, label in (("accept", "受理投诉"), ("answer", "答复投诉")):
        page = lambda duty: reverse("complaint", args=[duty.about])  # noqa: E731
        register_kind(DutyKind(f"complaint_{step}", label, page, confidential=True))
    for key, page, model in SHOWN:
        register_reference(ReferenceKind(key, page, _rows_of(model)))
    for kind, label in FINDING_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("finding", args=[duty.about]), confidential=True))


def _rows_of(model):
    return lambda person, on: model.objects.visible_to(person, on=on)


def follows_leads(person, on) -> bool:
    return bool(person.paths(on=on, kinds={*SCREENERS, *ENTERS_LEADS}))


def waiting(person, on) -> int:
    return Lead.objects.screened_by_posts_of(person, on=on).waiting().count()


def pending(person, on) -> int:
    return Complaint.objects.visible_to(person, on=on).pending().count()


def handles_findings(person, on) -> bool:
    """Who may come to decide or put a matter; a team and the one concerned come by their duties and by 今日."""
    return opens_matters(person, on=on)


def findings_waiting(person, on) -> int:
    return duties_of(person, on=on).filter(kind__in=FINDING_KINDS).count()


def my_findings(request, person, on):
    """On 今日: what is said against oneself and still open, and what one investigates."""
    visible = Finding.objects.visible_to(person, on=on).filter(state__in=LIVE_FINDINGS)
    if opens_matters(person, on=on):  # has the list in the navigation
        visible = Finding.objects.concerning(person, on=on).filter(state__in=LIVE_FINDINGS)
    rows = list(visible.select_related("subject_person", "subject_unit")[:8])
    return {"findings": rows} if rows else None
