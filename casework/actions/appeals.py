"""Appeals and hearings (F15, P19, P20): filed, looked into by others than those who decided, answered in writing."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from casework.actions.duties import close_duty, open_duty
from casework.actions.ladder import chair_of
from casework.actions.letters import issue_letter
from casework.enums import EscalationState, LetterKind
from casework.enums.truancy import APPEAL_MOVES, AppealState, HearingState, MemberKind
from casework.models import Appeal, CommitteeMember, Duty, Escalation, Hearing
from casework.permissions import may_answer_appeal, may_enter_appeal, may_review_appeal
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Person, Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from organisation.rules.paths import STEP
from students.actions.slips import lift_suspension
from students.actions.timeline import record
from students.models import LeaveSlip

_A = AppealState


def rules_of(path):
    return rule_book(path).rules(path, on=clock.today()).appeal


def calendar_of(path):
    return rule_book(path).calendar(path)


@transaction.atomic
def file_appeal(
    escalation: Escalation, *, filed_by, relation, text, by: Person | None, filed_on=None, safety_reason="", papers=()
) -> Appeal:
    """Write down an appeal against a performed measure; it rests meanwhile, unless a child's safety forbids it.

    `by` is None for a guardian who files it by the link of the letter (`appeal_by_link`).
    Raises NotYours, Malformed (`missing`), Refused (`wrong_state`, `too_late`, `appeal_exists`).
    """
    today, filed_on = clock.today(), filed_on or clock.today()
    if by is not None and not may_enter_appeal(by, escalation, on=today):
        raise NotYours("permission_denied", "申诉由本校登记。")
    lacking = [
        name for name, value in (("filed_by", filed_by), ("relation", relation), ("text", text)) if not value.strip()
    ]
    if lacking:
        raise Malformed("missing", "申诉人、与学生关系、理由都要写明。", fields={name: ["必填"] for name in lacking})
    if escalation.state != EscalationState.PERFORMED:
        raise Refused("wrong_state", "只有已作出的措施可以申诉。")
    decided = timezone.localdate(escalation.performed_at)
    last = calendar_of(escalation.path).add_working_days(decided, rules_of(escalation.path).file_days)
    if filed_on > today or filed_on > last:
        raise Refused("too_late", f"申诉应在措施作出后十五个工作日内提出,最晚 {last:%Y-%m-%d}。")
    if Appeal.objects.pending().filter(escalation=escalation).exists():
        raise Refused("appeal_exists", "这项措施已有审查中的申诉。")
    appeal = Appeal.objects.create(
        pupil=escalation.pupil,
        path=escalation.path,
        escalation=escalation,
        filed_by=filed_by.strip()[:80],
        relation=relation.strip()[:30],
        filed_on=filed_on,
        entered_by=by,
        text=text.strip(),
        rests=not safety_reason.strip(),
        safety_reason=safety_reason.strip()[:300],
    )
    appeal.papers.set(papers)
    if appeal.rests and escalation.suspension:
        _rest(escalation.suspension, by)
    _tell(appeal, "提出申诉", by=by)
    due = calendar_of(appeal.path).add_working_days(filed_on, rules_of(appeal.path).answer_days)
    _owe(
        appeal,
        "appeal_committee",
        PostKind.PRINCIPAL,
        calendar_of(appeal.path).add_school_days(today, 3),
        "组成申诉委员会",
    )
    _owe(appeal, "appeal_answer", PostKind.PRINCIPAL, due, "书面答复")
    return appeal


def _rest(suspension: LeaveSlip, by):
    """停课停学 that still runs rests from today on."""
    if suspension.last_day >= clock.today():
        lift_suspension(suspension, by=by)


def _tell(appeal, text, *, by):
    record(appeal.pupil, "appeal", text, by=by, on=clock.today(), link=f"/appeals/{appeal.pk}/")


def _owe(appeal, kind, post, due_on, what):
    county = post == PostKind.COUNTY_CLERK
    open_duty(
        kind,
        f"appeal:{appeal.pk}:{kind}",
        title=f"{appeal.pupil.name}申诉:{what}",
        chair=Chair(post, appeal.path[: 3 * STEP]) if county else chair_of(post, appeal.path),
        path=appeal.path,
        due_at=clock.end_of(due_on),
        pupil=appeal.pupil_id,
        about=appeal.pk,
    )


def _done(appeal, kind, by):
    for duty in Duty.objects.open().filter(key=f"appeal:{appeal.pk}:{kind}"):
        close_duty(duty, by=by, text=appeal.get_state_display())


def _locked(appeal):
    return (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("pupil", "escalation__suspension")
        .get(pk=appeal.pk)
    )


@transaction.atomic
def seat_committee(appeal: Appeal, members, *, by) -> Appeal:
    """Name the committee: [{"name", "kind", "person"}], at least five, a guardian and a lawyer or community member among
    them, none of those who decided the measure. Raises NotYours, Malformed."""
    appeal = _locked(appeal)
    if not may_answer_appeal(by, appeal, on=clock.today()):
        raise NotYours("permission_denied", "申诉委员会由校长(副校长)组成。")
    require_move(_A(appeal.state), _A.ACCEPTED, APPEAL_MOVES)
    kinds = [member["kind"] for member in members]
    needed = rules_of(appeal.path).committee_members
    if len({member["name"].strip() for member in members} - {""}) < needed:
        raise Malformed("small_committee", f"申诉委员会至少 {needed} 人。", fields={"members": [f"至少 {needed} 人"]})
    if MemberKind.GUARDIAN not in kinds or not {MemberKind.LAWYER, MemberKind.COMMUNITY} & {*kinds}:
        raise Malformed(
            "composition", "委员会里要有家长代表,以及法律人士或社区代表。", fields={"members": ["组成不符"]}
        )
    decided = deciders_of(appeal.escalation)
    if any(member["name"].strip() in decided for member in members):
        raise Malformed("conflict", "作出原措施的人不得参加委员会。", fields={"members": ["须回避"]})
    CommitteeMember.objects.bulk_create(
        CommitteeMember(
            appeal=appeal, name=member["name"].strip()[:80], kind=member["kind"], person=member.get("person")
        )
        for member in members
    )
    appeal.state = _A.ACCEPTED
    appeal.save()
    _tell(appeal, "申诉委员会已组成", by=by)
    _done(appeal, "appeal_committee", by)
    return appeal


def deciders_of(escalation) -> set[str]:
    """The names of those who decided or carried out the measure."""
    names = {escalation.performed_by.name} if escalation.performed_by else set()
    for measure in escalation.measures.select_related("record__entered_by"):
        if measure.record:
            names |= {measure.record.by, measure.record.entered_by.name}
    return names


@transaction.atomic
def answer_appeal(appeal: Appeal, *, upheld: bool, text, by) -> Appeal:
    """The committee's decision, in writing; a measure that was wrong is lifted."""
    appeal = _locked(appeal)
    if not may_answer_appeal(by, appeal, on=clock.today()):
        raise NotYours("permission_denied", "由学校申诉委员会答复。")
    state = _A.UPHELD if upheld else _A.REJECTED
    require_move(_A(appeal.state), state, APPEAL_MOVES)
    if not text.strip():
        raise Malformed("missing", "请写明审查意见。", fields={"text": ["必填"]})
    appeal.state, appeal.answer, appeal.answered_on = state, text.strip(), clock.today()
    appeal.answer_letter = _answer_letter(appeal, text, upheld, None, by)
    appeal.save()
    if upheld:
        _lift(appeal, by)
    _tell(appeal, f"申诉答复:{state.label}", by=by)
    _done(appeal, "appeal_answer", by)
    return appeal


