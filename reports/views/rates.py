"""Rates in the browser: the tree of units, rate beside limit beside counts, down to the named pupils."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from organisation import clock
from organisation.actions.access import log_access
from organisation.actions.jobs import start_job
from organisation.enums import AccessAction, UnitKind
from organisation.errors import NotYours
from organisation.listing import shown_page, takes_along, workbook_of
from organisation.models import Unit
from organisation.queries.regulations import RegulationBook
from organisation.queries.units import names_of, the_day, visible_unit
from organisation.rules.paths import STEP
from organisation.templatetags.chinese import percent
from reports.enums import NAMED, Formula, StageOf
from reports.models import SEES_FIGURES, Snapshot
from reports.permissions import may_compute, may_see_figures, may_see_names
from reports.queries.rates import latest_day
from reports.queries.shown import denominator_holds, figures_of, judged, numerator_of, through_the_year
from students.queries.pupils import tell_apart

HEADS = ("单位", "学段", "人数", "分母", "比例", "控制线")
CHART = {"width": 600, "height": 150}


@require_safe
def rates(request):
    """A unit, the units right under it, and the line through the year."""
    today = clock.today()
    if not may_see_figures(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看指标。")
    unit = _unit(request, today)
    formula = request.GET.get("formula", Formula.DROPOUT_RATE)
    if formula not in Formula.values:
        raise Http404
    as_of = the_day(request.GET["as_of"]) if request.GET.get("as_of") else latest_day(unit.path)
    children = list(_children(unit))
    found = figures_of([unit, *children], as_of=as_of, formula=formula, root=unit) if as_of else {}
    lines = [_line(one, found, today) for one in [unit, *children]]
    if takes_along(request):
        cells = [row for line in lines for row in _cells(line)]
        return workbook_of(request, f"{unit.name}{Formula(formula).label}", HEADS, cells, path=unit.path)
    context = {
        "unit": unit,
        "label": unit.label(on=today),
        "above": [
            one for one in Unit.objects.above(unit.path) if _sees(request.user, one, today) and one.pk != unit.pk
        ],
        "formula": Formula(formula),
        "formulas": Formula,
        "as_of": as_of,
        "lines": [line for line in lines if line["unit"].pk == unit.pk or any(line["figures"])],
        "stages": StageOf,
        "charts": [
            chart
            for stage in (StageOf.PRIMARY, StageOf.JUNIOR)
            if (chart := _chart(through_the_year(unit, formula=formula, stage=stage, as_of=as_of or today), stage))
        ],
        "may_compute": may_compute(request.user, unit, on=today),
        "has_names": formula in NAMED and may_see_names(request.user, unit, on=today),
        "today": today,
    }
    return render(request, "reports/rates.html", context)


def _unit(request, today) -> Unit:
    if request.GET.get("unit"):
        unit = visible_unit(request.user, request.GET["unit"], on=today)
        if not _sees(request.user, unit, today):
            raise Http404
        return unit
    return next(post.unit for post in request.user.posts_on(today) if post.kind in SEES_FIGURES)


def _sees(person, unit, on):
    return person.holds(*SEES_FIGURES, at=unit.path, on=on)


def _children(unit):
    """The units right below; schools of townships stand under the township."""
    return Unit.objects.below(unit).filter(depth=len(unit.path) // STEP + 1)


def _line(unit, found, today):
    return {
        "unit": unit,
        "label": unit.label(on=today),
        "figures": [found.get((unit.pk, stage)) for stage in StageOf.values],
        "opens": unit.kind != UnitKind.CLASS,
    }


def _cells(line):
    """A unit's figures, one row a stage."""
    for stage, one in zip(StageOf, line["figures"], strict=True):
        if one:
            counts = (one.snapshot.numerator, one.snapshot.denominator)
            yield (line["label"], stage.label, *counts, percent(one.judged.rate), percent(one.judged.threshold))


def _chart(series, stage):
    """Points of the line and the limit, as numbers that the template draws."""
    points = [one for one in series if one.judged.rate is not None]
    if len(points) < 2:
        return None
    limit = points[-1].judged.threshold
    top = max([one.judged.rate for one in points] + [limit or 0]) * 5 / 4 or 1
    first, last = points[0].snapshot.as_of, points[-1].snapshot.as_of
    span = max((last - first).days, 1)

    def at(day, value):
        return f"{CHART['width'] * (day - first).days / span:.1f},{CHART['height'] * float(1 - value / top):.1f}"

    line = " ".join(at(one.snapshot.as_of, one.judged.rate) for one in points)
    return {
        "stage": stage.label,
        "size": CHART,
        "line": line,
        "limit": at(first, limit).split(",")[1] if limit is not None else None,
        "limit_value": limit,
        "first": first,
        "last": last,
        "now": points[-1],
        "points": points,
    }


@require_safe
def rate_pupils(request, pk):
    """The pupils behind a figure, named; not for posts that see figures only."""
    today = clock.today()
    rows = Snapshot.objects.visible_to(request.user, on=today).select_related("unit")
    snapshot = get_object_or_404(rows, pk=pk)
    if not may_see_names(request.user, snapshot.unit, on=today):
        raise NotYours("permission_denied", "您的岗位只看数字,不看名单。")
    if snapshot.formula not in NAMED:
        raise Http404
    named = numerator_of(snapshot).visible_to(request.user, on=today)
    log_access(request.user, AccessAction.VIEW, what="rate", key=str(snapshot.pk), path=snapshot.path)
    page = shown_page(request, named)
    tell_apart(row.pupil for row in page)
    names = names_of({row.path for row in page}, on=today)
    if takes_along(request):
        cells = [(row.pupil.name, names[row.path], row.since) for row in page]
        return workbook_of(request, "名单", ("姓名", "班级", "未到校第一天"), cells, path=snapshot.path)
    context = {
        "snapshot": snapshot,
        "shown": judged(snapshot, RegulationBook(snapshot.path)),
        "page": page,
        "rows": [(row, names[row.path]) for row in page],
        "denominator_holds": denominator_holds(snapshot),
    }
    return render(request, "reports/rate_pupils.html", context)


@require_POST
def compute(request):
    """Compute a unit's figures now, in the background."""
    today = clock.today()
    unit = visible_unit(request.user, request.POST.get("unit", ""), on=today)
    if not may_compute(request.user, unit, on=today):
        raise NotYours("permission_denied", "由学校负责人或教育局发起计算。")
    as_of = the_day(request.POST.get("as_of") or today.isoformat())
    title = f"计算辍学率 {unit.name}"
    job = start_job(
        "reports.compute_rates", title=title, by=request.user, unit=unit, params={"as_of": str(min(as_of, today))}
    )
    messages.info(request, "正在后台计算。")
    return redirect("job", job.pk)
