"""The product's settings with a queue of its own: no worker of a running installation takes what a measurement asks."""

from kongchuo.settings import *  # noqa: F403

CELERY_TASK_DEFAULT_QUEUE = "kongchuo-benchmark"
