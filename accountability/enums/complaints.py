"""What people complain of, against whom, and where a complaint stands."""

from django.db import models

from organisation.enums import PostKind


class Against(models.TextChoices):
    """Whose matter it is decides who handles it: nobody handles a complaint against the own office."""

    SCHOOL = "school", "学校、教师"
    TOWNSHIP = "township", "乡镇、村"
    BUREAU = "bureau", "县教育局"


class Grievance(models.TextChoices):
    PUSHED_OUT = "pushed_out", "驱赶、劝退或开除学生"
    PUNISHED = "punished", "体罚、辱骂、歧视学生"
    NOT_LOOKED_FOR = "not_looked_for", "孩子不上学没人管"
    FALSIFIED = "falsified", "隐瞒辍学、弄虚作假"
    FEES = "fees", "乱收费、罚款致学生离校"
    CHILD_WORK = "child_work", "招用童工"
    OTHER = "other", "其他"


class ComplaintState(models.TextChoices):
    RECEIVED = "received", "已收到"
    HANDLING = "handling", "办理中"
    ANSWERED = "answered", "已答复"
    DECLINED = "declined", "不予受理"


_S = ComplaintState
COMPLAINT_MOVES = {
    _S.RECEIVED: {_S.HANDLING, _S.DECLINED},
    _S.HANDLING: {_S.ANSWERED},
    _S.ANSWERED: set(),
    _S.DECLINED: set(),
}
COMPLAINT_VERBS = {"accept": _S.HANDLING, "decline": _S.DECLINED, "answer": _S.ANSWERED}
PENDING_COMPLAINTS = (_S.RECEIVED, _S.HANDLING)

HANDLED_BY = {
    Against.SCHOOL: PostKind.COUNTY_CLERK,
    Against.TOWNSHIP: PostKind.COUNTY_CLERK,
    Against.BUREAU: PostKind.PREFECTURE_OFFICER,
}
