"""常规工作: the overview by school, and the contacts with families (F41, P9)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.contacts import record_contact
from accountability.enums import ActivityKind
from accountability.forms.routine import ContactForm
from accountability.models import HomeContact
from accountability.permissions import (
    PLAN_POSTS,
    SEES_ROUTINE,
    may_contact,
    may_see_inspections,
    may_see_routine,
    may_survey,
)
from accountability.queries.contacts import contacted, progress_by_class, taught_now
from accountability.queries.groups import school_of_person
from accountability.queries.routine_overview import overview
from accountability.rules.sheets import year_name
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import takes_along, workbook_of
from organisation.models import Unit
from organisation.queries.units import names_of, visible_unit
from organisation.rules.grades import school_year
from students.views.pupils import visible_pupil

HEADS = (
    "学校",
    "年度计划",
    "领导小组",
    "本周班会",
    "本学期家长会",
    "本学期法律宣传",
    "知晓率",
    "最近自查",
    "未销号问题",
)
HEADS += ("责任书已签", "责任书共", "已联系家庭", "在校学生")


def require_seer(request):
    if not may_see_routine(request.user, on=clock.today()):
        raise NotYours("permission_denied", "您的岗位不查看常规工作。")


@require_safe
def routine(request):
    """What is on record and what is wanting: every school of the county, one's school, or one's class."""
    today = clock.today()
    require_seer(request)
    posts = [post for post in request.user.posts_on(today) if post.kind in SEES_ROUTINE]
    units = list({post.unit.pk: post.unit for post in posts}.values())
    above = [unit for unit in units if unit.kind not in (UnitKind.CLASS, UnitKind.COHORT)]
    lines = overview(above, on=today) if above else []
    if takes_along(request):
        return workbook_of(request, "常规工作一览", HEADS, [_cells(line) for line in lines])
    own = school_of_person(request.user, on=today)
    classes = [unit for unit in units if unit.kind == UnitKind.CLASS]
    context = {
        "lines": lines,
        "own": own,
        "own_plans": own is not None and own.kind in PLAN_POSTS,
        "is_school": own is not None and own.kind == UnitKind.SCHOOL,
        "classes": [(unit, unit.label(on=today)) for unit in classes],
        "class_kinds": [ActivityKind.CLASS_MEETING, ActivityKind.GUARDIANS_MEETING],
        "school_kinds": [kind for kind in ActivityKind if kind not in ("class_meeting", "guardians_meeting")],
        "sees_inspections": may_see_inspections(request.user, on=today),
        "may_survey": own is not None and may_survey(request.user, own, on=today),
        "year": year_name(school_year(today)),
        "today": today,
    }
    return render(request, "accountability/routine.html", context)


def _cells(line):
    rates = ";".join(f"{one.get_audience_display()} {one.aware}/{one.answered}" for one in line.surveys.values())
    return (
        line.unit.name,
        "有" if line.has_plan else "无",
        "有" if line.has_group else "无",
        f"{line.class_meetings}/{line.classes}",
        f"{line.guardians_meetings}/{line.classes}",
        line.publicity,
        rates,
        f"{line.inspected_on:%Y-%m-%d}" if line.inspected_on else "",
        line.deficiencies,
        line.signed,
        line.sheets,
        line.reached,
        line.taught,
    )


@require_safe
def home_contacts(request, code):
    """Whose family was visited or called this school year: by class, or child by child."""
    today = clock.today()
    unit = visible_unit(request.user, code, on=today, kinds=(UnitKind.CLASS, UnitKind.SCHOOL, UnitKind.COUNTY))
    if not request.user.holds(*SEES_ROUTINE, at=unit.path, on=today):
        raise NotYours("permission_denied", "您的岗位不查看家访联系。")
    year = school_year(today)
    context = {"unit": unit, "label": names_of([unit.path], on=today)[unit.path], "year": year_name(year)}
    if unit.kind == UnitKind.CLASS:
        context |= _of_class(request, unit, year, today)
    else:
        progress = progress_by_class(unit.path, year=year, on=today)
        classes = list(Unit.objects.filter(pk__in=progress))
        names = names_of({one.path for one in classes}, on=today)
        context["classes"] = [(one, names[one.path], *progress[one.pk]) for one in classes]
    return render(request, "accountability/home_contacts.html", context)


def _of_class(request, unit, year, today) -> dict:
    """The children of a class, those not reached yet first, each with the last contact."""
    if not may_contact(request.user, unit.path, on=today) and not may_see_inspections(request.user, on=today):
        raise NotYours("permission_denied", "家访联系由班主任和学校负责人查看。")
    spells = taught_now(unit.path, on=today).select_related("pupil").order_by("pupil__sort_key", "pupil")
    reached = set(spells.filter(contacted(year)).values_list("pupil", flat=True))
    last = {}
    contacts = HomeContact.objects.visible_to(request.user, on=today).filter(pupil__in=spells.values("pupil"))
    for contact in contacts.select_related("by").order_by("on", "pk"):
        last[contact.pupil_id] = contact
    rows = [(spell.pupil, spell.pupil_id in reached, last.get(spell.pupil_id)) for spell in spells]
    return {
        "pupils": sorted(rows, key=lambda row: row[1]),
        "reached": len(reached),
        "total": len(rows),
        "may_contact": may_contact(request.user, unit.path, on=today),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def home_contact_new(request, number):
    """Write down a visit or call to a child's family."""
    today, pupil = clock.today(), visible_pupil(request, number)
    if not may_contact(request.user, pupil.path, on=today):
        raise NotYours("permission_denied", "家访联系由班主任或学校负责人登记。")
    form = ContactForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            record_contact(pupil, by=request.user, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"已登记:{pupil.name}。")
            return redirect("home_contacts", pupil.school_class.code)
    context = {
        "pupil": pupil,
        "place": names_of([pupil.path], on=today)[pupil.path],
        "form": form,
        "contacts": HomeContact.objects.visible_to(request.user, on=today).filter(pupil=pupil).select_related("by"),
        "refusal": refusal,
    }
    return render(request, "accountability/home_contact_new.html", context, status=refusal.status if refusal else 200)
