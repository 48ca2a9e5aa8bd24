"""Background work of the ground floor: a sign of life, and what a crash left behind."""

import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from organisation.actions import chain
from organisation.actions.jobs import resend_stuck_jobs
from organisation.actions.outbox import resend_facts
from organisation.queries.pulse import PULSE


@shared_task(name="organisation.beat")
def beat():
    """Write down that a worker lives, for /healthz."""
    pulse = settings.DATA_DIR / PULSE
    draft = pulse.with_name(f"{PULSE}.{uuid.uuid4().hex}")
    draft.write_text(timezone.now().isoformat(), encoding="ascii")
    draft.replace(pulse)  # whoever reads it meets the old one or the new one, never half of one


@shared_task(name="organisation.sweep")
def sweep():
    """Send again what was promised and whose message got lost."""
    resend_stuck_jobs()
    resend_facts()


@shared_task(name="organisation.seal_history")
def seal_history():
    """What was written since the last time joins its county's chain."""
    chain.seal_history()
