"""Rosters in the browser: upload, dry run, confirm, progress, error list; export."""

import uuid

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from organisation import clock
from organisation.actions.access import log_access
from organisation.actions.jobs import start_job
from organisation.enums import AccessAction, JobState, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Job, Unit
from organisation.queries.workbooks import check_workbook
from organisation.rules.paths import at_or_below
from students.forms import ExportForm, RosterForm
from students.permissions import EXPORT_POSTS, import_unit, may_export, may_import
from students.rules.roster import OPTIONAL, REQUIRED

IMPORT = "students.import_roster"


@require_http_methods(["GET", "HEAD", "POST"])
def roster_import(request):
    """Upload a roster: it is checked first, nothing is taken in yet."""
    if not may_import(request.user, on=clock.today()):
        raise NotYours("permission_denied", "名册由学籍管理员或教育局导入。")
    form = RosterForm(request.POST or None, request.FILES or None, initial={"since": clock.today()})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            name = _keep(form.cleaned_data["file"])
        except Refused as refused:
            refusal = refused
        else:
            params = {"file": name, "since": form.cleaned_data["since"].isoformat(), "dry_run": True}
            title = f"检查名册 {form.cleaned_data['file'].name[:60]}"
            unit = import_unit(request.user, on=clock.today())
            job = start_job(IMPORT, title=title, by=request.user, unit=unit, params=params)
            return redirect("job", job.pk)
    context = {"form": form, "required": REQUIRED, "optional": OPTIONAL, "refusal": refusal}
    return render(request, "students/roster_import.html", context, status=refusal.status if refusal else 200)


def _keep(upload) -> str:
    if upload.size > settings.UPLOAD_LIMIT_MB * 1024 * 1024:
        raise Malformed("too_large", f"文件超过 {settings.UPLOAD_LIMIT_MB} MB。")
    name = f"roster-{uuid.uuid4()}.xlsx"
    path = settings.DATA_DIR / "uploads" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as kept:
        for chunk in upload.chunks():
            kept.write(chunk)
    path.chmod(0o600)
    try:
        check_workbook(path)
    except Malformed:
        path.unlink()
        raise
    return name


@require_http_methods(["GET", "HEAD", "POST"])
def roster_confirm(request, pk):
    """What the check found; on confirmation the import runs."""
    checked = get_object_or_404(Job.objects.visible_to(request.user, on=clock.today()), pk=pk, kind=IMPORT)
    if not may_import(request.user, on=clock.today()):
        raise NotYours("permission_denied", "名册由学籍管理员或教育局导入。")
    if checked.state != JobState.DONE or not checked.result.get("dry_run") or checked.result.get("errors"):
        raise Http404
    if not (settings.DATA_DIR / "uploads" / checked.params["file"]).is_file():
        raise Refused("already_imported", "这份名册已经导入,或上传已过期。")
    if request.method == "POST":
        title = checked.title.replace("检查", "导入", 1)
        params = {**checked.params, "dry_run": False}
        job = start_job(IMPORT, title=title, by=request.user, unit=checked.unit, params=params)
        return redirect("job", job.pk)
    return render(request, "students/roster_confirm.html", {"job": checked})


@require_http_methods(["GET", "HEAD", "POST"])
def roster_export(request):
    """The register of a unit as a workbook, for a reason that is written down."""
    today = clock.today()
    if not may_export(request.user, on=today):
        raise NotYours("permission_denied", "名册由学籍管理员或教育局导出。")
    paths = request.user.paths(on=today, kinds=EXPORT_POSTS)
    units = Unit.objects.filter(
        at_or_below("path", paths), kind__in=[UnitKind.COUNTY, UnitKind.TOWNSHIP, UnitKind.SCHOOL]
    )
    form = ExportForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        unit, reason = form.cleaned_data["unit"], form.cleaned_data["reason"]
        log_access(request.user, AccessAction.EXPORT, what="roster", key=unit.code, path=unit.path, reason=reason)
        job = start_job("students.export_roster", title=f"导出名册 {unit.name}", by=request.user, unit=unit)
        return redirect("job", job.pk)
    return render(request, "students/roster_export.html", {"form": form})
