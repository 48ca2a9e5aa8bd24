"""劝返: the cases in scope, the funnel, and one case with what comes next and who owes it."""

from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions.cases.assign import assign_line, preview_assignment
from casework.actions.cases.opening import open_case
from casework.enums import LIVE_CASES, CaseState, Cause
from casework.forms.cases import AssignForm, OpenForm
from casework.models import Case, Duty, Letter
from casework.permissions import GOVERNMENT, may_open_case, may_see_cases
from casework.queries.cases import for_page
from casework.views.case_steps import steps_for, take_step
from casework.views.duties import lines
from casework.views.referrals import referrals_of
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import SCHOOL_POSTS, AccessAction, UnitKind
from organisation.errors import NotYours, Refused
from organisation.models import Person, Post, Unit
from organisation.queries.edition import COUNTY_LENGTH
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of
from organisation.rules.paths import at_or_below
from students.enums import Audience
from students.models import Pupil

LINE_POSTS = (*SCHOOL_POSTS, *GOVERNMENT)
# How far a case has come; a funnel counts each at its farthest station.
STATIONS = [
    (CaseState.SUSPECTED, "疑似"),
    (CaseState.CONFIRMED, "确认"),
    (CaseState.PERSUADING, "劝返"),
    (CaseState.REPORTED, "报告"),
    (CaseState.NOTICED, "通知"),
    (CaseState.ENFORCING, "督促"),
    (CaseState.RETURNED, "返校"),
    (CaseState.CLOSED, "销号"),
]


