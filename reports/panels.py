"""What the reports show on shared pages: where the rate stands against the limit."""

from accountability.kinds import ReferenceKind, register_reference
from organisation.enums import PostKind
from organisation.registry import HOME, NavItem, Panel, register_nav, register_panel
from organisation.rules.paths import at_or_below
from reports.enums import Formula, StageOf
from reports.models import Snapshot
from reports.permissions import NAMES_POSTS, may_see_figures
from reports.queries.rates import latest_day
from reports.queries.shown import figures_of

LEADERS = (
    PostKind.PRINCIPAL,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.DROPOUT_OFFICER,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
    PostKind.TOWNSHIP_OFFICER,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PROVINCE_OFFICER,
    PostKind.COUNTY_LEADER,
    PostKind.PREFECTURE_LEADER,
)


def register():
    register_nav(NavItem("rates", "辍学率", "rates", 60, lambda person, on: may_see_figures(person, on=on)))
    register_nav(NavItem("returns", "报表", "returns", 62, lambda person, on: may_see_figures(person, on=on)))
    register_reference(ReferenceKind("figure", "rate_students", named_figures))
    register_panel(Panel(HOME, 15, "reports/_home_rates.html", rates_now))


def named_figures(person, on):
    """Figures whose names the person may see: what a lead refers to is opened down to the children."""
    return Snapshot.objects.filter(at_or_below("path", person.paths(on=on, kinds=NAMES_POSTS)))


def rates_now(request, person, on):
    """The latest figures of the first unit that the person leads."""
    unit = next((post.unit for post in person.posts_on(on) if post.kind in LEADERS), None)
    as_of = latest_day(unit.path) if unit else None
    if as_of is None:
        return None
    found = figures_of([unit], as_of=as_of, formula=Formula.DROPOUT_RATE, root=unit)
    shown = [(stage.label, found.get((unit.pk, stage))) for stage in (StageOf.PRIMARY, StageOf.JUNIOR)]
    return {"unit": unit, "as_of": as_of, "shown": [(label, one) for label, one in shown if one]}
