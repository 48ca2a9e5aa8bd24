"""Kinds, results and decisions of the register comparison 四查三比对 (F68, P15)."""

from django.db import models


class ListKind(models.TextChoices):
    """Which list is compared with the register."""

    HOUSEHOLD = "household", "户籍名单"
    POVERTY = "poverty", "脱贫户(监测户)名单"
    SURVEY = "survey", "村组摸排(无户籍无学籍)"


class CompareResult(models.TextChoices):
    """What the comparison says of a row, before anybody has looked at it."""

    IN_SCHOOL = "in_school", "在籍"
    DROPPED_OUT = "dropped_out", "在籍,已登记辍学"
    ELSEWHERE = "elsewhere", "在外县在籍"
    OUT_OF_AGE = "out_of_age", "不在适龄范围"
    WRONG_DIGIT = "wrong_digit", "疑似号码录错"
    LIKELY = "likely", "同名同监护人,号码不同或缺"
    OTHER_NAME = "other_name", "号码相同,姓名不同"
    FORMER = "former", "有学籍档案,现不在籍"
    UNMATCHED = "unmatched", "适龄无学籍"


# Nobody knows yet where these children learn: each waits for a person's decision.
TO_DECIDE = (
    CompareResult.WRONG_DIGIT,
    CompareResult.LIKELY,
    CompareResult.OTHER_NAME,
    CompareResult.FORMER,
    CompareResult.UNMATCHED,
)


class RowEntryKind(models.TextChoices):
    """What people write to a row: evidence, and decisions."""

    EVIDENCE = "evidence", "举证"
    DATA_ERROR = "data_error", "数据错误"
    ELSEWHERE = "elsewhere", "在他处就读"
    SUSPECTED = "suspected", "疑似辍学"
    EXEMPT = "exempt", "不须入学"


DECISIONS = (RowEntryKind.DATA_ERROR, RowEntryKind.ELSEWHERE, RowEntryKind.SUSPECTED, RowEntryKind.EXEMPT)


class WrongSide(models.TextChoices):
    LIST = "list", "名单上的号码错"
    REGISTER = "register", "学籍上的号码错"
    SAME_CHILD = "same_child", "号码或姓名写法不同,是同一个孩子"


class ExemptReason(models.TextChoices):
    DEFERRED = "deferred", "批准缓学"
    ABROAD = "abroad", "在境外"
    DECEASED = "deceased", "死亡"
