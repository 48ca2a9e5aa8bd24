"""Facts and basis are told, the defence is heard and answered in writing (F51); nobody fares worse for it."""

from django.db import transaction

from accountability.actions.findings.documents import issue_document
from accountability.actions.findings.duties import done, drop, owe_seat, owe_subject, owe_team
from accountability.actions.findings.files import keep_upload
from accountability.actions.findings.steps import (
    calendar_of,
    locked,
    require_handler,
    require_state,
    require_team,
    require_texts,
    rules_of,
    write_step,
)
from accountability.enums import FindingState, StepKind
from accountability.models import Finding
from accountability.permissions import is_subject
from accountability.queries.steps import last_notice, since_notice
from accountability.rules.forms import check_form, name_of, weight
from casework.enums import LetterKind
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused

_S, _K = FindingState, StepKind
NEW = (_K.GROUND, _K.EVIDENCE, _K.CHECKED)


@transaction.atomic
def notify_subject(finding: Finding, *, facts, basis, form, by, sanction="", new_facts="") -> Finding:
    """Tell the subject what was found, on what basis, and what is proposed; the clock of the defence begins.

    Told anew it must rest on new facts, recorded since. Raises NotYours, Malformed (`missing`, `unknown_form`), Refused
    (`wrong_state`, `small_team`, `team_conflict`, `no_proof`, `no_new_facts`, `not_for_subject`).
    """
    finding = locked(finding)
    require_handler(by, finding)
    require_state(finding, "notify")
    require_team(finding)
    require_texts(facts=facts, basis=basis)
    check_form(form, sanction, finding.subject_post)
    _require_proof(finding)
    notice = last_notice(finding)
    if notice:
        require_texts(new_facts=new_facts)
        if not since_notice(finding, *NEW).exists():
            raise Refused("no_new_facts", "上次告知以后没有新的情形或证据,不能重新告知。")
    rules, today = rules_of(finding), clock.today()
    document = issue_document(
        finding,
        LetterKind.FINDING_NOTICE,
        by=by,
        grounds=grounds_in_words(finding),
        facts=facts.strip() + (f"\n新的事实:{new_facts.strip()}" if new_facts.strip() else ""),
        basis=basis.strip(),
        proposal=name_of(form, sanction),
        days=rules.defence_days,
    )
    finding.notified_at = finding.notified_at or clock.now()
    due_on = calendar_of(finding).add_working_days(today, rules.defence_days)
    drop(finding, "finding_investigate", "finding_defend", "finding_hear", "finding_decide")
    step = write_step(
        finding,
        _K.NOTIFIED,
        by=by,
        after=_S.NOTIFIED,
        text=facts.strip(),
        details={"basis": basis.strip(), "new_facts": new_facts.strip()},
        form=form,
        sanction=sanction,
        due_on=due_on,
        document=document,
    )
    owe_subject(finding, "finding_defend", due_on, step=step)
    owe_team(finding, "finding_hear", calendar_of(finding).add_working_days(due_on, rules.answer_days))
    return finding


def grounds_in_words(finding) -> str:
    return "\n".join(
        f"{number}. {ground.label}({ground.get_act_display()}):{ground.text}"
        for number, ground in enumerate(finding.grounds.all(), start=1)
    )


def _require_proof(finding):
    bare = finding.grounds.filter(evidence__isnull=True).first()
    if not finding.grounds.exists() or bare:
        name = f"“{bare.label}”" if bare else "情形"
        raise Refused("no_proof", f"{name}还没有证据,不能告知。")


@transaction.atomic
def state_defence(finding: Finding, *, text, by, upload=None) -> Finding:
    """The subject says what speaks for them, as often as they like until it is answered. Raises NotYours, Malformed, Refused."""
    finding = _of_subject(finding, by)
    require_texts(text=text)
    write_step(finding, _K.STATEMENT, by=by, text=text.strip(), file=keep_upload(finding, upload, by=by))
    done(finding, "finding_defend", by=by)
    return finding


