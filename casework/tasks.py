"""When casework runs: names in `CELERY_BEAT_SCHEDULE`, one action each."""

from datetime import date

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from casework.actions import county, duties, follow, household
from casework.actions.cases import opening
from casework.actions.letters import links, messages
from casework.actions.warnings import following
from casework.actions.warnings.backtest import backtest_warnings
from casework.actions.warnings.groups import export_groups
from casework.actions.warnings.term_contacts import open_term_contacts
from casework.enums.household import CompareResult
from organisation import clock
from organisation.actions.jobs import keep_hold, report_progress, result_path, working_on
from students.actions.findings import write_findings
from students.actions.guardians import index_phones


@shared_task(name="casework.follow_facts")
def follow_facts():
    """What follows from facts that changed."""
    follow.follow_facts()


@shared_task(name="casework.open_roll_duties")
def open_roll_duties():
    """Duties for rolls that are not in at their cut-off."""
    follow.open_roll_duties()


@shared_task(name="casework.chase_duties")
def chase_duties():
    """Reminders and lapses."""
    duties.chase_duties()


@shared_task(name="casework.settle_unverified")
def settle_unverified():
    """“待核实” of past days."""
    follow.settle_unverified()


@shared_task(name="casework.suspect_overdue")
def suspect_overdue():
    """休学 and 缓学 that have ended without a return, and children who never arrived where they were due."""
    opening.suspect_overdue_suspensions()
    opening.suspect_not_arrived()


@shared_task(name="casework.compare_lists")
def compare_lists():
    """Every county's lists against today's register, and what its offices owe by the calendar."""
    household.recompare_current()
    county.open_county_duties()


@shared_task(name="casework.import_list")
def import_list_job(job_id):
    """Check or take in an uploaded list; errors come back as a workbook."""
    with working_on(job_id) as job:
        if job is None:
            return
        given, path = job.params, settings.DATA_DIR / "uploads" / job.params["file"]
        dry_run = given["dry_run"]
        plan = household.import_list(
            path,
            county=job.unit,
            kind=given["kind"],
            on=date.fromisoformat(given["on"]),
            by=job.asked_by,
            dry_run=dry_run,
            progress=lambda done, total: report_progress(job, done, total),
            hold=lambda: keep_hold(job),
        )
        job.result = {"rows": plan.read, "dry_run": dry_run, "results": plan.results}
        job.result |= {"errors": len(plan.errors), "warnings": len(plan.warnings)}
        if plan.errors or plan.warnings:
            write_findings(result_path(job, "名单问题清单.xlsx"), plan.errors, plan.warnings)
        job.message = _list_told(plan, dry_run=dry_run)
        if dry_run and not plan.errors:
            job.result |= {"next_url": reverse("compare_confirm", args=[job.pk]), "next_label": "去确认导入"}
        if not dry_run:
            path.unlink(missing_ok=True)


def _list_told(plan, *, dry_run) -> str:
    if plan.errors:
        return f"共 {plan.read} 行,{len(plan.errors)} 处错误,一行也没有导入。请下载问题清单,改好后重新上传。"
    verb = "检查通过,还没有导入" if dry_run else "已导入"
    found = ",".join(f"{CompareResult(key).label} {number} 人" for key, number in sorted(plan.results.items()))
    return f"{verb}:共 {plan.read} 行;{found};提醒 {len(plan.warnings)} 条。"


@shared_task(name="casework.follow_all_warnings")
def follow_all_warnings():
    """Warnings of everybody, each night; first the phones by which siblings are known."""
    index_phones()
    following.follow_all_warnings()


@shared_task(name="casework.open_term_contacts")
def open_term_contacts_nightly():
    """Before a term: whom class teachers are to contact."""
    open_term_contacts()


@shared_task(name="casework.export_groups")
def export_groups_job(job_id):
    """The special groups of a unit, as the person who asked sees them."""
    with working_on(job_id) as job:
        if job is None:
            return
        path = result_path(job, f"特殊群体{clock.today():%Y%m%d}.xlsx")
        given = {name: job.params[name] for name in ("unit_path", "group", "missing")}
        number = export_groups(path, job.asked_by, on=clock.today(), **given)
        job.message = f"共 {number} 人。文件含学生个人情况,请妥善保管。"


@shared_task(name="casework.send_messages")
def send_messages():
    """Messages that are due, and what became of those that were taken."""
    messages.send_due_messages()


@shared_task(name="casework.forget_knocks")
def forget_knocks():
    """Counts of visits to signed links that are past."""
    links.forget_knocks()


@shared_task(name="casework.backtest_warnings")
def backtest_warnings_job(job_id):
    """The warning tried on a unit's past; the figures stay with the job."""
    with working_on(job_id) as job:
        if job is None:
            return
        as_of = date.fromisoformat(job.params["as_of"])
        tried = backtest_warnings(job.unit, as_of=as_of, progress=lambda done, total: report_progress(job, done, total))
        job.message = "\n".join([f"{len(tried['days'])} 个评估日,{tried['figures']['n']} 人次。", *tried["notes"]])
        address = f"{reverse('warning_backtest')}?job={job.pk}"
        job.result = {**tried, "next_url": address, "next_label": "查看结果"}
