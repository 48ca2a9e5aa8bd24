from django.db import models
from django.db.models import Q

from organisation.enums import ROLL_POSTS, Session
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.enums import MarkKind
from students.models.pupil import Pupil
from students.models.slip import LeaveSlip


class RollQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(at_or_below("path", person.paths(on=on, kinds=ROLL_POSTS)))


class Roll(models.Model):
    """A submitted roll: one class, one day, one session (F05). Pupils on the list without a mark were present.

    What it said before it was corrected stands in `RollVersion`; the present version is this row and its marks.
    """

    school_class = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="rolls")
    path = models.CharField(max_length=255)
    date = models.DateField("日期")
    session = models.CharField("时段", max_length=7, choices=Session)
    version = models.PositiveIntegerField("版本", default=1)
    expected = models.PositiveSmallIntegerField("应到")
    present = models.PositiveSmallIntegerField("实到")
    submitted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="点名人")
    first_submitted_at = models.DateTimeField("首次提交时间")
    submitted_at = models.DateTimeField("提交时间")
    called_at = models.DateTimeField("点名时间")
    reason = models.CharField("更正原因", max_length=200, blank=True)

    objects = RollQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "点名"
        ordering = ["-date", "session", "path"]
        indexes = [models.Index(fields=["path", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["school_class", "date", "session"], name="a_class_is_called_once_a_session")
        ]

    def __str__(self):
        return f"{self.school_class} {self.date} {self.get_session_display()}"


class MarkQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Marks on rolls that the person sees, and all marks of the children whose files the person sees."""
        called = at_or_below("roll__path", person.paths(on=on, kinds=ROLL_POSTS))
        return self.filter(called | Q(pupil__in=Pupil.objects.visible_to(person, on=on)))

    def truant(self, *, on):
        """Marks that count as truancy on day `on`: without a covering slip, and "unverified" once its day is over."""
        unresolved = Q(kind=MarkKind.UNVERIFIED, date__lt=on)
        return self.filter(Q(kind=MarkKind.TRUANT) | unresolved, slip__isnull=True)


class Mark(models.Model):
    """An exception on a roll. A covering approved slip excuses an absence: `slip` is set, `kind` stays as called."""

    roll = models.ForeignKey(Roll, on_delete=models.CASCADE, related_name="marks")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="marks")
    date = models.DateField("日期")
    kind = models.CharField("情况", max_length=11, choices=MarkKind)
    note = models.CharField("备注", max_length=200, blank=True)
    slip = models.ForeignKey(LeaveSlip, on_delete=models.PROTECT, null=True, related_name="marks")

    objects = MarkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考勤标记"
        ordering = ["roll", "pk"]
        indexes = [models.Index(fields=["pupil", "date"])]
        constraints = [models.UniqueConstraint(fields=["roll", "pupil"], name="a_pupil_has_one_mark_on_a_roll")]

    def __str__(self):
        return f"{self.pupil} {self.date} {self.get_kind_display()}"

    @property
    def effective_kind(self) -> str:
        """What the mark counts as: the slip's kind where a slip excuses an absence."""
        return self.slip.kind if self.slip_id else self.kind


class RollVersionQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Earlier versions of the rolls that the person sees."""
        return self.filter(at_or_below("roll__path", person.paths(on=on, kinds=ROLL_POSTS)))


class RollVersion(models.Model):
    """What a roll said before it was corrected: append-only."""

    roll = models.ForeignKey(Roll, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField("版本")
    marks = models.JSONField("标记")
    submitted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    called_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    objects = RollVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "点名历次版本"
        ordering = ["roll", "version"]
        constraints = [models.UniqueConstraint(fields=["roll", "version"], name="a_roll_keeps_each_version_once")]

    def __str__(self):
        return f"{self.roll} v{self.version}"
