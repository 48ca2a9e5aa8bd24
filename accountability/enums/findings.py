"""States, steps and forms of a finding, and the table of its allowed moves (procedures §8, practice P22, P23)."""

from django.db import models


class FindingState(models.TextChoices):
    SCREENING = "screening", "待初核"
    INVESTIGATING = "investigating", "调查中"
    NOTIFIED = "notified", "已告知,待陈述申辩"
    HEARD = "heard", "已听取申辩,待决定"
    DECIDED = "decided", "已决定,待送达"
    SERVED = "served", "已送达生效"
    EXPIRED = "expired", "已期满"
    REVOKED = "revoked", "已撤销"
    JUDICIAL = "judicial", "已移送司法机关"
    DISMISSED = "dismissed", "不予追究"


_S = FindingState
# Nothing leads to a decision but a defence that was heard, waived or lapsed. The same table stands in the database.
FINDING_MOVES = {
    _S.SCREENING: {_S.INVESTIGATING, _S.DISMISSED},
    _S.INVESTIGATING: {_S.NOTIFIED, _S.DISMISSED, _S.JUDICIAL},
    _S.NOTIFIED: {_S.HEARD, _S.DISMISSED, _S.JUDICIAL},
    _S.HEARD: {_S.NOTIFIED, _S.DECIDED, _S.DISMISSED, _S.JUDICIAL},  # back to notified: new facts, told anew
    _S.DECIDED: {_S.SERVED, _S.REVOKED},
    _S.SERVED: {_S.EXPIRED, _S.REVOKED},
    _S.EXPIRED: {_S.REVOKED},  # an answer to a review or an appeal may come late
    _S.REVOKED: set(),
    _S.JUDICIAL: set(),
    _S.DISMISSED: set(),
}
LIVE_FINDINGS = (_S.SCREENING, _S.INVESTIGATING, _S.NOTIFIED, _S.HEARD, _S.DECIDED, _S.SERVED)
# A decision that stands: also after its time ran out it was one of its year.
IN_FORCE = (_S.SERVED, _S.EXPIRED)
# The verbs of the API in the order of the procedure (interfaces.md), and from which states each may be said.
FINDING_VERBS = {
    "screen": (_S.SCREENING,),
    "dismiss": (_S.SCREENING, _S.INVESTIGATING, _S.NOTIFIED, _S.HEARD),
    "investigate": (_S.INVESTIGATING, _S.NOTIFIED, _S.HEARD),
    "notify": (_S.INVESTIGATING, _S.NOTIFIED, _S.HEARD),
    "hear": (_S.NOTIFIED,),
    "decide": (_S.HEARD,),
    "serve": (_S.DECIDED,),
    "review": (_S.SERVED, _S.EXPIRED),
    "revoke": (_S.SERVED, _S.EXPIRED),
    "refer": (_S.INVESTIGATING, _S.NOTIFIED, _S.HEARD),
}


class HarmGround(models.TextChoices):
    """Dropout caused by those who should have prevented it (F59)."""

    C1 = "C1", "教育教学方法不当致学生辍学"
    C2 = "C2", "体罚或变相体罚致学生辍学"
    C3 = "C3", "歧视、排斥、驱赶致学生辍学"


class Act(models.TextChoices):
    """What somebody did or left undone. That a child dropped out is none (procedures §8)."""

    LATE = "late", "迟延履行"
    FALSE = "false", "虚假、失实"
    OMITTED = "omitted", "不履行、敷衍"
    WRONGFUL = "wrongful", "违规作为"


class Form(models.TextChoices):
    """Forms of accountability from the lightest to the heaviest; `exempt` is a decision that asks for none (F52)."""

    EXEMPT = "exempt", "免予追究"
    CRITICISM = "criticism", "警示批评"
    WARNING = "warning", "教育警告"
    ADMONITION = "admonition", "诫勉谈话"
    CIRCULAR = "circular", "通报批评"
    SANCTION = "sanction", "纪律处分"


class Sanction(models.TextChoices):
    """Kinds of 纪律处分. The heavier ones are decided by the authority that appoints, and recorded here (P23)."""

    WARNING = "warning", "警告"
    DEMERIT = "demerit", "记过"
    MAJOR_DEMERIT = "major_demerit", "记大过"
    LOWERED_POST = "lowered_post", "降低岗位等级"
    DOWNGRADE = "downgrade", "降级"
    REMOVAL = "removal", "撤职"
    DEMOTION = "demotion", "降职"
    OFF_POST = "off_post", "免职"
    DISMISSAL = "dismissal", "开除"


class Scope(models.TextChoices):
    """How far a 通报批评 may be made known, and no further."""

    SCHOOL = "school", "本校内"
    TOWNSHIP = "township", "本乡镇内"
    COUNTY = "county", "本县(区)内"
    PREFECTURE = "prefecture", "本市(州)内"


class ReviewOutcome(models.TextChoices):
    UPHELD = "upheld", "维持"
    REVOKED = "revoked", "撤销"


class StepKind(models.TextChoices):
    """One act of the procedure; each is written once and never changed."""

    OPENED = "opened", "立案"
    SEATED = "seated", "改由他人处理"
    SCREENED = "screened", "初核"
    TEAM = "team", "组成调查组"
    GROUND = "ground", "列明情形"
    EVIDENCE = "evidence", "取证"
    NOTIFIED = "notified", "告知事实和依据"
    STATEMENT = "statement", "当事人陈述申辩"
    HEARD = "heard", "听取申辩并答复"
    WAIVED = "waived", "放弃陈述申辩"
    LAPSED = "lapsed", "逾期未陈述申辩"
    DECIDED = "decided", "决定"
    SERVED = "served", "送达"
    ORDERED = "ordered", "责令改正"
    CHECKED = "checked", "改正情况核查"
    PUBLISHED = "published", "通报"
    REVIEW = "review", "申请复核"
    REVIEW_ANSWER = "review_answer", "复核决定"
    APPEAL = "appeal", "提出申诉"
    APPEAL_ANSWER = "appeal_answer", "申诉处理"
    REFERRED = "referred", "移送司法机关"
    DISMISSED = "dismissed", "不予追究"
    EXPIRED = "expired", "期满"
