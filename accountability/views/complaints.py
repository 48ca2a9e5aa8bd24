"""Complaints in the browser, for whose post handles them."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.complaints import lay_to, pass_up, reveal_complainant, step_complaint
from accountability.enums import Against, ComplaintState, Grievance
from accountability.forms import AcceptForm, AnswerForm, LayToForm, PassUpForm, RevealForm
from accountability.models import Complaint, Exhibit, Lead
from accountability.permissions import may_see_complaints
from accountability.queries.complaints import due_of
from accountability.queries.subjects import subject_of, subjects_of
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction, UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.models import Unit
from organisation.queries.history import history_of
from organisation.queries.units import names_of

HEADS = ("受理编号", "类别", "反映对象", "学校或单位", "收到", "期限", "状态")
ORDERS = {"received": ("received_at",), "place": ("place",)}
_S = ComplaintState


@require_safe
def complaints(request):
    """The inbox: pending ones first asked for, with their terms."""
    today = clock.today()
    if not may_see_complaints(request.user, on=today):
        raise NotYours("permission_denied", "投诉举报由教育局办理。")
    state, kind = request.GET.get("state", "pending"), request.GET.get("kind", "")
    rows = Complaint.objects.visible_to(request.user, on=today)
    if state == "pending":
        rows = rows.pending()
    elif state in ComplaintState.values:
        rows = rows.filter(state=state)
    if kind in Grievance.values:
        rows = rows.filter(kind=kind)
    page = shown_page(request, in_order(request, rows, ORDERS))
    due = due_of(page)
    if takes_along(request):
        return workbook_of(request, "投诉举报", HEADS, [_cells(row, due.get(row.pk)) for row in page])
    now = clock.now()
    context = {
        "page": page,
        "rows": [(row, due.get(row.pk), row.pk in due and due[row.pk] < now) for row in page],
        "state": state,
        "states": ComplaintState,
        "kind": kind,
        "kinds": Grievance,
    }
    return render(request, "accountability/complaints.html", context)


def _cells(row, due):
    ends = f"{due:%Y-%m-%d}" if due else ""
    received = f"{row.received_at:%Y-%m-%d}"
    return (
        row.serial,
        row.get_kind_display(),
        row.get_against_display(),
        row.place,
        received,
        ends,
        row.get_state_display(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def complaint(request, pk):
    """One complaint: what was said, what was handed in, the steps, the leads that came of it."""
    today = clock.today()
    rows = Complaint.objects.visible_to(request.user, on=today).select_related("county", "unit", "answered_by")
    found = get_object_or_404(rows, pk=pk)
    unit = _unit(request, found)
    offered, refusal, revealed = _offered(found, unit, request.user, today), None, None
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb not in offered:
            raise Http404
        label, form, run = offered[verb]
        form = _again(form, request.POST, verb)
        offered[verb] = (label, form, run)
        if form.is_valid():
            try:
                revealed = run(found, form.cleaned_data)
            except Refused as refused:
                refusal = refused
            else:
                if verb != "reveal":
                    messages.success(request, f"已办理:{label}。")
                    return redirect("complaints") if verb == "pass_up" else redirect("complaint", pk)
    else:
        log_access(request.user, AccessAction.VIEW, what="complaint", key=str(found.pk), path=found.handler_path)
    leads = Lead.objects.filter(key__startswith=f"complaint:{found.pk}:").select_related("subject", "subject_unit")
    seen = set(Lead.objects.visible_to(request.user, on=today).filter(pk__in=leads).values_list("pk", flat=True))
    context = {
        "complaint": found,
        "steps": [(verb, label, form) for verb, (label, form, _) in offered.items()],
        "revealed": revealed,
        "exhibits": Exhibit.objects.filter(complaint=found),
        "leads": [(one, one.pk in seen) for one in leads],
        "unit": unit,
        "units": _units(found),
        "place": names_of({found.unit.path}, on=today)[found.unit.path] if found.unit else "",
        "due": due_of([found]).get(found.pk),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "accountability/complaint.html", context, status=refusal.status if refusal else 200)


def _again(form, data, verb):
    """The same form with what was sent."""
    if isinstance(form, LayToForm):
        return LayToForm(data, prefix=verb, subjects=form.fields["subject"].choices)
    return type(form)(data, prefix=verb)


def _units(complaint):
    """Where the matter may lie: in the county; the county itself only for who is above it."""
    kinds = [UnitKind.SCHOOL, UnitKind.TOWNSHIP]
    if complaint.against == Against.BUREAU:
        kinds.append(UnitKind.COUNTY)
    return Unit.objects.below(complaint.county).of_kind(*kinds).open()


def _unit(request, complaint) -> Unit | None:
    """The unit whose people are offered as the matter's subject."""
    code = request.GET.get("unit", "")
    return get_object_or_404(_units(complaint), code=code) if code else complaint.unit


def _offered(complaint, unit, person, on) -> dict:
    """{verb: (label, form, what it does)} as the state allows."""
    state, found = _S(complaint.state), {}

    def offer(verb, label, form, run):
        found[verb] = (label, form, run)

    def step(verb):
        return lambda one, data: step_complaint(one, verb, text=data.get("text", ""), by=person)

    if state == _S.RECEIVED:
        offer("accept", "受理", AcceptForm(prefix="accept"), step("accept"))
        offer("decline", "不予受理", AnswerForm(prefix="decline"), step("decline"))
    if state == _S.HANDLING:
        offer("answer", "答复", AnswerForm(prefix="answer"), step("answer"))
    if unit is not None and state != _S.DECLINED:
        form = LayToForm(prefix="lead", subjects=subjects_of(unit, on=on, without=person))
        offer("lead", f"转为线索:{unit.name}", form, lambda one, data: _lay(one, data, person))
    if state in (_S.RECEIVED, _S.HANDLING) and complaint.against != Against.BUREAU:
        offer("pass_up", "涉及本局,移交上级", PassUpForm(prefix="pass_up"), lambda one, data: pass_up(one, by=person))
    if not complaint.is_anonymous:
        run = lambda one, data: reveal_complainant(one, by=person, **data)  # noqa: E731
        offer("reveal", "查看投诉人联系方式", RevealForm(prefix="reveal"), run)
    return found


def _lay(complaint, data, person):
    return lay_to(complaint, subject_of(data["subject"]), ground=data["ground"], text=data["text"], by=person)
