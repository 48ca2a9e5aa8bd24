from celery import shared_task

from accountability.actions import causes, leads


@shared_task(name="accountability.open_leads")
def open_leads():
    """Duties seven days late become leads, and so do dropouts laid to the school's own doing."""
    leads.open_leads()
    causes.open_leads_for_causes()
