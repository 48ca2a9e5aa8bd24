"""Monthly returns in the browser: made with progress, downloaded, listed."""

import io

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from organisation import clock
from organisation.actions.access import log_access
from organisation.actions.jobs import start_job
from organisation.enums import AccessAction, UnitKind
from organisation.errors import NotYours
from organisation.models import Unit
from organisation.rules.paths import at_or_below
from reports.actions.returns import KINDS, write_return
from reports.models import MonthlyReturn
from reports.permissions import RETURN_POSTS, may_make_return, may_see_figures
from reports.queries.monthly import COLUMNS, RATES, month_of

MAKES_FOR = (UnitKind.SCHOOL, UnitKind.TOWNSHIP, UnitKind.COUNTY)


class ReturnForm(forms.Form):
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label="单位", widget=forms.Select(attrs={"class": "form-select"})
    )
    period = forms.RegexField(
        r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        label="月份",
        widget=forms.TextInput(attrs={"class": "form-control", "type": "month"}),
        error_messages={"invalid": "月份应写成 2026-11。"},
    )

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["unit"].initial = units.first()

    def clean_period(self):
        period = self.cleaned_data["period"]
        if month_of(period)[0] > clock.today():
            raise forms.ValidationError("这个月还没有开始。")
        return period


@require_http_methods(["GET", "HEAD", "POST"])
def returns(request):
    """The returns in scope, and the form that makes one."""
    today = clock.today()
    if not may_see_figures(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看报表。")
    paths = request.user.paths(on=today, kinds=RETURN_POSTS)
    units = Unit.objects.filter(at_or_below("path", paths), kind__in=MAKES_FOR).open()
    form = ReturnForm(request.POST or None, units=units, initial={"period": f"{today:%Y-%m}"})
    if request.method == "POST":
        if not paths:
            raise NotYours("permission_denied", "月报由学校负责人或教育局生成。")
        if form.is_valid():
            unit, period = form.cleaned_data["unit"], form.cleaned_data["period"]
            title = f"{unit.name} {period} 月报"
            job = start_job("reports.make_return", title=title, by=request.user, unit=unit, params={"period": period})
            return redirect("job", job.pk)
    rows = MonthlyReturn.objects.visible_to(request.user, on=today).select_related("unit", "made_by")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "reports/returns.html", {"page": page, "form": form if paths else None})


def visible_return(request, pk) -> MonthlyReturn:
    rows = MonthlyReturn.objects.visible_to(request.user, on=clock.today()).select_related("unit", "made_by")
    return get_object_or_404(rows, pk=pk)


@require_safe
def one_return(request, pk):
    """A return as it was filled."""
    kept = visible_return(request, pk)
    whole = [row for row in kept.cells if row["group"] == "全体"]
    rows = [(row["stage"], [(name, row["cells"][name], name in RATES) for name in COLUMNS]) for row in whole]
    may_take = may_make_return(request.user, kept.unit, on=clock.today())
    context = {"kept": kept, "rows": rows, "title": KINDS[kept.kind], "may_take": may_take}
    return render(request, "reports/return.html", context)


@require_safe
def return_file(request, pk):
    """The Excel file that goes upstairs."""
    kept = visible_return(request, pk)
    if not may_make_return(request.user, kept.unit, on=clock.today()):
        raise NotYours("permission_denied", "报表由学校负责人或教育局取用。")
    log_access(request.user, AccessAction.EXPORT, what="return", key=str(kept.pk), path=kept.path)
    file = io.BytesIO()
    write_return(kept, file)
    file.seek(0)
    name = f"{kept.unit.name}{kept.period}{KINDS[kept.kind]}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name)
