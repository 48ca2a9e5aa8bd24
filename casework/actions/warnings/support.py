"""What people do about a warning (F20–F22): report a worry, call and hold a conference, plan, help, review."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from casework.actions.ladder import chair_of
from casework.actions.letters import issue_letter, school_of
from casework.actions.warnings.duties import settle_warning
from casework.actions.warnings.following import follow_warnings
from casework.enums import ConferenceState, LetterKind, SupportKind, Tier, WarningState
from casework.models import (
    Conference,
    CounsellingNote,
    PlanMeasure,
    RiskWarning,
    SupportEntry,
    SupportPlan,
    TeacherReport,
)
from casework.permissions import may_chair, may_convene, may_counsel, may_help, may_report_worry
from casework.queries.conduct import school_path
from casework.rules.warnings import CHAIRS
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.edition import rule_book
from students.actions.timeline import record
from students.enums import Audience, PlanResult
from students.models import Pupil, PupilGrant

LONGEST_PLAN = timedelta(days=180)
MEASURE_POSTS = (
    PostKind.CLASS_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.COUNSELLOR,
    PostKind.DROPOUT_OFFICER,
    PostKind.PRINCIPAL,
)


@transaction.atomic
def report_worry(pupil: Pupil, *, points: int, reason: str, by) -> TeacherReport:
    """A teacher's own report: 2 to 5 points, chosen by the teacher, who says why; at once in the warning (F20).

    Raises NotYours, Malformed (`bad_points`, `missing`), Refused (`already_reported`).
    """
    today = clock.today()
    if not may_report_worry(by, pupil.path, on=today):
        raise NotYours("permission_denied", "由任教老师、班主任或学校负责人报告。")
    limits = rule_book(pupil.path).rules(pupil.path, on=today).warning.points
    if not limits.report_least <= points <= limits.report_most:
        message = f"分值为 {limits.report_least} 至 {limits.report_most} 分。"
        raise Malformed("bad_points", message, fields={"points": [message]})
    if not reason.strip():
        raise Malformed("missing", "请写明理由:看到了什么、什么时候。", fields={"reason": ["必填"]})
    given = {"path": pupil.path, "points": points, "reason": reason.strip()[:200], "at": clock.now()}
    try:
        with transaction.atomic():
            report = TeacherReport.objects.create(pupil=pupil, by=by, on=today, **given)
    except IntegrityError as error:
        raise Refused("already_reported", "您今天已经报告过这名学生。") from error
    record(pupil, "teacher_report", f"教师报告:{report.reason}", by=by, on=today)
    follow_warnings([pupil.pk])
    return report


def locked(warning: RiskWarning) -> RiskWarning:
    return RiskWarning.objects.select_for_update().select_related("pupil").get(pk=warning.pk)


def _require_open(warning):
    if warning.state != WarningState.OPEN:
        raise Refused("wrong_state", f"预警{warning.get_state_display()},不再在这里办理。")


@transaction.atomic
def call_conference(warning: RiskWarning, *, at: datetime, place: str, invited: str, by) -> Conference:
    """Call a conference and invite the guardians by letter (F21): the class teacher convenes, tier says who chairs.

    Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`wrong_state`, `already_called`).
    """
    warning = locked(warning)
    if not may_convene(by, warning, on=clock.today()):
        raise NotYours("permission_denied", "由班主任召集会议。")
    if not place.strip() or not invited.strip():
        raise Malformed("missing", "请写明地点和邀请的人。", fields={"place": ["必填"], "invited": ["必填"]})
    if timezone.localdate(at) < clock.today():
        raise Malformed("bad_time", "会议时间不能早于今天。", fields={"at": ["早于今天"]})
    _require_open(warning)
    if warning.tier not in CHAIRS:
        raise Refused("wrong_state", "橙色、红色预警才召开会议;黄色由班主任谈话。")
    if warning.conferences.filter(state=ConferenceState.CALLED).exists():
        raise Refused("already_called", "已经通知了一次会议,还没有召开。")
    conference = Conference.objects.create(
        warning=warning,
        pupil=warning.pupil,
        path=warning.path,
        tier=warning.tier,
        rise=warning.rises,
        chair_post=CHAIRS[Tier(warning.tier)],
        at=at,
        place=place.strip()[:100],
        invited=invited.strip()[:300],
        called_by=by,
        called_at=clock.now(),
    )
    conference.letter = issue_letter(
        LetterKind.CONFERENCE,
        warning.pupil,
        by=by,
        about_kind="conference",
        about=conference.pk,
        appointed=f"{timezone.localtime(at):%Y年%m月%d日 %H:%M}",
        where=conference.place,
    )
    conference.save()
    text = f"通知帮扶会议:{timezone.localtime(at):%m月%d日 %H:%M},{conference.place}"
    record(warning.pupil, "conference", text, by=by, on=clock.today(), link=f"/warnings/{warning.pk}/")
    settle_warning(warning, by=by, done=("warning_conference",))
    return conference


@transaction.atomic
def cancel_conference(conference: Conference, *, by) -> Conference:
    """It will not take place: another one is owed."""
    conference = Conference.objects.select_for_update().select_related("warning").get(pk=conference.pk)
    if not may_convene(by, conference.warning, on=clock.today()):
        raise NotYours("permission_denied", "由班主任取消会议。")
    if conference.state != ConferenceState.CALLED:
        raise Refused("wrong_state", f"会议{conference.get_state_display()}。")
    conference.state = ConferenceState.CANCELLED
    conference.save()
    settle_warning(conference.warning, by=by, done=())
    return conference


@transaction.atomic
def hold_conference(
    conference: Conference,
    *,
    held_at: datetime,
    attendees: str,
    guardians_present: bool,
    minutes: str,
    guardians_view: str = "",
    paper=None,
    by,
) -> Conference:
    """Write the minutes of a conference that was held. The chair does: head of teaching for orange, principal for red.

    Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`wrong_state`).
    """
    conference = Conference.objects.select_for_update().select_related("warning", "pupil").get(pk=conference.pk)
    if not may_chair(by, chair_of(conference.chair_post, conference.path), on=clock.today()):
        raise NotYours("permission_denied", f"会议由{conference.get_chair_post_display()}主持并登记。")
    lacking = {name: ["必填"] for name, text in (("attendees", attendees), ("minutes", minutes)) if not text.strip()}
    if lacking:
        raise Malformed("missing", "请写明参加人员和会议记录。", fields=lacking)
    if held_at > max(clock.now(), timezone.now()) or held_at < conference.called_at - timedelta(days=1):
        raise Malformed("bad_time", "召开时间不能晚于现在,也不能早于通知。", fields={"held_at": ["时间不对"]})
    if conference.state != ConferenceState.CALLED:
        raise Refused("wrong_state", f"会议{conference.get_state_display()}。")
    conference.state, conference.held_at, conference.chaired_by = ConferenceState.HELD, held_at, by
    conference.attendees, conference.minutes = attendees.strip()[:300], minutes.strip()
    conference.guardians_present, conference.guardians_view = guardians_present, guardians_view.strip()
    conference.paper = paper
    conference.save()
    text = f"召开帮扶会议,家长{'到会' if guardians_present else '未到会'}"
    on, link = timezone.localdate(held_at), f"/warnings/{conference.warning_id}/"
    record(conference.pupil, "conference", text, by=by, on=on, link=link)
    settle_warning(conference.warning, by=by, done=("conference_hold",))
    return conference


@transaction.atomic
def make_plan(
    warning: RiskWarning, *, goal: str, helper: str, measures: Sequence[Mapping], review_on: date, by
) -> SupportPlan:
    """A plan with measures, a helper and a day of review (F21). A measure is {"kind", "text", "post_kind"}.

    A measure of the counsellor opens the child's file to the school's counsellor until the plan is reviewed.
    Raises NotYours, Malformed (`missing`, `unknown_measure`, `bad_period`), Refused (`wrong_state`, `plan_at_work`).
    """
    warning, today = locked(warning), clock.today()
    if not may_convene(by, warning, on=today):
        raise NotYours("permission_denied", "帮扶计划由班主任制定。")
    _check_plan(goal, helper, measures, review_on, today)
    _require_open(warning)
    if warning.plans.filter(reviewed_on__isnull=True).exists():
        raise Refused("plan_at_work", "已有一份帮扶计划在执行,请先评估。")
    held = warning.conferences.filter(state=ConferenceState.HELD, plans__isnull=True).order_by("pk").last()
    plan = SupportPlan.objects.create(
        warning=warning,
        conference=held,
        pupil=warning.pupil,
        path=warning.path,
        helper=helper.strip()[:80],
        goal=goal.strip(),
        made_on=today,
        made_by=by,
        review_on=review_on,
    )
    book = rule_book(warning.path)
    days = book.rules(warning.path, on=today).warning.measure_days
    due = min(book.calendar(warning.path).add_school_days(today, days), review_on)
    PlanMeasure.objects.bulk_create(
        PlanMeasure(plan=plan, kind=one["kind"], text=one["text"].strip()[:300], post_kind=one["post_kind"], due_on=due)
        for one in measures
    )
    if any(one["post_kind"] == PostKind.COUNSELLOR for one in measures):
        PupilGrant.objects.create(
            pupil=warning.pupil,
            post_kind=PostKind.COUNSELLOR,
            unit=school_of(warning.pupil),
            fields=["support"],
            reason=_grant_reason(plan),
            first_day=today,
        )
    text = f"制定帮扶计划:{plan.goal}"
    record(warning.pupil, "support_plan", text[:500], by=by, on=today, link=f"/warnings/{warning.pk}/")
    settle_warning(warning, by=by, done=("support_plan",))
    return plan


def _grant_reason(plan) -> str:
    return f"帮扶计划 {plan.pk} 转介心理辅导"


def _check_plan(goal, helper, measures, review_on, today):
    lacking = {name: ["必填"] for name, text in (("goal", goal), ("helper", helper)) if not text.strip()}
    if lacking or not measures:
        raise Malformed("missing", "请写明目标、帮扶责任人和至少一项措施。", fields=lacking or {"measures": ["必填"]})
    for one in measures:
        wrong = one["kind"] not in SupportKind.values or one["post_kind"] not in MEASURE_POSTS
        if wrong or not one["text"].strip():
            raise Malformed("unknown_measure", "措施要有类别、内容和责任岗位。", fields={"measures": ["不完整"]})
        if one["kind"] == SupportKind.COUNSELLING and one["post_kind"] != PostKind.COUNSELLOR:
            raise Malformed("unknown_measure", "心理辅导由心理辅导员负责。", fields={"measures": ["责任岗位不对"]})
    if not today < review_on <= today + LONGEST_PLAN:
        raise Malformed("bad_period", "评估日期应在今天以后、半年以内。", fields={"review_on": ["日期不对"]})


@transaction.atomic
def add_support(
    pupil: Pupil,
    *,
    kind,
    on: date,
    text: str,
    by,
    amount: Decimal | None = None,
    helper: str = "",
    measure: PlanMeasure | None = None,
    paper=None,
) -> SupportEntry:
    """Write down what was done for a child, dated and signed (F22). Counselling is written by the counsellor, apart.

    Raises NotYours, Malformed (`unknown_kind`, `missing`, `amount_needed`, `future_date`), Refused (`counselling_apart`).
    """
    if not may_help(by, pupil.path, on=clock.today()):
        raise NotYours("permission_denied", "帮扶由任教老师、班主任或学校登记。")
    if kind not in SupportKind.values:
        raise Malformed("unknown_kind", "没有这种帮扶。", fields={"kind": ["没有这种帮扶"]})
    if kind == SupportKind.COUNSELLING:
        raise Refused("counselling_apart", "心理辅导由心理辅导员单独登记,内容不公开。")
    if not text.strip():
        raise Malformed("missing", "请写明内容。", fields={"text": ["必填"]})
    if kind == SupportKind.SUBSIDY and not (amount and amount > 0):
        raise Malformed("amount_needed", "资助请填写金额。", fields={"amount": ["必填"]})
    return _write_entry(pupil, kind, on, text, measure, by, amount=amount, helper=helper.strip()[:80], paper=paper)


def _write_entry(pupil, kind, on, text, measure, by, **more) -> SupportEntry:
    if on > clock.today():
        raise Malformed("future_date", "日期不能晚于今天。", fields={"on": ["晚于今天"]})
    warning = RiskWarning.objects.select_for_update().standing().filter(pupil=pupil).first()
    if measure is not None and measure.plan.pupil_id != pupil.pk:
        raise Malformed("unknown_measure", "这项措施不属于这名学生。", fields={"measure": ["不属于这名学生"]})
    entry = SupportEntry.objects.create(
        pupil=pupil,
        path=pupil.path,
        warning=warning,
        measure=measure,
        kind=kind,
        on=on,
        text=text.strip(),
        by=by,
        at=clock.now(),
        **more,
    )
    amount = f"{entry.amount} 元," if entry.amount else ""
    link = f"/warnings/{warning.pk}/" if warning else ""
    record(pupil, "support", f"{entry.get_kind_display()}:{amount}{entry.text}"[:500], by=by, on=on, link=link)
    if warning is not None:
        settle_warning(warning, by=by, done=("warning_talk", "plan_measure"))
    return entry


@transaction.atomic
def write_counselling(
    pupil: Pupil, *, on: date, text: str, summary: str, measure: PlanMeasure | None = None, by
) -> CounsellingNote:
    """A counsellor's note, closed to all but counsellor and principal, with the summary that the class teacher gets.

    Raises NotYours, Malformed (`missing`, `future_date`, `unknown_measure`).
    """
    if not may_counsel(by, pupil.path, on=clock.today()):
        raise NotYours("permission_denied", "心理辅导由心理辅导员登记。")
    lacking = {name: ["必填"] for name, said in (("text", text), ("summary", summary)) if not said.strip()}
    if lacking:
        raise Malformed("missing", "请写明辅导记录,以及给班主任的书面小结。", fields=lacking)
    entry = _write_entry(pupil, SupportKind.COUNSELLING, on, summary, measure, by)
    note = CounsellingNote.objects.create(
        pupil=pupil, path=school_path(pupil.path), on=on, text=text.strip(), entry=entry, by=by, at=clock.now()
    )
    link = f"/warnings/counselling/{pupil.number}/"
    record(pupil, "counselling", "心理辅导记录", by=by, on=on, link=link, audience=Audience.COUNSELLING)
    return note


@transaction.atomic
def review_plan(plan: SupportPlan, *, result, review: str, by) -> SupportPlan:
    """What came of the plan; the counsellor's view of the file ends with it. A quiet warning may now close.

    Raises NotYours, Malformed (`missing`), Refused (`wrong_state`).
    """
    plan = SupportPlan.objects.select_for_update().select_related("warning", "pupil").get(pk=plan.pk)
    if not may_convene(by, plan.warning, on=clock.today()):
        raise NotYours("permission_denied", "帮扶计划由班主任评估。")
    if result not in PlanResult.values or not review.strip():
        raise Malformed("missing", "请选择结果并写明依据。", fields={"result": ["必填"], "review": ["必填"]})
    if plan.reviewed_on is not None:
        raise Refused("wrong_state", "这份计划已经评估。")
    today = clock.today()
    plan.result, plan.review, plan.reviewed_on, plan.reviewed_by = result, review.strip(), today, by
    plan.save()
    for grant in PupilGrant.objects.filter(pupil=plan.pupil, reason=_grant_reason(plan), last_day__isnull=True):
        grant.last_day = today
        grant.save()
    text = f"帮扶计划评估:{PlanResult(result).label}"
    record(plan.pupil, "support_plan", text, by=by, on=today, link=f"/warnings/{plan.warning_id}/")
    settle_warning(plan.warning, by=by, done=("plan_review",))
    follow_warnings([plan.pupil_id])
    return plan
