"""Transfers as a handshake and children who are awaited (F04, P6)."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from organisation import clock
from organisation.enums import PostKind, UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import shown_page
from organisation.models import Unit
from organisation.queries.history import history_of
from organisation.queries.units import names_of
from organisation.rules.paths import at_or_below
from students.actions.arrivals import change_destination, confirm_arrival
from students.actions.attachments import store_attachment
from students.actions.transfers import accept_transfer, offer_transfer, refuse_transfer, withdraw_transfer
from students.enums import ArrivalState, TransferState
from students.forms import day_field, file_field, text_field
from students.models import ArrivalExpectation, Pupil, Transfer
from students.models.transfer import TRANSFER_POSTS
from students.permissions import may_accept_transfer, may_change_register, may_confirm_arrival

PAPERS = ".jpg,.jpeg,.png,.webp,.pdf"


class OfferForm(forms.Form):
    to_school = text_field("接收学校(代码或名称)", 60)
    on = day_field("转学日期")
    reason = text_field("原因", 300)
    paper = file_field("监护人书面申请", PAPERS)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()

    def clean_to_school(self):
        text = self.cleaned_data["to_school"].strip()
        schools = Unit.objects.of_kind(UnitKind.SCHOOL).open()
        found = list(schools.filter(Q(code=text) | Q(name=text))[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                "系统里没有这所学校,或同名学校不止一所(请填代码)。转往系统外的学校请办理“转出”。"
            )
        return found[0]


class AcceptForm(forms.Form):
    to_class = forms.ModelChoiceField(
        Unit.objects.none(), label="编入班级", widget=forms.Select(attrs={"class": "form-select"})
    )
    on = day_field("到校日期")

    def __init__(self, *args, classes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_class"].queryset = classes
        self.fields["to_class"].label_from_instance = lambda unit: unit.label(on=clock.today())
        self.fields["on"].initial = clock.today()


class RemarkForm(forms.Form):
    remark = text_field("原因", 300)


class ArrivalForm(forms.Form):
    on = day_field("到校日期")
    note = text_field("如何核实", 300, help_text="如:某校学籍管理员来函")
    paper = file_field("接收学校的证明", PAPERS)


class DestinationForm(forms.Form):
    to_school = text_field("去向学校(代码或名称)", 120)


def _require_post(request, today):
    if not request.user.paths(on=today, kinds=(*TRANSFER_POSTS, PostKind.TOWNSHIP_OFFICER)):
        raise NotYours("permission_denied", "您的岗位不办理转学。")


@require_safe
def transfers(request):
    """Transfers from and to the schools in scope, those that wait first asked for."""
    today = clock.today()
    _require_post(request, today)
    state = request.GET.get("state", TransferState.OFFERED)
    rows = Transfer.objects.visible_to(request.user, on=today).select_related("pupil", "from_school", "to_school")
    if state in TransferState.values:
        rows = rows.filter(state=state)
    page = shown_page(request, rows)
    context = {"page": page, "state": state, "states": TransferState}
    return render(request, "students/transfers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def transfer_new(request, number):
    """Offer a pupil to another school of the system."""
    today = clock.today()
    pupil = get_object_or_404(Pupil.objects.visible_to(request.user, on=today), number=number)
    if not may_change_register(request.user, pupil, on=today):
        raise NotYours("permission_denied", "转学由学籍管理员办理。")
    form, refusal = OfferForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            papers = [store_attachment(data.pop("paper"), by=request.user, path=pupil.path)]
            made = offer_transfer(pupil, data.pop("to_school"), by=request.user, papers=papers, **data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已发出,等待接收学校办理。学生仍在本校点名。")
            return redirect("transfer", made.pk)
    context = {"form": form, "pupil": pupil, "refusal": refusal}
    return render(request, "students/transfer_new.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request, pk):
    """One transfer: its papers, both sides, what the reader's side may do."""
    today = clock.today()
    rows = Transfer.objects.visible_to(request.user, on=today)
    found = get_object_or_404(
        rows.select_related("pupil", "from_school", "to_school", "to_class", "asked_by", "decided_by"), pk=pk
    )
    waits = found.state == TransferState.OFFERED
    accepts = waits and may_accept_transfer(request.user, found, on=today)
    withdraws = waits and may_change_register(request.user, found.pupil, on=today)
    classes = Unit.objects.filter(at_or_below("path", [found.to_school.path]), kind=UnitKind.CLASS).open()
    classes = classes.filter(pk__in=[unit.pk for unit in classes if unit.is_at_stage(on=today)])
    verb = request.POST.get("verb", "")
    forms_by_verb = {
        "accept": AcceptForm(request.POST if verb == "accept" else None, classes=classes) if accepts else None,
        "refuse": RemarkForm(request.POST if verb == "refuse" else None, prefix="refuse") if accepts else None,
        "withdraw": RemarkForm(request.POST if verb == "withdraw" else None, prefix="withdraw") if withdraws else None,
    }
    refusal = None
    if request.method == "POST":
        form = forms_by_verb.get(verb)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                _act(found, verb, form.cleaned_data, request.user)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, "已办理。")
                return redirect("transfer", pk)
    context = {
        "transfer": found,
        "forms": forms_by_verb,
        "papers": found.papers.all(),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "students/transfer.html", context, status=refusal.status if refusal else 200)


