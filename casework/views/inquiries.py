"""Shares of absence (F11) and serious truancy (F12) in the browser."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions import inquiries as acts
from casework.actions.ratio import may_perform_ratio, perform_ratio
from casework.enums.truancy import RATIO_MEASURES, InquiryState, RatioRule, RatioState
from casework.forms import truancy as forms
from casework.models import RatioStep, TruancyInquiry
from casework.permissions import may_handle_inquiry, may_lead_inquiry, may_report_truancy, may_see_ladder
from casework.queries.conduct import school_path
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind
from organisation.errors import NotYours, Refused
from organisation.models import Person, Post
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of
from organisation.rules.paths import at_or_below
from students.actions.attachments import store_attachment
from students.models import Pupil

_I = InquiryState


@require_safe
def ratios(request):
    """Shares of absence over their limits, open ones first asked for."""
    today = clock.today()
    if not may_see_ladder(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看旷课处理。")
    state = request.GET.get("state", RatioState.OPEN)
    rows = RatioStep.objects.visible_to(request.user, on=today).select_related("pupil")
    if state in RatioState.values:
        rows = rows.filter(state=state)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    names = names_of({row.path for row in page}, on=today)
    context = {"page": page, "rows": [(row, names[row.path]) for row in page], "state": state, "states": RatioState}
    return render(request, "casework/ratios.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ratio(request, pk):
    """One step: the share, its measures, the forms for what is missing."""
    today = clock.today()
    step = get_object_or_404(
        RatioStep.objects.visible_to(request.user, on=today).select_related("pupil", "duty"), pk=pk
    )
    records = list(step.records.select_related("entered_by"))
    measures = RATIO_MEASURES[RatioRule(step.rule)]
    missing = [kind for kind in measures if kind not in {one.kind for one in records}]
    may = may_perform_ratio(request.user, step, on=today) and step.state == RatioState.OPEN
    form = forms.RatioForm(
        request.POST or None, request.FILES or None, kinds=missing, initial={"by": request.user.name}
    )
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            entry = dict(form.cleaned_data)
            if entry["paper"]:
                entry["paper"] = store_attachment(entry["paper"], by=request.user, path=step.path)
            perform_ratio(step, entry, by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已登记。")
            return redirect("ratio", pk)
    context = {
        "step": step,
        "place": name_path(step.path, on=today),
        "records": records,
        "measures": measures,
        "form": form if may else None,
        "history": history_of(step),
        "refusal": refusal,
    }
    return render(request, "casework/ratio.html", context, status=refusal.status if refusal else 200)


@require_safe
def inquiries(request):
    """Inquiries in scope."""
    today = clock.today()
    rows = TruancyInquiry.objects.visible_to(request.user, on=today).select_related("pupil")
    if not may_see_ladder(request.user, on=today) and not rows.exists():
        raise NotYours("permission_denied", "您的岗位不查看严重逃学调查。")
    state = request.GET.get("state", "live")
    if state == "live":
        rows = rows.live()
    elif state in InquiryState.values:
        rows = rows.filter(state=state)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    names = names_of({row.path for row in page}, on=today)
    context = {"page": page, "rows": [(row, names[row.path]) for row in page], "state": state, "states": InquiryState}
    return render(request, "casework/inquiries.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def inquiry_new(request, number):
    """Report serious truancy of a child."""
    today = clock.today()
    pupil = get_object_or_404(Pupil.objects.visible_to(request.user, on=today), number=number)
    if not may_report_truancy(request.user, pupil, on=today):
        raise NotYours("permission_denied", "严重逃学由本校教师和负责人登记。")
    form, refusal = forms.ReportForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            found = acts.report_truancy(pupil, by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已登记,三天内成立调查小组。")
            return redirect("inquiry", found.pk)
    context = {"form": form, "pupil": pupil, "refusal": refusal}
    return render(request, "casework/inquiry_new.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def inquiry(request, pk):
    """One inquiry: its group, what was found, the summonses, what comes next."""
    today = clock.today()
    rows = TruancyInquiry.objects.visible_to(request.user, on=today).select_related("pupil")
    found = get_object_or_404(rows, pk=pk)
    offered = _offered(found, request.user, today)
    refusal = None
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb not in offered:
            raise Http404
        label, form, run = offered[verb]
        form = type(form)(request.POST, request.FILES, prefix=verb, **_arguments(verb, found, today))
        offered[verb] = (label, form, run)
        if form.is_valid():
            try:
                run(found, _with_paper(form.cleaned_data, request, found), request.user)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, f"已办理:{label}。")
                return redirect("inquiry", pk)
    context = {
        "inquiry": found,
        "place": name_path(found.path, on=today),
        "steps": [(verb, label, form) for verb, (label, form, _) in offered.items()],
        "members": found.members.select_related("person"),
        "entries": found.entries.select_related("by").prefetch_related("papers").order_by("-pk"),
        "summonses": found.summonses.select_related("letter"),
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "casework/inquiry.html", context, status=refusal.status if refusal else 200)


def _staff(inquiry, on):
    held = Post.objects.held(on=on).filter(
        at_or_below("unit__path", [school_path(inquiry.path)]), kind__in=SCHOOL_POSTS
    )
    return Person.objects.filter(pk__in=held.values("person")).order_by("name")


def _arguments(verb, inquiry, on):
    return {"people": _staff(inquiry, on)} if verb == "group" else {}


def _with_paper(data, request, inquiry):
    data = dict(data)
    paper = data.pop("paper", None)
    if paper:
        data["papers"] = [store_attachment(paper, by=request.user, path=inquiry.path)]
    return data


def _offered(inquiry, person, on) -> dict:
    """{verb: (label, form, action)} of what the person may do now."""
    state, found = _I(inquiry.state), {}
    member, leads = may_handle_inquiry(person, inquiry, on=on), may_lead_inquiry(person, inquiry, on=on)

    def offer(verb, label, form, run):
        found[verb] = (label, form(prefix=verb, **_arguments(verb, inquiry, on)), run)

    waiting = inquiry.summonses.filter(appearance="waiting").exists()
    if state == _I.REPORTED and leads:
        offer("group", "成立调查小组", forms.GroupForm, lambda i, d, by: acts.form_group(i, d["people"], by=by))
    if state == _I.GROUP_FORMED and member:
        offer("evidence", "登记取证", forms.TextForm, lambda i, d, by: acts.take_evidence(i, by=by, **d))
    if state in (_I.EVIDENCE, _I.SUMMONED) and member and not waiting:
        offer("summon", "发约谈通知书", forms.SummonsForm, lambda i, d, by: acts.summon_guardians(i, by=by, **d))
    if waiting and member:
        offer("appear", "登记约谈结果", forms.AppearanceForm, lambda i, d, by: acts.note_appearance(i, by=by, **d))
    if state == _I.INTERVIEWED and member:
        offer("tutoring", "签辅导协议", forms.TutoringForm, lambda i, d, by: acts.begin_tutoring(i, by=by, **d))
    bureau = person.holds(PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, at=inquiry.path, on=on)
    if state == _I.REFERRED and not inquiry.bureau_answer and bureau:
        offer("answer", "答复学校", forms.TextForm, lambda i, d, by: acts.answer_referral(i, text=d["text"], by=by))
    if member and (state == _I.TUTORING or (state == _I.REFERRED and inquiry.bureau_answer)):
        offer(
            "settle", "办结", forms.TextForm, lambda i, d, by: acts.end_inquiry(i, founded=True, text=d["text"], by=by)
        )
    if leads and state in (_I.REPORTED, _I.GROUP_FORMED, _I.EVIDENCE):
        offer(
            "unfounded",
            "不属实",
            forms.TextForm,
            lambda i, d, by: acts.end_inquiry(i, founded=False, text=d["text"], by=by),
        )
    return found
