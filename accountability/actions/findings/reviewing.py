"""Review and appeal run beside the decision and do not suspend it (procedures §8); either may revoke it."""

from django.db import transaction
from django.utils import timezone

from accountability.actions.findings.documents import issue_document
from accountability.actions.findings.duties import done, drop, owe_seat
from accountability.actions.findings.steps import (
    calendar_of,
    locked,
    past_day,
    require_appeal_seat,
    require_decider,
    require_handler,
    require_state,
    require_texts,
    rules_of,
    write_step,
)
from accountability.enums import FindingState, ReviewOutcome, StepKind
from accountability.models import Finding
from accountability.permissions import is_subject
from accountability.queries.seats import appeal_chair
from accountability.queries.steps import REVIEWS, last_step, unanswered
from accountability.rules.clocks import end_of_term
from casework.actions.letters.issuing import day_text
from casework.enums import LetterKind
from organisation import clock
from organisation.errors import Malformed, Refused
from organisation.models import Unit

_S, _K = FindingState, StepKind
ANSWERS = {_K.REVIEW: _K.REVIEW_ANSWER, _K.APPEAL: _K.APPEAL_ANSWER}


@transaction.atomic
def ask_review(finding: Finding, *, text, by, on=None) -> Finding:
    """The subject asks for a review, and after its answer appeals; on paper the team or who decides enters it.

    Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`wrong_state`, `pending`, `used_up`, `too_late`).
    """
    finding = locked(finding)
    if is_subject(by, finding, on=clock.today()):
        on = clock.today()
    else:
        require_handler(by, finding)
    require_state(finding, "review")
    require_texts(text=text)
    kind, rests_on = _instance(finding)
    on = past_day(on, since=rests_on.on)
    if on > rests_on.due_on:
        raise Refused("too_late", f"申请期限到 {rests_on.due_on:%Y-%m-%d} 为止。")
    rules = rules_of(finding)
    if kind == _K.APPEAL:
        chair = appeal_chair(finding, on=clock.today())
        finding.appeal_kind, finding.appeal_path = chair.kind, chair.path
    days = rules.review_answer_days if kind == _K.REVIEW else rules.appeal_answer_days
    due_on = end_of_term(calendar_of(finding), max(on, clock.today()), days)
    step = write_step(finding, kind, by=by, on=on, text=text.strip(), due_on=due_on)
    owe_seat(finding, "finding_answer", due_on, step=step, seat="decider" if kind == _K.REVIEW else "appeal")
    return finding


def _instance(finding):
    """Which instance comes next, and the step from which its time runs: the service, or the review's answer."""
    if unanswered(finding, *REVIEWS):
        raise Refused("pending", "已有审查中的申请,答复后再提出。")
    if last_step(finding, _K.APPEAL_ANSWER):
        raise Refused("used_up", "申诉已经处理,不再受理。")
    answered = last_step(finding, _K.REVIEW_ANSWER)
    return (_K.APPEAL, answered) if answered else (_K.REVIEW, last_step(finding, _K.SERVED))


@transaction.atomic
def answer_review(finding: Finding, *, outcome, text, by) -> Finding:
    """Uphold or revoke: a review by who decided, an appeal by the seat above. Raises NotYours, Malformed, Refused."""
    finding = locked(finding)
    asked = unanswered(finding, *REVIEWS)
    if asked is None or asked.kind == _K.REVIEW:
        require_decider(by, finding)
    else:
        require_appeal_seat(by, finding)
    require_state(finding, "revoke")
    if asked is None:
        raise Refused("no_review", "没有待答复的复核或申诉。")
    require_texts(text=text)
    if outcome not in ReviewOutcome.values:
        raise Malformed("missing", "请选择维持或撤销。", fields={"outcome": ["请选择"]})
    rules, today = rules_of(finding), clock.today()
    may_appeal = asked.kind == _K.REVIEW and outcome == ReviewOutcome.UPHELD
    last_day = end_of_term(calendar_of(finding), today, rules.appeal_days) if may_appeal else None
    document = issue_document(
        finding,
        LetterKind.FINDING_ANSWER,
        by=by,
        issuer=Unit.objects.get(path=finding.decider_path if asked.kind == _K.REVIEW else finding.appeal_path),
        filed=day_text(asked.on),
        matter=f"{day_text(timezone.localdate(finding.decided_at))}的处理决定",
        instance="复核申请" if asked.kind == _K.REVIEW else "申诉",
        text=text.strip(),
        decision=f"{ReviewOutcome(outcome).label}原决定",
        next_step=_next_step(finding, last_day),
    )
    revoked = outcome == ReviewOutcome.REVOKED
    if revoked:
        finding.ended_at = clock.now()
    done(finding, "finding_answer", by=by)
    write_step(
        finding,
        ANSWERS[asked.kind],
        by=by,
        after=_S.REVOKED if revoked else finding.state,
        text=text.strip(),
        outcome=outcome,
        due_on=last_day,
        answers=asked,
        document=document,
    )
    if revoked:
        drop(finding)
    return finding


def _next_step(finding, last_day) -> str:
    if last_day is None:
        return "本决定自作出之日起生效。"
    above = Unit.objects.get(path=appeal_chair(finding, on=clock.today()).path)
    return f"如不服本决定,可在 {day_text(last_day)}前向{above.name}提出申诉。"
