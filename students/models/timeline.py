from django.db import models

from organisation.models import Person
from students.enums import Audience
from students.models.pupil import Pupil


class TimelineEntry(models.Model):
    """What happened to this child: append-only, written inside the transaction of the action that did it."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="timeline")
    on = models.DateField("日期")
    at = models.DateTimeField("登记时间")
    kind = models.CharField("类别", max_length=40)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    text = models.CharField("内容", max_length=500)
    link = models.CharField(max_length=200, blank=True)
    audience = models.CharField("可见范围", max_length=11, choices=Audience, default=Audience.SCHOOL)

    class Meta:
        verbose_name = verbose_name_plural = "成长轨迹"
        ordering = ["-on", "-at", "-pk"]
        indexes = [models.Index(fields=["pupil", "on"])]

    def __str__(self):
        return f"{self.pupil} {self.on} {self.text}"
