"""年度计划 and 领导小组 of a school, year plans of a county (F41)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accountability.actions.plans import add_item, form_group, make_plan, settle_item
from accountability.enums import GroupKind, PlanItemState
from accountability.forms.routine import GoalsForm, GroupForm, ItemForm, SettleItemForm
from accountability.models import LeadingGroup, PlanItem, YearPlan
from accountability.permissions import may_finish_item, may_plan
from accountability.queries.groups import SUGGESTED, Seat, candidates
from accountability.rules.sheets import year_name
from organisation import clock
from organisation.enums import PUPIL_POSTS, SCHOOL_POSTS, PostKind, UnitKind
from organisation.errors import NotYours, Refused
from organisation.models import Unit
from organisation.queries.history import history_of
from organisation.queries.units import visible_unit
from organisation.rules.grades import school_year
from organisation.rules.paths import ancestors
from students.actions.attachments import store_attachment

FORMS = {"goals": "目标已保存。", "item": "已添加。"}


def planning_unit(request, code) -> Unit:
    """A school or county in scope; to a school's people, their own school."""
    today = clock.today()
    for post in request.user.posts_on(today):
        if post.kind in SCHOOL_POSTS and post.unit.school_code == code:
            return get_object_or_404(Unit, path__in=ancestors(post.unit.path), code=code, kind=UnitKind.SCHOOL)
    unit = visible_unit(request.user, code, on=today, kinds=(UnitKind.SCHOOL, UnitKind.COUNTY))
    if not request.user.holds(*PUPIL_POSTS, at=unit.path, on=today):
        raise Http404
    return unit


@require_http_methods(["GET", "HEAD", "POST"])
def year_plan(request, code):
    """The plan of this school year: goals, items with their posts and days."""
    today, unit = clock.today(), planning_unit(request, code)
    may = may_plan(request.user, unit, on=today)
    if request.method == "POST" and not may:
        raise NotYours("permission_denied", "年度计划由校长、副校长、控辍专干制定,县里由教育局制定。")
    rows = YearPlan.objects.visible_to(request.user, on=today).filter(unit=unit)
    plan = rows.filter(year=school_year(today)).select_related("unit", "made_by").first()
    verb = request.POST.get("verb", "")
    forms = {
        "goals": GoalsForm(request.POST if verb == "goals" else None, initial={"goals": plan.goals if plan else ""}),
        "item": ItemForm(request.POST if verb == "item" else None, unit=unit),
    }
    refusal = None
    if request.method == "POST" and verb in forms and forms[verb].is_valid():
        try:
            _write(unit, plan, verb, forms[verb].cleaned_data, request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, FORMS[verb])
            return redirect("year_plan", code)
    context = {
        "unit": unit,
        "plan": plan,
        "items": plan.items.select_related("done_by") if plan else (),
        "earlier": rows.exclude(year=school_year(today)),
        "year": year_name(school_year(today)),
        "may_plan": may,
        "forms": forms,
        "today": today,
        "refusal": refusal,
    }
    return render(request, "accountability/year_plan.html", context, status=refusal.status if refusal else 200)


def _write(unit, plan, verb, data, by):
    if verb == "goals":
        make_plan(unit, goals=data["goals"], by=by)
        return
    if plan is None:
        raise Refused("no_plan", "请先写目标,再添加事项。")
    add_item(plan, by=by, **data)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_item(request, pk):
    """One item: done with a text and a paper, or dropped with a reason."""
    today = clock.today()
    rows = PlanItem.objects.visible_to(request.user, on=today)
    item = get_object_or_404(rows.select_related("plan__unit", "done_by", "paper"), pk=pk)
    may = may_finish_item(request.user, item, on=today)
    if request.method == "POST" and not may:
        raise NotYours("permission_denied", "这一项由责任岗位办结。")
    form = SettleItemForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    refusal = None
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["paper"]
        try:
            paper = store_attachment(upload, by=request.user, path=item.plan.path) if upload else None
            dropped = request.POST.get("verb") == "drop"
            settle_item(item, text=form.cleaned_data["text"], by=request.user, paper=paper, dropped=dropped)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已登记。")
            return redirect("year_plan", item.plan.unit.code)
    context = {
        "item": item,
        "form": form,
        "may_settle": may and item.state == PlanItemState.OPEN,
        "may_drop": may_plan(request.user, item.plan.unit, on=today),
        "history": history_of(item),
        "refusal": refusal,
    }
    return render(request, "accountability/plan_item.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def leading_groups(request, code):
    """The groups of a school with their members; formed and changed here."""
    today, unit = clock.today(), planning_unit(request, code)
    may = may_plan(request.user, unit, on=today) and unit.kind == UnitKind.SCHOOL
    if request.method == "POST" and not may:
        raise NotYours("permission_denied", "小组由校长、副校长或控辍专干登记。")
    found = LeadingGroup.objects.visible_to(request.user, on=today).filter(unit=unit, year=school_year(today))
    groups = list(found.prefetch_related("members__person").select_related("formed_by"))
    kind = request.POST.get("kind") or request.GET.get("kind") or GroupKind.LEADING
    kind = kind if kind in GroupKind.values else GroupKind.LEADING
    form = _group_form(request, unit, groups, kind, today) if may else None
    refusal = None
    if request.method == "POST" and form.is_valid():
        seats = [Seat(post.person_id, post.kind, role) for post, role in form.seats()]
        try:
            form_group(unit, GroupKind(form.cleaned_data["kind"]), seats, by=request.user, on=form.cleaned_data["on"])
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "小组已登记。")
            return redirect("leading_groups", code)
    context = {
        "unit": unit,
        "groups": [(group, *_sitting(group)) for group in groups],
        "year": year_name(school_year(today)),
        "form": form,
        "kind": kind,
        "kinds": GroupKind,
        "refusal": refusal,
    }
    return render(request, "accountability/leading_groups.html", context, status=refusal.status if refusal else 200)


def _group_form(request, unit, groups, kind, today):
    posts = candidates(unit, on=today)
    group = next((one for one in groups if one.kind == kind), None)
    seated = {member.person_id: member.role for member in _sitting(group)[0]} if group else _suggested(posts)
    data = request.POST if request.method == "POST" else None
    return GroupForm(data, posts=posts, seated=seated, initial={"kind": kind})


def _suggested(posts) -> dict[int, str]:
    """Whom the posts suggest; a school has one head."""
    found = {}
    for post in posts:
        role = SUGGESTED.get(PostKind(post.kind))
        if role and not (role == "head" and role in found.values()):
            found[post.person_id] = role
    return found


def _sitting(group):
    """Who sits now, and who left."""
    members = list(group.members.all())
    return [one for one in members if not one.last_day], [one for one in members if one.last_day]
