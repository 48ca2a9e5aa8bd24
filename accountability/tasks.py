from celery import shared_task

from accountability.actions import leads


@shared_task(name="accountability.open_leads")
def open_leads():
    """Duties seven days late become leads."""
    leads.open_leads()
