"""What people do to a case, one verb each (procedures §6): may they, is it allowed now, is there proof, move, follow."""

from datetime import date, timedelta

from django.db import transaction

from casework.actions.cases.duties import settle_duties
from casework.actions.cases.moves import calendar_of, locked, move_case, require_case_move, require_state
from casework.actions.cases.register import clear_register, drop_out
from casework.actions.letters import issue_letter
from casework.enums import (
    ApprovalKind,
    CaseState,
    Cause,
    ClearReason,
    LetterKind,
    PlacementKind,
    ReceiptState,
    StepKind,
    VisitOutcome,
)
from casework.models import Approval, Case, CaseCause, Episode, FollowUp
from casework.permissions import (
    may_approve,
    may_ask_ending,
    may_bring_back,
    may_confirm,
    may_enforce,
    may_forward,
    may_notice,
    may_persuade,
    may_visit,
)
from casework.queries.cases import approver_of, chair_for, facts_of
from casework.rules.cases import may_report_from, next_step
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.rules.paths import ancestors
from students.actions.register import change_register
from students.actions.timeline import record
from students.enums import ChangeKind, EnrolmentStatus
from students.models import Enrolment

FOUND_GONE = (VisitOutcome.LEFT_SCHOOL, VisitOutcome.REFUSED, VisitOutcome.WILL_RETURN, VisitOutcome.NOT_MET)


def rules_of(case):
    return rule_book(case.path).rules(case.path, on=clock.today()).case


def _day(on, *, not_before=None) -> date:
    """The day that was given, not in the future and not before what it follows."""
    today = clock.today()
    on = on or today
    if on > today:
        raise Refused("future_date", "日期不能晚于今天。")
    if not_before and on < not_before:
        raise Malformed("bad_period", f"日期不能早于 {not_before:%Y-%m-%d}。", fields={"on": ["日期过早"]})
    return on


@transaction.atomic
def confirm_case(case: Case, *, by, last_attended: date | None = None, causes=(), text="") -> Case:
    """A visit has found that the child left school, and a school leader confirms: the register says 辍学 (F30).

    Raises NotYours, Refused (`wrong_state`, `visit_missing`, and what the register refuses).
    """
    case = locked(case)
    if not may_confirm(by, case, chair_for(case, PostKind.PRINCIPAL), on=clock.today()):
        raise NotYours("permission_denied", "由校长(副校长)确认辍学。")
    require_case_move(case, CaseState.CONFIRMED)
    episode = case.episode
    if not episode.visits.filter(outcome__in=FOUND_GONE).exists():
        raise Refused("visit_missing", "确认之前要有走访记录:请先登记家访,写明是否离校。")
    last = _day(last_attended or calendar_of(case).last_school_day(episode.away_since - timedelta(days=1)))
    set_causes(case, causes, by=by)
    change = drop_out(case, last, reason=text or "经走访确认离校", by=by)
    return move_case(
        case,
        CaseState.CONFIRMED,
        on=clock.today(),
        by=by,
        text=text or f"最后到校日 {last.year}年{last.month}月{last.day}日",
        done=("case_settle",),
        last_attended=last,
        confirmed_on=clock.today(),
        drop_out=change,
    )


def set_causes(case, causes, *, by):
    """The causes of a case, the first of them the main one; named again they replace what stood."""
    wrong = [cause for cause in causes if cause not in Cause.values]
    if wrong:
        raise Malformed("unknown_cause", "没有这种原因。", fields={"causes": wrong})
    if not causes:
        return
    case.causes.exclude(cause__in=causes).delete()
    case.causes.update(is_main=False)
    for number, cause in enumerate(dict.fromkeys(causes)):
        CaseCause.objects.update_or_create(case=case, cause=cause, defaults={"is_main": number == 0})


