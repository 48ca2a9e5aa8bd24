"""Orders to correct (F58): days, what, and how it is checked; where it was not done, a heavier form is proposed."""

from django.db import transaction

from accountability.actions.findings.documents import issue_document
from accountability.actions.findings.duties import done, owe_seat, owe_subject
from accountability.actions.findings.files import keep_upload
from accountability.actions.findings.steps import (
    calendar_of,
    locked,
    require_decider,
    require_handler,
    require_texts,
    rules_of,
    write_step,
)
from accountability.enums import FindingState, StepKind
from accountability.models import Finding
from accountability.queries.steps import last_notice, unanswered
from accountability.rules.forms import name_of, next_heavier
from casework.actions.letters.issuing import day_text
from casework.enums import LetterKind
from organisation import clock
from organisation.errors import Malformed, Refused

_S, _K = FindingState, StepKind
# Once told, and as long as the matter stands.
WHEN = (_S.NOTIFIED, _S.HEARD, _S.DECIDED, _S.SERVED)
MOST_DAYS = 250


@transaction.atomic
def order_correction(finding: Finding, *, days: int, what, check, by) -> Finding:
    """Order to put something right within so many working days. Raises NotYours, Malformed, Refused (`wrong_state`, `pending`)."""
    finding = locked(finding)
    require_decider(by, finding)
    if finding.state not in WHEN:
        raise Refused("wrong_state", f"事项“{finding.get_state_display()}”,现在不能责令改正。")
    require_texts(what=what, check=check)
    if not 1 <= days <= MOST_DAYS:
        raise Malformed("bad_days", f"期限在 1 到 {MOST_DAYS} 个工作日之间。", fields={"days": ["天数不对"]})
    if unanswered(finding, _K.ORDERED):
        raise Refused("pending", "已有未核查的责令改正。")
    notice = last_notice(finding)
    due_on = calendar_of(finding).add_working_days(clock.today(), days)
    document = issue_document(
        finding,
        LetterKind.FINDING_ORDER,
        by=by,
        facts=notice.text,
        basis=notice.details["basis"],
        until=day_text(due_on),
        what=what.strip(),
        check=check.strip(),
    )
    step = write_step(
        finding,
        _K.ORDERED,
        by=by,
        text=what.strip(),
        details={"check": check.strip()},
        due_on=due_on,
        document=document,
    )
    owe_subject(finding, "finding_correct", due_on, step=step)
    days_to_check = rules_of(finding).answer_days
    owe_seat(finding, "finding_check", calendar_of(finding).add_working_days(due_on, days_to_check), step=step)
    return finding


@transaction.atomic
def check_correction(finding: Finding, *, corrected: bool, text, by, upload=None) -> Finding:
    """Say whether it was put right; where it was not, the next heavier form is proposed, to be told anew or as a matter of
    its own: the product never decides. Raises NotYours, Malformed, Refused (`no_order`, `not_yet`)."""
    finding = locked(finding)
    require_handler(by, finding)
    order = unanswered(finding, _K.ORDERED)
    if order is None or finding.state not in WHEN:
        raise Refused("no_order", "没有待核查的责令改正。")
    require_texts(text=text)
    if not corrected and clock.today() <= order.due_on:
        raise Refused("not_yet", f"改正期限到 {order.due_on:%Y-%m-%d},还没有过。")
    form, sanction = finding.form, finding.sanction
    if not form:
        form, sanction = last_notice(finding).form, last_notice(finding).sanction
    heavier = ("", "") if corrected else next_heavier(form, sanction, finding.subject_post)
    write_step(
        finding,
        _K.CHECKED,
        by=by,
        text=text.strip() + ("" if corrected else f"。建议加重为{name_of(*heavier)}"),
        form=heavier[0],
        sanction=heavier[1],
        outcome="done" if corrected else "not_done",
        answers=order,
        file=keep_upload(finding, upload, by=by),
    )
    done(finding, "finding_correct", "finding_check", by=by)
    return finding
