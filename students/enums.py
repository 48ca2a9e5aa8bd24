"""Kinds and states of the register and the roll, and what each register change does to a pupil's spells."""

from dataclasses import dataclass

from django.db import models

from organisation.enums import PostKind


class Sex(models.TextChoices):
    MALE = "male", "男"
    FEMALE = "female", "女"


class EnrolmentStatus(models.TextChoices):
    """What a spell of the register means; a dropped-out pupil keeps the register."""

    IN_SCHOOL = "in_school", "在校"
    HOME_TEACHING = "home_teaching", "送教上门"
    SUSPENDED = "suspended", "休学"
    DEFERRED = "deferred", "缓学"
    DROPPED_OUT = "dropped_out", "辍学"


# "In school" for the figures: taught, in the classroom or at home (figures.md, Opening).
TAUGHT = (EnrolmentStatus.IN_SCHOOL, EnrolmentStatus.HOME_TEACHING)


class ChangeKind(models.TextChoices):
    ENROL = "enrol", "入学"
    TRANSFER_IN = "transfer_in", "转入"
    TRANSFER_OUT = "transfer_out", "转出"
    SUSPEND = "suspend", "休学"
    RESUME = "resume", "复学"
    DEFER = "defer", "缓学"
    DROP_OUT = "drop_out", "辍学"
    RETURN = "return", "劝返复学"
    HOME_TEACHING = "home_teaching", "送教上门"
    GRADUATE = "graduate", "毕业"
    COMPLETE = "complete", "结业"
    GO_ABROAD = "go_abroad", "出国境"
    DIE = "die", "死亡"
    MOVE_CLASS = "move_class", "调班"
    CORRECT = "correct", "更正"


@dataclass(frozen=True)
class Effect:
    """What a register change does: from which statuses (empty: from no open spell), to which (None: the spell ends)."""

    before: tuple[EnrolmentStatus, ...]
    after: EnrolmentStatus | None
    needs: tuple[str, ...] = ()
    says_last_day: bool = False  # the date given is the last day attended, not the first day of the new state


_S = EnrolmentStatus
ON_REGISTER = tuple(_S)
CHANGE_EFFECTS = {
    ChangeKind.ENROL: Effect((), _S.IN_SCHOOL, ("to_class",)),
    ChangeKind.TRANSFER_IN: Effect((), _S.IN_SCHOOL, ("to_class",)),
    ChangeKind.TRANSFER_OUT: Effect((_S.IN_SCHOOL, _S.HOME_TEACHING, _S.DROPPED_OUT), None, ("to_school",)),
    ChangeKind.SUSPEND: Effect((_S.IN_SCHOOL, _S.HOME_TEACHING), _S.SUSPENDED, ("reason", "until")),
    ChangeKind.RESUME: Effect((_S.SUSPENDED, _S.DEFERRED), _S.IN_SCHOOL),
    ChangeKind.DEFER: Effect((_S.IN_SCHOOL,), _S.DEFERRED, ("reason", "until")),
    ChangeKind.DROP_OUT: Effect((_S.IN_SCHOOL, _S.HOME_TEACHING, _S.SUSPENDED), _S.DROPPED_OUT, ("reason",), True),
    ChangeKind.RETURN: Effect((_S.DROPPED_OUT,), _S.IN_SCHOOL),
    ChangeKind.HOME_TEACHING: Effect((_S.IN_SCHOOL, _S.SUSPENDED, _S.DROPPED_OUT), _S.HOME_TEACHING, ("reason",)),
    ChangeKind.GRADUATE: Effect(TAUGHT, None),
    ChangeKind.COMPLETE: Effect(TAUGHT, None),
    ChangeKind.GO_ABROAD: Effect((_S.IN_SCHOOL, _S.HOME_TEACHING, _S.SUSPENDED, _S.DROPPED_OUT), None, ("reason",)),
    ChangeKind.DIE: Effect(ON_REGISTER, None, ("reason",)),
    ChangeKind.MOVE_CLASS: Effect((_S.IN_SCHOOL, _S.HOME_TEACHING, _S.SUSPENDED, _S.DROPPED_OUT), None, ("to_class",)),
    ChangeKind.CORRECT: Effect(ON_REGISTER, None, ("reason",)),
}


class MarkKind(models.TextChoices):
    TRUANT = "truant", "旷课"
    UNVERIFIED = "unverified", "未到校待核实"
    LATE = "late", "迟到"
    EARLY_LEAVE = "early_leave", "早退"
    SICK = "sick", "病假"
    PERSONAL = "personal", "事假"
    OFFICIAL = "official", "公假"


# Absent means not there; official leave is attendance, late and early leave are too (procedures §1).
ABSENT = (MarkKind.TRUANT, MarkKind.UNVERIFIED, MarkKind.SICK, MarkKind.PERSONAL)
WITHOUT_SLIP = (MarkKind.TRUANT, MarkKind.UNVERIFIED)
# What an approved slip excuses; being late, or leaving early, it does not.
EXCUSABLE = (*ABSENT, MarkKind.OFFICIAL)


