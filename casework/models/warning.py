from django.db import models
from django.db.models import Q

from casework.enums import STANDING, CloseReason, SignalKey, Tier, WarningState
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.models import Pupil, PupilGrant


def of_files(person, *, on) -> Q:
    """Rows about children whose files the person sees by post, or as the counsellor to whom they were referred."""
    schools = [post.unit_id for post in person.posts_on(on) if post.kind == PostKind.COUNSELLOR]
    referred = PupilGrant.objects.open(on=on).filter(post_kind=PostKind.COUNSELLOR, unit__in=schools)
    seen = at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS))
    return seen | Q(pupil__in=referred.values("pupil")) if schools else seen


class RiskWarningQuerySet(models.QuerySet):
    def standing(self):
        """Not closed: followed up, or become a case."""
        return self.filter(state__in=STANDING)

    def raised(self):
        """Standing at yellow or above."""
        return self.standing().exclude(tier=Tier.NONE)

    def visible_to(self, person, *, on):
        """Warnings of children whose files the person sees; never a township's, a labour officer's, a guardian's."""
        return self.filter(of_files(person, on=on))


class RiskWarning(models.Model):
    """Says that a child may need somebody, and why (F20). Derived from the facts and reconciled with them.

    `rises` counts how often the tier came up new or higher, which is what opens duties; `risen_on` is the last time.
    `below_since` is the first day on which it stood below yellow.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="warnings", verbose_name="学生")
    path = models.CharField(max_length=255)
    state = models.CharField("状态", max_length=6, choices=WarningState, default=WarningState.OPEN)
    tier = models.CharField("级别", max_length=6, choices=Tier)
    points = models.PositiveSmallIntegerField("分值", default=0)
    rises = models.PositiveSmallIntegerField("升级次数", default=1)
    opened_on = models.DateField("首次预警")
    risen_on = models.DateField("最近升级")
    below_since = models.DateField("低于黄色自", null=True)
    closed_on = models.DateField("解除日期", null=True)
    close_reason = models.CharField("解除原因", max_length=5, choices=CloseReason, blank=True)
    digest = models.CharField("制度版本", max_length=16)

    objects = RiskWarningQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "风险预警"
        ordering = ["path", "-points", "pk"]
        indexes = [models.Index(fields=["path", "state", "tier"])]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil"], condition=Q(state__in=STANDING), name="a_pupil_has_one_standing_warning"
            ),
            models.CheckConstraint(
                condition=Q(state=WarningState.CLOSED) ^ Q(closed_on__isnull=True),
                name="a_closed_warning_has_its_date",
            ),
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_tier_display()}"


class RiskSignal(models.Model):
    """One reason of a warning as it stands now: its points, or the tier that it makes by itself, and its sentence."""

    warning = models.ForeignKey(RiskWarning, on_delete=models.CASCADE, related_name="signals")
    key = models.CharField("信号", max_length=16, choices=SignalKey)
    points = models.PositiveSmallIntegerField("分值", default=0)
    tier = models.CharField("级别", max_length=6, choices=Tier, blank=True)
    text = models.CharField("原因", max_length=300)
    lower = models.CharField("怎样解除", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "预警信号"
        ordering = ["warning", "pk"]
        constraints = [models.UniqueConstraint(fields=["warning", "key"], name="a_warning_names_a_signal_once")]

    def __str__(self):
        return self.text


class TierChange(models.Model):
    """How a warning's tier came to be what it is, with the reasons of that day: append-only."""

    warning = models.ForeignKey(RiskWarning, on_delete=models.PROTECT, related_name="changes")
    on = models.DateField("日期")
    at = models.DateTimeField("登记时间")
    before = models.CharField("原级别", max_length=6, choices=Tier)
    after = models.CharField("级别", max_length=6, choices=Tier)
    state = models.CharField("状态", max_length=6, choices=WarningState)
    points = models.PositiveSmallIntegerField("分值")
    reasons = models.JSONField("原因", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "级别变动"
        ordering = ["warning", "pk"]

    def __str__(self):
        return f"{self.warning_id} {self.before}→{self.after}"


class TeacherReportQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Reports about children whose files one sees, and one's own."""
        own = Q(by=person) if person.posts_on(on) else Q(pk__in=[])
        return self.filter(of_files(person, on=on) | own)


class TeacherReport(models.Model):
    """A teacher's own word that a child may need help: 2 to 5 points, chosen by the teacher, who says why (F20)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="teacher_reports", verbose_name="学生")
    path = models.CharField(max_length=255)
    points = models.PositiveSmallIntegerField("分值")
    reason = models.CharField("理由", max_length=200)
    on = models.DateField("日期")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="报告人")
    at = models.DateTimeField("登记时间")

    objects = TeacherReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "教师报告"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["pupil", "on"])]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "by", "on"], name="a_teacher_reports_a_pupil_once_a_day"),
            models.CheckConstraint(condition=Q(points__gte=1), name="a_report_has_points"),
        ]

    def __str__(self):
        return f"{self.pupil} {self.points}"
