from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from organisation.enums import PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.enums import ArrivalReason, ArrivalState, TransferState
from students.models.attachment import Attachment
from students.models.enrolment import RegisterChange
from students.models.pupil import Pupil

TRANSFER_POSTS = (
    PostKind.REGISTRAR,
    PostKind.HEAD_OF_TEACHING,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
    PostKind.DROPOUT_OFFICER,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
)


class TransferQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Seen by both schools and by both counties: each answers for its side."""
        paths = person.paths(on=on, kinds=TRANSFER_POSTS)
        return self.filter(at_or_below("from_school__path", paths) | at_or_below("to_school__path", paths))


class Transfer(models.Model):
    """A transfer between two schools of the system as a handshake (F04): offered with its papers by the one, accepted by
    the other with a class; then both register changes happen at once, so that no child is between two schools."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="transfers", verbose_name="学生")
    from_school = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="转出学校")
    to_school = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="转入学校")
    to_class = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="转入班级")
    on = models.DateField("转学日期")
    reason = models.CharField("原因", max_length=300)
    papers = models.ManyToManyField(Attachment, related_name="+", verbose_name="证明材料")
    state = models.CharField("状态", max_length=9, choices=TransferState, default=TransferState.OFFERED)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="接收人")
    decided_at = models.DateTimeField("办理时间", null=True)
    remark = models.CharField("意见", max_length=300, blank=True)
    out_change = models.ForeignKey(RegisterChange, on_delete=models.PROTECT, null=True, related_name="+")
    in_change = models.ForeignKey(RegisterChange, on_delete=models.PROTECT, null=True, related_name="+")

    objects = TransferQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "转学"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil"], condition=Q(state=TransferState.OFFERED), name="a_pupil_has_one_transfer_under_way"
            )
        ]

    def __str__(self):
        return f"{self.pupil} {self.from_school} → {self.to_school}"


class ArrivalExpectationQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state__in=[ArrivalState.EXPECTED, ArrivalState.OVERDUE])

    def overdue(self, *, on):
        """Expected, and past the last day on which somebody should have come."""
        return self.filter(state=ArrivalState.EXPECTED, due_on__lt=on)

    def visible_to(self, person, *, on):
        """Seen by who sent the child, by who expects it, and by the township where it lives."""
        paths = person.paths(on=on, kinds=TRANSFER_POSTS)
        home = at_or_below("pupil__residence__path", person.paths(on=on, kinds=(PostKind.TOWNSHIP_OFFICER,)))
        return self.filter(at_or_below("from_path", paths) | at_or_below("to_unit__path", paths) | home)


class ArrivalExpectation(models.Model):
    """A child who left one school for another and has not been seen there yet (F30, P6).

    Sending school and township of residence answer for the child until the arrival is confirmed.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="arrivals", verbose_name="学生")
    reason = models.CharField("事由", max_length=10, choices=ArrivalReason)
    from_path = models.CharField(max_length=255)
    change = models.OneToOneField(RegisterChange, on_delete=models.PROTECT, related_name="arrival")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="去向学校")
    to_name = models.CharField("去向", max_length=120)
    first_day = models.DateField("应到日期")
    due_on = models.DateField("最迟确认")
    state = models.CharField("状态", max_length=9, choices=ArrivalState, default=ArrivalState.EXPECTED)
    arrived_on = models.DateField("到校日期", null=True)
    confirmed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="确认人"
    )
    proof = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="证明")
    note = models.CharField("说明", max_length=300, blank=True)

    objects = ArrivalExpectationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "待到校学生"
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["state", "due_on"])]

    def __str__(self):
        return f"{self.pupil} → {self.to_name}"