def _answer_letter(appeal, text, upheld, issuer, by):
    county = Unit.objects.get(path=appeal.path[: 3 * STEP])
    return issue_letter(
        LetterKind.APPEAL_ANSWER,
        appeal.pupil,
        by=by,
        issuer=issuer,
        about_kind="appeal",
        about=appeal.pk,
        filed=f"{appeal.filed_on:%Y年%m月%d日}",
        matter=f"第{appeal.escalation.count}次旷课的处理",
        text=text.strip(),
        decision="申诉成立,撤销原措施" if upheld else "维持原措施",
        next=f"{county.name}教育局" if issuer is None else "上一级教育行政部门",
    )


def _lift(appeal, by):
    """The measure is lifted: its record stays, the step is overturned, 停课停学 ends."""
    escalation = appeal.escalation
    escalation.state = EscalationState.OVERTURNED
    escalation.save()
    if escalation.suspension:
        lift_suspension(escalation.suspension, by=by)
    record(
        appeal.pupil,
        "escalation",
        f"申诉成立,第{escalation.count}次旷课的处理撤销",
        by=by,
        on=clock.today(),
        link=f"/escalations/{escalation.pk}/",
    )


@transaction.atomic
def ask_review(appeal: Appeal, *, text, by, filed_on=None) -> Appeal:
    """The second instance: the bureau, within fifteen working days of the answer; `by` as in `file_appeal`."""
    appeal = _locked(appeal)
    today, filed_on = clock.today(), filed_on or clock.today()
    if by is not None and not may_enter_appeal(by, appeal.escalation, on=today):
        raise NotYours("permission_denied", "由学校或教育局登记。")
    require_move(_A(appeal.state), _A.REVIEWING, APPEAL_MOVES)
    last = calendar_of(appeal.path).add_working_days(appeal.answered_on, rules_of(appeal.path).review_file_days)
    if filed_on > today or filed_on > last:
        raise Refused("too_late", f"复核应在收到答复后十五个工作日内申请,最晚 {last:%Y-%m-%d}。")
    if not text.strip():
        raise Malformed("missing", "请写明复核理由。", fields={"text": ["必填"]})
    appeal.state, appeal.review_filed_on, appeal.review_text = _A.REVIEWING, filed_on, text.strip()
    appeal.save()
    _tell(appeal, "申请教育局复核", by=by)
    due = filed_on + timedelta(days=rules_of(appeal.path).review_answer_days)
    _owe(appeal, "appeal_review", PostKind.COUNTY_CLERK, due, "复核答复")
    return appeal


