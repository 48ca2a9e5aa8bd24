"""预警: whom I can follow and why, one warning, a teacher's report, special groups, the table of points (F20, F23)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.actions.ladder import chair_of
from casework.actions.warnings.support import report_worry
from casework.enums import ConferenceState, Tier
from casework.forms import GroupExportForm, PointsForm, WorryForm
from casework.models import RiskWarning
from casework.permissions import (
    BACKTEST_POSTS,
    POINTS_POSTS,
    TEACHING_POSTS,
    may_chair,
    may_convene,
    may_counsel,
    may_help,
    may_report_worry,
    may_see_warnings,
)
from casework.queries.groups import counted, on_file, special_pupils
from casework.queries.points import preview_points
from casework.queries.warnings import about, followable, worst_first
from casework.rules.support_due import GROUPS
from casework.rules.warnings import CHAIRS
from organisation import clock
from organisation.actions.access import log_access
from organisation.actions.jobs import start_job
from organisation.actions.regulations import approve_regulation, draft_regulation
from organisation.enums import PUPIL_POSTS, AccessAction, PostKind, RegulationState, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Regulation, Unit
from organisation.queries.edition import rule_book
from organisation.queries.units import name_path, names_of, visible_unit
from organisation.rules.paths import at_or_below
from students.models import Pupil
from students.queries.learning import classes_for, pupils_of

LABELS = {
    "truant_days": "旷课天数",
    "absence_percent": "缺勤比例(%)",
    "first_month_days": "开学初全天未到(天)",
    "absence_rise": "缺勤比上学期升一半",
    "late_and_early": "迟到早退(次)",
    "marks_down": "降等科目",
    "failing_core": "主科不合格(科)",
    "incidents": "违纪(次)",
    "earlier_dropout": "一年内辍学或复学",
    "sibling_dropout": "兄弟姐妹辍学",
    "over_age": "超龄(岁)",
    "slip_overrun": "假满未返",
    "report_least": "教师报告最低分",
    "report_most": "教师报告最高分",
}


@require_safe
def warnings(request):
    """A class teacher sees each class's followable ones and how many more; others the list of their scope."""
    today, person = clock.today(), request.user
    if not may_see_warnings(person, on=today):
        if person.paths(on=today, kinds=TEACHING_POSTS):
            return redirect("warning_report")
        raise NotYours("permission_denied", "您的岗位不查看预警。")
    visible = RiskWarning.objects.visible_to(person, on=today)
    own = [post.unit for post in person.posts_on(today) if post.kind == PostKind.CLASS_TEACHER]
    context = {
        "may_report": bool(person.paths(on=today, kinds=TEACHING_POSTS)),
        "may_points": bool(person.paths(on=today, kinds=POINTS_POSTS)),
        "may_backtest": bool(person.paths(on=today, kinds=BACKTEST_POSTS)),
        "may_groups": bool(person.paths(on=today, kinds=PUPIL_POSTS)),
        "everybody": request.GET.get("all") == "1",
        "tiers": [tier for tier in Tier if tier != Tier.NONE],
        "tier": request.GET.get("tier", ""),
    }
    kinds = {post.kind for post in person.posts_on(today)} & {*PUPIL_POSTS, PostKind.COUNSELLOR}
    if own and kinds == {PostKind.CLASS_TEACHER}:
        lists = [
            (unit.label(on=today), followable(unit.path, visible, on=today, everybody=context["everybody"]))
            for unit in own
        ]
        lists = [(label, found, [(row, "") for row in found.rows]) for label, found in lists]
        return render(request, "casework/warnings.html", {**context, "lists": lists})
    rows = worst_first(visible.raised()).select_related("pupil").prefetch_related("signals")
    if context["tier"] in Tier.values:
        rows = rows.filter(tier=context["tier"])
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    names = names_of({row.path for row in page}, on=today)
    return render(
        request, "casework/warnings.html", {**context, "page": page, "rows": [(row, names[row.path]) for row in page]}
    )


