from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from organisation.enums import PUPIL_POSTS, Session
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.enums import SlipKind, SlipState
from students.models.attachment import Attachment
from students.models.pupil import Pupil

SESSION_ORDER = {Session.AM: 0, Session.PM: 1, Session.EVENING: 2}


class LeaveSlipQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Slips of one's classes, and those that a child brought along from an earlier class."""
        paths = person.paths(on=on, kinds=PUPIL_POSTS)
        return self.filter(at_or_below("path", paths) | at_or_below("pupil__path", paths))

    def approved(self):
        return self.filter(state=SlipState.APPROVED)

    def covering(self, day):
        return self.filter(first_day__lte=day, last_day__gte=day)


class LeaveSlip(models.Model):
    """A leave slip (F05): from a session of the first day to a session of the last, both included.

    A `suspension` 停课停学 is written by the decision of a discipline: the pupil is not expected on the roll.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="slips")
    path = models.CharField(max_length=255)
    kind = models.CharField("类别", max_length=10, choices=SlipKind)
    first_day = models.DateField("从")
    first_session = models.CharField("从(时段)", max_length=7, choices=Session, default=Session.AM)
    last_day = models.DateField("至")
    last_session = models.CharField("至(时段)", max_length=7, choices=Session, default=Session.EVENING)
    applied_by = models.CharField("申请人", max_length=80)
    reason = models.CharField("事由", max_length=200)
    certificate = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="证明"
    )
    state = models.CharField("状态", max_length=9, choices=SlipState, default=SlipState.REQUESTED)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间")
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="审批人")
    decided_at = models.DateTimeField("审批时间", null=True)
    remark = models.CharField("审批意见", max_length=200, blank=True)

    objects = LeaveSlipQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "请假条"
        ordering = ["-first_day", "-pk"]
        indexes = [models.Index(fields=["pupil", "first_day"]), models.Index(fields=["path", "first_day"])]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_slip_ends_after_it_began")
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_kind_display()} {self.first_day}–{self.last_day}"

    def covers(self, day, session) -> bool:
        """Whether the slip covers that session of that day."""
        when = (day, SESSION_ORDER[session])
        first = (self.first_day, SESSION_ORDER[self.first_session])
        last = (self.last_day, SESSION_ORDER[self.last_session])
        return first <= when <= last
