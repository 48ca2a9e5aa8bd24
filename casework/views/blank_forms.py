"""空白表格 (P30): what is filled in by hand where there is no network: roll sheets, visit and talk forms."""

from datetime import timedelta

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from casework.permissions import may_see_letters
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import ROLL_POSTS, AccessAction, UnitKind
from organisation.errors import NotYours
from organisation.models import Unit
from organisation.queries.units import name_path, the_day, visible_unit
from organisation.rules.paths import at_or_below
from students.enums import EnrolmentStatus
from students.models import Enrolment
from students.views.pupils import visible_pupil

VISIT = "visit"
FORMS = {VISIT: "家访记录表", "talk": "谈话记录表"}
WEEKDAYS = "一二三四五"


@require_safe
def blank_forms(request):
    """Which forms there are, and the classes whose roll sheet the person may print."""
    today = clock.today()
    paths = request.user.paths(on=today, kinds=ROLL_POSTS)
    if not paths and not may_see_letters(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不使用这些表格。")
    classes = Unit.objects.filter(at_or_below("path", paths), kind=UnitKind.CLASS).open()[:300]
    context = {
        "forms": FORMS.items(),
        "classes": [(unit.code, unit.label(on=today)) for unit in classes if unit.is_at_stage(on=today)],
        "week": monday_of(today),
    }
    return render(request, "casework/blank_forms.html", context)


def monday_of(day):
    return day - timedelta(days=day.weekday())


@require_safe
def blank_roll(request, code):
    """A week's roll sheet of a class: the names of that week, a box for each session."""
    today = clock.today()
    unit = visible_unit(request.user, code, on=today, kinds=[UnitKind.CLASS])
    if not any(unit.path.startswith(path) for path in request.user.paths(on=today, kinds=ROLL_POSTS)):
        raise Http404
    monday = monday_of(the_day(request.GET["week"]) if request.GET.get("week") else today)
    spells = Enrolment.objects.current(on=max(monday, min(today, monday + timedelta(days=4))))
    spells = spells.with_status(EnrolmentStatus.IN_SCHOOL).filter(school_class=unit).select_related("pupil")
    log_access(request.user, AccessAction.PRINT, what="blank_roll", key=unit.code, path=unit.path)
    context = {
        "place": name_path(unit.path, on=monday),
        "days": [(monday + timedelta(days=n), WEEKDAYS[n]) for n in range(5)],
        "names": [spell.pupil.name for spell in spells.order_by("pupil__sort_key", "pupil")],
        "spare": range(3),
    }
    return render(request, "casework/blank_roll.html", context)


@require_safe
def blank_form(request, form):
    """A visit or talk form, empty or with a child's name on it."""
    if form not in FORMS:
        raise Http404
    today = clock.today()
    if not may_see_letters(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不使用这些表格。")
    number = request.GET.get("student", "")
    pupil = visible_pupil(request, number) if number else None
    if pupil:
        log_access(request.user, AccessAction.PRINT, what="blank_form", key=pupil.number, path=pupil.path)
    context = {
        "title": FORMS[form],
        "is_visit": form == VISIT,
        "pupil": pupil,
        "guardians": list(pupil.guardians.all()) if pupil else [],
        "place": name_path(pupil.path, on=today) if pupil else "",
    }
    return render(request, "casework/blank_form.html", context)
