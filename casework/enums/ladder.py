"""States and kinds of duties, escalations and measures; what the law forbids, with its article (F14)."""

from dataclasses import dataclass

from django.db import models


class DutyState(models.TextChoices):
    OPEN = "open", "待办"
    DONE = "done", "已办"
    CANCELLED = "cancelled", "已取消"


class EscalationState(models.TextChoices):
    OPEN = "open", "待处理"
    PERFORMED = "performed", "已处理"
    VOIDED = "voided", "已作废"
    OVERTURNED = "overturned", "已撤销"


# Live ones stand for a truant day that still counts.
LIVE = (EscalationState.OPEN, EscalationState.PERFORMED)


class MeasureKind(models.TextChoices):
    VERBAL_WARNING = "verbal_warning", "口头警告"
    WRITTEN_WARNING = "written_warning", "书面警告"
    INDIVIDUAL_TALK = "individual_talk", "个别谈话"
    CLASS_TALK = "class_talk", "班级集体教育"
    CRITICISM = "criticism", "严肃批评"
    GUARDIANS_TOLD = "guardians_told", "告知家长"
    ONE_TO_ONE_TALK = "one_to_one_talk", "一对一谈话"
    HOME_VISIT = "home_visit", "家访"
    DISCIPLINE = "discipline", "教育惩戒"


class Discipline(models.TextChoices):
    """The lawful list (中小学教育惩戒规则 8–10)."""

    NAMED_CRITICISM = "named_criticism", "点名批评"
    SELF_CRITICISM = "self_criticism", "书面检讨"
    AFTER_CLASS = "after_class", "课后教导"
    ADMONITION = "admonition", "训导"
    SCHOOL_SERVICE = "school_service", "校内公益服务"
    RULES_COURSE = "rules_course", "专门规则教育"
    SUSPENSION_WEEK = "suspension_week", "停课停学(不超过一周)"
    WARNING = "warning", "警告"
    SERIOUS_WARNING = "serious_warning", "严重警告"
    DEMERIT = "demerit", "记过"
    PROBATION = "probation", "留校察看"


# Only from the senior grades of primary school on, with guardians told first (惩戒规则 10).
HEAVY = (
    Discipline.SUSPENSION_WEEK,
    Discipline.WARNING,
    Discipline.SERIOUS_WARNING,
    Discipline.DEMERIT,
    Discipline.PROBATION,
)
SENIOR_PRIMARY_FROM = 4
SUSPENSION_DAYS = 5


@dataclass(frozen=True)
class Prohibition:
    """What no school may do to a child, and the article that says so."""

    label: str
    article: str


COMPULSORY = "《中华人民共和国义务教育法》第二十七条;《中华人民共和国未成年人保护法》第二十八条"
FORBIDDEN = {
    "fine": Prohibition(
        "罚款", "《中小学教育惩戒规则(试行)》第八条至第十条未设罚款;《中华人民共和国行政处罚法》第十六条"
    ),
    "expel": Prohibition("开除", COMPULSORY),
    "persuade_withdrawal": Prohibition("劝退", COMPULSORY),
    "cancel_registration": Prohibition("取消学籍", COMPULSORY),
}
SENIOR_GRADES_ARTICLE = "《中小学教育惩戒规则(试行)》第十条"


class ReminderStage(models.TextChoices):
    DUE = "due", "今天到期"
    LATE = "late", "已逾期"
    NEXT_POST = "next_post", "下级逾期"
