"""The overview of accountability: what a principal has to screen and whom it concerns; a bureau's matters and clocks."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accountability.enums import FindingState, LeadState
from accountability.models import Lead
from accountability.permissions import may_oversee
from accountability.queries import overview as queries
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import NotYours

SHOWN = 8


@require_safe
def overview(request):
    """Counts for who oversees; names only of leads that one's own posts screen."""
    today, person = clock.today(), request.user
    if not may_oversee(person, on=today):
        raise NotYours("permission_denied", "追责概况由校长、教育局和督学查看。")
    leads = queries.leads_over(person, on=today)
    to_screen = Lead.objects.screened_by_posts_of(person, on=today).waiting()
    months, grounds = queries.grounds_by_month(leads, on=today)
    leads_school = bool(person.paths(on=today, kinds=(PostKind.PRINCIPAL,)))
    findings = queries.by_state(queries.findings_over(person, on=today), FindingState)
    context = {
        "to_screen": to_screen.select_related("subject", "subject_unit").order_by("opened_at", "pk")[:SHOWN],
        "waiting": to_screen.count(),
        "leads": queries.by_state(leads, LeadState),
        "findings": [bar for bar in findings if bar.number],
        "clocks": queries.clocks(person, on=today, at=clock.now()),
        "months": months,
        "grounds": grounds,
        "staff": queries.staff_with_open_matters(person, on=today) if leads_school else None,
    }
    return render(request, "accountability/overview.html", context)
