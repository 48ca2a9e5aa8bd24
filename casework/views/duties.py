"""我的待办 and one duty."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions.duties import complete_duty, lateness_of
from casework.enums import DutyState
from casework.forms import CompleteForm
from casework.kinds import kind_of, pages_of
from casework.models import Duty, Lapse
from casework.permissions import may_do
from casework.queries.inbox import chairs_of, duties_of, holders_of, late_below
from organisation import clock
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.history import history_of
from organisation.queries.units import names_of
from students.actions.attachments import store_attachment

HEADS = ("事项", "内容", "班级/单位", "期限", "逾期", "责任人", "状态")
ORDERS = {"due": ("due_at",), "place": ("path", "due_at"), "kind": ("kind", "due_at")}


def lines(duties, on) -> list[dict]:
    """Duties as they are shown: the next step first, then what, about whom, until when, who."""
    names = names_of({duty.path for duty in duties}, on=on)
    holders = holders_of(duties, on=on)
    pages, late = pages_of(duties), lateness_of(duties, on=on)
    return [
        {
            "duty": duty,
            "label": kind_of(duty).label,
            "page": pages[duty.pk],
            "place": names.get(duty.path, ""),
            "late": late[duty.pk] if duty.due_at < clock.now() else 0,
            "is_late": duty.state == DutyState.OPEN and duty.due_at < clock.now(),
            "holder": holders.get(duty.pk, ""),
        }
        for duty in duties
    ]


@require_safe
def duties(request):
    """What falls to me; what is three days late below me; and all in my scope."""
    today = clock.today()
    view = request.GET.get("view", "mine")
    rows = {
        "mine": lambda: duties_of(request.user, on=today),
        "below": lambda: late_below(request.user, on=today),
        "overdue": lambda: (
            Duty.objects.visible_to(request.user, on=today).overdue(at=clock.now()).select_related("pupil")
        ),
        "done": lambda: (
            Duty.objects.visible_to(request.user, on=today)
            .filter(state=DutyState.DONE)
            .select_related("pupil")
            .order_by("-done_at")
        ),
    }.get(view)
    if rows is None:
        raise Http404
    page = shown_page(request, in_order(request, rows(), ORDERS))
    if takes_along(request):
        return workbook_of(request, "待办", HEADS, [_cells(line) for line in lines(list(page), today)])
    views = [("mine", "我的待办"), ("below", "下级逾期"), ("overdue", "本单位逾期"), ("done", "已办")]
    context = {"page": page, "lines": lines(list(page), today), "view": view, "views": views}
    return render(request, "casework/duties.html", context)


def _cells(line):
    duty = line["duty"]
    due = f"{timezone.localtime(duty.due_at):%Y-%m-%d %H:%M}"
    late = f"{line['late']} 天" if line["is_late"] else ""
    return (line["label"], duty.title, line["place"], due, late, line["holder"], duty.get_state_display())


def visible_duty(request, pk) -> Duty:
    """A duty in scope, or one that falls to the person."""
    today = clock.today()
    rows = Duty.objects.select_related("pupil", "done_by")
    found = rows.of_chairs(chairs_of(request.user, on=today), request.user).filter(pk=pk).first()
    found = found or rows.visible_to(request.user, on=today).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def duty(request, pk):
    """One duty: who holds it, how late it is, with whom it fell late; done here unless its own act does it."""
    today = clock.today()
    found = visible_duty(request, pk)
    mine = may_do(request.user, found, on=today)
    if request.method == "POST" and not mine:
        raise NotYours("permission_denied", "这项待办不由您办理。")
    form = CompleteForm(request.POST or None, request.FILES or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            upload = form.cleaned_data["proof"]
            proof = store_attachment(upload, by=request.user, path=found.path) if upload else None
            complete_duty(found, text=form.cleaned_data["text"], by=request.user, proof=proof)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已办结。")
            return redirect("duties")
    (line,) = lines([found], today)
    context = {
        "line": line,
        "duty": found,
        "form": form,
        "may_complete": not kind_of(found).own_act and found.state == DutyState.OPEN and mine,
        "lapses": Lapse.objects.visible_to(request.user, on=today).filter(duty=found).select_related("person"),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "casework/duty.html", context, status=refusal.status if refusal else 200)
