"""Leave slips in the browser: enter, decide, withdraw."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from organisation import clock
from organisation.enums import PUPIL_POSTS, PostKind, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.history import history_of
from organisation.queries.units import names_of, visible_unit
from students.actions.attachments import store_attachment
from students.actions.slips import add_certificate, chair_for, decide_slip, enter_slip, lacks_certificate, withdraw_slip
from students.enums import SlipKind, SlipState
from students.forms import SlipForm
from students.models import LeaveSlip, Pupil
from students.permissions import may_change_slip, may_decide_slip, may_enter_slip
from students.queries.pupils import tell_apart
from students.queries.rolls import sheet_for

HEADS = ("学生", "班级", "类别", "从", "至", "事由", "状态")
ORDERS = {
    "name": ("pupil__sort_key",),
    "class": ("path", "pupil__sort_key"),
    "day": ("first_day",),
    "state": ("state",),
}


@require_safe
def slips(request):
    """Leave slips in scope, the undecided first."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=PUPIL_POSTS):
        raise NotYours("permission_denied", "您的岗位不查看请假。")
    rows = LeaveSlip.objects.visible_to(request.user, on=today).select_related("pupil")
    state = request.GET.get("state", "")
    if state in SlipState.values:
        rows = rows.filter(state=state)
    page = shown_page(request, in_order(request, rows, ORDERS))
    tell_apart(slip.pupil for slip in page)
    names = names_of({slip.path for slip in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "请假", HEADS, [_cells(slip, names[slip.path]) for slip in page])
    context = {"page": page, "rows": [(slip, names[slip.path]) for slip in page], "state": state, "states": SlipState}
    return render(request, "students/slips.html", context)


def _cells(slip, place):
    days = (slip.first_day, slip.last_day, slip.reason)
    return (slip.pupil.name, place, slip.get_kind_display(), *days, slip.get_state_display())


@require_http_methods(["GET", "HEAD", "POST"])
def slip_new(request):
    """Enter a slip for a pupil; without a pupil, first choose one of the class."""
    today = clock.today()
    number = request.GET.get("student", "")
    if not number:
        school_class = visible_unit(request.user, request.GET.get("class", ""), on=today, kinds=[UnitKind.CLASS])
        if not may_enter_slip(request.user, school_class, on=today):
            raise NotYours("permission_denied", "请假由班主任登记。")
        visible = Pupil.objects.visible_to(request.user, on=today)
        listed = sheet_for(school_class, today, "am").listed
        seen = set(visible.filter(pk__in=[pupil.pupil_id for pupil in listed]).values_list("pk", flat=True))
        context = {"listed": [p for p in listed if p.pupil_id in seen], "label": school_class.label(on=today)}
        return render(request, "students/slip_choose.html", context)
    pupil = get_object_or_404(Pupil.objects.visible_to(request.user, on=today), number=number)
    if not may_enter_slip(request.user, pupil, on=today):
        raise NotYours("permission_denied", "请假由班主任登记。")
    form = SlipForm(request.POST or None, request.FILES or None, initial={"first_day": today, "last_day": today})
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            if data["certificate"]:
                data["certificate"] = store_attachment(data["certificate"], by=request.user, path=pupil.path)
            slip = enter_slip(pupil, by=request.user, **{name: value or None for name, value in data.items()})
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"{pupil.name}的请假已登记:{slip.get_state_display()}。")
            return redirect("slip", slip.pk)
    context = {"form": form, "pupil": pupil, "refusal": refusal}
    return render(request, "students/slip_new.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def slip(request, pk):
    """One slip: who decides it, what was decided, by whom."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=PUPIL_POSTS):
        raise Http404
    found = get_object_or_404(
        LeaveSlip.objects.visible_to(request.user, on=today).select_related("pupil", "entered_by", "decided_by"), pk=pk
    )
    refusal = None
    if request.method == "POST":
        try:
            _act(request, found)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已办理。")
            return redirect("slip", pk)
    chair = chair_for(found) if found.kind != SlipKind.SUSPENSION else None
    decides = chair is not None and may_decide_slip(request.user, found, chair, on=today)
    changes = chair is not None and may_change_slip(request.user, found, chair, on=today)
    context = {
        "slip": found,
        "post": PostKind(chair.kind).label if chair else "",
        "may_decide": decides and found.state == SlipState.REQUESTED,
        "may_withdraw": changes and found.state in (SlipState.REQUESTED, SlipState.APPROVED),
        "lacks_certificate": lacks_certificate(found),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "students/slip.html", context, status=refusal.status if refusal else 200)


def _act(request, found):
    remark = request.POST.get("remark", "")[:200]
    verb = request.POST.get("verb")
    if not may_change_slip(request.user, found, chair_for(found), on=clock.today()):
        raise NotYours("permission_denied", "由登记人或审批人办理。")
    if verb not in ("approve", "reject", "withdraw"):
        raise Malformed("unknown_verb", "请选择准假、不准或撤销。")
    if request.FILES.get("certificate"):
        paper = store_attachment(request.FILES["certificate"], by=request.user, path=found.path)
        add_certificate(found, paper, by=request.user)
    if verb in ("approve", "reject"):
        decide_slip(found, approve=verb == "approve", by=request.user, remark=remark)
    else:
        withdraw_slip(found, by=request.user, remark=remark)
