"""What the pages of a matter show: the list with its next clock, and the steps that the subject may read."""

from accountability.enums import StepKind
from casework.models import Duty

K = StepKind
# What was done towards the subject, or by the subject; never the inner course of the matter.
SUBJECT_READS = (
    K.NOTIFIED,
    K.STATEMENT,
    K.HEARD,
    K.WAIVED,
    K.LAPSED,
    K.DECIDED,
    K.SERVED,
    K.ORDERED,
    K.CHECKED,
    K.PUBLISHED,
    K.REVIEW,
    K.REVIEW_ANSWER,
    K.APPEAL,
    K.APPEAL_ANSWER,
    K.DISMISSED,
    K.EXPIRED,
)


def for_list(rows):
    return rows.select_related("subject_person", "subject_unit").prefetch_related("grounds")


def for_page(rows):
    return rows.select_related(
        "subject_person", "subject_unit", "lead__lapse__duty", "pupil", "opened_by", "decided_by"
    )


def next_duties(findings) -> dict[int, Duty]:
    """{finding: its open duty that is due first}, in one statement."""
    rows = Duty.objects.open().filter(kind__startswith="finding_", about__in=[finding.pk for finding in findings])
    first: dict[int, Duty] = {}
    for duty in rows.order_by("due_at", "pk"):
        first.setdefault(duty.about, duty)
    return first


def duties_of_finding(finding):
    return Duty.objects.open().filter(kind__startswith="finding_", about=finding.pk).order_by("due_at", "pk")
