"""What accountability shows on shared pages: leads and complaints in one's navigation, the kinds of their duties, and
what evidence refers to."""

from django.urls import reverse

from accountability.enums import SCREENED_BY, SCREENS_NEXT
from accountability.kinds import ReferenceKind, register_reference
from accountability.models import Complaint, Lead
from accountability.permissions import ENTERS_LEADS, may_nominate, may_see_complaints
from casework.kinds import DutyKind, register_kind
from casework.models import Case, Duty
from organisation.enums import PostKind
from organisation.registry import NavItem, register_nav

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
        NavItem("complaints", "投诉", "complaints", 56, lambda person, on: may_see_complaints(person, on=on), pending)
    )
    register_nav(NavItem("nominations", "评优", "nominations", 57, lambda person, on: may_nominate(person, on=on)))
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