@require_safe
def cases(request):
    """Cases in scope: by state, lateness, township, village, cause; the live ones first asked for."""
    today = clock.today()
    if not may_see_cases(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看个案。")
    visible = Case.objects.visible_to(request.user, on=today)
    wanted = request.GET
    state = wanted.get("state", "live")
    rows = visible.filter(state__in=LIVE_CASES) if state == "live" else visible
    if state in CaseState.values:
        rows = visible.filter(state=state)
    if wanted.get("cause") in Cause.values:
        rows = rows.filter(causes__cause=wanted["cause"])
    if wanted.get("township"):
        rows = rows.filter(township__code=wanted["township"][:24])
    if wanted.get("village"):
        rows = rows.filter(pupil__village__contains=wanted["village"][:80])
    if wanted.get("late") == "1":
        late = Duty.objects.overdue(at=clock.now()).filter(key__startswith="case:").values("about")
        rows = rows.filter(pk__in=late)
    page = Paginator(for_page(rows).order_by("opened_on", "pk"), 50).get_page(wanted.get("page"))
    shown = list(page)
    names = names_of({case.path for case in shown}, on=today)
    next_duties = _next_duties(shown)
    townships = Unit.objects.of_kind(UnitKind.TOWNSHIP).filter(pk__in=visible.order_by().values("township"))
    context = {
        "page": page,
        "rows": [(case, names[case.path], next_duties.get(case.pk)) for case in shown],
        "state": state,
        "states": CaseState,
        "causes": Cause,
        "townships": list(townships),
        "funnel": funnel(visible),
    }
    return render(request, "casework/cases.html", context)


def _next_duties(shown) -> dict[int, dict]:
    """The duty of each case that is due first, as it is shown."""
    duties = Duty.objects.open().filter(key__startswith="case:", about__in=[case.pk for case in shown])
    first: dict[int, Duty] = {}
    for duty in duties.select_related("pupil").order_by("due_at", "pk"):
        first.setdefault(duty.about, duty)
    return {line["duty"].about: line for line in lines(list(first.values()), clock.today())}


def funnel(cases) -> list[dict]:
    """How many cases have come at least as far as each station, with the share of the first one."""
    counted = Counter(
        dict(cases.order_by().values_list("state").annotate(number=Count("pk")).values_list("state", "number"))
    )
    total = sum(counted[state] for state, _ in STATIONS)
    reached, found = total, []
    for state, label in STATIONS:
        found.append(
            {
                "label": label,
                "state": state,
                "reached": reached,
                "here": counted[state],
                "share": reached * 100 // total if total else 0,
            }
        )
        reached -= counted[state]
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def case(request, pk):
    """One case: where the child is, who is responsible, what was done, what comes next and by when."""
    today = clock.today()
    found = get_object_or_404(for_page(Case.objects.visible_to(request.user, on=today)), pk=pk)
    steps = steps_for(found, request.user)
    refusal = None
    if request.method == "POST":
        try:
            done = take_step(request, found, steps)
        except Refused as refused:
            refusal = refused
        else:
            if done:
                messages.success(request, f"已办理:{done}。")
                return redirect("case", pk)
    else:
        log_access(request.user, AccessAction.VIEW, what="case", key=str(found.pk), path=found.path)
    duties = Duty.objects.open().filter(key__startswith=f"case:{found.pk}:").select_related("pupil")
    context = {
        "case": found,
        "episode": found.episode,
        "place": name_path(found.path, on=today),
        "origin": name_path(found.origin_path, on=today) if found.origin_path != found.path else "",
        "lines": lines(list(duties), today),
        "steps": list(steps.values()),
        "visits": found.visits.select_related("entered_by").prefetch_related("photos"),
        "legal": found.steps.select_related("unit", "by"),
        "placements": found.placements.prefetch_related("proofs__by"),
        "follow_ups": found.episode.follow_ups.select_related("by"),
        "approvals": found.approvals.select_related("asked_by", "decided_by").prefetch_related("papers"),
        "moves": found.moves.select_related("by").order_by("-pk"),
        "timeline": found.pupil.timeline.filter(audience=Audience.SCHOOL, on__gte=found.episode.away_since)
        .select_related("by")
        .exclude(kind__in=["case", "visit"])[:40],
        "history": history_of(found),
        "letters": Letter.objects.visible_to(request.user, on=today)
        .filter(pupil=found.pupil, dated__gte=found.episode.away_since)
        .order_by("dated", "pk"),
        "sees_pupil": Pupil.objects.visible_to(request.user, on=today).filter(pk=found.pupil_id).exists(),
        "referrals": referrals_of(found, request.user, today),
        "refusal": refusal,
    }
    return render(request, "casework/case.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def case_new(request, number):
    """Report a child of whom one knows, or has been told, that it no longer comes."""
    today = clock.today()
    pupils = Pupil.objects.visible_to(request.user, on=today).select_related("school_class", "residence")
    pupil = get_object_or_404(pupils, number=number)
    if not may_open_case(request.user, pupil, on=today):
        raise NotYours("permission_denied", "疑似辍学由班主任、控辍专干、学校负责人、乡镇或教育局上报。")
    form = OpenForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            opened = open_case(pupil, by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已立案:当天联系家长,一天内家访。")
            return redirect("case", opened.pk)
    context = {"form": form, "pupil": pupil, "refusal": refusal}
    return render(request, "casework/case_new.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def cases_assign(request):
    """Name a responsible person for many cases: chosen in the list, looked at here, then done."""
    today = clock.today()
    if not may_see_cases(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看个案。")
    data = request.POST if request.method == "POST" else request.GET
    chosen = [int(pk) for pk in data.getlist("case") if pk.isdigit() and len(pk) < 18][:200]
    rows = list(for_page(Case.objects.visible_to(request.user, on=today).live().filter(pk__in=chosen)))
    form = AssignForm(data if data.get("person") else None, people=_staff(request.user, today))
    looked = []
    if form.is_bound and form.is_valid():
        line, person = form.cleaned_data["line"], form.cleaned_data["person"]
        looked = preview_assignment(rows, line, person, by=request.user)
        if request.method == "POST":
            done = [assign_line(one.case, line, person, by=request.user) for one in looked if one.changes]
            messages.success(request, f"已为 {len(done)} 个个案指定{person.name}。")
            return redirect("cases")
    return render(request, "casework/cases_assign.html", {"form": form, "rows": rows, "looked": looked})


def _staff(person, on):
    """People with a post at or below one's own units, or in the townships and schools of one's county."""
    counties = {post.unit.path[:COUNTY_LENGTH] for post in person.posts_on(on)}
    held = Post.objects.held(on=on).filter(at_or_below("unit__path", counties), kind__in=LINE_POSTS)
    own = held.filter(at_or_below("unit__path", person.paths(on=on)))
    officers = held.filter(kind__in=GOVERNMENT)
    return Person.objects.filter(Q(pk__in=own.values("person")) | Q(pk__in=officers.values("person"))).order_by("name")
