"""劝返: the cases in scope, and one case with what comes next."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from casework.enums import CaseState
from casework.models import Case
from casework.permissions import may_see_cases
from casework.queries.cases import for_page
from organisation import clock
from organisation.errors import NotYours
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of


@require_safe
def cases(request):
    """Cases in scope by state."""
    today = clock.today()
    if not may_see_cases(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看个案。")
    state = request.GET.get("state", "")
    rows = for_page(Case.objects.visible_to(request.user, on=today))
    if state in CaseState.values:
        rows = rows.filter(state=state)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    names = names_of({case.path for case in page}, on=today)
    context = {"page": page, "rows": [(case, names[case.path]) for case in page], "state": state, "states": CaseState}
    return render(request, "casework/cases.html", context)


@require_safe
def case(request, pk):
    """One case: where the child is, who is responsible, what was done, what comes next and by when."""
    today = clock.today()
    found = get_object_or_404(for_page(Case.objects.visible_to(request.user, on=today)), pk=pk)
    context = {"case": found, "place": name_path(found.path, on=today), "history": history_of(found)}
    return render(request, "casework/case.html", context)
