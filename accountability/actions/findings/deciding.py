"""The decision, its service, and what a decision may be followed by: publication, transfer, the end of its time."""

from django.db import transaction
from django.utils import timezone

from accountability.actions.findings.documents import issue_document
from accountability.actions.findings.duties import done, drop, owe_seat
from accountability.actions.findings.files import keep_upload
from accountability.actions.findings.hearing import grounds_in_words, not_heavier
from accountability.actions.findings.steps import (
    calendar_of,
    locked,
    past_day,
    require_decider,
    require_handler,
    require_state,
    require_team,
    require_texts,
    rules_of,
    write_step,
)
from accountability.enums import FindingState, Form, Scope, StepKind
from accountability.models import Finding
from accountability.permissions import is_subject
from accountability.queries.seats import appeal_chair, issuer_of
from accountability.queries.steps import defence_of, last_notice, last_step
from accountability.rules.clocks import end_of_term
from accountability.rules.forms import SCOPES, check_form, is_within, months_after, months_of, name_of
from casework.enums import LetterKind
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit

_S, _K = FindingState, StepKind
# What the defence came to, as the decision says it.
DEFENCE = {
    _K.WAIVED: "当事人放弃陈述申辩",
    _K.LAPSED: "当事人逾期未陈述申辩",
    "accepted": "陈述申辩已听取,予以采纳",
    "partly": "陈述申辩已听取,部分采纳",
    "rejected": "陈述申辩已听取,未予采纳",
}


@transaction.atomic
def decide_matter(
    finding: Finding,
    *,
    form,
    reasons,
    by,
    sanction="",
    no_grave_result=False,
    corrected_in_time=False,
    authority="",
    authority_number="",
    scope="",
) -> Finding:
    """Decide, never heavier than what was told and defended against; mitigated only where there was no grave result and
    it was corrected in time (F52). A 纪律处分 is decided by the authority that appoints and recorded here (P23).

    Raises NotYours, Malformed (`missing`, `unknown_form`), Refused (`wrong_state`, `unheard`, `heavier_than_notified`,
    `not_mitigated`, `not_for_subject`, `scope_too_wide`, `team_conflict`).
    """
    finding = locked(finding)
    require_decider(by, finding)
    require_state(finding, "decide")
    require_team(finding)
    require_texts(reasons=reasons)
    check_form(form, sanction, finding.subject_post)
    defence = defence_of(finding)
    if defence is None:
        raise Refused("unheard", "还没有听取当事人的陈述申辩,不能作出决定。")
    not_heavier(finding, form, sanction)
    mitigated = no_grave_result and corrected_in_time
    if form == Form.EXEMPT and not mitigated:
        raise Refused("not_mitigated", "免予追究须同时没有造成严重后果、及时改正;事实不成立的,应当不予追究。")
    _require_hand(form, authority, authority_number)
    scope = _scope_of(finding, form, scope)
    rules = rules_of(finding)
    document = issue_document(
        finding,
        LetterKind.FINDING_DECISION,
        by=by,
        grounds=grounds_in_words(finding),
        facts=last_notice(finding).text,
        basis=last_notice(finding).details["basis"],
        defence=DEFENCE.get(defence.outcome) or DEFENCE[defence.kind],
        reasons=reasons.strip() + (";没有造成严重后果且及时改正,从轻" if mitigated else ""),
        form=name_of(form, sanction)
        + (f"({authority.strip()} {authority_number.strip()})" if authority.strip() else ""),
        span=span_in_words(form, sanction, rules),
        review_days=rules.review_days,
        appeal_days=rules.appeal_days,
        next=issuer_of(finding).name,
        appeal=_appeal_name(finding),
    )
    finding.form, finding.sanction = form, sanction
    finding.decided_at, finding.decided_by = clock.now(), by
    done(finding, "finding_decide", by=by)
    write_step(
        finding,
        _K.DECIDED,
        by=by,
        after=_S.DECIDED,
        text=reasons.strip(),
        details={
            "no_grave_result": no_grave_result,
            "corrected_in_time": corrected_in_time,
            "authority": authority.strip(),
            "authority_number": authority_number.strip(),
            "scope": scope,
        },
        form=form,
        sanction=sanction,
        document=document,
    )
    owe_seat(finding, "finding_serve", calendar_of(finding).add_working_days(clock.today(), rules.serve_days))
    return finding


def _require_hand(form, authority, number):
    """A 纪律处分 is recorded with the document of the authority that appoints."""
    if form == Form.SANCTION:
        require_texts(authority=authority, authority_number=number)


