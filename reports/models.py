"""Figures as they were computed, the pupils behind them, and returns."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from organisation.enums import PostKind, UnitKind
from organisation.models import Job, Person, Unit
from organisation.rules.paths import at_or_below
from reports.enums import Formula, StageOf
from students.models import Pupil

# Who has a matter of their own to see to, and no unit to answer for, sees no figures (roles.md).
SEES_FIGURES = tuple(
    kind
    for kind in PostKind
    if kind
    not in (
        PostKind.SUBJECT_TEACHER,
        PostKind.COUNSELLOR,
        PostKind.VILLAGE_OFFICER,
        PostKind.LABOUR_OFFICER,
        PostKind.PERSONNEL,
    )
)


class SnapshotQuerySet(models.QuerySet):
    def below(self, path):
        return self.filter(at_or_below("path", [path]))

    def visible_to(self, person, *, on):
        """Figures at or below one's posts."""
        return self.filter(at_or_below("path", person.paths(on=on, kinds=SEES_FIGURES)))


class Snapshot(models.Model):
    """One figure: a unit, stage and formula on a cut-off day. Counted again from the same facts it is the same."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=255)
    stage = models.CharField("学段", max_length=7, choices=StageOf)
    formula = models.CharField("口径", max_length=24, choices=Formula)
    school_year = models.PositiveSmallIntegerField("学年")
    as_of = models.DateField("截止日期")
    numerator = models.IntegerField("分子")
    denominator = models.PositiveIntegerField("分母")
    denominator_hash = models.CharField(max_length=32)
    digest = models.CharField("制度版本", max_length=16)
    computed_at = models.DateTimeField("计算时间")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "指标"
        ordering = ["path", "stage", "formula"]
        indexes = [models.Index(fields=["as_of", "path"])]
        constraints = [
            models.UniqueConstraint(fields=["unit", "stage", "formula", "as_of"], name="a_figure_is_stored_once_a_day")
        ]

    def __str__(self):
        return f"{self.unit} {self.get_stage_display()} {self.get_formula_display()} {self.as_of}"


class SnapshotPupilQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """The names behind a figure, as far as the children are seen: some posts see figures and no names."""
        return self.filter(pupil__in=Pupil.objects.visible_to(person, on=on))


class SnapshotPupil(models.Model):
    """A pupil of a numerator, at the class where it happened: every unit above drills down to the same rows."""

    as_of = models.DateField()
    formula = models.CharField(max_length=24, choices=Formula)
    stage = models.CharField(max_length=7, choices=StageOf)
    path = models.CharField(max_length=255)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(null=True)

    objects = SnapshotPupilQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "指标名单"
        ordering = ["path", "pk"]
        indexes = [models.Index(fields=["as_of", "formula", "path"])]
        constraints = [
            models.UniqueConstraint(fields=["as_of", "formula", "pupil"], name="a_pupil_counts_once_in_a_figure")
        ]

    def __str__(self):
        return f"{self.pupil} {self.formula} {self.as_of}"


class MonthlyReturnQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(at_or_below("path", person.paths(on=on, kinds=SEES_FIGURES)))


class MonthlyReturn(models.Model):
    """A return as it was filled from the register (F62): its cells, their digest, and the file that goes upstairs."""

    kind = models.CharField("报表", max_length=20, default="monthly")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="returns", verbose_name="单位")
    path = models.CharField(max_length=255)
    period = models.CharField("月份", max_length=7)
    cells = models.JSONField("数据", default=dict, encoder=DjangoJSONEncoder)
    digest = models.CharField("数据摘要", max_length=64)
    made_at = models.DateTimeField("生成时间")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="生成人")

    objects = MonthlyReturnQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月报表"
        ordering = ["-period", "path"]
        constraints = [models.UniqueConstraint(fields=["kind", "unit", "period"], name="a_unit_has_one_return_a_month")]

    def __str__(self):
        return f"{self.unit} {self.period}"


# Figures of these are kept night by night; cohorts and classes keep the latest and the month-ends.
KEPT_NIGHTLY = (UnitKind.PROVINCE, UnitKind.PREFECTURE, UnitKind.COUNTY, UnitKind.TOWNSHIP, UnitKind.SCHOOL)