@transaction.atomic
def start_persuasion(case: Case, *, by, education_line=None, government_line=None, text="") -> Case:
    """Persuasion begins at once, each line with a named person (P12)."""
    case = locked(case)
    if not may_persuade(by, case, on=clock.today()):
        raise NotYours("permission_denied", "由学校(控辍专干、班主任、校领导)开始劝返。")
    require_case_move(case, CaseState.PERSUADING)
    require_state(case, CaseState.CONFIRMED)
    case.education_line = education_line or case.education_line or by
    case.government_line = government_line or case.government_line
    return move_case(
        case,
        CaseState.PERSUADING,
        on=clock.today(),
        by=by,
        text=text,
        done=("case_persuade",),
        persuading_on=clock.today(),
    )


@transaction.atomic
def report_case(case: Case, *, by, text="") -> Case:
    """A week of persuasion in vain: the class teacher's 辍学报告单 to the school (F31).

    Raises NotYours, Refused (`wrong_state`, `too_early`, `visit_missing`).
    """
    case = locked(case)
    if not may_persuade(by, case, on=clock.today()):
        raise NotYours("permission_denied", "辍学报告单由班主任或控辍专干填报。")
    require_case_move(case, CaseState.REPORTED)
    episode, today = case.episode, clock.today()
    since = may_report_from(facts_of(case, on=today), rules_of(case))
    if today < since:
        raise Refused(
            "too_early", f"劝返满一周仍未返校才填报告单,最早 {since:%Y-%m-%d}。", allowed_from=since.isoformat()
        )
    visits = list(episode.visits.all())
    if not any(len(visit.visitors) >= 2 for visit in visits):
        raise Refused("visit_missing", "报告之前要有两人以上的劝返走访记录。")
    letter = issue_letter(
        LetterKind.DROPOUT_REPORT,
        case.pupil,
        by=by,
        about_kind="case",
        about=case.pk,
        addressee="学校",
        last_attended=f"{episode.last_attended:%Y年%m月%d日}" if episode.last_attended else "—",
        causes="、".join(cause.get_cause_display() for cause in case.causes.all()) or "待查",
        whereabouts=case.get_whereabouts_display() + (f",{case.whereabouts_text}" if case.whereabouts_text else ""),
        visits=";".join(
            f"{visit.at:%m月%d日}{visit.get_kind_display()},{visit.get_outcome_display()}" for visit in visits
        ),
    )
    return move_case(
        case,
        CaseState.REPORTED,
        on=today,
        by=by,
        text=text or letter.number,
        done=("case_report",),
        reported_on=today,
        report=letter,
    )


@transaction.atomic
def forward_report(case: Case, *, by, text="") -> Case:
    """The school passes the report on to township and bureau, within a day."""
    case = locked(case)
    if not may_forward(by, case, on=clock.today()):
        raise NotYours("permission_denied", "由校长、副校长或控辍专干上报。")
    require_state(case, CaseState.REPORTED)
    episode = case.episode
    if episode.forwarded_on:
        raise Refused("wrong_state", "这份报告已经上报。")
    episode.forwarded_on = clock.today()
    episode.save()
    record(case.pupil, "case", "辍学报告已报送乡镇和教育局", by=by, on=clock.today(), link=f"/cases/{case.pk}/")
    settle_duties(case, by=by, done=("case_forward",))
    return case


