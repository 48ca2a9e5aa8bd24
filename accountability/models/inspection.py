from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import DeficiencyState, InspectionResult
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.models import Attachment


class SelfInspectionQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Of one's school and those below; class teachers do not read how the school judges itself."""
        return self.filter(at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS)))


class SelfInspection(models.Model):
    """A school's look at itself against the checklist of the regulation (D5 三, D16): each point answered, once a period."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="学校")
    path = models.CharField(max_length=255)
    period = models.CharField("学期", max_length=10)
    on = models.DateField("自查日期")
    who = models.CharField("参加人员", max_length=200)
    summary = models.TextField("总的情况", blank=True)
    regulation = models.CharField(max_length=16)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    objects = SelfInspectionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学校自查"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["path", "period"])]

    def __str__(self):
        return f"{self.unit} {self.on}"


class InspectionAnswer(models.Model):
    """What a self-inspection says on one point, in the words that the point had."""

    inspection = models.ForeignKey(SelfInspection, on_delete=models.PROTECT, related_name="answers")
    key = models.CharField(max_length=30)
    text = models.CharField("内容", max_length=200)
    result = models.CharField("结果", max_length=4, choices=InspectionResult)
    note = models.CharField("情况", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "自查内容"
        ordering = ["inspection", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "key"], name="a_point_is_answered_once"),
            models.CheckConstraint(
                condition=~Q(result=InspectionResult.NOT) | ~Q(note=""), name="what_is_not_in_order_is_described"
            ),
        ]

    def __str__(self):
        return f"{self.text} {self.get_result_display()}"


class DeficiencyQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS)))

    def unsettled(self):
        return self.exclude(state=DeficiencyState.CLOSED)


class Deficiency(models.Model):
    """What a self-inspection found wanting: who puts it right by when, what was done, and who checked it."""

    inspection = models.ForeignKey(SelfInspection, on_delete=models.PROTECT, related_name="deficiencies")
    answer = models.OneToOneField(InspectionAnswer, on_delete=models.PROTECT, related_name="deficiency")
    path = models.CharField(max_length=255)
    text = models.CharField("问题", max_length=300)
    post_kind = models.CharField("整改岗位", max_length=20, choices=PostKind)
    due_on = models.DateField("整改期限")
    state = models.CharField("状态", max_length=9, choices=DeficiencyState, default=DeficiencyState.OPEN)
    correction = models.CharField("整改情况", max_length=500, blank=True)
    paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="整改材料"
    )
    corrected_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="整改人"
    )
    corrected_on = models.DateField("整改日期", null=True)
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="复查人")
    checked_on = models.DateField("复查日期", null=True)
    check_note = models.CharField("复查意见", max_length=300, blank=True)

    objects = DeficiencyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "自查问题"
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["path", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DeficiencyState.OPEN) | ~Q(correction=""), name="a_corrected_deficiency_says_how"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeficiencyState.CLOSED) | Q(checked_by__isnull=False),
                name="a_closed_deficiency_was_checked",
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=models.F("corrected_by")),
                name="nobody_checks_their_own_correction",
            ),
        ]

    def __str__(self):
        return self.text
