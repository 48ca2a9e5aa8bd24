"""活动: the list, one with its minutes and photos, and writing one down (P25)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.activities import add_paper, record_activity
from accountability.enums import ROUTINES, ActivityKind
from accountability.forms.routine import ActivityForm, PaperForm
from accountability.models import Activity, GuardianAbsence
from accountability.permissions import may_record
from accountability.queries.contacts import taught_now
from accountability.views.routine import require_seer
from organisation import clock
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.history import history_of
from organisation.queries.units import names_of, visible_unit
from organisation.rules.paths import at_or_below
from students.actions.attachments import store_attachment

HEADS = ("类别", "单位", "日期", "主题", "开展", "应到", "实到", "记录", "记录人")
ORDERS = {"day": ("on",), "place": ("path", "on"), "kind": ("kind", "on")}


@require_safe
def activities(request):
    """What was held in scope, newest first; by kind and unit."""
    today = clock.today()
    require_seer(request)
    wanted = {name: request.GET.get(name, "").strip()[:40] for name in ("kind", "unit")}
    rows = Activity.objects.visible_to(request.user, on=today).select_related("unit", "by")
    if wanted["kind"] in ActivityKind.values:
        rows = rows.filter(kind=wanted["kind"])
    if wanted["unit"]:
        rows = rows.filter(at_or_below("path", [visible_unit(request.user, wanted["unit"], on=today).path]))
    page = shown_page(request, in_order(request, rows, ORDERS))
    names = names_of({row.path for row in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "活动记录", HEADS, [_cells(row, names[row.path]) for row in page])
    context = {"page": page, "rows": [(row, names[row.path]) for row in page], "wanted": wanted, "kinds": ActivityKind}
    return render(request, "accountability/activities.html", context)


def _cells(row, place):
    held = "已开展" if row.held else "未开展"
    counted = ("" if row.expected is None else row.expected, "" if row.attended is None else row.attended)
    return (row.get_kind_display(), place, f"{row.on:%Y-%m-%d}", row.topic, held, *counted, row.text, row.by.name)


@require_http_methods(["GET", "HEAD", "POST"])
def activity_new(request):
    """Write an activity down; the duty of its period is done by it."""
    today, kind = clock.today(), request.GET.get("kind", "")
    if kind not in ActivityKind.values:
        raise Http404
    kind = ActivityKind(kind)
    (owed,) = ROUTINES[kind]
    unit = visible_unit(request.user, request.GET.get("unit", "")[:40], on=today, kinds=(owed.level,))
    if not may_record(request.user, kind, unit, on=today):
        raise NotYours("permission_denied", f"{kind.label}由本班、本校负责的老师记录。")
    counts_class = kind == ActivityKind.GUARDIANS_MEETING
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ActivityForm(*data, counted=counts_class, day=_day_of(request.GET.get("period", ""), today))
    pupils = [spell.pupil for spell in _listed(unit, today)] if counts_class else []
    absent = set(request.POST.getlist("absent"))
    refusal = None
    if request.method == "POST" and form.is_valid():
        chosen = [pupil.pk for pupil in pupils if pupil.number in absent]
        try:
            made = _write(request, unit, kind, dict(form.cleaned_data), chosen)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已记录。")
            return redirect("activity", made.pk)
    context = {"kind": kind, "unit": unit, "place": names_of([unit.path], on=today)[unit.path], "form": form}
    context |= {"pupils": pupils, "absent": absent, "counts_class": counts_class, "refusal": refusal}
    return render(request, "accountability/activity_new.html", context, status=refusal.status if refusal else 200)


def _listed(unit, today):
    return taught_now(unit.path, on=today).select_related("pupil").order_by("pupil__sort_key", "pupil")


def _day_of(period, today):
    """A day of the period that a duty names; today where it is the present one or none."""
    week = period.partition("-W")
    try:
        if week[1]:
            return min(type(today).fromisocalendar(int(week[0]), int(week[2]), 5), today)
        return min(parse_date(f"{period}-28"), today) if len(period) == 7 and period[:4].isascii() else today
    except (ValueError, TypeError):
        return today


def _write(request, unit, kind, data, absent) -> Activity:
    upload, held = data.pop("paper"), data.pop("held") == "yes"
    paper = store_attachment(upload, by=request.user, path=unit.path) if upload else None
    made = record_activity(unit, kind, by=request.user, held=held, absent=absent, **data)
    return add_paper(made, paper=paper, by=request.user) if paper else made


@require_http_methods(["GET", "HEAD", "POST"])
def activity(request, pk):
    """One activity: minutes, who was missing, photos; more photos are added here."""
    today = clock.today()
    rows = Activity.objects.visible_to(request.user, on=today).select_related("unit", "by")
    found = get_object_or_404(rows, pk=pk)
    may = may_record(request.user, found.kind, found.unit, on=today)
    if request.method == "POST" and not may:
        raise NotYours("permission_denied", "这项活动由本班、本校负责的老师记录。")
    form = PaperForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            paper = store_attachment(form.cleaned_data["paper"], by=request.user, path=found.path)
            add_paper(found, paper=paper, by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已添加。")
            return redirect("activity", pk)
    context = {
        "activity": found,
        "place": names_of([found.path], on=today)[found.path],
        "absences": GuardianAbsence.objects.visible_to(request.user, on=today)
        .filter(activity=found)
        .select_related("pupil"),
        "papers": found.papers.all(),
        "may_add": may,
        "form": form,
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "accountability/activity.html", context, status=refusal.status if refusal else 200)
