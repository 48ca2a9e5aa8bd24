from celery import shared_task

from accountability.actions import causes, leads, truth
from accountability.actions.findings import nightly


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
