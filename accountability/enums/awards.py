"""Why somebody is barred from the awards of a year (F53, P24), and what is commended (F56)."""

from django.db import models

from organisation.enums import PostKind


class BanReason(models.TextChoices):
    FINDING = "finding", "受到追究处理"
    CLASS_TARGET = "class_target", "班级辍学超过控制目标"


class Merit(models.TextChoices):
    NO_DROPOUT = "no_dropout", "全年无辍学"
    BELOW_AVERAGE = "below_average", "辍学率低于全校平均"
    SUPPORT = "support", "帮扶见效"


class CommendationState(models.TextChoices):
    CONFIRMED = "confirmed", "已表彰"
    WITHDRAWN = "withdrawn", "已撤回"


COMMENDATION_MOVES = {
    CommendationState.CONFIRMED: {CommendationState.WITHDRAWN},
    CommendationState.WITHDRAWN: set(),
}

# Who asks whether somebody may be nominated, for the own unit and below.
NOMINATORS = (
    PostKind.PRINCIPAL,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.PERSONNEL,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PREFECTURE_LEADER,
)
# A class and its teachers are commended by the principal, a school and its leaders by the bureau head.
COMMENDS_IN_SCHOOL = PostKind.PRINCIPAL
COMMENDS_SCHOOLS = PostKind.BUREAU_HEAD
