"""现场清点 on the inspector's phone (F66): choose the class, count, done; the roll's number is shown only afterwards."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.spot_counts import enter_count
from accountability.forms.truth import SpotCountForm
from accountability.models import SpotCount
from accountability.permissions import counts_at, may_see_counts
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.models import Unit
from organisation.queries.units import name_path, names_of
from organisation.rules.paths import at_or_below
from students.models import Roll
from students.queries.rolls import sheet_for

HEADS = ("日期", "时段", "班级", "清点", "点名实到", "不在场", "督学")
ORDERS = {"day": ("date", "at"), "place": ("path", "-date")}


@require_safe
def spot_counts(request):
    """The headcounts of the county beside what the rolls say."""
    today = clock.today()
    if not may_see_counts(request.user, on=today):
        raise NotYours("permission_denied", "现场清点由督学登记,教育局查看。")
    rows = SpotCount.objects.visible_to(request.user, on=today).select_related("by", "photo")
    page = shown_page(request, in_order(request, rows.prefetch_related("absent"), ORDERS))
    names = names_of({row.path for row in page}, on=today)
    called = {
        (roll.school_class_id, roll.date, roll.session): roll.present
        for roll in Roll.objects.filter(
            school_class__in={row.school_class_id for row in page}, date__in={row.date for row in page}
        )
    }
    lines = [(row, names[row.path], called.get((row.school_class_id, row.date, row.session))) for row in page]
    if takes_along(request):
        return workbook_of(request, "现场清点", HEADS, [_cells(*line) for line in lines])
    context = {"page": page, "lines": lines, "may_count": bool(counts_at(request.user, on=today))}
    return render(request, "accountability/spot_counts.html", context)


def _cells(row, place, present):
    missing = "、".join(pupil.name for pupil in row.absent.all())
    roll = "未点名" if present is None else present
    return (row.date, row.get_session_display(), place, row.counted, roll, missing, row.by.name)


@require_http_methods(["GET", "HEAD", "POST"])
def spot_count_new(request):
    """First the school, then the class, then the number."""
    today = clock.today()
    paths = counts_at(request.user, on=today)
    if not paths:
        raise NotYours("permission_denied", "现场清点由本县(区)督学登记。")
    units = Unit.objects.filter(at_or_below("path", paths)).open()
    if not request.GET.get("class"):
        return _choose(request, units, today)
    school_class = get_object_or_404(units.of_kind(UnitKind.CLASS), code=request.GET["class"])
    form, refusal = SpotCountForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        try:
            count = enter_count(
                school_class, by=request.user, absent=request.POST.getlist("absent"), **form.cleaned_data
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _told(count))
            return redirect("spot_counts")
    context = {
        "form": form,
        "refusal": refusal,
        "school_class": school_class,
        "place": name_path(school_class.path, on=today),
        "listed": sheet_for(school_class, today, "am").listed,
        "named": request.POST.getlist("absent"),
    }
    return render(request, "accountability/spot_count_new.html", context, status=refusal.status if refusal else 200)


def _choose(request, units, today):
    schools = units.of_kind(UnitKind.SCHOOL)
    school = schools.filter(code=request.GET.get("school", "")).first()
    classes = units.of_kind(UnitKind.CLASS).below(school) if school else ()
    context = {
        "schools": schools,
        "school": school,
        "classes": [(unit, unit.label(on=today)) for unit in classes if unit.is_at_stage(on=today)],
    }
    return render(request, "accountability/spot_count_choose.html", context)


def _told(count) -> str:
    roll = Roll.objects.filter(school_class=count.school_class, date=count.date, session=count.session).first()
    if roll is None:
        return f"已登记:清点 {count.counted} 人。这节还没有点名,点名后自动核对。"
    if roll.present == count.counted:
        return f"已登记:清点 {count.counted} 人,与点名一致。"
    return f"已登记:清点 {count.counted} 人,点名实到 {roll.present} 人,已转有关岗位核实。"
