from celery import shared_task

from accountability.actions import contacts, leads, plans, routine
from accountability.actions.commitments import duties, making
from organisation.actions.jobs import report_progress, working_on


@shared_task(name="accountability.open_leads")
def open_leads():
    """Duties seven days late become leads."""
    leads.open_leads()


@shared_task(name="accountability.open_routine_duties")
def open_routine_duties():
    """What is owed by the calendar: routine work, items of plans, contacts with families, sheets that wait."""
    routine.open_routine_duties()
    plans.open_item_duties()
    contacts.open_orange_contacts()
    duties.settle_all_commitments()


@shared_task(name="accountability.make_commitments")
def make_commitments_job(job_id):
    """Commitments of a unit and all below it."""
    with working_on(job_id) as job:
        if job is None:
            return
        told = making.make_commitments(
            job.unit,
            job.params["kinds"],
            by=job.asked_by,
            progress=lambda done, total: report_progress(job, done, total),
        )
        job.message = (
            f"新制发 {told['made']} 份,原有 {told['standing']} 份,作废 {told['voided']} 份(未签且已离岗、离校)。"
        )
        job.result = {**told, "next_url": job.params["next_url"], "next_label": "去看责任书"}
