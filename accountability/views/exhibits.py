"""What was handed in with a matter, for who sees the matter."""

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accountability.actions.exhibits import file_of_exhibit
from accountability.models import Exhibit
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction


@require_safe
def exhibit(request, pk):
    """One paper; who opened it is written down."""
    rows = Exhibit.objects.visible_to(request.user, on=clock.today()).select_related("lead", "complaint")
    found = get_object_or_404(rows, pk=pk)
    path = file_of_exhibit(found)
    if not path.is_file():
        raise Http404
    where = found.lead.screener_path if found.lead_id else found.complaint.handler_path
    log_access(request.user, AccessAction.DOWNLOAD, what="exhibit", key=str(found.pk), path=where)
    return FileResponse(path.open("rb"), content_type=found.content_type, as_attachment=True, filename=found.name)
