"""States and kinds of ratio steps (F11), truancy inquiries (F12), appeals and hearings (F15)."""

from django.db import models


class RatioRule(models.TextChoices):
    """Which limit of the unexcused share was passed (procedures §3)."""

    YEAR = "year", "学年旷课比例"
    SEMESTER = "semester", "学期旷课比例"
    SEMESTERS = "semesters", "多学期旷课比例"


class RatioMeasure(models.TextChoices):
    TUTORING_PLAN = "tutoring_plan", "学业辅导计划"
    COOPERATION = "cooperation", "家长配合协议"
    HOME_VISIT = "home_visit", "家访"
    INTERVIEW = "interview", "约谈"
    WARNING = "warning", "警告"


RATIO_MEASURES = {
    RatioRule.YEAR: (RatioMeasure.TUTORING_PLAN, RatioMeasure.COOPERATION),
    RatioRule.SEMESTER: (RatioMeasure.HOME_VISIT, RatioMeasure.INTERVIEW, RatioMeasure.WARNING),
    RatioRule.SEMESTERS: (RatioMeasure.HOME_VISIT, RatioMeasure.INTERVIEW, RatioMeasure.WARNING),
}


class RatioState(models.TextChoices):
    OPEN = "open", "待处理"
    PERFORMED = "performed", "已处理"
    VOIDED = "voided", "已作废"


class InquiryState(models.TextChoices):
    REPORTED = "reported", "已报告"
    GROUP_FORMED = "group_formed", "已成立小组"
    EVIDENCE = "evidence", "已取证"
    SUMMONED = "summoned", "已约谈通知"
    INTERVIEWED = "interviewed", "已约谈"
    TUTORING = "tutoring", "辅导中"
    SETTLED = "settled", "已办结"
    UNFOUNDED = "unfounded", "不属实"
    REFERRED = "referred", "已报教育局"


_I = InquiryState
INQUIRY_MOVES = {
    _I.REPORTED: {_I.GROUP_FORMED, _I.UNFOUNDED},
    _I.GROUP_FORMED: {_I.EVIDENCE, _I.UNFOUNDED},
    _I.EVIDENCE: {_I.SUMMONED, _I.UNFOUNDED},
    _I.SUMMONED: {_I.SUMMONED, _I.INTERVIEWED, _I.REFERRED},  # a second summons after a no-show
    _I.INTERVIEWED: {_I.TUTORING, _I.REFERRED},
    _I.TUTORING: {_I.SETTLED, _I.REFERRED},
    _I.REFERRED: {_I.SETTLED},
    _I.SETTLED: set(),
    _I.UNFOUNDED: set(),
}
LIVE_INQUIRIES = (_I.REPORTED, _I.GROUP_FORMED, _I.EVIDENCE, _I.SUMMONED, _I.INTERVIEWED, _I.TUTORING, _I.REFERRED)


class InquirySource(models.TextChoices):
    ROLLS = "rolls", "点名发现"
    PUPIL = "pupil", "学生反映"
    PARENT = "parent", "家长反映"
    TEACHER = "teacher", "教师报告"
    HOTLINE = "hotline", "热线举报"


class Appearance(models.TextChoices):
    """What came of a summons."""

    WAITING = "waiting", "待约谈"
    CAME = "came", "已到"
    NO_SHOW = "no_show", "未到"
    REFUSED = "refused", "拒绝"


class AppealState(models.TextChoices):
    FILED = "filed", "已提出"
    ACCEPTED = "accepted", "委员会审查中"
    UPHELD = "upheld", "申诉成立"
    REJECTED = "rejected", "维持原措施"
    REVIEWING = "reviewing", "教育局复核中"
    REVIEW_UPHELD = "review_upheld", "复核撤销原措施"
    REVIEW_REJECTED = "review_rejected", "复核维持"
    WITHDRAWN = "withdrawn", "已撤回"


_A = AppealState
APPEAL_MOVES = {
    _A.FILED: {_A.ACCEPTED, _A.WITHDRAWN},
    _A.ACCEPTED: {_A.UPHELD, _A.REJECTED, _A.WITHDRAWN},
    _A.REJECTED: {_A.REVIEWING},
    _A.REVIEWING: {_A.REVIEW_UPHELD, _A.REVIEW_REJECTED, _A.WITHDRAWN},
    _A.UPHELD: set(),
    _A.REVIEW_UPHELD: set(),
    _A.REVIEW_REJECTED: set(),
    _A.WITHDRAWN: set(),
}
PENDING_APPEALS = (_A.FILED, _A.ACCEPTED, _A.REVIEWING)


class MemberKind(models.TextChoices):
    """Who sits on the pupils' appeals committee (P20): a guardian, and a lawyer or community member, are among them."""

    LEADER = "leader", "学校负责人"
    TEACHER = "teacher", "教师"
    GUARDIAN = "guardian", "家长代表"
    LAWYER = "lawyer", "法律人士"
    COMMUNITY = "community", "社区代表"
    PUPIL = "pupil", "学生代表"


class HearingState(models.TextChoices):
    OFFERED = "offered", "已告知权利"
    ASKED = "asked", "已要求听证"
    WAIVED = "waived", "放弃听证"
    HELD = "held", "已听证"
