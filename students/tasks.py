"""Long work of the register: import and export of rosters."""

from datetime import date

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from organisation import clock
from organisation.actions.jobs import keep_hold, report_progress, result_path, working_on
from students.actions.export import export_roster
from students.actions.findings import write_findings
from students.actions.learning import import_incidents, import_marks
from students.actions.roster import import_roster
from students.queries.learning import terms_for


@shared_task(name="students.import_roster")
def import_roster_job(job_id):
    """Check or import the uploaded roster; errors come back as a workbook."""
    with working_on(job_id) as job:
        if job is None:
            return
        dry_run = job.params["dry_run"]
        path = settings.DATA_DIR / "uploads" / job.params["file"]
        plan = import_roster(
            path,
            by=job.asked_by,
            since=date.fromisoformat(job.params["since"]),
            dry_run=dry_run,
            progress=lambda done, total: report_progress(job, done, total),
            hold=lambda: keep_hold(job),
        )
        report = plan.report(dry_run=dry_run)
        job.result = {name: report[name] for name in ("rows", "created", "updated", "unchanged", "missing", "dry_run")}
        job.result |= {"errors": len(report["errors"]), "warnings": len(report["warnings"])}
        if report["errors"] or report["warnings"]:
            write_findings(result_path(job, "名册问题清单.xlsx"), plan.errors, plan.warnings)
        job.message = _told(report)
        if dry_run and not report["errors"]:
            job.result |= {"next_url": reverse("roster_confirm", args=[job.pk]), "next_label": "去确认导入"}
        if not dry_run:
            path.unlink(missing_ok=True)


@shared_task(name="students.export_roster")
def export_roster_job(job_id):
    """The register of a unit as a roster workbook."""
    with working_on(job_id) as job:
        if job is None:
            return
        path = result_path(job, f"{job.unit.name}名册{clock.today():%Y%m%d}.xlsx")
        number = export_roster(path, job.unit.path, on=clock.today(), progress=lambda d, t: report_progress(job, d, t))
        job.message = f"共 {number} 人。文件含身份证件号和电话,请妥善保管。"


@shared_task(name="students.import_learning")
def import_learning_job(job_id):
    """Check or import the uploaded marks or incidents; errors come back as a workbook."""
    with working_on(job_id) as job:
        if job is None:
            return
        given = job.params
        path, dry_run = settings.DATA_DIR / "uploads" / given["file"], given["dry_run"]
        if given["what"] == "marks":
            term = next(term for term in terms_for(given["path"], on=clock.today()) if term.key == given["term"])
            plan = import_marks(path, term=term, full=given["full"], by=job.asked_by, dry_run=dry_run)
        else:
            plan = import_incidents(path, by=job.asked_by, dry_run=dry_run)
        report = plan.report(dry_run=dry_run)
        job.result = {name: report[name] for name in ("rows", "written", "unchanged", "dry_run")}
        job.result |= {"errors": len(report["errors"]), "warnings": len(report["warnings"])}
        if report["errors"] or report["warnings"]:
            write_findings(result_path(job, "问题清单.xlsx"), plan.errors, plan.warnings)
        job.message = _learning_told(report)
        if dry_run and not report["errors"]:
            job.result |= {"next_url": reverse("learning_confirm", args=[job.pk]), "next_label": "去确认导入"}
        if not dry_run:
            path.unlink(missing_ok=True)


def _learning_told(report) -> str:
    if report["errors"]:
        return f"共 {report['rows']} 行,{len(report['errors'])} 处错误,一行也没有导入。请下载问题清单,改好后重新上传。"
    verb = "检查通过,还没有导入" if report["dry_run"] else "已导入"
    return f"{verb}:共 {report['rows']} 行,登记 {report['written']} 条,未变 {report['unchanged']} 条。"


def _told(report) -> str:
    if report["errors"]:
        return f"共 {report['rows']} 行,{len(report['errors'])} 处错误,一行也没有导入。请下载问题清单,改好后重新上传。"
    verb = "检查通过,还没有导入" if report["dry_run"] else "已导入"
    return (
        f"{verb}:共 {report['rows']} 行,新增 {report['created']} 人,更新 {report['updated']} 人,未变 {report['unchanged']} 人;"
        f"本校在籍而名册中没有的 {report['missing']} 人(保持原状);提醒 {len(report['warnings'])} 条。"
    )
