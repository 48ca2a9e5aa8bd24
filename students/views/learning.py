"""学业: bands of a class, conduct incidents, study plans; by page and by workbook (F06, F24)."""

import io
import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organisation import clock
from organisation.actions.jobs import start_job
from organisation.actions.workbook import Table, write_workbook
from organisation.enums import JobState, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Job, Unit
from organisation.queries.units import name_path, names_of
from organisation.queries.workbooks import check_workbook
from students.actions.learning import (
    assess_study_plan,
    enter_bands,
    record_incident,
    withdraw_incident,
    write_study_plan,
)
from students.enums import Band, Subject
from students.forms import IncidentForm, LearningImportForm, PlanResultForm, StudyPlanForm
from students.models import Incident, Pupil
from students.permissions import (
    INCIDENT_POSTS,
    MARK_POSTS,
    may_correct_marks,
    may_enter_incident,
    may_enter_marks,
    may_plan_study,
    may_see_learning,
    may_withdraw_incident,
)
from students.queries.learning import class_bands, classes_for, pupils_of, terms_for
from students.rules.learning import INCIDENT_HEADINGS, MARK_HEADINGS

IMPORT = "students.import_learning"
TITLES = {"marks": "学业等级", "incidents": "违纪记录"}
POSTS = {"marks": MARK_POSTS, "incidents": INCIDENT_POSTS}
HEADINGS = {"marks": MARK_HEADINGS, "incidents": INCIDENT_HEADINGS}


@require_safe
def learning(request):
    """My classes, and the incidents that I may see."""
    today = clock.today()
    if not may_see_learning(request.user, on=today):
        raise NotYours("permission_denied", "学业和违纪由任课教师、班主任、年级组长和学校登记。")
    classes = classes_for(request.user, on=today, kinds=INCIDENT_POSTS)
    names = names_of([unit.path for unit in classes], on=today)
    rows = Incident.objects.visible_to(request.user, on=today).select_related("pupil", "entered_by")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    context = {
        "classes": [(unit, names[unit.path], may_enter_marks(request.user, unit, on=today)) for unit in classes],
        "page": page,
        "rows": [(row, may_withdraw_incident(request.user, row, on=today)) for row in page],
        "may_marks": bool(request.user.paths(on=today, kinds=MARK_POSTS)),
    }
    return render(request, "students/learning.html", context)


def _class(request, code, kinds) -> Unit:
    """A class at or below one of the person's teaching posts; others do not exist here."""
    unit = get_object_or_404(Unit.objects.of_kind(UnitKind.CLASS), code=code)
    if not request.user.holds(*kinds, at=unit.path, on=clock.today()):
        raise Http404
    return unit


def _term(request, unit):
    terms = terms_for(unit.path, on=clock.today())
    asked = request.POST.get("term") or request.GET.get("term") or terms[0].key
    return next((term for term in terms if term.key == asked), terms[0]), terms


@require_http_methods(["GET", "HEAD", "POST"])
def class_marks(request, code):
    """The bands of a class in one subject and term."""
    today = clock.today()
    unit = _class(request, code, MARK_POSTS)
    term, terms = _term(request, unit)
    subject = request.POST.get("subject") or request.GET.get("subject") or Subject.CHINESE
    if subject not in Subject.values:
        raise Http404
    refusal = None
    if request.method == "POST":
        prefix = "band_"
        bands = {name.removeprefix(prefix): band for name, band in request.POST.items() if name.startswith(prefix)}
        try:
            number = enter_bands(unit, term, subject, bands, by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"已登记 {number} 人。")
            return redirect(f"{request.path}?subject={subject}&term={term.key}")
    rows = class_bands(unit, term, subject, on=today)
    corrects = may_correct_marks(request.user, unit.path, on=today)
    context = {
        "unit": unit,
        "place": name_path(unit.path, on=today),
        "term": term,
        "terms": terms,
        "subject": subject,
        "subjects": Subject.choices,
        "bands": Band.choices,
        "rows": [(pupil, _shown(mark, request.user, corrects)) for pupil, mark in rows],
        "refusal": refusal,
    }
    return render(request, "students/class_marks.html", context, status=refusal.status if refusal else 200)


def _shown(mark, person, corrects):
    """A subject teacher sees only the bands that he or she entered."""
    return mark if mark is not None and (corrects or mark.entered_by_id == person.pk) else None


