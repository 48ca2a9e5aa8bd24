"""Who has not signed, and where the rate stands beside what was promised (F40)."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accountability.enums import CommitmentKind
from accountability.models import Commitment
from accountability.permissions import kinds_to_make
from accountability.queries.commitments import gaps_below, totals, with_names
from accountability.queries.targets import Counts, progress_of
from accountability.rules.sheets import year_name
from accountability.views.commitments import own_unit, require_seer
from organisation import clock
from organisation.listing import shown_page, takes_along, workbook_of
from organisation.queries.units import names_of
from organisation.rules.grades import school_year


@require_safe
def commitment_gaps(request):
    """Who has not signed, by school or class; and what has not been made at all."""
    today = clock.today()
    require_seer(request)
    unit = own_unit(request)
    lines = gaps_below(unit, person=request.user, year=school_year(today), on=today)
    shown = [kind for kind in CommitmentKind if any(line.cells[kind].total or line.cells[kind].due for line in lines)]
    if takes_along(request):
        heads = ["单位", *(f"{kind.label} {part}" for kind in shown for part in ("应签", "已签", "待签", "未制发"))]
        return workbook_of(
            request, "责任书签订情况", heads, [_gap_cells(line, shown) for line in lines], path=unit.path
        )
    context = {
        "unit": unit,
        "label": unit.label(on=today),
        "lines": [(line, [(kind, line.cells[kind]) for kind in shown]) for line in lines],
        "kinds": shown,
        "total": [totals(lines)[kind] for kind in shown],
        "year": year_name(school_year(today)),
        "kinds_to_make": kinds_to_make(request.user, unit.path, on=today),
    }
    return render(request, "accountability/commitment_gaps.html", context)


def _gap_cells(line, shown):
    cells = [line.label]
    for kind in shown:
        cell = line.cells[kind]
        cells += [cell.due if cell.due is not None else cell.total, cell.signed, cell.waiting, cell.missing]
    return cells


@require_safe
def commitment_progress(request):
    """The rate beside the target that was promised, for every class and school."""
    today = clock.today()
    require_seer(request)
    unit = own_unit(request)
    kinds = (CommitmentKind.BUREAU_PRINCIPAL, CommitmentKind.PRINCIPAL_CLASS_TEACHER)
    rows = Commitment.objects.visible_to(request.user, on=today).below(unit).standing()
    rows = with_names(rows.filter(year=school_year(today), kind__in=kinds)).order_by("path", "kind", "pk")
    page = shown_page(request, rows)
    stands = progress_of(list(page), Counts(unit.path, on=today), on=today)
    names = names_of({sheet.path for sheet in page}, on=today)
    lines = [(sheet, names[sheet.path], stands[sheet.pk]) for sheet in page]
    context = {"unit": unit, "label": unit.label(on=today), "page": page, "lines": lines}
    context["year"] = year_name(school_year(today))
    return render(request, "accountability/commitment_progress.html", context)
