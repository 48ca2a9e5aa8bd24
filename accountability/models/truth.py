from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums.truth import TruthKind, TruthState
from accountability.models.lead import Lead
from organisation.enums import PostKind, Session
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil, Roll

# Who looks at whether what was written down is so.
TRUTH_POSTS = (
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
    PostKind.CENTRAL_HEAD,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
)
COUNT_POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, PostKind.INSPECTOR)


class SpotCountQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Headcounts of the county, for its bureau and inspectors; one's own as long as one holds a post there."""
        return self.filter(at_or_below("path", person.paths(on=on, kinds=COUNT_POSTS)))


class SpotCount(models.Model):
    """What an inspector counted in a class: one session of one day, once (F66)."""

    school_class = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="spot_counts", verbose_name="班级")
    path = models.CharField(max_length=255)
    date = models.DateField("日期")
    session = models.CharField("时段", max_length=7, choices=Session)
    counted = models.PositiveSmallIntegerField("实有人数")
    absent = models.ManyToManyField(Pupil, through="SpotAbsence", related_name="+", verbose_name="不在场的学生")
    photo = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="照片")
    note = models.CharField("说明", max_length=200, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="督学")
    at = models.DateTimeField("清点时间")

    objects = SpotCountQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "现场清点"
        ordering = ["-date", "-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["school_class", "date", "session"], name="a_class_is_counted_once_a_session"
            )
        ]

    def __str__(self):
        return f"{self.school_class} {self.date} {self.get_session_display()} {self.counted}"


class SpotAbsence(models.Model):
    """A child whom the inspector named as not there."""

    count = models.ForeignKey(SpotCount, on_delete=models.PROTECT, related_name="absences")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="spot_absences", verbose_name="学生")

    class Meta:
        verbose_name = verbose_name_plural = "清点不在场"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["count", "pupil"], name="a_child_is_missing_once_in_a_count")]

    def __str__(self):
        return f"{self.pupil} {self.count}"


class TruthHitQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """What lies before one's own unit or below it; never what is about oneself."""
        paths = person.paths(on=on, kinds=TRUTH_POSTS)
        return self.filter(at_or_below("chair_path", paths)).exclude(about=person)

    def waiting(self):
        return self.filter(state=TruthState.OPEN)


class TruthHit(models.Model):
    """Two records that cannot both be so, put before somebody to look at (F66): no verdict, and one hit a `key`.

    `evidence` is what each side says: {"side": "roll" or "other", "text", "kind", "key"}. `about` is who called the
    rolls; the matter lies before another (`chair_kind` at `chair_path`). A confirmed one became a lead.
    """

    kind = models.CharField("核查", max_length=12, choices=TruthKind)
    key = models.CharField(max_length=120, unique=True)
    title = models.CharField("事项", max_length=200)
    path = models.CharField(max_length=255)
    school_class = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="班级")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="学生")
    roll = models.ForeignKey(Roll, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="点名")
    about = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="点名人")
    evidence = models.JSONField("依据", default=list)
    found_at = models.DateTimeField("发现时间")
    chair_kind = models.CharField("核实岗位", max_length=20, choices=PostKind)
    chair_path = models.CharField(max_length=255)
    state = models.CharField("状态", max_length=9, choices=TruthState, default=TruthState.OPEN)
    reason = models.CharField("核实意见", max_length=500, blank=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="核实人")
    decided_at = models.DateTimeField("核实时间", null=True)
    lead = models.OneToOneField(
        Lead, on_delete=models.PROTECT, null=True, related_name="truth_hit", verbose_name="线索"
    )

    objects = TruthHitQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "真实性核查"
        ordering = ["-found_at", "-pk"]
        indexes = [models.Index(fields=["state", "chair_path"]), models.Index(fields=["kind", "state"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TruthState.OPEN, reason="") | (~Q(state=TruthState.OPEN) & ~Q(reason="")),
                name="a_decided_hit_says_why",
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) | Q(state=TruthState.CONFIRMED), name="only_a_confirmed_hit_is_a_lead"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.title}"
