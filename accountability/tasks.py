from celery import shared_task

from accountability.actions import causes, contacts, leads, plans, routine, truth
from accountability.actions.commitments import duties, making
from accountability.actions.findings import nightly
from organisation.actions.jobs import report_progress, working_on


@shared_task(name="accountability.open_leads")
def open_leads():
    """Duties seven days late become leads, and so do dropouts laid to the school's own doing."""
    leads.open_leads()
    causes.open_leads_for_causes()


@shared_task(name="accountability.check_truth")
def check_truth():
    """What two records say of one thing is compared, and put before somebody where they differ."""
    truth.check_truth()


@shared_task(name="accountability.follow_findings")
def follow_findings():
    """Findings whose time ran out end; matters go to who decides them now."""
    nightly.follow_findings()


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
