"""Appeals and hearings (F15) in the browser."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.actions import appeals as acts
from casework.enums.truancy import AppealState, HearingState
from casework.forms import truancy as forms
from casework.models import Appeal, Escalation, Hearing
from casework.models.appeal import SEES_APPEALS
from casework.permissions import may_answer_appeal, may_enter_appeal, may_review_appeal
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of
from students.actions.attachments import store_attachment

_A = AppealState


@require_safe
def appeals(request):
    """Appeals in scope, pending ones first asked for."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=SEES_APPEALS):
        raise NotYours("permission_denied", "您的岗位不查看申诉。")
    rows = Appeal.objects.visible_to(request.user, on=today).select_related("pupil", "escalation")
    state = request.GET.get("state", "pending")
    if state == "pending":
        rows = rows.pending()
    elif state in AppealState.values:
        rows = rows.filter(state=state)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    names = names_of({row.path for row in page}, on=today)
    context = {"page": page, "rows": [(row, names[row.path]) for row in page], "state": state, "states": AppealState}
    return render(request, "casework/appeals.html", context)


def _escalation(request, pk):
    rows = Escalation.objects.visible_to(request.user, on=clock.today()).select_related("pupil", "suspension")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def appeal_new(request, pk):
    """Write down an appeal against a measure."""
    step = _escalation(request, pk)
    if not may_enter_appeal(request.user, step, on=clock.today()):
        raise NotYours("permission_denied", "申诉由本校登记。")
    form, refusal = forms.AppealForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        paper = data.pop("paper")
        try:
            papers = [store_attachment(paper, by=request.user, path=step.path)] if paper else []
            found = acts.file_appeal(step, by=request.user, papers=papers, **data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "申诉已登记,措施暂停执行。" if found.rests else "申诉已登记。")
            return redirect("appeal", found.pk)
    context = {"form": form, "step": step, "refusal": refusal}
    return render(request, "casework/appeal_new.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request, pk):
    """One appeal: the committee, the answer, the second instance."""
    today = clock.today()
    if not request.user.paths(on=today, kinds=SEES_APPEALS):
        raise Http404
    rows = Appeal.objects.visible_to(request.user, on=today).select_related(
        "pupil", "escalation", "answer_letter", "review_letter"
    )
    found = get_object_or_404(rows, pk=pk)
    offered = _offered(found, request.user, today)
    refusal = None
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb not in offered:
            raise Http404
        label, form, run = offered[verb]
        form = type(form)(request.POST, request.FILES, prefix=verb)
        offered[verb] = (label, form, run)
        if form.is_valid():
            try:
                run(found, form, request.user)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, f"已办理:{label}。")
                return redirect("appeal", pk)
    context = {
        "appeal": found,
        "place": name_path(found.path, on=today),
        "steps": [(verb, label, form) for verb, (label, form, _) in offered.items()],
        "members": found.members.all(),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "casework/appeal.html", context, status=refusal.status if refusal else 200)


def _offered(appeal, person, on) -> dict:
    state, found = _A(appeal.state), {}
    answers, enters = may_answer_appeal(person, appeal, on=on), may_enter_appeal(person, appeal.escalation, on=on)

    def offer(verb, label, form, run):
        found[verb] = (label, form(prefix=verb), run)

    if state == _A.FILED and answers:
        offer("seat", "组成申诉委员会", forms.CommitteeForm, lambda a, f, by: acts.seat_committee(a, f.members, by=by))
    if state == _A.ACCEPTED and answers:
        offer("answer", "答复", forms.DecisionForm, lambda a, f, by: acts.answer_appeal(a, by=by, **_decided(f)))
    if state == _A.REJECTED and enters:
        offer(
            "review",
            "登记复核申请",
            forms.TextForm,
            lambda a, f, by: acts.ask_review(a, text=f.cleaned_data["text"], by=by),
        )
    if state == _A.REVIEWING and may_review_appeal(person, appeal, on=on):
        offer(
            "review_answer",
            "复核答复",
            forms.DecisionForm,
            lambda a, f, by: acts.answer_review(a, by=by, **_decided(f)),
        )
    if enters and state in (_A.FILED, _A.ACCEPTED, _A.REVIEWING):
        offer(
            "withdraw",
            "登记撤回",
            forms.TextForm,
            lambda a, f, by: acts.withdraw_appeal(a, text=f.cleaned_data["text"], by=by),
        )
    return found


def _decided(form) -> dict:
    return {"upheld": form.cleaned_data["upheld"] == "1", "text": form.cleaned_data["text"]}


@require_POST
def hearing(request, pk):
    """Tell of the right to be heard, or write down what came of it; the page of the step shows it."""
    step = _escalation(request, pk)
    known = Hearing.objects.filter(escalation=step).first()
    form = (forms.HearingForm if known else forms.HearingOfferForm)(request.POST)
    if not form.is_valid():
        raise Malformed("missing", "请把听证的各项填写完整。")
    if known is None:
        acts.offer_hearing(step, by=request.user, **form.cleaned_data)
    else:
        held_at = clock.now() if form.cleaned_data["state"] == HearingState.HELD else None
        acts.note_hearing(known, by=request.user, held_at=held_at, **form.cleaned_data)
    messages.success(request, "听证已登记。")
    return redirect("escalation", pk)
