"""The Celery application. What runs when stands in `CELERY_BEAT_SCHEDULE` (settings)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kongchuo.settings")

app = Celery("kongchuo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
