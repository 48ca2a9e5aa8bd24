from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums import Channel, LetterKind, MessageState, ReceiptState
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.fields import SealedField
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil

ADDRESS = "message.address"


class LetterTemplate(models.Model):
    """A bureau's or school's own wording of a document (P30): a Word file, or the text that ours is filled into.

    The nearest unit's newest version holds; where nobody has one, the product's own text.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="letter_templates", verbose_name="单位")
    kind = models.CharField("文书", max_length=16, choices=LetterKind)
    version = models.PositiveIntegerField("版本")
    text = models.TextField("正文", blank=True)
    file = models.FileField("Word 模板", max_length=200, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="上传人")
    at = models.DateTimeField("上传时间")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "文书模板"
        ordering = ["unit", "kind", "-version"]
        constraints = [models.UniqueConstraint(fields=["unit", "kind", "version"], name="a_unit_numbers_its_templates")]

    def __str__(self):
        return f"{self.unit} {self.get_kind_display()} 第{self.version}版"


class LetterCounter(models.Model):
    """The last number that a unit gave to a letter of a kind in a year."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=LetterKind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "文号"
        constraints = [models.UniqueConstraint(fields=["unit", "kind", "year"], name="a_unit_counts_its_letters")]

    def __str__(self):
        return f"{self.unit} {self.kind} {self.year} {self.last}"


class LetterQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Letters about children whose files the person sees; a township's own letters and those of its cases."""
        pupils = Pupil.objects.visible_to(person, on=on)
        own = at_or_below("issuer__path", person.paths(on=on, kinds=(*PUPIL_POSTS, PostKind.TOWNSHIP_OFFICER)))
        return self.filter(Q(pupil__in=pupils) | own)


class Letter(models.Model):
    """A document as it was issued (F13): numbered, its text archived, its receipt followed up.

    `about_kind` and `about` name what it belongs to: an escalation, a case, an inquiry, a conference, an appeal.
    """

    kind = models.CharField("文书", max_length=16, choices=LetterKind)
    number = models.CharField("文号", max_length=60, unique=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="letters", verbose_name="学生")
    issuer = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="发文单位")
    path = models.CharField(max_length=255)
    addressee = models.CharField("受文人", max_length=120)
    title = models.CharField("标题", max_length=120)
    text = models.TextField("正文")
    fields = models.JSONField("填写内容", default=dict)
    about_kind = models.CharField(max_length=20, blank=True)
    about = models.BigIntegerField(null=True)
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, null=True, related_name="+")
    file = models.CharField(max_length=200, blank=True)
    digest = models.CharField("摘要", max_length=64)
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    issued_at = models.DateTimeField("签发时间")
    receipt = models.CharField("回执", max_length=8, choices=ReceiptState, default=ReceiptState.WAITING)
    received_at = models.DateTimeField("签收时间", null=True)
    received_by = models.CharField("签收人", max_length=80, blank=True)
    receipt_paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="回执照片"
    )
    receipt_note = models.CharField("送达说明", max_length=300, blank=True)
    reply = models.TextField("家长答复", blank=True)

    objects = LetterQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "文书"
        ordering = ["-issued_at", "-pk"]
        indexes = [models.Index(fields=["about_kind", "about"]), models.Index(fields=["path", "kind"])]

    def __str__(self):
        return f"{self.number} {self.title}"


class SignedLink(models.Model):
    """Opens one letter to a guardian without a login, for a time (P31); only its hash is kept."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("有效至")
    opened_at = models.DateTimeField("首次打开", null=True)
    used_at = models.DateTimeField("签收时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "签收链接"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.letter.number} {self.expires_at}"


class MessageQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(pupil__in=Pupil.objects.visible_to(person, on=on))


class Message(models.Model):
    """A text to a guardian through one channel, with its tries and the proof of its delivery: the outbox of letters."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="messages")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="messages", verbose_name="学生")
    channel = models.CharField("渠道", max_length=8, choices=Channel)
    to = models.CharField("收件人", max_length=80)
    address = SealedField("号码或地址", column=ADDRESS, blank=True)
    text = models.CharField("内容", max_length=500)
    request_id = models.UUIDField(unique=True)
    state = models.CharField("状态", max_length=9, choices=MessageState, default=MessageState.QUEUED)
    tries = models.PositiveSmallIntegerField("次数", default=0)
    next_try_at = models.DateTimeField(null=True)
    provider_id = models.CharField("回执编号", max_length=80, blank=True)
    error = models.CharField("原因", max_length=200, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="发送人")
    made_at = models.DateTimeField("登记时间")
    sent_at = models.DateTimeField("发送时间", null=True)
    delivered_at = models.DateTimeField("送达时间", null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self):
        return f"{self.get_channel_display()} {self.to} {self.get_state_display()}"
