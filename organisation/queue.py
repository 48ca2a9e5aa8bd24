"""The one way to hand work to Celery: by task name, after the transaction that asked for it has committed."""

import logging
import time

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
QUIET = 10  # seconds after a broker did not answer, during which no page waits for it again
_quiet_until = 0.0


def enqueue(task_name: str, *args):
    """Queue `task_name` after commit. A message may be lost: the row it speaks of is the truth, a sweeper re-sends."""

    transaction.on_commit(lambda: _send(task_name, args), robust=True)


def _send(task_name, args):
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(task_name, args=args)
    except (OperationalError, OSError) as error:  # the broker is away
        _quiet_until = time.monotonic() + QUIET
        logger.warning("not queued, the sweeper will: %s (%s)", task_name, type(error).__name__)


def forget_silence():
    """Ask the broker again at once, as a new process does."""
    global _quiet_until
    _quiet_until = 0.0
