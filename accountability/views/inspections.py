"""学校自查: the form point by point, what it found, and how that is put right and checked (F41)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.inspections import check_deficiency, correct_deficiency, inspect_school
from accountability.actions.plans import rules_of
from accountability.enums import DEFICIENCY_MOVES, DeficiencyState
from accountability.forms.inspections import CheckForm, CorrectForm, InspectionForm, PointForm
from accountability.models import Deficiency, SelfInspection
from accountability.permissions import may_check, may_correct, may_inspect_school, may_see_inspections
from accountability.queries.groups import school_of_person
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import shown_page
from organisation.queries.edition import rule_book
from organisation.queries.history import history_of
from organisation.queries.units import names_of, visible_unit
from students.actions.attachments import store_attachment


@require_safe
def self_inspections(request):
    """Self-inspections in scope, and what is still to be put right."""
    today = clock.today()
    if not may_see_inspections(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看学校自查。")
    rows = SelfInspection.objects.visible_to(request.user, on=today).select_related("unit", "by")
    open_ones = Deficiency.objects.visible_to(request.user, on=today).unsettled()
    page = shown_page(request, rows.prefetch_related("answers", "deficiencies"))
    own = school_of_person(request.user, on=today)
    context = {
        "page": page,
        "deficiencies": open_ones.select_related("inspection__unit", "answer")[:100],
        "own": own if own is not None and may_inspect_school(request.user, own, on=today) else None,
        "today": today,
    }
    return render(request, "accountability/self_inspections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def self_inspection_new(request, code):
    """Every point of the checklist, on a phone too."""
    today = clock.today()
    unit = visible_unit(request.user, code, on=today, kinds=(UnitKind.SCHOOL,))
    if not may_inspect_school(request.user, unit, on=today):
        raise NotYours("permission_denied", "学校自查由学校负责人、教导主任或控辍专干登记。")
    data = request.POST if request.method == "POST" else None
    form = InspectionForm(data)
    rules = rules_of(unit)
    points = [PointForm(data, item=item) for item in rules.checklist]
    refusal = None
    if request.method == "POST" and all([form.is_valid(), *(point.is_valid() for point in points)]):
        found = {point.item.key: point.finding() for point in points}
        try:
            made = inspect_school(unit, found, by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "自查已登记。")
            return redirect("self_inspection", made.pk)
    latest = rule_book(unit.path).calendar(unit.path).add_school_days(today, rules.correction_days)
    wrong = bool(data) and not refusal
    context = {"unit": unit, "form": form, "points": points, "latest": latest, "refusal": refusal, "wrong": wrong}
    return render(
        request, "accountability/self_inspection_new.html", context, status=refusal.status if refusal else 200
    )


@require_safe
def self_inspection(request, pk):
    """One self-inspection with its answers and what came of them."""
    today = clock.today()
    rows = SelfInspection.objects.visible_to(request.user, on=today).select_related("unit", "by")
    found = get_object_or_404(rows, pk=pk)
    deficiencies = {one.answer_id: one for one in found.deficiencies.all()}
    answers = [(answer, deficiencies.get(answer.pk)) for answer in found.answers.all()]
    context = {"inspection": found, "answers": answers, "history": history_of(found)}
    return render(request, "accountability/self_inspection.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def deficiency(request, pk):
    """One thing found wanting: put right by one, checked by another."""
    today = clock.today()
    rows = Deficiency.objects.visible_to(request.user, on=today)
    found = get_object_or_404(
        rows.select_related("inspection__unit", "answer", "corrected_by", "checked_by", "paper"), pk=pk
    )
    verb = request.POST.get("verb", "")
    forms = {
        "correct": CorrectForm(*((request.POST, request.FILES) if verb == "correct" else ())),
        "check": CheckForm(request.POST if verb == "check" else None),
    }
    refusal = None
    if request.method == "POST":
        _require_part(request.user, found, verb, today)
        if verb in forms and forms[verb].is_valid():
            try:
                _act(request, found, verb, dict(forms[verb].cleaned_data))
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, "已登记。")
                return redirect("deficiency", pk)
    state = DeficiencyState(found.state)
    context = {
        "deficiency": found,
        "place": names_of([found.path], on=today)[found.path],
        "forms": forms,
        "may_correct": state == DeficiencyState.OPEN and may_correct(request.user, found, on=today),
        "may_check": DeficiencyState.CLOSED in DEFICIENCY_MOVES[state]
        and may_check(request.user, found, on=today)
        and found.corrected_by_id != request.user.pk,
        "is_late": state == DeficiencyState.OPEN and found.due_on < today,
        "history": history_of(found),
        "refusal": refusal,
    }
    return render(request, "accountability/deficiency.html", context, status=refusal.status if refusal else 200)


def _require_part(person, found, verb, today):
    """Whose part neither step is, is told so whatever is sent."""
    allowed = {"correct": may_correct, "check": may_check}
    asked = [allowed[verb]] if verb in allowed else list(allowed.values())
    if not any(may(person, found, on=today) for may in asked):
        raise NotYours("permission_denied", "整改由责任岗位登记,复查由校长、教育局或督学办理。")


def _act(request, found, verb, data):
    if verb == "correct":
        upload = data.pop("paper")
        paper = store_attachment(upload, by=request.user, path=found.path) if upload else None
        correct_deficiency(found, paper=paper, by=request.user, **data)
    else:
        check_deficiency(found, by=request.user, passed=data.pop("passed") == "yes", **data)
