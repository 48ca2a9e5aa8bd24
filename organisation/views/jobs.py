"""Long work: what I asked for, how far it is, what came of it."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction
from organisation.models import Job


def own_job(request, pk):
    return get_object_or_404(Job.objects.visible_to(request.user, on=clock.today()), pk=pk)


@require_safe
def jobs(request):
    rows = Job.objects.visible_to(request.user, on=clock.today()).select_related("unit")
    return render(request, "organisation/jobs.html", {"page": Paginator(rows, 50).get_page(request.GET.get("page"))})


@require_safe
@never_cache
def job(request, pk):
    """One job; htmx asks for its fragment until it is finished."""
    template = "organisation/_job.html" if request.htmx else "organisation/job.html"
    return render(request, template, {"job": own_job(request, pk)})


@require_safe
@never_cache
def job_file(request, pk):
    """The result, for the person who asked for it, as long as it is kept."""
    found = own_job(request, pk)
    path = settings.DATA_DIR / "results" / found.result_file
    expired = found.expires_on and found.expires_on < clock.today()
    if not found.result_file or expired or not path.is_file():
        raise Http404
    where = found.unit.path if found.unit else ""
    log_access(request.user, AccessAction.DOWNLOAD, what="job", key=str(found.pk), path=where, reason=found.title)
    return FileResponse(path.open("rb"), as_attachment=True, filename=found.result_name)
