"""Leads in the browser, for who screens them."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.leads import may_screen, screen_lead
from accountability.enums import LeadState
from accountability.models import Lead
from organisation import clock
from organisation.errors import Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of

HEADS = ("当事人", "单位", "事项", "逾期", "状态")
ORDERS = {"name": ("subject__name",), "place": ("path",), "opened": ("opened_at",)}


@require_safe
def leads(request):
    """The leads that my posts screen, open ones first asked for."""
    today = clock.today()
    state = request.GET.get("state", LeadState.SCREENING)
    rows = Lead.objects.visible_to(request.user, on=today).select_related("subject")
    if state in LeadState.values:
        rows = rows.filter(state=state)
    page = shown_page(request, in_order(request, rows, ORDERS))
    names = names_of({row.path for row in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "问责线索", HEADS, [_cells(row, names[row.path]) for row in page])
    context = {"page": page, "rows": [(row, names[row.path]) for row in page], "state": state, "states": LeadState}
    return render(request, "accountability/leads.html", context)


def _cells(row, place):
    late = f"{row.evidence['late_days']} 天"
    return (row.subject.name, place, row.evidence["title"], late, row.get_state_display())


@require_http_methods(["GET", "HEAD", "POST"])
def lead(request, pk):
    """One lead with its evidence; kept or dismissed with a reason."""
    today = clock.today()
    rows = Lead.objects.visible_to(request.user, on=today).select_related("subject", "screened_by", "lapse__duty")
    found = get_object_or_404(rows, pk=pk)
    refusal = None
    if request.method == "POST":
        try:
            screen_lead(found, request.POST.get("verb", ""), reason=request.POST.get("reason", ""), by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已初核。")
            return redirect("lead", pk)
    context = {
        "lead": found,
        "place": name_path(found.path, on=today),
        "may_screen": may_screen(request.user, found, on=today) and found.state != LeadState.DISMISSED,
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "accountability/lead.html", context, status=refusal.status if refusal else 200)
