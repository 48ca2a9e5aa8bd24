from django.db import models
from simple_history.models import HistoricalRecords

from casework.enums import LIVE, Discipline, EscalationState, MeasureKind
from casework.models.duty import Duty
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.models import Attachment, LeaveSlip, Pupil


class EscalationQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE)

    def visible_to(self, person, *, on):
        """Of the children whose files the person sees by post (not by a township's or a grant's view of them).

        Steps done in an earlier class are seen there, and by who has the child now.
        """
        paths = person.paths(on=on, kinds=PUPIL_POSTS)
        return self.filter(at_or_below("path", paths) | at_or_below("pupil__path", paths))


class Escalation(models.Model):
    """One step of the ladder (F10): the `count`-th truant day of its period, derived from the rolls.

    `count_now` follows the facts; `count` and `level` stay as they were once the step was performed. A step whose day
    no longer counts is voided, or overturned where it had been performed: its records stay.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="escalations", verbose_name="学生")
    path = models.CharField(max_length=255)
    day = models.DateField("旷课日期")
    period = models.CharField("计次期", max_length=10)
    count = models.PositiveIntegerField("第几次")
    count_now = models.PositiveIntegerField("现为第几次")
    level = models.PositiveIntegerField("级别")
    owner = models.CharField("责任岗位", max_length=20, choices=PostKind)
    document = models.CharField("文书", max_length=60)
    state = models.CharField("状态", max_length=10, choices=EscalationState, default=EscalationState.OPEN)
    due_at = models.DateTimeField("期限")
    record_only = models.BooleanField("只作记录", default=False)
    digest = models.CharField("制度版本", max_length=16, blank=True)
    created_at = models.DateTimeField("产生时间")
    performed_at = models.DateTimeField("处理时间", null=True)
    performed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="处理人"
    )
    duty = models.OneToOneField(Duty, on_delete=models.PROTECT, null=True, related_name="escalation")
    suspension = models.ForeignKey(LeaveSlip, on_delete=models.PROTECT, null=True, related_name="+")

    objects = EscalationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "旷课处理"
        ordering = ["-day", "-pk"]
        indexes = [models.Index(fields=["path", "state"])]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "day"], name="a_pupil_has_one_escalation_a_day"),
            models.CheckConstraint(
                condition=~models.Q(state=EscalationState.PERFORMED) | models.Q(performed_at__isnull=False),
                name="a_performed_escalation_says_when",
            ),
        ]

    def __str__(self):
        return f"{self.pupil} {self.day} 第{self.count_now}次旷课"


class TalkRecordQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """What was said is seen by who sees the child's file by post."""
        return self.filter(at_or_below("pupil__path", person.paths(on=on, kinds=PUPIL_POSTS)))


class TalkRecord(models.Model):
    """What was done: when, where, by whom, what was said, what the pupil said, with photo or signature."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="talk_records")
    kind = models.CharField("措施", max_length=16, choices=MeasureKind)
    at = models.DateTimeField("时间")
    place = models.CharField("地点", max_length=100)
    by = models.CharField("谈话人/办理人", max_length=100)
    text = models.TextField("内容")
    statement = models.TextField("学生陈述", blank=True)
    discipline = models.CharField("惩戒", max_length=16, choices=Discipline, blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="材料")
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间")

    objects = TalkRecordQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "谈话与家访记录"
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.pupil} {self.get_kind_display()} {self.at:%Y-%m-%d}"


class MeasureQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """The measures of the steps that the person sees."""
        return self.filter(escalation__in=Escalation.objects.visible_to(person, on=on))


class Measure(models.Model):
    """A measure that an escalation asks for, and the record that did it; one record may do several."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="measures")
    kind = models.CharField("措施", max_length=16, choices=MeasureKind)
    record = models.ForeignKey(TalkRecord, on_delete=models.PROTECT, null=True, related_name="measures")

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "措施"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["escalation", "kind"], name="an_escalation_asks_for_a_measure_once")
        ]

    def __str__(self):
        return self.get_kind_display()