def visible_warning(request, pk) -> RiskWarning:
    rows = RiskWarning.objects.visible_to(request.user, on=clock.today()).select_related("pupil")
    return get_object_or_404(rows.prefetch_related("signals"), pk=pk)


@require_safe
def warning(request, pk):
    """One warning: reasons, history of the tier, what would lower it, support due, and what has been done."""
    today, person = clock.today(), request.user
    found = visible_warning(request, pk)
    log_access(person, AccessAction.VIEW, what="warning", key=found.pupil.number, path=found.path)
    shown = about(found, person, on=today)
    called = next((one for one in shown["meetings"] if one.state == ConferenceState.CALLED), None)
    convenes = may_convene(person, found, on=today) and found.state == "open"
    context = {
        "warning": found,
        "place": name_path(found.path, on=today),
        **shown,
        "called": called,
        "may_call": convenes and called is None and found.tier in CHAIRS,
        "may_hold": called is not None and may_chair(person, chair_of(called.chair_post, called.path), on=today),
        "may_plan": convenes and not any(plan.reviewed_on is None for plan in shown["plans"]),
        "may_review": may_convene(person, found, on=today),
        "may_help": may_help(person, found.path, on=today),
        "may_counsel": may_counsel(person, found.path, on=today),
    }
    return render(request, "casework/warning.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def warning_report(request):
    """A teacher's own report about a pupil of a class taught."""
    today, person = clock.today(), request.user
    classes = classes_for(person, on=today, kinds=TEACHING_POSTS)
    if not classes:
        raise NotYours("permission_denied", "由任教老师、班主任或学校负责人报告。")
    code = request.GET.get("class", "")
    unit = next((unit for unit in classes if unit.code == code), None) if code else classes[0]
    if unit is None:
        raise Http404
    limits = rule_book(unit.path).rules(unit.path, on=today).warning.points
    form = WorryForm(
        request.POST or None,
        pupils=pupils_of([unit.pk], on=today),
        points=range(limits.report_least, limits.report_most + 1),
        initial={"pupil": Pupil.objects.filter(number=request.GET.get("student", "")).first()},
    )
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            report_worry(data["pupil"], points=data["points"], reason=data["reason"], by=person)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已报告,会计入预警。")
            return redirect(request.get_full_path())
    context = {
        "form": form,
        "unit": unit,
        "classes": [(one.code, one.label(on=today)) for one in classes],
        "may_report": may_report_worry(person, unit.path, on=today),
        "refusal": refusal,
    }
    return render(request, "casework/warning_report.html", context, status=refusal.status if refusal else 200)


def _asked_groups(request):
    """(unit or None, group, missing) as the list's filters say."""
    code, group = request.GET.get("unit", ""), request.GET.get("group", "")
    unit = visible_unit(request.user, code, on=clock.today()) if code else None
    return unit, group if group in GROUPS else "", request.GET.get("missing") == "1"


@require_safe
def groups(request):
    """The special groups with their measures on file or missing, by class, school, county."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=PUPIL_POSTS):
        raise NotYours("permission_denied", "您的岗位不查看特殊群体。")
    unit, group, missing = _asked_groups(request)
    pupils = special_pupils(request.user, on=today, path=unit.path if unit else "", group=group)
    number, lacking = counted(pupils)
    shown = special_pupils(request.user, on=today, path=unit.path if unit else "", group=group, missing=missing)
    page = Paginator(shown, 50).get_page(request.GET.get("page"))
    names = names_of({pupil.path for pupil in page}, on=today)
    context = {
        "page": page,
        "rows": [(on_file(pupil), names[pupil.path]) for pupil in page],
        "number": number,
        "lacking": lacking,
        "unit": unit,
        "units": _units(request.user, today),
        "group": group,
        "groups": list(GROUPS.items()),
        "missing": missing,
    }
    return render(request, "casework/groups.html", context)


def _units(person, on):
    units = Unit.objects.visible_to(person, on=on).open()
    classes = [unit for unit in units.of_kind(UnitKind.CLASS)[:200] if unit.is_at_stage(on=on)]
    if len(classes) <= 120:
        return [(unit.code, unit.label(on=on)) for unit in classes]
    return [(unit.code, unit.name) for unit in units.of_kind(UnitKind.SCHOOL)[:400]]


@require_http_methods(["GET", "HEAD", "POST"])
def groups_export(request):
    """The list as a workbook, for a reason that is written down."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=PUPIL_POSTS):
        raise NotYours("permission_denied", "您的岗位不查看特殊群体。")
    unit, group, missing = _asked_groups(request)
    form = GroupExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        own = unit or request.user.posts_on(today)[0].unit
        reason = form.cleaned_data["reason"]
        log_access(request.user, AccessAction.EXPORT, what="groups", key=own.code, path=own.path, reason=reason)
        params = {"unit_path": unit.path if unit else "", "group": group, "missing": missing}
        job = start_job("casework.export_groups", title="导出特殊群体", by=request.user, unit=own, params=params)
        return redirect("job", job.pk)
    context = {
        "form": form,
        "title": "导出特殊群体",
        "sub": f"{unit.label(on=today) if unit else '我的范围'} · {GROUPS.get(group, '全部类别')}",
        "back": [("groups", None, "特殊群体")],
        "submit": "导出",
    }
    return render(request, "casework/warning_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def points(request):
    """The table of points of a county: try a change, see whom it would move, draft it for another person to approve."""
    today, person = clock.today(), request.user
    posts = [post for post in person.posts_on(today) if post.kind in POINTS_POSTS]
    if not posts:
        raise NotYours("permission_denied", "预警分值由教育局起草和批准。")
    unit = posts[0].unit
    rules = rule_book(unit.path).rules(unit.path, on=today)
    form = PointsForm(request.POST or None, warning=rules.warning, labels=LABELS)
    preview = refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            preview = _try_points(form, unit, person, today, drafts="draft" in request.POST)
        except Refused as refused:
            refusal = refused
        else:
            if preview is None:
                messages.success(request, "草案已保存,请由起草人以外的人批准。")
                return redirect("warning_points")
    moved = preview.moved[:200] if preview else []
    drafts = Regulation.objects.filter(unit=unit, state=RegulationState.DRAFT).select_related("drafted_by")
    context = {
        "unit": unit,
        "form": form,
        "preview": preview,
        "counts": [(tier.label, preview.before[tier], preview.after[tier]) for tier in Tier] if preview else [],
        "moved": [(one, name) for one, name in zip(moved, _places(moved, today), strict=True)],
        "drafts": drafts.filter(rules__has_key="warning"),
        "refusal": refusal,
    }
    return render(request, "casework/points.html", context, status=refusal.status if refusal else 200)


def _places(moved, on):
    names = names_of({one.pupil.path for one in moved}, on=on)
    return [names[one.pupil.path] for one in moved]


def _try_points(form, unit, person, today, *, drafts):
    """The preview of what was typed; None once it was drafted. Nothing is drafted that nobody has seen."""
    changes = form.changes
    if not changes:
        raise Malformed("no_change", "没有改动。")
    if not drafts:
        return preview_points(unit, changes, today)
    data = form.cleaned_data
    if not data["title"] or not data["effective_from"]:
        raise Malformed("missing", "起草时请填写名称和施行日期。", fields={"title": ["必填"]})
    draft_regulation(unit, {"warning": changes}, title=data["title"], effective_from=data["effective_from"], by=person)
    return None


@require_POST
def points_approve(request, pk):
    """Approve somebody else's draft."""
    paths = request.user.paths(on=clock.today(), kinds=POINTS_POSTS)
    draft = get_object_or_404(Regulation.objects.filter(at_or_below("unit__path", paths)), pk=pk)
    approve_regulation(draft, by=request.user)
    messages.success(request, "已批准,到施行日期起生效。")
    return redirect("warning_points")
