"""When casework runs: names in `CELERY_BEAT_SCHEDULE`, one action each."""

from celery import shared_task

from casework.actions import duties, follow
from casework.actions.cases import opening
from casework.actions.letters import links, messages
from casework.actions.warnings import following
from casework.actions.warnings.groups import export_groups
from organisation import clock
from organisation.actions.jobs import result_path, working_on
from students.actions.guardians import index_phones


@shared_task(name="casework.follow_facts")
def follow_facts():
    """What follows from facts that changed."""
    follow.follow_facts()


@shared_task(name="casework.open_roll_duties")
def open_roll_duties():
    """Duties for rolls that are not in at their cut-off."""
    follow.open_roll_duties()


@shared_task(name="casework.chase_duties")
def chase_duties():
    """Reminders and lapses."""
    duties.chase_duties()


@shared_task(name="casework.settle_unverified")
def settle_unverified():
    """“待核实” of past days."""
    follow.settle_unverified()


@shared_task(name="casework.suspect_overdue")
def suspect_overdue():
    """休学 and 缓学 that have ended without a return, and children who never arrived where they were due."""
    opening.suspect_overdue_suspensions()
    opening.suspect_not_arrived()


@shared_task(name="casework.follow_all_warnings")
def follow_all_warnings():
    """Warnings of everybody, each night; first the phones by which siblings are known."""
    index_phones()
    following.follow_all_warnings()


@shared_task(name="casework.export_groups")
def export_groups_job(job_id):
    """The special groups of a unit, as the person who asked sees them."""
    with working_on(job_id) as job:
        if job is None:
            return
        path = result_path(job, f"特殊群体{clock.today():%Y%m%d}.xlsx")
        given = {name: job.params[name] for name in ("unit_path", "group", "missing")}
        number = export_groups(path, job.asked_by, on=clock.today(), **given)
        job.message = f"共 {number} 人。文件含学生个人情况,请妥善保管。"


@shared_task(name="casework.send_messages")
def send_messages():
    """Messages that are due, and what became of those that were taken."""
    messages.send_due_messages()


@shared_task(name="casework.forget_knocks")
def forget_knocks():
    """Counts of visits to signed links that are past."""
    links.forget_knocks()