@transaction.atomic
def waive_defence(finding: Finding, *, by) -> Finding:
    """The subject gives the defence up, in person. Raises NotYours, Refused."""
    finding = _of_subject(finding, by)
    if since_notice(finding, _K.STATEMENT).exists():
        raise Refused("has_statement", "已经提交陈述申辩,须由调查人书面答复。")
    write_step(finding, _K.WAIVED, by=by, after=_S.HEARD)
    _to_decide(finding, by)
    return finding


def _of_subject(finding, by) -> Finding:
    finding = locked(finding)
    if not is_subject(by, finding, on=clock.today()):
        raise NotYours("permission_denied", "陈述申辩由当事人提出。")
    require_state(finding, "hear")
    return finding


@transaction.atomic
def hear_defence(finding: Finding, *, by, how="heard", text="", answer="", outcome="", upload=None) -> Finding:
    """Write down the defence and answer it; or that it was waived on a signed paper, or that its time ran out unused.

    Raises NotYours, Malformed (`missing`, `unknown_kind`), Refused (`wrong_state`, `not_yet`, `has_statement`).
    """
    finding = locked(finding)
    require_handler(by, finding)
    require_state(finding, "hear")
    require_team(finding)
    steps = {"heard": _heard, "waived": _waived, "lapsed": _lapsed}
    if how not in steps:
        raise Malformed("unknown_kind", "请选择听取申辩、放弃或逾期。", fields={"how": ["请选择"]})
    steps[how](finding, by, text, answer, outcome, upload)
    _to_decide(finding, by)
    return finding


def _heard(finding, by, text, answer, outcome, upload):
    said = since_notice(finding, _K.STATEMENT).exists()
    require_texts(answer=answer, **({} if said else {"text": text}))
    if outcome not in ("accepted", "partly", "rejected"):
        raise Malformed("missing", "请选择是否采纳。", fields={"outcome": ["请选择"]})
    write_step(
        finding,
        _K.HEARD,
        by=by,
        after=_S.HEARD,
        text=text.strip(),
        details={"answer": answer.strip()},
        outcome=outcome,
        file=keep_upload(finding, upload, by=by),
    )


def _waived(finding, by, text, answer, outcome, upload):
    if since_notice(finding, _K.STATEMENT).exists():
        raise Refused("has_statement", "当事人已经陈述申辩,须书面答复。")
    if not upload:
        raise Malformed("missing", "放弃陈述申辩须有本人签字的材料。", fields={"paper": ["必填"]})
    file = keep_upload(finding, upload, by=by)
    write_step(finding, _K.WAIVED, by=by, after=_S.HEARD, text=text.strip(), file=file)


def _lapsed(finding, by, text, answer, outcome, upload):
    notice = last_notice(finding)
    if since_notice(finding, _K.STATEMENT).exists():
        raise Refused("has_statement", "当事人已经陈述申辩,须书面答复。")
    if clock.today() <= notice.due_on:
        raise Refused("not_yet", f"陈述申辩的期限到 {notice.due_on:%Y-%m-%d},还没有过。")
    write_step(finding, _K.LAPSED, by=by, after=_S.HEARD, text=text.strip())


def _to_decide(finding, by):
    done(finding, "finding_hear", by=by)
    drop(finding, "finding_defend")
    owe_seat(
        finding,
        "finding_decide",
        calendar_of(finding).add_working_days(clock.today(), rules_of(finding).decide_days),
        step=last_notice(finding),
    )


def not_heavier(finding, form, sanction):
    """Refuse a decision heavier than what was told (政务处分法 43). Raises Refused (`heavier_than_notified`)."""
    notice = last_notice(finding)
    if weight(form, sanction) > weight(notice.form, notice.sanction):
        raise Refused(
            "heavier_than_notified",
            f"告知的是“{name_of(notice.form, notice.sanction)}”,不得因申辩加重;有新的事实,须重新告知。",
            article="中华人民共和国公职人员政务处分法第四十三条",
        )
