"""Leads in the browser, for who screens them and who enters them."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.hand_leads import enter_lead
from accountability.actions.leads import screen_lead
from accountability.enums import LeadSource, LeadState
from accountability.forms import LeadForm, ScreenForm
from accountability.kinds import shown_references
from accountability.models import Exhibit, Finding, Lead
from accountability.permissions import may_enter_leads, may_oversee, may_screen
from accountability.queries.subjects import subject_of, subject_units, subjects_of
from organisation import clock
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.edition import rule_book
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of

HEADS = ("当事人(单位)", "单位", "来源", "事项", "逾期", "状态")
ORDERS = {"name": ("subject__name", "subject_unit__name"), "place": ("path",), "opened": ("opened_at",)}


@require_safe
def leads(request):
    """The leads that my posts screen, open ones first asked for, and those that I entered."""
    today = clock.today()
    state, source = request.GET.get("state", LeadState.SCREENING), request.GET.get("source", "")
    rows = Lead.objects.visible_to(request.user, on=today).select_related("subject", "subject_unit")
    if state in LeadState.values:
        rows = rows.filter(state=state)
    if source in LeadSource.values:
        rows = rows.filter(source=source)
    page = shown_page(request, in_order(request, rows, ORDERS))
    names = names_of({row.path for row in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "问责线索", HEADS, [_cells(row, names[row.path]) for row in page])
    context = {
        "page": page,
        "rows": [(row, names[row.path]) for row in page],
        "state": state,
        "states": LeadState,
        "source": source,
        "sources": LeadSource,
        "may_enter": may_enter_leads(request.user, on=today),
        "may_oversee": may_oversee(request.user, on=today),
    }
    return render(request, "accountability/leads.html", context)


def _cells(row, place):
    late = f"{row.evidence['late_days']} 天" if "late_days" in row.evidence else ""
    title = row.evidence["title"]
    return (row.subject_name, place, row.get_source_display(), title, late, row.get_state_display())


@require_http_methods(["GET", "HEAD", "POST"])
def lead(request, pk):
    """One lead with its evidence; kept or dismissed with a reason."""
    today = clock.today()
    rows = Lead.objects.visible_to(request.user, on=today).select_related(
        "subject", "subject_unit", "screened_by", "entered_by", "lapse__duty"
    )
    found = get_object_or_404(rows, pk=pk)
    local = rule_book(found.path).rules(found.path, on=today).accountability.local_grounds
    given = {"initial": {"ground": found.ground}, "is_late_duty": bool(found.lapse_id), "local": local}
    form, refusal = ScreenForm(request.POST or None, **given), None
    if request.method == "POST" and form.is_valid():
        try:
            screen_lead(found, request.POST.get("verb", ""), by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已初核。")
            return redirect("lead", pk)
    status = refusal.status if refusal else 400 if form.errors else 200
    context = {
        "lead": found,
        "form": form,
        "place": name_path(found.path, on=today),
        "references": shown_references(found.evidence.get("references", ()), request.user, on=today),
        "exhibits": Exhibit.objects.filter(lead=found),
        "may_screen": may_screen(request.user, found, on=today) and found.state != LeadState.DISMISSED,
        "finding": Finding.objects.visible_to(request.user, on=today).filter(lead=found).first(),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "accountability/lead.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def lead_new(request):
    """Write down what an inspector or another office found: first where, then against whom."""
    today = clock.today()
    if not may_enter_leads(request.user, on=today):
        raise NotYours("permission_denied", "线索由督学、教育局、乡镇等有关部门和校长登记。")
    units = subject_units(request.user, on=today)
    unit = get_object_or_404(units, code=request.GET["unit"]) if request.GET.get("unit") else None
    if unit is None and units.count() == 1:
        unit = units.get()
    form = refusal = None
    if unit is not None:
        choices = subjects_of(unit, on=today, without=request.user)
        form = LeadForm(request.POST or None, request.FILES or None, subjects=choices)
    if request.method == "POST" and form is not None and form.is_valid():
        data = dict(form.cleaned_data)
        subject, uploads = subject_of(data.pop("subject")), data.pop("papers")
        try:
            enter_lead(subject, uploads=uploads, by=request.user, **data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "线索已登记,转有权限的岗位初核。")
            return redirect("leads")
    context = {"unit": unit, "units": units, "form": form, "refusal": refusal}
    return render(request, "accountability/lead_new.html", context, status=refusal.status if refusal else 200)
