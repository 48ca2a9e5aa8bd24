"""What the steps of a finding say together: the last notice, its defence, reviews and orders that wait, the chain."""

import hashlib
import json

from accountability.enums import StepKind
from accountability.models import FindingStep

DEFENCES = (StepKind.HEARD, StepKind.WAIVED, StepKind.LAPSED)
REVIEWS = (StepKind.REVIEW, StepKind.APPEAL)


def last_step(finding, *kinds) -> FindingStep | None:
    return finding.steps.of_kind(*kinds).order_by("number").last()


def last_notice(finding) -> FindingStep | None:
    return last_step(finding, StepKind.NOTIFIED)


def since_notice(finding, *kinds):
    """The steps of these kinds after the last notice."""
    notice = last_notice(finding)
    return finding.steps.of_kind(*kinds).filter(number__gt=notice.number if notice else 0)


def defence_of(finding) -> FindingStep | None:
    """The defence against what was last notified: heard, waived or lapsed."""
    return since_notice(finding, *DEFENCES).last()


def unanswered(finding, *kinds) -> FindingStep | None:
    """The earliest step of these kinds that no other step answers yet."""
    return finding.steps.of_kind(*kinds).filter(answered_by__isnull=True).order_by("number").first()


def digest_of(step: FindingStep, before: str) -> str:
    """Covers the step and all steps before it."""
    said = [
        before,
        step.finding_id,
        step.number,
        step.kind,
        step.before,
        step.after,
        step.on.isoformat(),
        step.at.timestamp(),
        step.by_id,
        step.text,
        step.sealed_details,
        step.form,
        step.sanction,
        step.outcome,
        step.due_on.isoformat() if step.due_on else "",
        step.answers_id,
        step.document_id,
        str(step.file_id or ""),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def is_whole(steps) -> bool:
    """Whether the steps, in order, are what was written: none altered, none taken out of the middle."""
    before = ""
    for number, step in enumerate(steps, start=1):
        if step.number != number or step.digest != digest_of(step, before):
            return False
        before = step.digest
    return True
