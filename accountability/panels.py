"""What accountability shows on shared pages: leads, commitments and routine work in one's navigation, the kinds of duties."""

from django.urls import reverse
from django.utils.http import urlencode

from accountability.enums import ROUTINES, SCREENED_BY, SCREENS_NEXT, ActivityKind, LeadState, duty_kind_of
from accountability.models import Lead
from accountability.permissions import may_see_commitments, may_see_routine
from casework.kinds import DutyKind, register_kind
from organisation.enums import PostKind
from organisation.registry import NavItem, register_nav

# Whoever a seat may fall to: the next posts up from the principal on, and what governments' seats go to.
SCREENERS = {*SCREENED_BY.values(), *SCREENS_NEXT.values(), PostKind.CENTRAL_HEAD, PostKind.COUNTY_CLERK}


def register():
    register_nav(NavItem("leads", "线索", "leads", 55, screens, waiting))
    register_kind(
        DutyKind("screen_lead", "线索初核", lambda duty: reverse("lead", args=[duty.about]), confidential=True)
    )
    register_nav(NavItem("commitments", "责任书", "commitments", 53, lambda one, on: may_see_commitments(one, on=on)))
    register_nav(NavItem("routine", "常规", "routine", 54, lambda one, on: may_see_routine(one, on=on)))
    for routine, owners in ROUTINES.items():
        page = activity_page if routine in ActivityKind.values else PAGES[routine]
        register_kind(DutyKind(duty_kind_of(routine), owners[0].label, page))
    register_kind(DutyKind("commitment_sign", "签订责任书", sheets_page))
    register_kind(DutyKind("commitment_gaps", "签订责任书", sheets_page))
    register_kind(DutyKind("plan_item", "计划事项", lambda duty: reverse("plan_item", args=[duty.about])))
    register_kind(DutyKind("awareness_raise", "再宣传、复测", lambda duty: reverse("survey", args=[duty.about])))
    register_kind(DutyKind("deficiency_correct", "自查整改", lambda duty: reverse("deficiency", args=[duty.about])))
    register_kind(DutyKind("deficiency_check", "整改复查", lambda duty: reverse("deficiency", args=[duty.about])))
    register_kind(
        DutyKind("orange_contact", "橙色家访", lambda duty: reverse("home_contact_new", args=[duty.pupil.number]))
    )


def screens(person, on) -> bool:
    return bool(person.paths(on=on, kinds=SCREENERS))


def waiting(person, on) -> int:
    return Lead.objects.visible_to(person, on=on).filter(state=LeadState.SCREENING).count()


def _code(duty) -> str:
    """The unit's code stands in a routine duty's key: kind:unit:period."""
    return duty.key.split(":")[1]


def activity_page(duty) -> str:
    kind, unit, period = duty.key.split(":")
    asked = {"kind": kind.removeprefix("activity_"), "unit": unit, "period": period}
    return f"{reverse('activity_new')}?{urlencode(asked)}"


def sheets_page(duty) -> str:
    _, kind, unit, _ = duty.key.split(":")
    return f"{reverse('commitments')}?{urlencode({'kind': kind, 'unit': unit, 'state': 'waiting'})}"


PAGES = {
    "leading_group": lambda duty: reverse("leading_groups", args=[_code(duty)]),
    "year_plan": lambda duty: reverse("year_plan", args=[_code(duty)]),
    "commitments": lambda duty: f"{reverse('commitments_make')}?unit={_code(duty)}",
    "awareness": lambda duty: f"{reverse('surveys')}?unit={_code(duty)}",
    "self_inspection": lambda duty: reverse("self_inspection_new", args=[_code(duty)]),
    "home_contacts": lambda duty: reverse("home_contacts", args=[_code(duty)]),
}
