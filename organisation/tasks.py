"""Background work of the ground floor: a sign of life, and what a crash left behind."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from organisation.actions.jobs import resend_stuck_jobs
from organisation.actions.outbox import resend_facts

PULSE = "worker-pulse"


@shared_task(name="organisation.beat")
def beat():
    """Write down that a worker lives, for /healthz."""
    (settings.DATA_DIR / PULSE).write_text(timezone.now().isoformat(), encoding="ascii")


@shared_task(name="organisation.sweep")
def sweep():
    """Send again what was promised and whose message got lost."""
    resend_stuck_jobs()
    resend_facts()
