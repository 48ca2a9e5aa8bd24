"""知晓率: measured by an anonymous link or from paper, by school and audience (F41, P22)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accountability.actions.surveys import close_survey, counted, enter_counts, open_survey
from accountability.enums import SurveyState
from accountability.forms.routine import SurveyForm
from accountability.models import AwarenessSurvey
from accountability.permissions import may_survey
from accountability.queries.groups import school_of_person
from accountability.rules.questions import QUESTIONS
from accountability.views.plans import planning_unit
from accountability.views.routine import require_seer
from casework.views.letters import qr_of
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import shown_page
from organisation.queries.history import history_of
from organisation.rules.grades import school_year
from organisation.views.links import public_address


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def surveys(request):
    """The measurings in scope; a new one is opened, or counts from paper entered, for one's school."""
    today = clock.today()
    require_seer(request)
    unit = _own_school(request, today)
    may = unit is not None and may_survey(request.user, unit, on=today)
    if request.method == "POST" and not may:
        raise NotYours("permission_denied", "知晓率测评由学校负责人、教导主任或控辍专干组织。")
    form = SurveyForm(request.POST or None) if may else None
    refusal, survey, link = None, None, ""
    if request.method == "POST" and form.is_valid():
        try:
            survey, token = _open(unit, form.cleaned_data, request.user)
        except Refused as refused:
            refusal = refused
        else:
            if not token:
                messages.success(request, "已登记。")
                return redirect("survey", survey.pk)
            link = public_address(request, "survey_link", token)
    rows = AwarenessSurvey.objects.visible_to(request.user, on=today).select_related("unit", "by")
    page = shown_page(request, rows.filter(year=school_year(today)))
    context = {"page": page, "unit": unit, "form": form, "refusal": refusal, "link": link}
    context |= {"survey": survey, "qr": qr_of(link) if link else ""}
    return render(request, "accountability/surveys.html", context, status=refusal.status if refusal else 200)


def _own_school(request, today):
    if request.GET.get("unit"):
        unit = planning_unit(request, request.GET["unit"][:40])
    else:
        unit = school_of_person(request.user, on=today)
    return unit if unit is not None and unit.kind == UnitKind.SCHOOL else None


def _open(unit, data, by):
    if data["source"] == "link":
        return open_survey(unit, data["audience"], asked=data["asked"], by=by)
    given = {name: data[name] for name in ("asked", "answered", "aware")}
    return enter_counts(unit, data["audience"], by=by, **given), ""


@require_http_methods(["GET", "HEAD", "POST"])
def survey(request, pk):
    """One measuring: how many answered, how many know, against the target; its questions; closed here."""
    today = clock.today()
    rows = AwarenessSurvey.objects.visible_to(request.user, on=today).select_related("unit", "by")
    found = get_object_or_404(rows, pk=pk)
    may = may_survey(request.user, found.unit, on=today)
    refusal = None
    if request.method == "POST":
        if not may:
            raise NotYours("permission_denied", "知晓率测评由学校负责人、教导主任或控辍专干结束。")
        if request.POST.get("verb") != "close":
            raise Http404
        try:
            close_survey(found, by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "测评已结束。")
            return redirect("survey", pk)
    answered, aware = counted(found)
    context = {
        "survey": found,
        "answered": answered,
        "aware": aware,
        "questions": QUESTIONS[found.audience],
        "may_close": may and found.state == SurveyState.OPEN,
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "accountability/survey.html", context, status=refusal.status if refusal else 200)
