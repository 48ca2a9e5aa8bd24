"""Routine work (F41, P9, P25): groups, plans, activities, measured awareness, self-inspection, contacts with families."""

from dataclasses import dataclass

from django.db import models

from organisation.enums import PostKind, UnitKind


class ActivityKind(models.TextChoices):
    """What a school does by the calendar (P25); one kind of record for all."""

    CLASS_MEETING = "class_meeting", "班会"
    GUARDIANS_MEETING = "guardians_meeting", "家长会"
    GROUP_MEETING = "group_meeting", "领导小组会"
    CONSULTATION = "consultation", "会商会议"
    PUBLICITY = "publicity", "法律宣传"
    GUARDIANS_OPINION = "guardians_opinion", "听取家长意见"
    EXPERIENCE = "experience", "经验交流会"
    MOTIVATION = "motivation", "励志教育"
    MENTAL_HEALTH = "mental_health", "心理健康教育"
    TRAINING = "training", "教师培训"
    STUDY_EXCHANGE = "study_exchange", "学习经验交流会"


@dataclass(frozen=True)
class Owed:
    """Who owes a routine: one for each unit of a level, by the post that sits there."""

    level: UnitKind
    post: PostKind
    label: str


_CLASS, _SCHOOL, _COUNTY = UnitKind.CLASS, UnitKind.SCHOOL, UnitKind.COUNTY
_TEACHER, _HEAD, _PRINCIPAL = PostKind.CLASS_TEACHER, PostKind.HEAD_OF_TEACHING, PostKind.PRINCIPAL
_OFFICER, _COUNSELLOR = PostKind.DROPOUT_OFFICER, PostKind.COUNSELLOR
# When each is due stands in the regulation under the same name (`RoutineRules`).
ROUTINES = {
    "class_meeting": (Owed(_CLASS, _TEACHER, "班会"),),
    "guardians_meeting": (Owed(_CLASS, _TEACHER, "家长会"),),
    "group_meeting": (Owed(_SCHOOL, _PRINCIPAL, "领导小组会"),),
    "consultation": (Owed(_SCHOOL, _OFFICER, "会商会议"),),
    "publicity": (Owed(_SCHOOL, _OFFICER, "法律宣传"),),
    "guardians_opinion": (Owed(_SCHOOL, _OFFICER, "听取家长意见"),),
    "experience": (Owed(_SCHOOL, _HEAD, "经验交流会"),),
    "motivation": (Owed(_SCHOOL, _HEAD, "励志教育"),),
    "mental_health": (Owed(_SCHOOL, _COUNSELLOR, "心理健康教育"),),
    "training": (Owed(_SCHOOL, _HEAD, "教师培训"),),
    "study_exchange": (Owed(_SCHOOL, _HEAD, "学习经验交流会"),),
    "leading_group": (Owed(_SCHOOL, _PRINCIPAL, "成立领导小组"),),
    "year_plan": (Owed(_SCHOOL, _PRINCIPAL, "年度计划"), Owed(_COUNTY, PostKind.COUNTY_CLERK, "年度计划")),
    "commitments": (Owed(_SCHOOL, _PRINCIPAL, "签订责任书"), Owed(_COUNTY, PostKind.COUNTY_CLERK, "签订责任书")),
    "awareness": (Owed(_SCHOOL, _OFFICER, "知晓率测评"),),
    "self_inspection": (Owed(_SCHOOL, _PRINCIPAL, "学校自查"),),
    "home_contacts": (Owed(_CLASS, _TEACHER, "家访联系"),),
}


def duty_kind_of(routine: str) -> str:
    """The kind of duty of a routine: 班会 is `activity_class_meeting`."""
    return f"activity_{routine}" if routine in ActivityKind.values else routine


class GroupKind(models.TextChoices):
    LEADING = "leading", "控辍保学领导小组"
    TRUANCY = "truancy", "旷课辍学处理小组"


class GroupRole(models.TextChoices):
    HEAD = "head", "组长"
    DEPUTY = "deputy", "副组长"
    MEMBER = "member", "成员"


class PlanItemState(models.TextChoices):
    OPEN = "open", "未完成"
    DONE = "done", "已完成"
    DROPPED = "dropped", "取消"


class Audience(models.TextChoices):
    """Who is asked what they know of the law (P22 G1: 师生知晓率)."""

    TEACHERS = "teachers", "教师"
    PUPILS = "pupils", "学生"
    GUARDIANS = "guardians", "家长"


class SurveyState(models.TextChoices):
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"


class CountSource(models.TextChoices):
    LINK = "link", "网上问卷"
    PAPER = "paper", "纸质问卷"


class InspectionResult(models.TextChoices):
    FINE = "fine", "符合"
    NOT = "not", "不符合"
    NONE = "none", "不涉及"


class DeficiencyState(models.TextChoices):
    OPEN = "open", "待整改"
    CORRECTED = "corrected", "待复查"
    CLOSED = "closed", "已销号"


# A check sends back what is not put right.
DEFICIENCY_MOVES = {
    DeficiencyState.OPEN: {DeficiencyState.CORRECTED},
    DeficiencyState.CORRECTED: {DeficiencyState.CLOSED, DeficiencyState.OPEN},
    DeficiencyState.CLOSED: set(),
}


class ContactKind(models.TextChoices):
    VISIT = "visit", "家访"
    CALL = "call", "电话"
    VIDEO = "video", "视频"