class SlipKind(models.TextChoices):
    SICK = "sick", "病假"
    PERSONAL = "personal", "事假"
    OFFICIAL = "official", "公假"
    SUSPENSION = "suspension", "停课停学"


class SlipState(models.TextChoices):
    REQUESTED = "requested", "待审批"
    APPROVED = "approved", "已准假"
    REJECTED = "rejected", "未准假"
    WITHDRAWN = "withdrawn", "已撤销"


SLIP_MOVES = {
    SlipState.REQUESTED: {SlipState.APPROVED, SlipState.REJECTED, SlipState.WITHDRAWN},
    SlipState.APPROVED: {SlipState.WITHDRAWN},
    SlipState.REJECTED: set(),
    SlipState.WITHDRAWN: set(),
}


class Audience(models.TextChoices):
    """Who may read an entry of a child's timeline: counselling and findings are not for all."""

    SCHOOL = "school", "本校管理人员"
    COUNSELLING = "counselling", "心理辅导"
    CASE = "case", "个案负责人"
    CHARGE = "charge", "有关负责人"
    FINDING = "finding", "责任追究"


# Whose posts read what is not meant for the whole school; the rest follows from who sees the child (roles.md).
AUDIENCE_POSTS = {
    Audience.COUNSELLING: (PostKind.PRINCIPAL,),
    Audience.CASE: (
        PostKind.CLASS_TEACHER,
        PostKind.DROPOUT_OFFICER,
        PostKind.DEPUTY_PRINCIPAL,
        PostKind.PRINCIPAL,
        PostKind.TOWNSHIP_OFFICER,
        PostKind.COUNTY_CLERK,
        PostKind.BUREAU_HEAD,
    ),
    Audience.CHARGE: (
        PostKind.DROPOUT_OFFICER,
        PostKind.DEPUTY_PRINCIPAL,
        PostKind.PRINCIPAL,
        PostKind.COUNTY_CLERK,
        PostKind.BUREAU_HEAD,
    ),
    Audience.FINDING: (PostKind.PRINCIPAL, PostKind.BUREAU_HEAD),
}


class TransferState(models.TextChoices):
    OFFERED = "offered", "待接收"
    ACCEPTED = "accepted", "已接收"
    REFUSED = "refused", "未接收"
    WITHDRAWN = "withdrawn", "已撤回"


TRANSFER_MOVES = {
    TransferState.OFFERED: {TransferState.ACCEPTED, TransferState.REFUSED, TransferState.WITHDRAWN},
    TransferState.ACCEPTED: set(),
    TransferState.REFUSED: set(),
    TransferState.WITHDRAWN: set(),
}


class ArrivalReason(models.TextChoices):
    TRANSFER = "transfer", "转学"
    JUNIOR = "junior", "小学毕业升初中"


class ArrivalState(models.TextChoices):
    EXPECTED = "expected", "待到校"
    ARRIVED = "arrived", "已到校"
    OVERDUE = "overdue", "逾期未到"
    WITHDRAWN = "withdrawn", "已撤销"


class Subject(models.TextChoices):
    """What is assessed each term (F06); the attitude to learning among them."""

    CHINESE = "chinese", "语文"
    MATHS = "maths", "数学"
    ENGLISH = "english", "外语"
    POLITICS = "politics", "道德与法治"
    SCIENCE = "science", "科学"
    PHYSICS = "physics", "物理"
    CHEMISTRY = "chemistry", "化学"
    BIOLOGY = "biology", "生物"
    HISTORY = "history", "历史"
    GEOGRAPHY = "geography", "地理"
    SPORTS = "sports", "体育与健康"
    MUSIC = "music", "音乐"
    ART = "art", "美术"
    IT = "it", "信息科技"
    LABOUR = "labour", "劳动"
    ATTITUDE = "attitude", "学习态度"


CORE_SUBJECTS = (Subject.CHINESE, Subject.MATHS, Subject.ENGLISH)


class Band(models.TextChoices):
    """Marks are bands, and nobody is ever ranked by them (P5)."""

    EXCELLENT = "excellent", "优"
    GOOD = "good", "良"
    PASS = "pass", "合格"
    FAIL = "fail", "不合格"


class IncidentKind(models.TextChoices):
    LATE = "late", "课堂迟到"
    EARLY_LEAVE = "early_leave", "课堂早退"
    CLASS_DISCIPLINE = "class_discipline", "课堂纪律"
    SCHOOL_RULES = "school_rules", "违反校规"
    CONFLICT = "conflict", "与同学冲突"
    OTHER = "other", "其他"


class PlanResult(models.TextChoices):
    """How a plan is judged at its end."""

    IMPROVED = "improved", "有进步"
    STEADY = "steady", "变化不大"
    WORSE = "worse", "没有好转"
