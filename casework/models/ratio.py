from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums.truancy import RatioMeasure, RatioRule, RatioState
from casework.models.duty import Duty
from organisation.enums import PUPIL_POSTS
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil


class RatioStepQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS)))


class RatioStep(models.Model):
    """An unexcused share of sessions over its limit (F11): derived from the rolls, reconciled like the ladder."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="ratio_steps", verbose_name="学生")
    path = models.CharField(max_length=255)
    rule = models.CharField("情形", max_length=9, choices=RatioRule)
    period = models.CharField("学年(学期)", max_length=10)
    unexcused = models.PositiveIntegerField("旷课节数")
    expected = models.PositiveIntegerField("应到节数")
    state = models.CharField("状态", max_length=9, choices=RatioState, default=RatioState.OPEN)
    opened_at = models.DateTimeField("产生时间")
    performed_at = models.DateTimeField("处理时间", null=True)
    duty = models.OneToOneField(Duty, on_delete=models.PROTECT, null=True, related_name="ratio_step")

    objects = RatioStepQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "缺课比例处理"
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "rule", "period"], name="a_limit_is_passed_once_a_period"),
            models.CheckConstraint(
                condition=~Q(state=RatioState.PERFORMED) | Q(performed_at__isnull=False),
                name="a_performed_ratio_step_says_when",
            ),
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_rule_display()} {self.period}"

    @property
    def share(self):
        return self.unexcused / self.expected if self.expected else None


class RatioRecord(models.Model):
    """What was done about one measure of a ratio step: when, where, by whom, what was agreed."""

    step = models.ForeignKey(RatioStep, on_delete=models.PROTECT, related_name="records")
    kind = models.CharField("措施", max_length=13, choices=RatioMeasure)
    at = models.DateTimeField("时间")
    place = models.CharField("地点", max_length=100)
    by = models.CharField("办理人", max_length=100)
    text = models.TextField("内容")
    statement = models.TextField("学生(家长)陈述", blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="材料")
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "缺课比例处理记录"
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["step", "kind"], name="a_ratio_measure_has_one_record")]

    def __str__(self):
        return f"{self.step} {self.get_kind_display()}"