@transaction.atomic
def serve_notice(case: Case, *, by, on=None, received_by="", paper=None, text="") -> Case:
    """The township serves the 返校通知书 on the guardians; its term runs from the service (F31)."""
    case = locked(case)
    chair = chair_for(case, PostKind.TOWNSHIP_OFFICER)
    if not may_notice(by, case, chair, on=clock.today()):
        raise NotYours("permission_denied", "返校通知书由居住地乡镇送达。")
    require_case_move(case, CaseState.NOTICED)
    episode, rules = case.episode, rules_of(case)
    on = _day(on, not_before=episode.reported_on)
    letter = issue_letter(
        LetterKind.RETURN_NOTICE,
        case.pupil,
        by=by,
        issuer=case.township or county_of(case),
        about_kind="case",
        about=case.pk,
        on=on,
        last_attended=f"{episode.last_attended:%Y年%m月%d日}" if episode.last_attended else "—",
        days=rules.notice_term_days,
    )
    if received_by or paper:
        letter.receipt, letter.received_by = ReceiptState.SIGNED, received_by[:80]
        letter.received_at, letter.receipt_paper = clock.now(), paper
        letter.save()
    return move_case(
        case,
        CaseState.NOTICED,
        on=on,
        by=by,
        text=text or letter.number,
        done=("case_notice", "case_forward"),
        noticed_on=on,
        notice_until=on + timedelta(days=rules.notice_term_days),
        notice=letter,
        forwarded_on=episode.forwarded_on or on,
    )


def county_of(case) -> Unit:
    return Unit.objects.get(path=ancestors(case.path)[2])


@transaction.atomic
def enforce_case(
    case: Case, *, by, kind="", basis="", number="", on=None, served_on=None, until=None, paper=None
) -> Case:
    """The next legal step, in order, with its basis and number; the first one when the notice's term has run out (F35).

    Raises NotYours, Malformed (`missing`), Refused (`wrong_state`, `too_early`, `wrong_order`).
    """
    case = locked(case)
    today = clock.today()
    if not may_enforce(by, case, on=today):
        message = "法律步骤只由乡镇人民政府或教育局作出,学校不得作出责令或处罚。"
        raise NotYours("permission_denied", message, article="《中华人民共和国义务教育法》第五十八条")
    if case.state != CaseState.ENFORCING:
        require_case_move(case, CaseState.ENFORCING)
    episode = case.episode
    if today <= episode.notice_until:
        raise Refused(
            "too_early",
            f"返校通知书的期限到 {episode.notice_until:%Y-%m-%d} 为止,期满后才能采取法律步骤。",
            allowed_from=(episode.notice_until + timedelta(days=1)).isoformat(),
        )
    expected = next_step(facts_of(case, on=today))
    if expected is None:
        raise Refused("wrong_state", "法律步骤已全部采取。")
    kind = StepKind(kind) if kind in StepKind.values else expected
    if kind != expected:
        raise Refused("wrong_order", f"法律步骤按顺序采取,下一步是“{expected.label}”。")
    needs_basis = kind != StepKind.EDUCATION
    lacking = [name for name, value in (("basis", basis), ("number", number)) if needs_basis and not value.strip()]
    if lacking:
        raise Malformed("missing", f"“{kind.label}”须写明法律依据和文号。", fields={name: ["必填"] for name in lacking})
    on = _day(on, not_before=episode.noticed_on)
    case.steps.create(
        episode=episode,
        kind=kind,
        unit=case.township
        if case.township and by.holds(PostKind.TOWNSHIP_OFFICER, at=case.township.path, on=today)
        else county_of(case),
        basis=basis.strip()[:200] or "《中华人民共和国义务教育法》第五十八条",
        number=number.strip()[:60],
        on=on,
        served_on=served_on,
        until=until,
        paper=paper,
        by=by,
        at=clock.now(),
    )
    text = f"{kind.label}{f' {number}' if number else ''}"
    if case.state == CaseState.ENFORCING:
        record(case.pupil, "case", f"个案:{text}", by=by, on=on, link=f"/cases/{case.pk}/")
        settle_duties(case, by=by, done=("case_step",))
        return case
    return move_case(case, CaseState.ENFORCING, on=on, by=by, text=text, done=("case_enforce",), enforcing_on=on)


