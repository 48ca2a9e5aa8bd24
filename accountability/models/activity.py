from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from accountability.enums import ActivityKind
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil


class ActivityQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """At and below one's posts; a counsellor, those of the school itself."""
        school = Q(path__in=person.paths(on=on, kinds=(PostKind.COUNSELLOR,)))
        return self.filter(at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS)) | school)


class Activity(models.Model):
    """Something that a school or class did by the calendar (P25): when, where, what, how many came, minutes and photos.

    One that was not held says why: an honest gap is better than a record made up. `period` is the week, month, term or
    year for which it counts.
    """

    kind = models.CharField("类别", max_length=18, choices=ActivityKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    path = models.CharField(max_length=255)
    period = models.CharField("计入", max_length=10)
    held = models.BooleanField("已开展", default=True)
    on = models.DateField("日期")
    place = models.CharField("地点", max_length=100, blank=True)
    topic = models.CharField("主题", max_length=120, blank=True)
    expected = models.PositiveIntegerField("应到", null=True)
    attended = models.PositiveIntegerField("实到", null=True)
    who = models.CharField("参加人员", max_length=300, blank=True)
    text = models.TextField("记录")
    papers = models.ManyToManyField(Attachment, blank=True, related_name="+", verbose_name="照片、材料")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="记录人")
    at = models.DateTimeField("记录时间")

    objects = ActivityQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "活动记录"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["kind", "period", "unit"]), models.Index(fields=["path", "on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(attended__isnull=True) | Q(expected__isnull=True) | Q(attended__lte=F("expected")),
                name="no_more_came_than_were_asked",
            )
        ]

    def __str__(self):
        return f"{self.unit} {self.get_kind_display()} {self.on}"


class GuardianAbsenceQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(pupil__in=Pupil.objects.visible_to(person, on=on))


class GuardianAbsence(models.Model):
    """A child for whom nobody came to a guardians' meeting; whoever is not named was represented."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="absences")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+", verbose_name="学生")

    objects = GuardianAbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "家长会未到"
        ordering = ["activity", "pupil__sort_key"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "pupil"], name="nobody_is_missed_twice_at_a_meeting")
        ]

    def __str__(self):
        return f"{self.activity_id} {self.pupil}"
