from django.db import models
from simple_history.models import HistoricalRecords

from accountability.enums import ContactKind
from organisation.models import Person
from students.models import Pupil


class HomeContactQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(pupil__in=Pupil.objects.visible_to(person, on=on))


class HomeContact(models.Model):
    """A family that was visited or called (P9): each child's at least once a school year."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="home_contacts", verbose_name="学生")
    path = models.CharField(max_length=255)
    kind = models.CharField("方式", max_length=5, choices=ContactKind)
    on = models.DateField("日期")
    whom = models.CharField("见到(通话)的人", max_length=80)
    text = models.CharField("情况", max_length=500)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="联系人")
    at = models.DateTimeField("登记时间")

    objects = HomeContactQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "家访联系"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["on", "path"])]

    def __str__(self):
        return f"{self.pupil} {self.get_kind_display()} {self.on}"
