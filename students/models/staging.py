from django.db import models

from organisation.fields import SealedField
from students.models.pupil import PHONE, PupilData


class StagedPupil(PupilData):
    """A checked row of a roster on its way into the register. It waits here, so that the merge itself is short."""

    batch = models.UUIDField()
    row = models.PositiveIntegerField()
    pupil = models.BigIntegerField(null=True)
    starts = models.DateField()

    class Meta:
        verbose_name = verbose_name_plural = "待并入的名册行"
        indexes = [models.Index(fields=["batch", "number"])]

    def __str__(self):
        return f"{self.batch} {self.row}"


class StagedGuardian(models.Model):
    """A new or changed guardian of a roster's row."""

    batch = models.UUIDField()
    number = models.CharField(max_length=10)
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    relation = models.CharField(max_length=30)
    phone = SealedField(column=PHONE, blank=True)
    phone_index = models.CharField(max_length=40, null=True)

    class Meta:
        verbose_name = verbose_name_plural = "待并入的监护人"
        indexes = [models.Index(fields=["batch", "number"])]

    def __str__(self):
        return f"{self.batch} {self.number}"
