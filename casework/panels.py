"""What casework shows on shared pages: my duties on 今日, the ladder on a child's file."""

from django.urls import reverse

from casework.actions.merge import join_escalations, join_ratio_steps, join_reports, join_warnings
from casework.enums import LIVE_CASES, LetterKind
from casework.kinds import DutyKind, register_kind
from casework.models import Case, Escalation, Letter, RatioStep, RiskWarning, TeacherReport
from casework.permissions import (
    LETTER_KINDS_BY_HAND,
    REFERRAL_POSTS,
    may_help,
    may_issue,
    may_open_case,
    may_report_worry,
    may_see_cases,
    may_see_compare,
    may_see_ladder,
    may_see_letters,
)
from casework.queries.inbox import duties_of, late_below
from casework.queries.letters import template_units
from casework.views.duties import lines
from organisation.enums import PUPIL_POSTS, ROLL_POSTS, PostKind
from organisation.models import Unit
from organisation.registry import HOME, PUPIL, SETTINGS, NavItem, Panel, register_nav, register_panel
from students.actions.merge import register_clash
from students.models import Roll

SHOWN = 12  # on 今日; the rest stands in the inbox
CASE_KINDS = {
    "case_call": "联系家长",
    "case_first_visit": "家访核实",
    "case_settle": "确认或排除",
    "case_persuade": "开始劝返",
    "case_visits": "劝返走访",
    "case_report": "辍学报告单",
    "case_forward": "上报",
    "case_notice": "返校通知书",
    "case_enforce": "依法督促",
    "case_step": "法律步骤",
    "case_follow_up": "返校回访",
    "case_ask_close": "申请销号",
    "case_decide_close": "销号审批",
    "case_decide_clear": "排除审批",
    "case_reopen": "复辍确认",
}
INQUIRY_KINDS = {
    "inquiry_group": "成立调查小组",
    "inquiry_evidence": "取证",
    "inquiry_summons": "约谈通知",
    "inquiry_interview": "约谈",
    "inquiry_tutoring": "辅导协议",
    "inquiry_answer": "答复学校",
}
APPEAL_KINDS = {
    "appeal_committee": "申诉委员会",
    "appeal_answer": "申诉答复",
    "appeal_review": "申诉复核",
}

REFERRAL_KINDS = {"labour_refer": "移送人社", "restricted_refer": "立即移送"}

WARNING_KINDS = {
    "warning_talk": "预警谈话",
    "warning_conference": "召集会议",
    "conference_hold": "主持会议",
    "support_plan": "帮扶计划",
    "plan_measure": "帮扶措施",
    "plan_review": "计划评估",
}


def register():
    register_nav(NavItem("warnings", "预警", "warnings", 42, follows_warnings))
    register_panel(Panel(PUPIL, 5, "casework/_pupil_warning.html", warning_of))
    for kind, label in WARNING_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("warning", args=[duty.about])))
    register_kind(DutyKind("term_contact", "开学前联系", own_act=False))
    register_nav(NavItem("duties", "待办", "duties", 50, lambda person, on: bool(person.posts_on(on)), waiting))
    register_nav(NavItem("escalations", "旷课", "escalations", 45, lambda person, on: may_see_ladder(person, on=on)))
    register_nav(NavItem("cases", "劝返", "cases", 48, lambda person, on: may_see_cases(person, on=on)))
    register_nav(NavItem("ledgers", "台账", "ledgers", 49, lambda person, on: may_see_cases(person, on=on)))
    register_nav(NavItem("compare", "比对", "compare", 51, lambda person, on: may_see_compare(person, on=on)))
    register_nav(NavItem("referrals", "移送", "referrals", 52, follows_referrals))
    register_panel(Panel(HOME, 5, "casework/_home_duties.html", my_duties))
    register_panel(Panel(PUPIL, 5, "casework/_pupil_cases.html", cases_of))
    register_nav(NavItem("letters", "文书", "letters", 49, lambda person, on: may_see_letters(person, on=on)))
    register_panel(Panel(SETTINGS, 20, "casework/_settings_letters.html", letter_settings))
    register_panel(Panel(PUPIL, 30, "casework/_pupil_letters.html", letters_of))
    register_panel(Panel(PUPIL, 10, "casework/_pupil_ladder.html", ladder_of))
    register_clash(Escalation, join_escalations)
    register_clash(RatioStep, join_ratio_steps)
    register_clash(RiskWarning, join_warnings)
    register_clash(TeacherReport, join_reports)
    register_kind(DutyKind("call_roll", "点名", pages=call_pages))
    register_kind(DutyKind("find_out", "核实去向", pages=roll_pages))
    register_kind(DutyKind("escalation", "旷课处理", lambda duty: reverse("escalation", args=[duty.about])))
    register_kind(DutyKind("tell_guardians", "告知家长", own_act=False))
    register_kind(DutyKind("sick_alert", "因病缺勤", own_act=False))
    for kind, label in REFERRAL_KINDS.items():
        hidden = kind == "restricted_refer"
        register_kind(DutyKind(kind, label, lambda duty: reverse("case", args=[duty.about]), confidential=hidden))
    register_kind(DutyKind("field_check", "开学实地核查", own_act=False))
    register_kind(DutyKind("elsewhere_again", "重新取证", lambda duty: f"{reverse('compare')}?state=stale"))
    register_kind(DutyKind("labour_inspection", "用工检查", lambda duty: reverse("inspection_new")))
    register_kind(
        DutyKind("labour_outcome", "登记查处结果", lambda duty: reverse("labour_referral", args=[duty.about]))
    )
    for kind, label in CASE_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("case", args=[duty.about])))
    register_kind(DutyKind("transfer", "接收转学", lambda duty: reverse("transfer", args=[duty.about])))
    register_kind(DutyKind("ratio", "缺课比例", lambda duty: reverse("ratio", args=[duty.about])))
    for kind, label in INQUIRY_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("inquiry", args=[duty.about])))
    for kind, label in APPEAL_KINDS.items():
        register_kind(DutyKind(kind, label, lambda duty: reverse("appeal", args=[duty.about])))
    register_kind(DutyKind("letter_reply", "家长答复", lambda duty: reverse("letter", args=[duty.about])))
    register_kind(DutyKind("letter_serve", "文书送达", lambda duty: reverse("letter", args=[duty.about])))
    register_kind(DutyKind("slip", "请假审批", lambda duty: reverse("slip", args=[duty.about])))


