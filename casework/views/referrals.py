"""移送: children at work to the labour authority (F34, P17), suspected harm to police and civil affairs (P13)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions import referrals as acts
from casework.actions.county import record_inspection
from casework.enums.referrals import HARM_OF_CAUSE
from casework.forms import referrals as forms
from casework.models import Case, LabourInspection, LabourReferral, RestrictedReferral
from casework.permissions import (
    may_enter_outcome,
    may_inspect,
    may_refer_labour,
    may_refer_restricted,
    may_see_referrals,
)
from casework.rules.referrals import suspected_harms, wants_labour_referral
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction, PostKind, UnitKind
from organisation.errors import NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.queries.units import names_of


@require_safe
def referrals(request):
    """The labour referrals in scope, open ones first, and the inspections of the county."""
    today = clock.today()
    if not may_see_referrals(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看移送。")
    rows = LabourReferral.objects.visible_to(request.user, on=today).select_related("case__pupil", "county")
    page = Paginator(rows.prefetch_related("outcomes").order_by("closed_on", "-on", "-pk"), 50).get_page(
        request.GET.get("page")
    )
    county = _inspected_county(request.user, today)
    context = {
        "page": page,
        "inspections": LabourInspection.objects.visible_to(request.user, on=today).select_related("by", "county")[:20],
        "may_inspect": county is not None and may_inspect(request.user, county.path, on=today),
    }
    return render(request, "casework/referrals.html", context)


def _inspected_county(person, on) -> Unit | None:
    kinds = (PostKind.LABOUR_OFFICER, PostKind.COUNTY_CLERK)
    paths = [path[:COUNTY_LENGTH] for path in person.paths(on=on, kinds=kinds)]
    return Unit.objects.filter(path__in=paths, kind=UnitKind.COUNTY).first()


@require_http_methods(["GET", "HEAD", "POST"])
def inspection_new(request):
    """Write down one of the half-yearly inspections."""
    today = clock.today()
    county = _inspected_county(request.user, today)
    if county is None or not may_inspect(request.user, county.path, on=today):
        raise NotYours("permission_denied", "用工检查由人社专员登记。")
    form = forms.InspectionForm(request.POST or None)
    run = lambda data: record_inspection(county, by=request.user, **data)  # noqa: E731
    return _form_page(request, form, run, done="referrals", title="登记用工检查", told="检查已登记。")


def _form_page(request, form, run, *, done, title, told, arguments=(), **more):
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            run(form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, told)
            return redirect(done, *arguments)
    context = {"form": form, "title": title, "refusal": refusal, **more}
    return render(request, "casework/referral_new.html", context, status=refusal.status if refusal else 200)


def _case(request, pk) -> Case:
    rows = Case.objects.visible_to(request.user, on=clock.today()).select_related("pupil", "township")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def labour_new(request, pk):
    """Put a child at work before the labour authority."""
    case = _case(request, pk)
    if not may_refer_labour(request.user, case, on=clock.today()):
        raise NotYours("permission_denied", "由学校负责人、控辍专干、乡镇或教育局移送。")
    form = forms.LabourForm(request.POST or None)
    run = lambda data: acts.refer_labour(case, by=request.user, **data)  # noqa: E731
    title = "移送人社部门"
    return _form_page(
        request, form, run, done="case", arguments=[pk], title=title, told="已移送,移送函已编号归档。", case=case
    )


@require_http_methods(["GET", "HEAD", "POST"])
def restricted_new(request, pk):
    """Put suspected harm before police or civil affairs: at once, whatever the case's state."""
    case = _case(request, pk)
    if not may_refer_restricted(request.user, case, on=clock.today()):
        raise NotYours("permission_denied", "由校长、控辍专干或教育局移送。")
    harms = suspected_harms(list(case.causes.values_list("cause", flat=True)))
    form = forms.RestrictedForm(request.POST or None, initial={"harm": harms[0]} if harms else None)
    run = lambda data: acts.refer_restricted(case, by=request.user, **data)  # noqa: E731
    title = "移送公安、民政(限制查看)"
    return _form_page(
        request, form, run, done="case", arguments=[pk], title=title, told="已移送,只有个案负责人能看到。", case=case
    )


@require_http_methods(["GET", "HEAD", "POST"])
def labour_referral(request, pk):
    """One labour referral: the child, the employer, the letter, what the authority did."""
    today = clock.today()
    rows = LabourReferral.objects.visible_to(request.user, on=today)
    found = get_object_or_404(rows.select_related("case__pupil", "county", "letter", "by"), pk=pk)
    may = found.closed_on is None and may_enter_outcome(request.user, found, on=today)
    offered = {}
    if may:
        offered["outcome"] = ("登记结果", forms.OutcomeForm(prefix="outcome"), acts.enter_outcome)
        offered["close"] = ("办结", forms.CloseForm(prefix="close"), acts.close_referral)
    refusal = None
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb not in offered:
            raise NotYours("permission_denied", "查处结果由人社专员登记。")
        label, form, run = offered[verb]
        form = type(form)(request.POST, prefix=verb)
        offered[verb] = (label, form, run)
        if form.is_valid():
            try:
                run(found, by=request.user, **form.cleaned_data)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, f"已登记:{label}。")
                return redirect("referrals") if verb == "close" else redirect("labour_referral", pk)
    else:
        log_access(request.user, AccessAction.VIEW, what="labour_referral", key=str(found.pk), path=found.path)
    context = {
        "referral": found,
        "place": names_of({found.path}, on=today)[found.path],
        "guardians": found.case.pupil.guardians.all(),
        "outcomes": found.outcomes.select_related("by"),
        "steps": [(verb, label, form) for verb, (label, form, _) in offered.items()],
        "sees_case": Case.objects.visible_to(request.user, on=today).filter(pk=found.case_id).exists(),
        "refusal": refusal,
    }
    return render(request, "casework/labour_referral.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def restricted_referral(request, pk):
    """One restricted referral with its letter and answer; only for who is in charge of the case."""
    today = clock.today()
    rows = RestrictedReferral.objects.visible_to(request.user, on=today)
    found = get_object_or_404(rows.select_related("case__pupil", "letter", "by", "answered_by"), pk=pk)
    form, refusal = forms.AnswerForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            acts.answer_restricted(found, by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "答复已登记。")
            return redirect("restricted_referral", pk)
    log_access(request.user, AccessAction.VIEW, what="restricted_referral", key=str(found.pk), path=found.case.path)
    context = {"referral": found, "form": None if found.answered_on else form, "refusal": refusal}
    return render(request, "casework/restricted_referral.html", context, status=refusal.status if refusal else 200)


def referrals_of(case, person, on) -> dict:
    """What the page of a case shows of its referrals: what its causes ask for stands first (P13)."""
    causes = [one.cause for one in case.causes.all()]
    in_charge = may_refer_restricted(person, case, on=on)
    restricted = list(case.restricted_referrals.all()) if in_charge else []
    labour = list(case.labour_referrals.prefetch_related("outcomes"))
    rules = rule_book(case.path).rules(case.path, on=on).labour
    asked = {HARM_OF_CAUSE[cause] for cause in causes if cause in HARM_OF_CAUSE}
    return {
        "restricted": restricted,
        "labour": labour,
        "may_refer_restricted": in_charge,
        "may_refer_labour": may_refer_labour(person, case, on=on) and not any(not one.closed_on for one in labour),
        "owes_restricted": in_charge and bool(asked - {one.harm for one in restricted}),
        "owes_labour": not labour and wants_labour_referral(case.state, causes, case.pupil.born_on, on, rules),
    }