@transaction.atomic
def bring_back(
    case: Case, *, by, on=None, placement=PlacementKind.SAME_SCHOOL, place="", to_class=None, paper=None, text=""
) -> Case:
    """The child attends again, here or in a suitable programme (F33): the register says so, follow-ups are due.

    Raises NotYours, Malformed, Refused.
    """
    case = locked(case)
    if not may_bring_back(by, case, on=clock.today()):
        raise NotYours("permission_denied", "返校由学校或乡镇登记。")
    require_case_move(case, CaseState.RETURNED)
    episode = case.episode
    on = _day(on, not_before=episode.away_since)
    if placement not in PlacementKind.values:
        raise Malformed("unknown_placement", "没有这种安置方式。", fields={"placement": PlacementKind.values})
    if placement not in (PlacementKind.SAME_SCHOOL, PlacementKind.HOME_TEACHING) and not (
        place.strip() and (paper or to_class)
    ):
        raise Malformed("missing", "在别处就读要写明地点并附证明。", fields={"place": ["必填"], "paper": ["必填"]})
    change = _register_return(case, placement, on, to_class, text, by)
    school = Unit.objects.filter(path__in=ancestors(case.path), kind="school").first()
    case.placements.create(
        episode=episode, kind=placement, place=place.strip()[:120] or school.name, since=on, paper=paper
    )
    FollowUp.objects.bulk_create(
        FollowUp(episode=episode, day=day, due_on=on + timedelta(days=day)) for day in rules_of(case).follow_up_days
    )
    case.path = case.pupil.path
    return move_case(
        case,
        CaseState.RETURNED,
        on=on,
        by=by,
        text=text or PlacementKind(placement).label,
        done=("case_visits", "case_report", "case_notice", "case_enforce", "case_step"),
        returned_on=on,
        back=change,
    )


def _register_return(case, placement, on, to_class, text, by):
    spell = Enrolment.objects.filter(pupil=case.pupil).order_by("starts").last()
    if spell is None or spell.ends is not None or spell.status != EnrolmentStatus.DROPPED_OUT:
        return None
    kind = ChangeKind.HOME_TEACHING if placement == PlacementKind.HOME_TEACHING else ChangeKind.RETURN
    asked = {"to_class": to_class} if to_class else {}
    change = change_register(case.pupil, kind, date=on, reason=(text or "劝返")[:300], by=by, decided=True, **asked)
    case.pupil.refresh_from_db()
    return change


@transaction.atomic
def make_follow_up(case: Case, day: int, *, text, by, on=None) -> Case:
    """One of the visits after the return."""
    case = locked(case)
    if not may_visit(by, case, on=clock.today()):
        raise NotYours("permission_denied", "回访由学校或乡镇办理。")
    follow_up = case.episode.follow_ups.filter(day=day).first()
    if follow_up is None or follow_up.done_on:
        raise Refused("wrong_state", "没有这次回访,或已经办过。")
    if not text.strip():
        raise Malformed("missing", "请写明回访情况。", fields={"text": ["必填"]})
    follow_up.done_on, follow_up.text, follow_up.by = _day(on, not_before=case.episode.returned_on), text.strip(), by
    follow_up.save()
    record(case.pupil, "case", f"返校后第{day}天回访", by=by, on=follow_up.done_on, link=f"/cases/{case.pk}/")
    settle_duties(case, by=by, done=("case_follow_up",))
    return case


@transaction.atomic
def close_case(case: Case, *, by, text="", papers=()) -> Case:
    """销号: asked for by the school, approved by the county, a second person. A signature alone does not close (F33).

    Raises NotYours, Refused (`wrong_state`, `too_few_days`, `follow_up_missing`, `proof_missing`, `second_person`).
    """
    case = locked(case)
    require_case_move(case, CaseState.CLOSED)
    decides = may_approve(by, PostKind.COUNTY_CLERK, case.path, on=clock.today())
    if not decides and not may_ask_ending(by, case, on=clock.today()):
        raise NotYours("permission_denied", "销号由学校申请、教育局审批。")
    require_proof_of_return(case, papers)
    if not decides:
        return ask_ending(case, ApprovalKind.CLOSE, text=text or "返校满天数,申请销号", papers=papers, by=by)
    _require_second_person(case, by)
    decide_waiting(case, ApprovalKind.CLOSE, granted=True, remark=text, by=by)
    return move_case(
        case,
        CaseState.CLOSED,
        on=clock.today(),
        by=by,
        text=text or "到校满天数",
        done=("case_ask_close", "case_decide_close"),
    )