def waiting(person, on) -> int:
    return duties_of(person, on=on).count()


def my_duties(request, person, on):
    if not person.posts_on(on):
        return None
    rows = duties_of(person, on=on)
    return {
        "lines": lines(list(rows[:SHOWN]), on),
        "total": rows.count(),
        "below": late_below(person, on=on).count(),
    }


def ladder_of(request, pupil, on):
    if not request.user.holds(*PUPIL_POSTS, at=pupil.path, on=on):
        return None
    steps = Escalation.objects.visible_to(request.user, on=on).filter(pupil=pupil)
    return {"escalations": steps.prefetch_related("measures")[:30]}


def cases_of(request, pupil, on):
    """The child's cases, and the way to report it; nothing where there is neither."""
    found = list(Case.objects.visible_to(request.user, on=on).filter(pupil=pupil).prefetch_related("episodes"))
    live = any(case.state in LIVE_CASES for case in found)
    may_open = not live and may_open_case(request.user, pupil, on=on)
    return {"cases": found, "may_open": may_open, "pupil": pupil} if found or may_open else None


def letters_of(request, pupil, on):
    """The child's letters that the person may see, and which the person's post issues by hand."""
    if not may_see_letters(request.user, on=on):
        return None
    kinds = [LetterKind(kind) for kind in LETTER_KINDS_BY_HAND if may_issue(request.user, kind, pupil, on=on)]
    rows = Letter.objects.visible_to(request.user, on=on).filter(pupil=pupil)
    return {"letters": rows[:10], "kinds": kinds, "pupil": pupil}


def letter_settings(request, subject, on):
    units = template_units(request.user, on=on)
    return {"units": units} if units else None


def call_pages(duties) -> dict[int, str]:
    """The rolls of the class, day and session that the duties' keys name."""
    asked = {duty.pk: duty.key.split(":")[1:] for duty in duties}
    codes = dict(Unit.objects.filter(pk__in={int(unit) for unit, *_ in asked.values()}).values_list("pk", "code"))
    return {pk: reverse("roll", args=[codes[int(unit)], day, session]) for pk, (unit, day, session) in asked.items()}


def roll_pages(duties) -> dict[int, str]:
    """The rolls on which somebody is unverified."""
    found = Roll.objects.filter(pk__in={duty.about for duty in duties}).select_related("school_class")
    rolls = {roll.pk: (roll.school_class.code, roll.date.isoformat(), roll.session) for roll in found}
    return {duty.pk: reverse("roll", args=rolls[duty.about]) for duty in duties}


def follows_referrals(person, on) -> bool:
    """Labour officers, and the bureau; others reach a referral from its case."""
    return bool(person.paths(on=on, kinds=REFERRAL_POSTS))


def follows_warnings(person, on) -> bool:
    """Who sees warnings, and subject teachers, who report."""
    return bool(person.paths(on=on, kinds=(*ROLL_POSTS, PostKind.COUNSELLOR)))


def warning_of(request, pupil, on):
    """The standing warning of a child, for whose posts see it; where to write down support."""
    warning = RiskWarning.objects.visible_to(request.user, on=on).raised().filter(pupil=pupil).first()
    helps = may_help(request.user, pupil.path, on=on)
    if warning is None and not helps:
        return None
    return {
        "pupil": pupil,
        "warning": warning,
        "signals": warning.signals.all() if warning else (),
        "may_help": helps,
        "may_report": may_report_worry(request.user, pupil.path, on=on),
    }
