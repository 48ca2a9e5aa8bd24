"""Tiers and states of the risk warning, its signals, and the support that answers it (F20–F24)."""

from django.db import models


class Tier(models.TextChoices):
    """A warning means "get in touch", never a label."""

    RED = "red", "红色"
    ORANGE = "orange", "橙色"
    YELLOW = "yellow", "黄色"
    NONE = "none", "未达黄色"


HEIGHTS = {Tier.NONE: 0, Tier.YELLOW: 1, Tier.ORANGE: 2, Tier.RED: 3}


class WarningState(models.TextChoices):
    OPEN = "open", "关注中"
    CASE = "case", "已转个案"
    CLOSED = "closed", "已解除"


# The one that a pupil has at a time.
STANDING = (WarningState.OPEN, WarningState.CASE)


class CloseReason(models.TextChoices):
    QUIET = "quiet", "低于黄色满期"
    LEFT = "left", "已不在籍"


class SignalKey(models.TextChoices):
    """The signals of procedures §5. The first ones are events, which make a tier by themselves."""

    DAYS_IN_A_ROW = "days_in_a_row", "连续未到校"
    NOT_BACK = "not_back", "开学未到校"
    LOST = "lost", "去向不明"
    OPEN_CASE = "open_case", "进行中的个案"
    TRUANT_DAYS = "truant_days", "旷课"
    ABSENCE_SHARE = "absence_share", "缺勤比例"
    FIRST_MONTH = "first_month", "开学初缺勤"
    ABSENCE_RISE = "absence_rise", "缺勤上升"
    LATE_AND_EARLY = "late_and_early", "迟到早退"
    MARKS_DOWN = "marks_down", "学业降等"
    FAILING_CORE = "failing_core", "主科不合格"
    INCIDENTS = "incidents", "违纪"
    EARLIER_DROPOUT = "earlier_dropout", "曾经辍学"
    SIBLING = "sibling", "兄弟姐妹辍学"
    OVER_AGE = "over_age", "超龄"
    SLIP_OVERRUN = "slip_overrun", "假满未返"
    REPORT = "report", "教师报告"


class SupportKind(models.TextChoices):
    TALK = "talk", "谈话"
    HOME_VISIT = "home_visit", "家访"
    TUTORING = "tutoring", "学业辅导"
    COUNSELLING = "counselling", "心理辅导"
    SUBSIDY = "subsidy", "资助"
    PAIRING = "pairing", "结对帮扶"
    OTHER = "other", "其他帮扶"


class ConferenceState(models.TextChoices):
    CALLED = "called", "已通知"
    HELD = "held", "已召开"
    CANCELLED = "cancelled", "已取消"


class Method(models.TextChoices):
    """What the warning is compared with on a unit's own past (F25)."""

    TIERS = "tiers", "预警(级别和分值)"
    THREE_DAYS = "three_days_in_a_row", "连续三天无假未到"
    BELOW_90 = "attendance_below_90", "出勤率低于 90%"
    TRUANTS = "truants_last_term", "上学期旷课的学生"
    LEARNED = "logistic_regression", "逻辑回归(同样的信号)"
