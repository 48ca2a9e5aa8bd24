"""Labour referrals and their outcomes (F34, P17); restricted referrals (P13)."""

from django.db import models

from casework.enums.cases import Cause


class LabourOutcomeKind(models.TextChoices):
    SENT_HOME = "sent_home", "送回监护人"
    ORDER = "order", "责令改正"
    FINE = "fine", "罚款"
    LICENCE = "licence", "吊销许可"
    POLICE = "police", "移送公安机关"
    UNFOUNDED = "unfounded", "查无此事"


class Harm(models.TextChoices):
    """What is suspected (未成年人保护法 11)."""

    ABUSE = "abuse", "侵害、虐待"
    MARRIAGE = "marriage", "早婚、强迫婚姻"
    MISSING = "missing", "失联、下落不明"
    OTHER = "other", "其他侵害"


class Authority(models.TextChoices):
    POLICE = "police", "公安机关"
    CIVIL = "civil", "民政部门"


# Causes that may not wait for the procedure's next step: the page of the case offers the referral first (P13).
HARM_OF_CAUSE = {Cause.EARLY_MARRIAGE: Harm.MARRIAGE, Cause.LOST: Harm.MISSING}