def _scope_of(finding, form, scope) -> str:
    """How far a 通报批评 goes: within the school by the principal, within the county by the bureau (P23)."""
    if form != Form.CIRCULAR:
        return ""
    if scope not in Scope.values:
        raise Malformed("missing", "通报批评要写明通报范围。", fields={"scope": ["请选择"]})
    kind = UnitKind(issuer_of(finding).kind)
    if scope not in SCOPES[kind]:
        raise Refused(
            "scope_too_wide", f"{finding.get_decider_kind_display()}的通报批评范围到{SCOPES[kind][-1].label}为止。"
        )
    return scope


def span_in_words(form, sanction, rules) -> str:
    if form == Form.EXEMPT:
        return "本决定自送达之日起生效"
    months = months_of(form, sanction, rules)
    return f"自送达之日起生效,影响期 {months} 个月" if months else "自送达之日起生效"


def _appeal_name(finding) -> str:
    return Unit.objects.get(path=appeal_chair(finding, on=clock.today()).path).name


@transaction.atomic
def serve_decision(finding: Finding, *, by, received_by="", witness="", on=None, upload=None) -> Finding:
    """The decision reached the subject, by a signature or before a witness; from that day it is in force.

    The subject may sign on the own page. Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`wrong_state`).
    """
    finding = locked(finding)
    if is_subject(by, finding, on=clock.today()):
        received_by, on, upload, witness = by.name, clock.today(), None, ""
    else:
        require_handler(by, finding)
    require_state(finding, "serve")
    if not received_by.strip() and not witness.strip():
        raise Malformed("missing", "请写明签收人;拒收的写明见证人。", fields={"received_by": ["必填"]})
    if by.pk != finding.subject_person_id and not received_by.strip() and not upload:
        raise Malformed("missing", "留置送达须有现场材料。", fields={"paper": ["必填"]})
    on = past_day(on, since=timezone.localdate(finding.decided_at))
    rules = rules_of(finding)
    months = months_of(finding.form, finding.sanction, rules)
    finding.in_force_from = on
    finding.expires_on = months_after(on, months) if months else None
    write_step(
        finding,
        _K.SERVED,
        by=by,
        after=_S.SERVED,
        on=on,
        details={"received_by": received_by.strip()[:80], "witness": witness.strip()[:80]},
        due_on=end_of_term(calendar_of(finding), on, rules.review_days),
        document=last_step(finding, _K.DECIDED).document,
        file=keep_upload(finding, upload, by=by),
    )
    done(finding, "finding_serve", by=by)
    return finding


@transaction.atomic
def publish_decision(finding: Finding, *, scope, text, by, on=None) -> Finding:
    """A 通报批评 is made known within its scope, and no further. Raises NotYours, Malformed, Refused (`not_public`, …)."""
    finding = locked(finding)
    require_decider(by, finding)
    require_state(finding, "revoke")
    require_texts(text=text)
    if finding.form != Form.CIRCULAR or finding.state != _S.SERVED:
        raise Refused("not_public", "只有生效的通报批评可以通报,其他处理不公开。")
    if scope not in Scope.values:
        raise Malformed("missing", "请选择通报范围。", fields={"scope": ["请选择"]})
    decided = last_step(finding, _K.DECIDED).details["scope"]
    if not is_within(scope, decided):
        raise Refused("scope_too_wide", f"决定的通报范围是{Scope(decided).label},不得扩大。")
    on = past_day(on, since=finding.in_force_from)
    write_step(finding, _K.PUBLISHED, by=by, on=on, text=text.strip(), outcome=scope)
    return finding


@transaction.atomic
def refer_matter(finding: Finding, *, authority, basis, text, by) -> Finding:
    """A matter that may be a crime goes to the judicial authority (F54). Raises NotYours, Malformed, Refused."""
    finding = locked(finding)
    require_decider(by, finding)
    require_state(finding, "refer")
    require_texts(authority=authority, basis=basis, text=text)
    document = issue_document(
        finding, LetterKind.FINDING_REFERRAL, by=by, addressee=authority.strip(), basis=basis.strip(), text=text.strip()
    )
    finding.ended_at = clock.now()
    write_step(
        finding,
        _K.REFERRED,
        by=by,
        after=_S.JUDICIAL,
        text=text.strip(),
        details={"authority": authority.strip(), "basis": basis.strip()},
        document=document,
    )
    drop(finding)
    return finding


def receipt_by_subject(finding: Finding, *, by) -> Finding:
    """The subject signs for the decision. Raises NotYours, Refused."""
    if not is_subject(by, finding, on=clock.today()):
        raise NotYours("permission_denied", "由当事人签收。")
    return serve_decision(finding, by=by)
