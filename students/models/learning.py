from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from organisation.enums import PUPIL_POSTS
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.enums import Band, IncidentKind, PlanResult, Subject
from students.models.pupil import Pupil

SEMESTERS = [(1, "第一学期"), (2, "第二学期")]


class LearningQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Of the children whose files the person sees by post; a subject teacher what he or she entered, as long as
        there is a post. Townships, and whom a grant lets in, see no marks (roles.md)."""
        seen = at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS))
        own = Q(entered_by=person) if person.posts_on(on) else Q(pk__in=[])
        return self.filter(seen | own)


class TermMark(models.Model):
    """A pupil's band in one subject at the end of a term, the attitude to learning too (F06). Never a number (P5)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="term_marks", verbose_name="学生")
    path = models.CharField(max_length=255)
    year = models.PositiveSmallIntegerField("学年")
    term = models.PositiveSmallIntegerField("学期", choices=SEMESTERS)
    subject = models.CharField("科目", max_length=10, choices=Subject)
    band = models.CharField("等级", max_length=10, choices=Band)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间")

    objects = LearningQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学业等级"
        ordering = ["pupil", "-year", "-term", "subject"]
        indexes = [models.Index(fields=["path", "year", "term"])]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "year", "term", "subject"], name="a_subject_has_one_band_a_pupil_and_term"
            )
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_subject_display()} {self.get_band_display()}"


class IncidentQuerySet(LearningQuerySet):
    def standing(self):
        """Those that nobody has taken back."""
        return self.filter(withdrawn_at__isnull=True)


class Incident(models.Model):
    """A conduct incident 违纪 (F06): late to class, left it early, disturbed it. Entered in error, it is taken back."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="incidents", verbose_name="学生")
    path = models.CharField(max_length=255)
    on = models.DateField("日期")
    kind = models.CharField("类别", max_length=16, choices=IncidentKind)
    text = models.CharField("情况", max_length=300)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间")
    withdrawn_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="撤销人"
    )
    withdrawn_at = models.DateTimeField("撤销时间", null=True)
    reason = models.CharField("撤销原因", max_length=200, blank=True)

    objects = IncidentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "违纪记录"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["pupil", "on"]), models.Index(fields=["path", "on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(reason=""), name="an_incident_taken_back_says_why"
            )
        ]

    def __str__(self):
        return f"{self.pupil} {self.on} {self.get_kind_display()}"


class StudyPlan(models.Model):
    """A pupil's study plan for a term 个别化学习计划, and how the term went (F24)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="study_plans", verbose_name="学生")
    path = models.CharField(max_length=255)
    year = models.PositiveSmallIntegerField("学年")
    term = models.PositiveSmallIntegerField("学期", choices=SEMESTERS)
    goals = models.TextField("目标")
    measures = models.TextField("措施")
    helper = models.CharField("帮扶人", max_length=80)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="制定人")
    entered_at = models.DateTimeField("制定时间")
    result = models.CharField("学期评估", max_length=8, choices=PlanResult, blank=True)
    assessment = models.TextField("评估说明", blank=True)
    assessed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="评估人"
    )
    assessed_on = models.DateField("评估日期", null=True)

    objects = LearningQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学习计划"
        ordering = ["pupil", "-year", "-term"]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "year", "term"], name="a_pupil_has_one_study_plan_a_term"),
            models.CheckConstraint(
                condition=Q(result="") ^ Q(assessed_on__isnull=False), name="an_assessed_plan_says_how_and_when"
            ),
        ]

    def __str__(self):
        return f"{self.pupil} {self.year}-{self.term} 学习计划"
