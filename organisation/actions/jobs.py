"""Long work: a row that says what was asked and how far it is, and a task that does it."""

import logging
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from organisation import clock
from organisation.enums import JobState
from organisation.errors import Refused
from organisation.models import Job
from organisation.queue import enqueue

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)
STUCK_AFTER = timedelta(minutes=10)


@transaction.atomic
def start_job(kind, *, title, by, unit=None, params=None):
    """Ask for long work; `kind` is the name of the task that takes the job's id."""
    job = Job.objects.create(
        kind=kind,
        title=title,
        asked_by=by,
        unit=unit,
        params=params or {},
        sent_at=timezone.now(),
        expires_on=clock.today() + KEPT,
    )
    enqueue(kind, str(job.pk))
    return job


@contextmanager
def working_on(job_id):
    """Claim a job, run the body, keep its outcome. Yields None where another worker has it or it is finished.

    A refusal is the job's answer; any other error marks it failed and goes on to the log.
    """
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING, started_at=timezone.now()
    )
    job = Job.objects.get(pk=job_id) if claimed else None
    try:
        yield job
    except Refused as refusal:
        _finish(job, JobState.FAILED, refusal.message)
    except Exception:
        logger.exception("job %s failed", job_id)
        _finish(job, JobState.FAILED, "程序出错,没有完成,也没有留下一半的结果。请重试;再不行请告诉管理员。")
        raise
    else:
        if job is not None:
            _finish(job, JobState.DONE, job.message)


def report_progress(job, done, total):
    """Say how far a job is."""
    Job.objects.filter(pk=job.pk).update(done=done, total=total, sent_at=timezone.now())
    job.done, job.total = done, total


def result_path(job, name) -> Path:
    """Where a job's result file lies; the job keeps the name under which it is offered."""
    folder = Path(settings.DATA_DIR) / "results"
    folder.mkdir(parents=True, exist_ok=True)
    job.result_file, job.result_name = f"{job.pk}{Path(name).suffix}", name
    return folder / job.result_file


def resend_stuck_jobs():
    """Send again what was queued and never taken, or whose worker died; returns how many."""
    before = timezone.now() - STUCK_AFTER
    stuck = Job.objects.unfinished().filter(sent_at__lt=before)
    for job in stuck:
        Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, sent_at=timezone.now())
        enqueue(job.kind, str(job.pk))
    return len(stuck)


def _finish(job, state, message):
    job.state, job.message, job.finished_at = state, message, timezone.now()
    job.save(update_fields=["state", "message", "finished_at", "result", "result_file", "result_name"])
