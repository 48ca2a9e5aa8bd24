from django.db import models

from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.enums import AUDIENCE_POSTS, Audience
from students.models.pupil import Pupil


class TimelineQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Of the children that the person sees, the entries meant for the person's posts; one's own entries too."""
        meant = models.Q(audience=Audience.SCHOOL) | models.Q(by=person)
        for audience, kinds in AUDIENCE_POSTS.items():
            meant |= models.Q(audience=audience) & at_or_below("pupil__path", person.paths(on=on, kinds=kinds))
        return self.filter(meant, pupil__in=Pupil.objects.visible_to(person, on=on))


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

    objects = TimelineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "成长轨迹"
        ordering = ["-on", "-at", "-pk"]
        indexes = [models.Index(fields=["pupil", "on"])]

    def __str__(self):
        return f"{self.pupil} {self.on} {self.text}"
