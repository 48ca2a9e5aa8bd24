from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from organisation.enums import RegulationState
from organisation.models.person import Person
from organisation.models.unit import Unit
from organisation.rules.paths import ancestors


class RegulationQuerySet(models.QuerySet):
    def in_force(self, *, on):
        """Approved (or filed) regulations that have taken effect by that day, oldest first."""
        in_force = [RegulationState.APPROVED, RegulationState.FILED]
        return self.filter(state__in=in_force, effective_from__lte=on).order_by("effective_from", "version")

    def for_path(self, path):
        return self.filter(unit__path__in=ancestors(path))


class Regulation(models.Model):
    """What one unit says otherwise than the units above it, from a day on (F70). Rules hold only what they change."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="regulations", verbose_name="单位")
    version = models.PositiveIntegerField("版本")
    effective_from = models.DateField("施行日期")
    state = models.CharField("状态", max_length=8, choices=RegulationState, default=RegulationState.DRAFT)
    title = models.CharField("名称", max_length=100)
    rules = models.JSONField("内容", encoder=DjangoJSONEncoder, default=dict)
    drafted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="drafted_regulations", verbose_name="起草"
    )
    approved_by = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="approved_regulations",
        verbose_name="批准",
    )
    approved_on = models.DateField("批准日期", null=True, blank=True)
    filed_number = models.CharField("备案号", max_length=60, blank=True)

    objects = RegulationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "制度"
        ordering = ["unit", "version"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "version"], name="a_unit_numbers_its_regulations"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("drafted_by")),
                name="a_regulation_is_approved_by_another_than_its_drafter",
            ),
        ]

    def __str__(self):
        return f"{self.unit.name} {self.title} 第{self.version}版"
