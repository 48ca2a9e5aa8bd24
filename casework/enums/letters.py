"""Letters, their receipts, and the messages that carry word of them (F13, P30, P31)."""

from django.db import models


class LetterKind(models.TextChoices):
    """The documents of the ladder, of inquiries, of cases, of support, of appeals and of accountability."""

    WRITTEN_WARNING = "written_warning", "书面警告"
    SUMMONS = "summons", "家长约谈通知书"
    HOME_VISIT = "home_visit", "家访记录"
    TALK = "talk", "谈话记录"
    LEAVE_DECISION = "leave_decision", "休学(缓学)审批决定"
    TUTORING = "tutoring", "学业辅导与家长配合协议"
    CONFERENCE = "conference", "预警会议通知书"
    DROPOUT_REPORT = "dropout_report", "辍学报告单"
    RETURN_NOTICE = "return_notice", "返校通知书"
    ENQUIRY = "enquiry", "协查函"
    ORDER = "order", "责令限期改正通知书"
    REFERRAL = "referral", "移送函"
    APPEAL_ANSWER = "appeal_answer", "申诉处理决定书"
    HEARING = "hearing", "听证通知书"
    FINDING_NOTICE = "finding_notice", "拟处理事先告知书"
    FINDING_DECISION = "finding_decision", "处理决定书"
    FINDING_ORDER = "finding_order", "责令改正通知书"
    FINDING_ANSWER = "finding_answer", "复核(申诉)决定书"
    FINDING_REFERRAL = "finding_referral", "案件移送书"
    COMMIT_TOWNSHIP = "commit_township", "控辍保学目标责任书"
    COMMIT_PRINCIPAL = "commit_principal", "校长控辍保学责任书"
    COMMIT_TEACHER = "commit_teacher", "教师控辍保学责任书"
    COMMIT_GUARDIAN = "commit_guardian", "家长控辍保学责任书"


# Documents of accountability: about staff or a unit, never about a child (F50).
STAFF_LETTERS = (
    LetterKind.FINDING_NOTICE,
    LetterKind.FINDING_DECISION,
    LetterKind.FINDING_ORDER,
    LetterKind.FINDING_ANSWER,
    LetterKind.FINDING_REFERRAL,
)
# Not letters about one child: wording and numbers of commitments (F40), which are records of their own.
COMMITMENT_LETTERS = (
    LetterKind.COMMIT_TOWNSHIP,
    LetterKind.COMMIT_PRINCIPAL,
    LetterKind.COMMIT_TEACHER,
    LetterKind.COMMIT_GUARDIAN,
)
# Read by those in charge of the matter only: a referral may speak of harm done to a child (P13).
RESTRICTED_LETTERS = (LetterKind.REFERRAL,)


class ReceiptState(models.TextChoices):
    NONE = "none", "不需要回执"
    WAITING = "waiting", "待回执"
    SIGNED = "signed", "已签收"
    REFUSED = "refused", "拒收(留置送达)"


class Channel(models.TextChoices):
    PRINT = "print", "打印送达"
    SMS = "sms", "短信"
    WECOM = "wecom", "企业微信"
    DINGTALK = "dingtalk", "钉钉"
    EMAIL = "email", "电子邮件"


# What the gateway carries; the others go by paper or by mail.
GATEWAY_CHANNELS = (Channel.SMS, Channel.WECOM, Channel.DINGTALK)


class MessageState(models.TextChoices):
    QUEUED = "queued", "待发送"
    SENT = "sent", "已发送"
    DELIVERED = "delivered", "已送达"
    FAILED = "failed", "未送达"


# What is known of a message only grows: a late or replayed word from the gateway takes nothing back.
MESSAGE_MOVES = {
    MessageState.QUEUED: {MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED},
    MessageState.SENT: {MessageState.DELIVERED, MessageState.FAILED},
    MessageState.DELIVERED: set(),
    MessageState.FAILED: {MessageState.DELIVERED},
}
