"""Long work: a row that says what was asked and how far it is, and a task that does it."""

import logging
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from organisation import clock
from organisation.enums import JobState
from organisation.errors import Refused
from organisation.models import Job
from organisation.queue import enqueue

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)
STUCK_AFTER = timedelta(minutes=10)
SIGN_OF_LIFE = 30  # seconds between two: a job whose worker lives is never taken for stuck


class Superseded(Exception):
    """The job was given to another worker meanwhile: what this one still does must not stand."""


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

    While the body runs a sign of life keeps the job from being sent again, however long a step takes. A refusal is the
    job's answer; any other error marks it failed and goes on to the log.
    """
    job = _claim(job_id)
    try:
        with _sign_of_life(job):
            yield job
    except Refused as refusal:
        _finish(job, JobState.FAILED, refusal.message)
    except Superseded:
        logger.warning("job %s was given to another worker", job_id)
    except Exception:
        logger.exception("job %s failed", job_id)
        _finish(job, JobState.FAILED, "程序出错,没有完成,也没有留下一半的结果。请重试;再不行请告诉管理员。")
        raise
    else:
        if job is not None:
            _finish(job, JobState.DONE, job.message)


def _claim(job_id) -> Job | None:
    now = timezone.now()
    queued = Job.objects.filter(pk=job_id, state=JobState.QUEUED)
    claimed = queued.update(state=JobState.RUNNING, started_at=now, sent_at=now)
    return Job.objects.get(pk=job_id) if claimed else None


def _held(job):
    """The job as long as it is this worker's: a claim is known by its moment."""
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, started_at=job.started_at)


@contextmanager
def _sign_of_life(job):
    """Say every half minute that the job is being worked on; a worker that was killed says nothing."""
    ended = threading.Event()

    def say():
        while not ended.wait(SIGN_OF_LIFE):
            try:
                _held(job).update(sent_at=timezone.now())
            except DatabaseError as error:  # the next one may come through
                logger.warning("job %s: no sign of life (%s)", job.pk, type(error).__name__)
            finally:
                connection.close()

    if job is not None:
        threading.Thread(target=say, daemon=True, name=f"job {job.pk}").start()
    try:
        yield
    finally:
        ended.set()


def report_progress(job, done, total):
    """Say how far a job is. Raises Superseded where another worker has taken it over."""
    if not _held(job).update(done=done, total=total, sent_at=timezone.now()):
        raise Superseded
    job.done, job.total = done, total


def keep_hold(job):
    """Inside the transaction that writes the result: it stands only if the job is still this worker's."""
    if _held(job).select_for_update().first() is None:
        raise Superseded


def result_path(job, name) -> Path:
    """Where a job's result file lies; the job keeps the name under which it is offered."""
    folder = Path(settings.DATA_DIR) / "results"
    folder.mkdir(parents=True, exist_ok=True)
    job.result_file, job.result_name = f"{job.pk}{Path(name).suffix}", name
    return folder / job.result_file


def resend_stuck_jobs():
    """Send again what was queued and never taken, or whose worker died; returns how many."""
    before = timezone.now() - STUCK_AFTER
    sent = 0
    for job in Job.objects.unfinished().filter(sent_at__lt=before):
        as_seen = Job.objects.filter(pk=job.pk, state=job.state, sent_at=job.sent_at)
        if as_seen.update(state=JobState.QUEUED, sent_at=timezone.now()):  # nobody has taken it meanwhile
            enqueue(job.kind, str(job.pk))
            sent += 1
    return sent


def _finish(job, state, message):
    """Keep the outcome, unless another worker has taken the job over: then its outcome counts."""
    outcome = {name: getattr(job, name) for name in ("result", "result_file", "result_name")}
    finished = timezone.now()
    if _held(job).update(state=state, message=message, finished_at=finished, **outcome):
        job.state, job.message, job.finished_at = state, message, finished
