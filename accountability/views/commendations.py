"""Commendations in the browser: candidates by rule with what bars them, confirmed ones, withdrawal."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accountability.actions.commendations import confirm_commendation, withdraw_commendation
from accountability.enums import NOMINATORS, Merit
from accountability.forms import WithdrawForm
from accountability.models import Commendation
from accountability.permissions import may_commend, may_nominate, may_withdraw
from accountability.queries.merits import candidates_of
from accountability.views.awards import asked_year, years_before
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import NotYours, Refused
from organisation.models import Person, Unit
from organisation.queries.history import history_of
from organisation.rules.paths import at_or_below


@require_http_methods(["GET", "HEAD", "POST"])
def commendations(request):
    """A school's candidates of a year; confirmed one by one."""
    today = clock.today()
    if not may_nominate(request.user, on=today):
        raise NotYours("permission_denied", "表彰由校长和教育局办理。")
    year = asked_year(request.GET.get("year"), today)
    schools = Unit.objects.filter(
        at_or_below("path", request.user.paths(on=today, kinds=NOMINATORS)), kind=UnitKind.SCHOOL
    ).open()
    school = get_object_or_404(schools, code=request.GET["school"]) if request.GET.get("school") else schools.first()
    refusal = None
    if request.method == "POST" and school is not None:
        try:
            confirm_commendation(school, request.POST.get("candidate", "")[:60], year=year, by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已确认表彰。")
            return redirect(f"{reverse('commendations')}?school={school.code}&year={year}")
    found = candidates_of(school, year, on=today) if school is not None else []
    groups = [(merit, [_line(one, request.user, today) for one in found if one.merit == merit]) for merit in Merit]
    context = {
        "year": year,
        "years": years_before(today),
        "school": school,
        "schools": schools,
        "groups": [(merit, lines) for merit, lines in groups if lines],
        "refusal": refusal,
    }
    return render(request, "accountability/commendations.html", context, status=refusal.status if refusal else 200)


def _line(candidate, person, today):
    subject = candidate.subject if isinstance(candidate.subject, Person) else None
    may = candidate.is_open and may_commend(person, candidate.unit, subject, on=today)
    return {"candidate": candidate, "may": may}


@require_http_methods(["GET", "HEAD", "POST"])
def commendation(request, pk):
    """One commendation; taken back with a reason."""
    today = clock.today()
    rows = Commendation.objects.visible_to(request.user, on=today)
    found = get_object_or_404(rows.select_related("subject", "unit", "confirmed_by", "withdrawn_by"), pk=pk)
    may = may_withdraw(request.user, found, on=today)
    form, refusal = WithdrawForm(request.POST or None), None
    if request.method == "POST":
        if not may:
            raise NotYours("permission_denied", "由确认的岗位或上级撤回。")
        if form.is_valid():
            try:
                withdraw_commendation(found, by=request.user, **form.cleaned_data)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, "已撤回。")
                return redirect("commendation", pk)
    context = {"commendation": found, "form": form if may and not found.reason else None, "refusal": refusal}
    context["history"] = history_of(found)
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "accountability/commendation.html", context, status=status)
