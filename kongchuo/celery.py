"""The Celery application. What runs when stands in `CELERY_BEAT_SCHEDULE` (settings)."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init, worker_ready
from django.core.exceptions import ImproperlyConfigured

from kongchuo.checks import refuse_unsound_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kongchuo.settings")

app = Celery("kongchuo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_to_start_unsound(**kwargs):
    """Ends worker and beat: Celery logs any lesser error of a listener and goes on."""
    try:
        refuse_unsound_environment()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


@worker_ready.connect
def say_so_at_once(**kwargs):
    """The first sign of life does not wait for the beat; it comes through the queue like any other."""
    app.send_task("organisation.beat")
