"""The ladder in the browser: the list, one step with its records, voided and overturned ones shown as such."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions.ladder import chair_of
from casework.actions.letters.records import letters_about
from casework.actions.perform import perform_escalation
from casework.enums import EscalationState, LetterKind, MeasureKind
from casework.enums.truancy import HearingState
from casework.forms import RecordForm
from casework.forms.truancy import HearingForm, HearingOfferForm
from casework.models import Escalation, Hearing, Measure
from casework.permissions import SCHOOL_LEADERS, may_enter_appeal, may_issue, may_perform, may_see_ladder
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of
from students.actions.attachments import store_attachment
from students.queries.pupils import tell_apart

HEADS = ("学生", "班级", "旷课日期", "次数", "责任岗位", "期限", "状态")
ORDERS = {
    "name": ("pupil__sort_key",),
    "class": ("path", "pupil__sort_key"),
    "day": ("day",),
    "count": ("count_now", "day"),
    "due": ("due_at",),
}


@require_safe
def escalations(request):
    """Steps of the ladder in scope, open ones first asked for."""
    today = clock.today()
    if not may_see_ladder(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看旷课处理。")
    state = request.GET.get("state", EscalationState.OPEN)
    rows = Escalation.objects.visible_to(request.user, on=today).select_related("pupil")
    if state in EscalationState.values:
        rows = rows.filter(state=state)
    page = shown_page(request, in_order(request, rows, ORDERS))
    tell_apart(row.pupil for row in page)
    names = names_of({row.path for row in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "旷课处理", HEADS, [_cells(row, names[row.path]) for row in page])
    context = {
        "page": page,
        "rows": [(row, names[row.path]) for row in page],
        "state": state,
        "states": EscalationState,
    }
    return render(request, "casework/escalations.html", context)


def _cells(row, place):
    due = "只作记录" if row.record_only else timezone.localtime(row.due_at).date()
    step = (row.day, f"第{row.count_now}次", row.get_owner_display(), due)
    return (row.pupil.name, place, *step, row.get_state_display())


@require_http_methods(["GET", "HEAD", "POST"])
def escalation(request, pk):
    """One step: what it asks for, what has been written down, and the forms for what is missing."""
    today = clock.today()
    if not may_see_ladder(request.user, on=today):
        raise Http404
    rows = Escalation.objects.visible_to(request.user, on=today).select_related("pupil", "performed_by", "duty")
    found = get_object_or_404(rows, pk=pk)
    seen = Measure.objects.visible_to(request.user, on=today).filter(escalation=found)
    measures = list(seen.select_related("record__entered_by", "record__paper"))
    may = may_perform(request.user, found, chair_of(found.owner, found.path), on=today)
    if request.method == "POST" and not may:
        raise NotYours("permission_denied", f"这一步由{found.get_owner_display()}办理。")
    is_open = may and found.state == EscalationState.OPEN
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    missing = [measure.kind for measure in measures if measure.record_id is None]
    first = {"by": request.user.name, "place": "学校"}
    forms = [RecordForm(data, files, measure=kind, initial=first) for kind in missing] if is_open or data else []
    refusal = None
    if request.method == "POST":
        try:
            performed = perform_escalation(found, _records(forms, request, found), by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            done = performed.state == EscalationState.PERFORMED
            messages.success(request, "已全部办理。" if done else "已登记,还有措施没有记录。")
            return redirect("escalation", pk)
    context = {
        "escalation": found,
        "place": name_path(found.path, on=today),
        "measures": measures,
        "forms": forms,
        "letters": letters_about("escalation", found.pk),
        "asks_for_warning": any(measure.kind == MeasureKind.WRITTEN_WARNING for measure in measures),
        "may_issue": may_issue(request.user, LetterKind.SUMMONS, found.pupil, on=today),
        "is_open": is_open,
        "is_late": found.state == EscalationState.OPEN and not found.record_only and found.due_at < clock.now(),
        "history": history_of(found),
        "appeals": found.appeals.all(),
        "may_appeal": found.state == EscalationState.PERFORMED and may_enter_appeal(request.user, found, on=today),
        "hearing": Hearing.objects.filter(escalation=found).first(),
        "hearing_form": _hearing_form(found, request.user, today),
        "refusal": refusal,
    }
    return render(request, "casework/escalation.html", context, status=refusal.status if refusal else 200)


def _records(forms, request, found):
    wrong = [form.label for form in forms if not form.is_valid()]
    if wrong:
        raise Malformed("invalid", f"请先改正:{'、'.join(wrong)}。")
    records = []
    for form in forms:
        if not form.is_filled:
            continue
        data = dict(form.cleaned_data)
        data["at"] = data["at"] or clock.now()
        if data["paper"]:
            data["paper"] = store_attachment(data["paper"], by=request.user, path=found.path)
        records.append({**data, "measure": form.measure})
    return records


def _hearing_form(found, person, on):
    """Only at the level of a school leader's discipline, for leaders (P19)."""
    leads = person.holds(*SCHOOL_LEADERS, PostKind.HEAD_OF_TEACHING, at=found.path, on=on)
    if not leads or found.state != EscalationState.OPEN or found.owner != PostKind.PRINCIPAL:
        return None
    known = Hearing.objects.filter(escalation=found).first()
    if known is None:
        return HearingOfferForm()
    return HearingForm() if known.state in (HearingState.OFFERED, HearingState.ASKED) else None
