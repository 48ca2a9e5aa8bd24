"""Figures at night and on demand; returns with progress."""

from datetime import date

from celery import shared_task
from django.urls import reverse

from organisation.actions.jobs import report_progress, result_path, working_on
from reports.actions import rates
from reports.actions.returns import KINDS, make_return, write_return


@shared_task(name="reports.compute_all_rates")
def compute_all_rates():
    """Every night, everything; a unit over its limit becomes a lead."""
    rates.open_leads_over_limits(rates.compute_rates())


@shared_task(name="reports.compute_rates")
def compute_rates(job_id):
    """On demand: a unit and all below it."""
    with working_on(job_id) as job:
        if job is None:
            return
        as_of = date.fromisoformat(job.params["as_of"])
        report_progress(job, 0, 1)
        computed = rates.compute_rates(job.unit, as_of=as_of, job=job)
        rates.open_leads_over_limits(computed)
        report_progress(job, 1, 1)
        job.message = f"已计算 {len(computed.figures)} 个指标,截止 {as_of:%Y年%m月%d日}。"
        address = f"{reverse('rates')}?unit={job.unit.code}&as_of={as_of}"
        job.result = {"next_url": address, "next_label": "查看辍学率"}


@shared_task(name="reports.make_return")
def make_return_job(job_id):
    """One unit's monthly return as a file."""
    with working_on(job_id) as job:
        if job is None:
            return
        period = job.params["period"]
        report_progress(job, 0, 2)
        kept, filled = make_return(job.unit, period, by=job.asked_by)
        report_progress(job, 1, 2)
        write_return(kept, result_path(job, f"{job.unit.name}{period}{KINDS[kept.kind]}.xlsx"))
        report_progress(job, 2, 2)
        total = next(row for row in filled.rows if row.stage == "合计" and row.group == "全体").cells
        job.message = f"本月末在校 {total['本月末在校']} 人,台账在册辍学 {total['台账在册辍学']} 人。增减与期末相符。"