@transaction.atomic
def answer_review(appeal: Appeal, *, upheld: bool, text, by) -> Appeal:
    """The bureau's answer is the last one."""
    appeal = _locked(appeal)
    if not may_review_appeal(by, appeal, on=clock.today()):
        raise NotYours("permission_denied", "由教育局复核。")
    state = _A.REVIEW_UPHELD if upheld else _A.REVIEW_REJECTED
    require_move(_A(appeal.state), state, APPEAL_MOVES)
    if not text.strip():
        raise Malformed("missing", "请写明复核意见。", fields={"text": ["必填"]})
    appeal.state, appeal.review_answer, appeal.review_answered_on = state, text.strip(), clock.today()
    county = Unit.objects.get(path=appeal.path[: 3 * STEP])
    appeal.review_letter = _answer_letter(appeal, text, upheld, county, by)
    appeal.save()
    if upheld:
        _lift(appeal, by)
    _tell(appeal, f"复核答复:{state.label}", by=by)
    _done(appeal, "appeal_review", by)
    return appeal


@transaction.atomic
def withdraw_appeal(appeal: Appeal, *, text, by) -> Appeal:
    """Taken back by who filed it."""
    appeal = _locked(appeal)
    if not may_enter_appeal(by, appeal.escalation, on=clock.today()):
        raise NotYours("permission_denied", "由学校登记。")
    require_move(_A(appeal.state), _A.WITHDRAWN, APPEAL_MOVES)
    if not text.strip():
        raise Malformed("missing", "请写明撤回的情况。", fields={"text": ["必填"]})
    appeal.state, appeal.answer = _A.WITHDRAWN, text.strip()
    appeal.save()
    _tell(appeal, "撤回申诉", by=by)
    for kind in ("appeal_committee", "appeal_answer", "appeal_review"):
        _done(appeal, kind, by)
    return appeal


@transaction.atomic
def offer_hearing(escalation: Escalation, *, measure, appointed, where, by) -> Hearing:
    """Before 记过 or more: the guardians are told in writing that they may ask to be heard (P19)."""
    if not by.holds(
        PostKind.PRINCIPAL, PostKind.DEPUTY_PRINCIPAL, PostKind.HEAD_OF_TEACHING, at=escalation.path, on=clock.today()
    ):
        raise NotYours("permission_denied", "由校领导告知听证权利。")
    if escalation.state != EscalationState.OPEN:
        raise Refused("wrong_state", "这一步已经办理。")
    letter = issue_letter(
        LetterKind.HEARING,
        escalation.pupil,
        by=by,
        about_kind="escalation",
        about=escalation.pk,
        measure=measure,
        appointed=appointed,
        where=where,
    )
    hearing, made = Hearing.objects.get_or_create(
        escalation=escalation, defaults={"letter": letter, "offered_on": clock.today(), "by": by}
    )
    if not made:
        raise Refused("wrong_state", "已经告知过听证权利。")
    record(escalation.pupil, "hearing", "告知听证权利", by=by, on=clock.today(), link=f"/escalations/{escalation.pk}/")
    return hearing


@transaction.atomic
def note_hearing(hearing: Hearing, state, *, by, chair="", minutes="", held_at=None) -> Hearing:
    """Asked for, waived, or held with its minutes."""
    hearing = Hearing.objects.select_for_update(of=("self",)).select_related("escalation__pupil").get(pk=hearing.pk)
    if not by.holds(
        PostKind.PRINCIPAL,
        PostKind.DEPUTY_PRINCIPAL,
        PostKind.HEAD_OF_TEACHING,
        at=hearing.escalation.path,
        on=clock.today(),
    ):
        raise NotYours("permission_denied", "由校领导登记。")
    allowed = {
        HearingState.OFFERED: {HearingState.ASKED, HearingState.WAIVED},
        HearingState.ASKED: {HearingState.HELD, HearingState.WAIVED},
        HearingState.WAIVED: set(),
        HearingState.HELD: set(),
    }
    if state not in HearingState.values:
        raise Malformed("unknown_state", "请选择结果。")
    require_move(HearingState(hearing.state), HearingState(state), allowed)
    if state == HearingState.HELD and not (chair.strip() and minutes.strip()):
        raise Malformed("missing", "请写明主持人和笔录。", fields={"chair": ["必填"], "minutes": ["必填"]})
    hearing.state = state
    hearing.asked_on = clock.today() if state == HearingState.ASKED else hearing.asked_on
    hearing.chair, hearing.minutes, hearing.held_at = chair.strip()[:80], minutes.strip(), held_at
    hearing.save()
    label = HearingState(state).label
    record(
        hearing.escalation.pupil,
        "hearing",
        f"听证:{label}",
        by=by,
        on=clock.today(),
        link=f"/escalations/{hearing.escalation_id}/",
    )
    return hearing
