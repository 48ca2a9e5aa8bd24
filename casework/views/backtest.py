"""预警有没有用: the warning tried on the past of one's own unit, and what came of it (F25)."""

from datetime import date
from uuid import UUID

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from casework.enums import Method, Tier
from casework.forms import BacktestForm
from casework.permissions import BACKTEST_POSTS
from organisation import clock
from organisation.actions.jobs import start_job
from organisation.enums import JobState, Stage
from organisation.errors import NotYours
from organisation.models import Job
from students.enums import Sex

KIND = "casework.backtest_warnings"
SHOWN = 20
GROUPS = {"sex": "性别", "stage": "学段", "left_behind": "留守儿童", "boarding": "住校"}
VALUES = {"sex": dict(Sex.choices), "stage": dict(Stage.choices)}
YES_NO = {"yes": "是", "no": "否"}


@require_http_methods(["GET", "HEAD", "POST"])
def backtest(request):
    """Ask for a back-test of one's unit, which runs behind; the newest result, or an earlier one by ?job=."""
    today, person = clock.today(), request.user
    units = [post.unit for post in person.posts_on(today) if post.kind in BACKTEST_POSTS]
    if not units:
        raise NotYours("permission_denied", "预警检验由校长、教育局办理。")
    form = BacktestForm(request.POST or None, units=units, today=today)
    if request.method == "POST" and form.is_valid():
        unit, as_of = form.unit, form.cleaned_data["as_of"]
        title = f"检验预警 {unit.name} 截止 {as_of:%Y年%m月%d日}"
        job = start_job(KIND, title=title, by=person, unit=unit, params={"as_of": as_of.isoformat()})
        return redirect("job", job.pk)
    jobs = Job.objects.visible_to(person, on=today).filter(kind=KIND, unit__in=units).select_related("unit")
    shown = _shown(jobs, request.GET.get("job", ""))
    context = {"form": form, "jobs": jobs[:SHOWN], "shown": shown}
    if shown:
        context |= tables(shown.result)
    return render(request, "casework/backtest.html", context)


def _shown(jobs, asked):
    """The one that was asked for, else the newest that is done."""
    done = jobs.filter(state=JobState.DONE)
    if not asked:
        return done.first()
    try:
        found = done.filter(pk=UUID(asked)).first()
    except ValueError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found


def tables(result) -> dict:
    """The kept figures in words."""
    figures = result["figures"]
    methods = [{**one, "label": Method(one["name"]).label} for one in figures["methods"]]
    ours = methods[0]
    return {
        "figures": figures,
        "as_of": date.fromisoformat(figures["as_of"]),
        "notes": result["notes"],
        "days": result["days"],
        "methods": methods,
        "tiers": [{**row, "label": Tier(row["tier"]).label} for row in ours["tiers"]],
        "groups": [
            {
                **row,
                "label": f"{GROUPS[row['group']]}:{VALUES.get(row['group'], YES_NO).get(row['value'], row['value'])}",
            }
            for row in ours["groups"]
        ],
    }
