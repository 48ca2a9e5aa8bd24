"""States of a dropout case and its allowed moves (procedures §6), causes, whereabouts, visits, steps, placements."""

from django.db import models


class CaseState(models.TextChoices):
    SUSPECTED = "suspected", "疑似辍学"
    CONFIRMED = "confirmed", "确认辍学"
    PERSUADING = "persuading", "劝返中"
    REPORTED = "reported", "已报告"
    NOTICED = "noticed", "已送达返校通知"
    ENFORCING = "enforcing", "依法督促"
    RETURNED = "returned", "已返校"
    CLOSED = "closed", "已销号"
    CLEARED = "cleared", "已排除"


_S = CaseState
CASE_MOVES = {
    _S.SUSPECTED: {_S.CONFIRMED, _S.CLEARED},
    _S.CONFIRMED: {_S.PERSUADING, _S.RETURNED, _S.CLEARED},
    _S.PERSUADING: {_S.REPORTED, _S.RETURNED, _S.CLEARED},
    _S.REPORTED: {_S.NOTICED, _S.RETURNED, _S.CLEARED},
    _S.NOTICED: {_S.ENFORCING, _S.RETURNED, _S.CLEARED},
    _S.ENFORCING: {_S.RETURNED, _S.CLEARED},
    _S.RETURNED: {_S.PERSUADING, _S.CLOSED},
    _S.CLOSED: {_S.PERSUADING},  # a relapse within a year reopens the same case
    _S.CLEARED: set(),
}
CASE_VERBS = {
    "confirm": _S.CONFIRMED,
    "persuade": _S.PERSUADING,
    "report": _S.REPORTED,
    "notice": _S.NOTICED,
    "enforce": _S.ENFORCING,
    "return": _S.RETURNED,
    "close": _S.CLOSED,
    "clear": _S.CLEARED,
    "reopen": _S.PERSUADING,
}
# Live: somebody still owes something; one live case a pupil.
LIVE_CASES = (_S.SUSPECTED, _S.CONFIRMED, _S.PERSUADING, _S.REPORTED, _S.NOTICED, _S.ENFORCING, _S.RETURNED)
# The dropout ledger 辍学台账: confirmed and not back.
OUT_OF_SCHOOL = (_S.CONFIRMED, _S.PERSUADING, _S.REPORTED, _S.NOTICED, _S.ENFORCING)


class CaseSource(models.TextChoices):
    """How a child came to be suspected (F30, F68)."""

    DAYS_AWAY = "days_away", "连续未到校"
    NOT_ARRIVED = "not_arrived", "开学未报到"
    NO_ARRIVAL = "no_arrival", "转学(升学)未到校"
    SUSPENSION_OVER = "suspension_over", "休学(缓学)期满未复学"
    LEFT = "left", "不办手续离校"
    REGISTER_CHECK = "register_check", "比对排查"
    HOME_TEACHING = "home_teaching", "送教上门无记录"
    REPORT = "report", "上报"


class Cause(models.TextChoices):
    """Causes of dropping out; several may hold, one is the main one."""

    STUDY = "study", "厌学/学习困难"
    WORK = "work", "外出务工"
    EARLY_MARRIAGE = "early_marriage", "早婚早育"
    FAMILY = "family", "家庭变故"
    POVERTY = "poverty", "家庭经济困难"
    DISABILITY = "disability", "身体残疾"
    ILLNESS = "illness", "疾病"
    MENTAL = "mental", "心理问题"
    BULLYING = "bullying", "校园欺凌"
    TEACHING = "teaching", "教师教育方法(体罚、歧视、驱赶)"
    MOVED = "moved", "随父母流动"
    RELIGION = "religion", "信教"
    LOST = "lost", "失联"
    OTHER = "other", "其他"


class Whereabouts(models.TextChoices):
    HOME = "home", "在家"
    WORKING = "working", "在外务工"
    WITH_PARENTS = "with_parents", "随父母在外"
    OTHER_SCHOOL = "other_school", "可能在他校就读"
    ABROAD = "abroad", "在境外"
    LOST = "lost", "失联"
    UNKNOWN = "unknown", "不明"


class VisitKind(models.TextChoices):
    HOME = "home", "家访"
    WORKPLACE = "workplace", "到务工地走访"
    PHONE = "phone", "电话"
    VIDEO = "video", "视频"


class VisitOutcome(models.TextChoices):
    LEFT_SCHOOL = "left_school", "已离校,未同意返校"
    WILL_RETURN = "will_return", "同意返校"
    IN_SCHOOL = "in_school", "已在校"
    ELSEWHERE = "elsewhere", "在他校就读"
    NOT_MET = "not_met", "没有见到"
    REFUSED = "refused", "监护人拒绝"


class StepKind(models.TextChoices):
    """Legal steps, by township or bureau only, in this order (procedures §6; 义务教育法 58)."""

    EDUCATION = "education", "宣传教育"
    ORDER = "order", "责令限期改正"
    PENALTY = "penalty", "行政处罚"
    COURT = "court", "提起诉讼/申请强制执行"


class PlacementKind(models.TextChoices):
    SAME_SCHOOL = "same_school", "原校"
    TRANSFER = "transfer", "转学"
    VOCATIONAL = "vocational", "职普融合班"
    HOME_TEACHING = "home_teaching", "送教上门"
    SPECIAL = "special", "专门学校"


class ClearReason(models.TextChoices):
    CAME_BACK = "came_back", "已到校"
    DATA_ERROR = "data_error", "数据错误"
    ELSEWHERE = "elsewhere", "在他校就读"
    SUSPENDED = "suspended", "批准休学、缓学"
    ABROAD = "abroad", "出国境"
    OVER_AGE = "over_age", "超过义务教育年龄"
    DECEASED = "deceased", "死亡"


class ApprovalKind(models.TextChoices):
    CLOSE = "close", "销号"
    CLEAR = "clear", "排除"
