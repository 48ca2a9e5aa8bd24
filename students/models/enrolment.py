from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from organisation.enums import ROLL_POSTS
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.enums import ChangeKind, EnrolmentStatus
from students.models.attachment import Attachment
from students.models.pupil import Pupil


class RegisterChangeQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(pupil__in=Pupil.objects.visible_to(person, on=on))

    def standing(self):
        """Changes that no later correction has taken back; corrections themselves move nobody."""
        return self.filter(corrected_by__isnull=True).exclude(kind=ChangeKind.CORRECT)


class RegisterChange(models.Model):
    """One change of the register 学籍异动 (F04): what happened, on which day, on what papers, entered by whom.

    `date` is the day given: for `drop_out` the last day attended, else the first day of the new state, which is
    `effective_on`. `undo` holds what the spell said before, so that a correction can put it back.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="register_changes")
    kind = models.CharField("异动类别", max_length=14, choices=ChangeKind)
    date = models.DateField("日期")
    effective_on = models.DateField("生效日期")
    from_class = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="原班级")
    to_class = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="转入班级")
    to_school = models.CharField("去向学校", max_length=120, blank=True)
    reason = models.CharField("原因", max_length=300, blank=True)
    until = models.DateField("至", null=True, blank=True)
    papers = models.ManyToManyField(Attachment, blank=True, related_name="+", verbose_name="证明材料")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("登记时间")
    corrected_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrects")
    undo = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = RegisterChangeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学籍异动"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["effective_on", "kind"])]

    def __str__(self):
        return f"{self.pupil} {self.get_kind_display()} {self.date}"


class EnrolmentQuerySet(models.QuerySet):
    def current(self, *, on):
        """The spells that cover a day."""
        return self.filter(Q(ends__isnull=True) | Q(ends__gt=on), starts__lte=on)

    def below(self, path):
        return self.filter(at_or_below("path", [path]))

    def with_status(self, *statuses):
        return self.filter(status__in=statuses)

    def visible_to(self, person, *, on):
        """Names on class lists are seen by whoever may see the roll, a child's whole chain by who sees the child."""
        listed = at_or_below("path", person.paths(on=on, kinds=ROLL_POSTS))
        return self.filter(listed | Q(pupil__in=Pupil.objects.visible_to(person, on=on)))


class Enrolment(models.Model):
    """A spell: a pupil in a class with one status, from `starts` up to but not including `ends` (open without it).

    No two spells of a pupil overlap: the database itself says so (exclusion constraint or trigger, see migrations).
    `recorded_at` is when the system learnt of it: an earlier roll does not attest a pupil who was entered later.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="enrolments")
    school_class = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="enrolments")
    path = models.CharField(max_length=255)
    status = models.CharField("状态", max_length=13, choices=EnrolmentStatus, default=EnrolmentStatus.IN_SCHOOL)
    starts = models.DateField("起")
    ends = models.DateField("止(不含)", null=True, blank=True)
    recorded_at = models.DateTimeField("登记时间")
    began_by = models.ForeignKey(RegisterChange, on_delete=models.PROTECT, null=True, related_name="began")
    ended_by = models.ForeignKey(RegisterChange, on_delete=models.PROTECT, null=True, blank=True, related_name="ended")

    objects = EnrolmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学籍时段"
        ordering = ["pupil", "starts"]
        indexes = [
            models.Index(fields=["path", "starts"]),
            models.Index(fields=["school_class", "starts"]),
            models.Index(fields=["pupil", "starts"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")), name="a_spell_ends_after_it_began"
            )
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_status_display()} {self.starts}–{self.ends or ''}"
