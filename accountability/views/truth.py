"""真实性核查 in the browser (F66): what may not be so, both sides beside each other, and what came of looking."""

from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.truth import decide_truth
from accountability.enums.truth import TruthKind, TruthState
from accountability.forms.truth import DecideForm
from accountability.models import Lead, TruthHit
from accountability.permissions import may_decide_truth, may_see_counts, may_see_truth
from accountability.queries.truth import false_alarms
from casework.models import Case
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of
from students.models import Roll

HEADS = ("事项", "核查", "班级", "点名人", "发现时间", "状态")
ORDERS = {"place": ("path",), "found": ("found_at",), "kind": ("kind", "-found_at")}


def _require_post(request: HttpRequest, on):
    if not may_see_truth(request.user, on=on):
        raise NotYours("permission_denied", "您的岗位不做真实性核查。")


@require_safe
def truth(request):
    """What lies before my posts or below them, undecided ones first asked for."""
    today = clock.today()
    _require_post(request, today)
    state, kind = request.GET.get("state", TruthState.OPEN), request.GET.get("kind", "")
    rows = TruthHit.objects.visible_to(request.user, on=today).select_related("about", "pupil")
    if state in TruthState.values:
        rows = rows.filter(state=state)
    if kind in TruthKind.values:
        rows = rows.filter(kind=kind)
    page = shown_page(request, in_order(request, rows, ORDERS))
    names = names_of({row.path for row in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "真实性核查", HEADS, [_cells(row, names[row.path]) for row in page])
    context = {
        "page": page,
        "rows": [(row, names[row.path]) for row in page],
        "state": state,
        "states": TruthState,
        "kind": kind,
        "kinds": TruthKind,
        "sees_counts": may_see_counts(request.user, on=today),
    }
    return render(request, "accountability/truth.html", context)


def _cells(row, place):
    about = row.about.name if row.about else ""
    found = f"{row.found_at:%Y-%m-%d}"
    return (row.title, row.get_kind_display(), place, about, found, row.get_state_display())


@require_http_methods(["GET", "HEAD", "POST"])
def truth_hit(request, pk):
    """One hit: what the rolls say beside what contradicts them; explained or confirmed with a reason."""
    today = clock.today()
    rows = TruthHit.objects.visible_to(request.user, on=today)
    hit = get_object_or_404(rows.select_related("about", "pupil", "school_class", "decided_by", "lead"), pk=pk)
    may_decide = may_decide_truth(request.user, hit, on=today)
    if request.method == "POST" and not may_decide:
        raise NotYours("permission_denied", "这条核查不由您核实。")
    form, refusal = DecideForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            decide_truth(hit, request.POST.get("verb", ""), by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已写明核实结论。")
            return redirect("truth_hit", pk)
    if request.method != "POST":
        log_access(request.user, AccessAction.VIEW, what="truth_hit", key=str(hit.pk), path=hit.path)
    said = [(line["side"], line["text"], _address(line, request.user, today)) for line in hit.evidence]
    context = {
        "hit": hit,
        "form": form,
        "place": name_path(hit.path, on=today),
        "sides": [
            ("点名说", [(text, link) for side, text, link in said if side == "roll"]),
            ("与之不符的", [(text, link) for side, text, link in said if side != "roll"]),
        ],
        "may_decide": hit.state == TruthState.OPEN and may_decide,
        "sees_lead": hit.lead_id and Lead.objects.visible_to(request.user, on=today).filter(pk=hit.lead_id).exists(),
        "history": history_of(hit),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "accountability/truth_hit.html", context, status=status)


def _address(line, person, on) -> str:
    """Where a line of evidence can be read, for who may read it there."""
    if line["kind"] == "case" and Case.objects.visible_to(person, on=on).filter(pk=line["key"]).exists():
        return reverse("case", args=[line["key"]])
    if line["kind"] == "roll":
        rolls = Roll.objects.visible_to(person, on=on).select_related("school_class")
        roll = rolls.filter(pk=line["key"]).first()
        if roll is not None:
            return reverse("roll", args=[roll.school_class.code, roll.date.isoformat(), roll.session])
    return ""


@require_safe
def truth_rates(request):
    """How often each check was right, so that one that cries wolf is seen and its limit changed."""
    today = clock.today()
    _require_post(request, today)
    hits = TruthHit.objects.visible_to(request.user, on=today)
    return render(request, "accountability/truth_rates.html", {"lines": false_alarms(hits)})
