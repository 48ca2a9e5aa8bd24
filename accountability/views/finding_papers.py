"""The papers of a matter: evidence, documents as issued, the whole file as one print with an index."""

import base64

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accountability.actions.findings.documents import is_as_issued, word_file
from accountability.actions.findings.files import read_file
from accountability.models import FindingDocument, FindingFile
from accountability.queries.conflicts import team_of
from accountability.queries.steps import is_whole
from accountability.rules.pdf import can_make_pdf, make_pdf
from accountability.views.findings import found_finding, log_finding
from casework.views.letters import lines_of, word_answer
from organisation import clock
from organisation.enums import AccessAction
from organisation.queries.units import name_path


@require_safe
@never_cache
def finding_file(request, pk, file):
    """A paper of a matter, for who handles it; that it was opened is written down."""
    rows = FindingFile.objects.visible_to(request.user, on=clock.today()).filter(finding=pk)
    found = get_object_or_404(rows.select_related("finding"), pk=file)
    content = read_file(found)
    log_finding(request, found.finding, AccessAction.DOWNLOAD, reason=f"材料 {found.pk}")
    response = HttpResponse(content, content_type=found.content_type)
    response.headers["Content-Disposition"] = "attachment; filename*=UTF-8''" + "".join(
        f"%{byte:02X}" for byte in found.name.encode(errors="replace")
    )
    return response


def _document(request, pk, document) -> FindingDocument:
    finding, handles = found_finding(request, pk)
    found = get_object_or_404(finding.documents.select_related("issuer", "file", "finding"), pk=document)
    if found.kind == "finding_referral" and not handles:
        raise Http404
    return found


@require_safe
@never_cache
def finding_document(request, pk, document):
    """A document on A4 with its receipt slip."""
    found = _document(request, pk, document)
    log_finding(request, found.finding, AccessAction.PRINT, reason=found.number)
    context = {"letter": found, "lines": lines_of(found), "is_whole": is_as_issued(found)}
    return render(request, "accountability/finding_document.html", context)


@require_safe
@never_cache
def finding_document_file(request, pk, document):
    """The Word file of a document."""
    found = _document(request, pk, document)
    content = word_file(found)
    log_finding(request, found.finding, AccessAction.DOWNLOAD, reason=found.number)
    return word_answer(content, f"{found.title} {found.number}.docx")


def dossier_context(finding) -> dict:
    """All that the file holds, in the order of its index."""
    steps = list(finding.steps.select_related("by", "document", "file"))
    return {
        "finding": finding,
        "place": name_path(finding.path, on=clock.today()),
        "team": team_of(finding),
        "grounds": list(finding.grounds.prefetch_related("evidence__file", "evidence__by")),
        "steps": steps,
        "is_whole": is_whole(steps),
        "documents": [(one, lines_of(one)) for one in finding.documents.select_related("issuer")],
        "files": list(finding.files.select_related("by")),
    }


@require_safe
@never_cache
def finding_dossier(request, pk):
    """The whole file to be printed, for who handles the matter."""
    finding, handles = found_finding(request, pk)
    if not handles:
        raise Http404
    log_finding(request, finding, AccessAction.PRINT, reason="全卷")
    return render(request, "accountability/finding_dossier.html", {**dossier_context(finding), "pdf": can_make_pdf()})


@require_safe
@never_cache
def finding_dossier_pdf(request, pk):
    """The whole file as one PDF with its index: photos printed, papers that are PDFs themselves attached."""
    finding, handles = found_finding(request, pk)
    if not handles:
        raise Http404
    context = dossier_context(finding)
    for file in context["files"]:
        _carry_along(file)
    content = make_pdf(render_to_string("accountability/finding_dossier_pdf.html", context))
    log_finding(request, finding, AccessAction.EXPORT, reason="全卷 PDF")
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="finding-{finding.pk}.pdf"'
    return response


def _carry_along(file):
    """The paper in the page itself: nothing is fetched while it is printed."""
    data = f"data:{file.content_type};base64,{base64.b64encode(read_file(file)).decode()}"
    setattr(file, "shown" if file.content_type.startswith("image/") else "attached", data)