def require_proof_of_return(case, papers=()):
    """Attended days seen in the rolls, or the monthly proof of another place; the follow-ups due so far done."""
    rules, today, episode = rules_of(case), clock.today(), case.episode
    placement = case.placements.filter(episode=episode).first()
    if placement is None or placement.kind in (PlacementKind.SAME_SCHOOL, PlacementKind.TRANSFER):
        attended = facts_of(case, on=today).attended
    else:
        attended = sum(placement.proofs.values_list("days", flat=True))
    if attended < rules.attended_days_to_close:
        raise Refused(
            "too_few_days",
            f"返校后到校 {attended} 天,满 {rules.attended_days_to_close} 天才能销号。",
            attended=attended,
            needed=rules.attended_days_to_close,
        )
    missed = episode.follow_ups.filter(done_on__isnull=True, due_on__lte=today).first()
    if missed:
        raise Refused("follow_up_missing", f"第 {missed.day} 天的回访还没有办。")


def _require_second_person(case, by):
    waiting = case.approvals.filter(kind=ApprovalKind.CLOSE, granted__isnull=True).first()
    returned = case.moves.filter(episode=case.episode, after=CaseState.RETURNED).last()
    if by.pk in {waiting.asked_by_id if waiting else None, returned.by_id if returned else None}:
        raise Refused("second_person", "销号要由登记返校、提出申请以外的第二个人审批。")


@transaction.atomic
def clear_case(case: Case, *, by, reason, text="", papers=()) -> Case:
    """A case that was none, or rests on another ground than dropping out: with reason and proof (P14).

    Asked for by who works on the case, approved by the county, data errors by the principal. 失联 is never cleared.
    A dropout that was already on the register is taken back there (docs/decisions/0043).
    Raises NotYours, Malformed (`unknown_reason`, `missing`), Refused (`wrong_state`, `lost_child`, `later_changes`).
    """
    case = locked(case)
    today = clock.today()
    if reason not in ClearReason.values:
        raise Malformed("unknown_reason", "请选择排除的原因。", fields={"reason": ClearReason.values})
    approver = PostKind.PRINCIPAL if reason == ClearReason.DATA_ERROR else PostKind.COUNTY_CLERK
    decides = may_approve(by, approver, case.path, on=today)
    if not decides and not may_ask_ending(by, case, on=today):
        raise NotYours("permission_denied", "排除由学校申请、教育局审批;数据错误由校长审批。")
    require_case_move(case, CaseState.CLEARED)
    if case.causes.filter(cause=Cause.LOST).exists() or case.whereabouts == "lost":
        raise Refused("lost_child", "失联的学生不能排除:查到下落之前一直留在台账上。")
    if not text.strip():
        raise Malformed("missing", "请写明依据(证明、来函、核实经过)。", fields={"text": ["必填"]})
    if reason == ClearReason.CAME_BACK:
        if case.state != CaseState.SUSPECTED:
            raise Refused("wrong_state", "确认辍学以后回来的,请办理返校。")
        return _clear(case, reason, text, by)
    if not decides:
        return ask_ending(case, ApprovalKind.CLEAR, reason=reason, text=text, papers=papers, by=by)
    waiting = decide_waiting(case, ApprovalKind.CLEAR, granted=True, remark=text, by=by)
    proofs = [*papers, *(waiting.papers.all() if waiting else ())]
    clear_register(case, ClearReason(reason), text=text.strip(), papers=proofs, by=by)
    return _clear(case, reason, text, by)