@require_http_methods(["GET", "HEAD", "POST"])
def incident_new(request, code):
    """Write down an incident of a pupil of the class."""
    today = clock.today()
    unit = _class(request, code, INCIDENT_POSTS)
    if not may_enter_incident(request.user, unit.path, on=today):
        raise NotYours("permission_denied", "违纪由任课教师、班主任、年级组长或学校登记。")
    form = IncidentForm(request.POST or None, pupils=pupils_of([unit.pk], on=today))
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            record_incident(data.pop("pupil"), by=request.user, **data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已登记。")
            return redirect("learning")
    context = {"unit": unit, "place": name_path(unit.path, on=today), "form": form, "refusal": refusal}
    return render(request, "students/incident_new.html", context, status=refusal.status if refusal else 200)


@require_POST
def incident_withdraw(request, pk):
    """Take an incident back, with the reason."""
    found = get_object_or_404(Incident.objects.visible_to(request.user, on=clock.today()), pk=pk)
    withdraw_incident(found, reason=request.POST.get("reason", ""), by=request.user)
    messages.success(request, "已撤销,记录保留。")
    return redirect("learning")


@require_http_methods(["GET", "HEAD", "POST"])
def study_plan(request, number):
    """A pupil's study plan of the present term, and its assessment."""
    today = clock.today()
    pupils = Pupil.objects.visible_to(request.user, on=today)
    pupil = get_object_or_404(pupils, number=number)
    if not may_plan_study(request.user, pupil, on=today):
        raise NotYours("permission_denied", "学习计划由班主任、年级组长或教导主任制定。")
    term, terms = _term(request, pupil)
    plan = pupil.study_plans.filter(year=term.year, term=term.number).first()
    assesses = "result" in request.POST
    values = {"goals": plan.goals, "measures": plan.measures, "helper": plan.helper} if plan else {}
    form = StudyPlanForm(request.POST if request.method == "POST" and not assesses else None, initial=values)
    result_form = PlanResultForm(request.POST if assesses else None)
    refusal = None
    bound = result_form if assesses else form
    if request.method == "POST" and bound.is_valid():
        data = bound.cleaned_data
        try:
            if not assesses:
                write_study_plan(pupil, term, by=request.user, **data)
            elif plan is None:
                raise Refused("wrong_state", "这学期还没有学习计划。")
            else:
                assess_study_plan(plan, result=data["result"], text=data["assessment"], by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "已保存。")
            return redirect("student", number)
    context = {
        "pupil": pupil,
        "plan": plan,
        "term": term,
        "terms": terms,
        "form": form,
        "result_form": result_form,
        "refusal": refusal,
    }
    return render(request, "students/study_plan.html", context, status=refusal.status if refusal else 200)


def _own_classes(request, what) -> list[Unit]:
    if what not in TITLES:
        raise Http404
    classes = classes_for(request.user, on=clock.today(), kinds=POSTS[what])
    if not classes:
        raise NotYours("permission_denied", f"{TITLES[what]}由任课教师、班主任或学校登记。")
    return classes


@require_http_methods(["GET", "HEAD", "POST"])
def learning_import(request, what):
    """Upload a workbook of marks or incidents: it is checked first, nothing is taken in yet."""
    classes = _own_classes(request, what)
    path = classes[0].path
    terms = terms_for(path, on=clock.today()) if what == "marks" else ()
    form = LearningImportForm(request.POST or None, request.FILES or None, terms=terms)
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            name = _keep(data["file"])
        except Refused as refused:
            refusal = refused
        else:
            params = {"what": what, "file": name, "path": path, "dry_run": True}
            params |= {"term": data.get("term"), "full": data.get("full")}
            title = f"检查{TITLES[what]} {data['file'].name[:60]}"
            return redirect("job", start_job(IMPORT, title=title, by=request.user, params=params).pk)
    context = {
        "form": form,
        "what": what,
        "title": TITLES[what],
        "headings": HEADINGS[what],
        "classes": [(unit, unit.label(on=clock.today())) for unit in classes],
        "refusal": refusal,
    }
    return render(request, "students/learning_import.html", context, status=refusal.status if refusal else 200)


def _keep(upload) -> str:
    if upload.size > settings.UPLOAD_LIMIT_MB * 1024 * 1024:
        raise Malformed("too_large", f"文件超过 {settings.UPLOAD_LIMIT_MB} MB。")
    name = f"learning-{uuid.uuid4()}.xlsx"
    path = settings.DATA_DIR / "uploads" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as kept:
        for chunk in upload.chunks():
            kept.write(chunk)
    path.chmod(0o600)
    try:
        check_workbook(path)
    except Malformed:
        path.unlink()
        raise
    return name


@require_http_methods(["GET", "HEAD", "POST"])
def learning_confirm(request, pk):
    """What the check found; on confirmation the import runs."""
    checked = get_object_or_404(Job.objects.visible_to(request.user, on=clock.today()), pk=pk, kind=IMPORT)
    _own_classes(request, checked.params["what"])
    if checked.state != JobState.DONE or not checked.result.get("dry_run") or checked.result.get("errors"):
        raise Http404
    if not (settings.DATA_DIR / "uploads" / checked.params["file"]).is_file():
        raise Refused("already_imported", "这份表已经导入,或上传已过期。")
    if request.method == "POST":
        title = checked.title.replace("检查", "导入", 1)
        job = start_job(IMPORT, title=title, by=request.user, params={**checked.params, "dry_run": False})
        return redirect("job", job.pk)
    return render(request, "students/learning_confirm.html", {"job": checked, "what": checked.params["what"]})


@require_safe
@never_cache
def learning_template(request, what):
    """A workbook to fill in; with `?class=` the class list stands in it already."""
    classes = {unit.code: unit for unit in _own_classes(request, what)}
    code = request.GET.get("class", "")
    if code and code not in classes:
        raise Http404
    kept = io.BytesIO()
    listed = pupils_of([classes[code].pk], on=clock.today()) if code else ()
    rows = ((pupil.number, "", code, pupil.name) for pupil in listed)
    headings = tuple(HEADINGS[what])
    write_workbook(kept, Table(TITLES[what], headings, rows, widths=(14,) * len(headings), fixed=4))
    kept.seek(0)
    return FileResponse(kept, as_attachment=True, filename=f"{TITLES[what]}模板{code}.xlsx")
