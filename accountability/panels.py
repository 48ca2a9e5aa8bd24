"""What accountability shows on shared pages: commitments, routine work, leads and complaints in one's navigation, the kinds of
their duties, and what evidence refers to."""

from django.urls import reverse
from django.utils.http import urlencode

from accountability.enums import (
    LIVE_FINDINGS,
    ROUTINES,
    SCREENED_BY,
    SCREENS_NEXT,
    ActivityKind,
    duty_kind_of,
)
from accountability.kinds import ReferenceKind, register_reference
from accountability.models import Complaint, Finding, Lead, TruthHit
from accountability.permissions import (
    ENTERS_LEADS,
    may_nominate,
    may_see_commitments,
    may_see_complaints,
    may_see_routine,
    may_see_truth,
    opens_matters,
)
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
    register_nav(NavItem("truth", "核查", "truth", 57, lambda person, on: may_see_truth(person, on=on), doubtful))
    register_kind(
        DutyKind("truth_look", "真实性核查", lambda duty: reverse("truth_hit", args=[duty.about]), confidential=True)
    )
    register_reference(ReferenceKind("truth_hit", "truth_hit", _rows_of(TruthHit)))
    for key, page, model in SHOWN:
        register_reference(ReferenceKind(key, page, _rows_of(model)))
    for kind, label in FINDING_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("finding", args=[duty.about]), confidential=True))
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


def _rows_of(model):
    return lambda person, on: model.objects.visible_to(person, on=on)


def follows_leads(person, on) -> bool:
    return bool(person.paths(on=on, kinds={*SCREENERS, *ENTERS_LEADS}))


def waiting(person, on) -> int:
    return Lead.objects.screened_by_posts_of(person, on=on).waiting().count()


def pending(person, on) -> int:
    return Complaint.objects.visible_to(person, on=on).pending().count()


def doubtful(person, on) -> int:
    """Those that lie before the person's own seats."""
    seats = {(post.kind, post.unit.path) for post in person.posts_on(on)}
    waiting = TruthHit.objects.visible_to(person, on=on).waiting().values_list("chair_kind", "chair_path")
    return sum(seat in seats for seat in waiting)


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
