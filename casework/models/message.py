from django.db import models

from casework.enums import Channel, MessageState
from casework.models.letter import Letter
from organisation.fields import SealedField
from organisation.models import Person
from students.models import Guardian, Pupil

ADDRESS, SECRET = "message.address", "message.secret"


class MessageQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(letter__in=Letter.objects.visible_to(person, on=on))


class Message(models.Model):
    """A text to one guardian through one channel, with its tries and the proof of its delivery: the outbox of letters.

    `request_id` is one with the provider and with the form that asked for it, so that nothing is sent twice. `secret`
    is the signed link's address, kept sealed until the message is out. `unclear` says that the last try may have
    been taken: then the provider is asked before it is tried again.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="messages")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="messages", verbose_name="学生")
    guardian = models.ForeignKey(Guardian, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="监护人")
    channel = models.CharField("渠道", max_length=8, choices=Channel)
    to = models.CharField("收件人", max_length=80)
    address = SealedField("号码或地址", column=ADDRESS)
    text = models.CharField("内容", max_length=500)
    secret = SealedField(column=SECRET, blank=True)
    request_id = models.UUIDField(unique=True)
    state = models.CharField("状态", max_length=9, choices=MessageState, default=MessageState.QUEUED)
    tries = models.PositiveSmallIntegerField("次数", default=0)
    polls = models.PositiveSmallIntegerField("查询次数", default=0)
    unclear = models.BooleanField(default=False)
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