def _clear(case, reason, text, by):
    return move_case(
        case,
        CaseState.CLEARED,
        on=clock.today(),
        by=by,
        reason=reason,
        text=f"{ClearReason(reason).label}:{text}"[:500],
        done=("case_settle", "case_decide_clear"),
    )


def ask_ending(case, kind, *, text, by, reason="", papers=()) -> Case:
    if case.approvals.filter(granted__isnull=True).exists():
        raise Refused("already_asked", "已有一份申请在等审批。")
    asked = Approval.objects.create(
        case=case, kind=kind, reason=reason, text=text.strip(), asked_by=by, asked_at=clock.now()
    )
    asked.papers.set(papers)
    told = f"申请{asked.get_kind_display()}{f'({asked.get_reason_display()})' if reason else ''}"
    record(case.pupil, "case", told, by=by, on=clock.today(), link=f"/cases/{case.pk}/")
    settle_duties(case, by=by, done=("case_ask_close", "case_settle"))
    return case


def decide_waiting(case, kind, *, granted, remark, by):
    """Decide the approval that waits, where there is one."""
    waiting = case.approvals.filter(granted__isnull=True).first()
    if waiting is None:
        return None
    if waiting.kind != kind and granted:
        raise Refused("wrong_state", f"正在等审批的是{waiting.get_kind_display()}。")
    if waiting.asked_by_id == by.pk:
        raise Refused("second_person", "不能审批自己提出的申请。")
    waiting.granted, waiting.decided_by, waiting.decided_at, waiting.remark = granted, by, clock.now(), remark[:300]
    waiting.save()
    return waiting


@transaction.atomic
def refuse_ending(case: Case, *, by, remark) -> Case:
    """The application is sent back with the reason; the case goes on."""
    case = locked(case)
    waiting = case.approvals.filter(granted__isnull=True).first()
    if waiting is None:
        raise Refused("wrong_state", "没有等待审批的申请。")
    if not may_approve(by, approver_of(waiting), case.path, on=clock.today()):
        raise NotYours("permission_denied", "由教育局审批;数据错误由校长审批。")
    if not remark.strip():
        raise Malformed("missing", "请写明不同意的原因。", fields={"remark": ["必填"]})
    decide_waiting(case, waiting.kind, granted=False, remark=remark, by=by)
    record(case.pupil, "case", f"未同意{waiting.get_kind_display()}:{remark}"[:500], by=by, on=clock.today())
    settle_duties(case, by=by, done=(f"case_decide_{waiting.kind}",))
    return case


@transaction.atomic
def reopen_case(case: Case, *, by, last_attended: date | None = None, text="") -> Case:
    """Away again within a year: the same case, an episode more, persuasion starts anew; never a second child (F33).

    Raises NotYours, Refused (`wrong_state`, `too_long_ago`).
    """
    case = locked(case)
    if not may_confirm(by, case, chair_for(case, PostKind.PRINCIPAL), on=clock.today()):
        raise NotYours("permission_denied", "复辍由校长(副校长)确认。")
    require_state(case, CaseState.RETURNED, CaseState.CLOSED)
    before, today = case.episode, clock.today()
    if today > before.returned_on + timedelta(days=rules_of(case).relapse_within_days):
        raise Refused("too_long_ago", "返校已满一年,请另立个案。")
    last = _day(
        last_attended or calendar_of(case).last_school_day(today - timedelta(days=1)), not_before=before.returned_on
    )
    change = drop_out(case, last, reason=text or "返校后再次离校", by=by)
    if before.ended_on is None:
        before.ended_on = today
        before.save()
    Episode.objects.create(
        case=case,
        number=before.number + 1,
        away_since=last,
        suspected_on=today,
        last_attended=last,
        confirmed_on=today,
        drop_out=change,
    )
    return move_case(
        case,
        CaseState.PERSUADING,
        on=today,
        by=by,
        text=text or f"第 {before.number + 1} 次离校",
        done=("case_reopen",),
        persuading_on=today,
    )
