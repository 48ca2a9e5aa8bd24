"""The one way to hand work to Celery: by task name, after the transaction that asked for it has committed."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue(task_name: str, *args):
    """Queue `task_name` after commit. A message may be lost: the row it speaks of is the truth, a sweeper re-sends."""

    def send():
        try:
            current_app.send_task(task_name, args=args)
        except (OperationalError, OSError) as error:  # the broker is away
            logger.warning("not queued, the sweeper will: %s (%s)", task_name, type(error).__name__)

    transaction.on_commit(send, robust=True)