def _act(transfer, verb, data, by):
    if verb == "accept":
        accept_transfer(transfer, data["to_class"], on=data["on"], by=by)
    elif verb == "refuse":
        refuse_transfer(transfer, remark=data["remark"], by=by)
    else:
        withdraw_transfer(transfer, remark=data["remark"], by=by)


@require_safe
def arrivals(request):
    """开学日报: who is awaited, who has come, who is overdue, by destination and by name."""
    today = clock.today()
    _require_post(request, today)
    state = request.GET.get("state", "waiting")
    visible = ArrivalExpectation.objects.visible_to(request.user, on=today)
    sums = (
        visible.order_by()
        .values("to_name")
        .annotate(
            all=Count("pk"),
            arrived=Count("pk", filter=Q(state=ArrivalState.ARRIVED)),
            waiting=Count("pk", filter=Q(state=ArrivalState.EXPECTED)),
            overdue=Count("pk", filter=Q(state=ArrivalState.OVERDUE)),
        )
    )
    rows = visible.waiting() if state == "waiting" else visible
    if state in ArrivalState.values:
        rows = visible.filter(state=state)
    page = shown_page(request, rows.select_related("pupil", "to_unit"))
    names = names_of({row.from_path for row in page}, on=today)
    context = {
        "page": page,
        "rows": [(row, names[row.from_path]) for row in page],
        "state": state,
        "states": ArrivalState,
        "sums": sums.order_by("-overdue", "to_name")[:60],
    }
    return render(request, "students/arrivals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def arrival(request, pk):
    """One awaited child: confirmed with the word of the other school, or sent elsewhere as it turns out."""
    today = clock.today()
    rows = ArrivalExpectation.objects.visible_to(request.user, on=today)
    found = get_object_or_404(rows.select_related("pupil", "to_unit", "confirmed_by", "proof"), pk=pk)
    may = may_confirm_arrival(request.user, found, on=today)
    verb = request.POST.get("verb", "")
    confirm = ArrivalForm(request.POST, request.FILES) if verb == "confirm" else ArrivalForm()
    destination = DestinationForm(request.POST if verb == "destination" else None)
    refusal = None
    if request.method == "POST":
        if not may:
            raise NotYours("permission_denied", "到校由转出学校的学籍管理员或教育局确认。")
        form = {"confirm": confirm, "destination": destination}.get(verb)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                _settle(found, verb, dict(form.cleaned_data), request.user)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, "已登记。")
                return redirect("arrival", pk)
    waits = found.state in (ArrivalState.EXPECTED, ArrivalState.OVERDUE)
    context = {
        "arrival": found,
        "place": names_of({found.from_path}, on=today)[found.from_path],
        "confirm": confirm if may and waits else None,
        "destination": destination if may and found.state == ArrivalState.EXPECTED else None,
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "students/arrival.html", context, status=refusal.status if refusal else 200)


def _settle(found, verb, data, by):
    if verb == "destination":
        change_destination(found, to_school=data["to_school"], by=by)
        return
    proof = store_attachment(data.pop("paper"), by=by, path=found.from_path)
    confirm_arrival(found, by=by, proof=proof, **data)
