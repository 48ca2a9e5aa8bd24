"""What accountability shows on shared pages: the leads in one's navigation, and the kind of their duty."""

from django.urls import reverse

from accountability.enums import SCREENED_BY, SCREENS_NEXT, LeadState
from accountability.models import Lead
from casework.kinds import DutyKind, register_kind
from organisation.enums import PostKind
from organisation.registry import NavItem, register_nav

# Whoever a seat may fall to: the next posts up from the principal on, and what governments' seats go to.
SCREENERS = {*SCREENED_BY.values(), *SCREENS_NEXT.values(), PostKind.CENTRAL_HEAD, PostKind.COUNTY_CLERK}


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
    register_nav(NavItem("leads", "线索", "leads", 55, screens, waiting))
    register_kind(
        DutyKind("screen_lead", "线索初核", lambda duty: reverse("lead", args=[duty.about]), confidential=True)
    )
    for kind, label in FINDING_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("finding", args=[duty.about]), confidential=True))


def screens(person, on) -> bool:
    return bool(person.paths(on=on, kinds=SCREENERS))


def waiting(person, on) -> int:
    return Lead.objects.visible_to(person, on=on).filter(state=LeadState.SCREENING).count()
