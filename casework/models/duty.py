from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums import DutyState, ReminderStage
from casework.kinds import confidential_kinds
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil

SEES_DUTIES = (*PUPIL_POSTS, PostKind.TOWNSHIP_OFFICER, PostKind.COUNTY_LEADER, PostKind.PREFECTURE_LEADER)


class DutyQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=DutyState.OPEN)

    def overdue(self, *, at):
        """Open and past their moment: lateness is derived, never stored."""
        return self.open().filter(due_at__lt=at)

    def of_chairs(self, chairs, person=None):
        """Duties of these (post kind, unit path) places, and those that `person` owes in person."""
        query = Q(pk__in=[])
        for kind, path in chairs:
            query |= Q(post_kind=kind, chair_path=path)
        return self.filter((query & Q(person__isnull=True)) | Q(person=person, person__isnull=False))

    def visible_to(self, person, *, on):
        """Duties of one's unit and below; those about a child as far as the child is seen; one's own always.

        Confidential ones, about a lead against somebody, are only for who answers for them.
        """
        own = [(post.kind, post.unit.path) for post in person.posts_on(on)]
        below = at_or_below("path", person.paths(on=on, kinds=SEES_DUTIES)) & ~Q(kind__in=confidential_kinds())
        about_nobody = Q(pupil__isnull=True)
        seen = Q(pupil__in=Pupil.objects.visible_to(person, on=on))
        mine = Q(pk__in=self.model.objects.of_chairs(own, person).values("pk"))
        open_to_all = ~Q(kind__in=confidential_kinds())
        return self.filter((below & open_to_all & (about_nobody | seen)) | mine)


class Duty(models.Model):
    """Something that somebody must do (F42): what, about whom, which post of which unit, until when, with what proof.

    The holder is whoever holds the post now; where `person` is named, that person and nobody else. `key` makes opening idempotent; `about` is the key of what it is about
    in the table that its kind names.
    """

    kind = models.CharField("事项", max_length=30)
    key = models.CharField(max_length=120, unique=True)
    title = models.CharField("内容", max_length=200)
    about = models.BigIntegerField(null=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, related_name="duties", verbose_name="学生")
    path = models.CharField(max_length=255)
    post_kind = models.CharField("岗位", max_length=20, choices=PostKind)
    chair_path = models.CharField(max_length=255)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="own_duties", verbose_name="本人办理"
    )
    due_at = models.DateTimeField("期限")
    state = models.CharField("状态", max_length=9, choices=DutyState, default=DutyState.OPEN)
    opened_at = models.DateTimeField("产生时间")
    done_at = models.DateTimeField("办结时间", null=True)
    done_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="办理人")
    text = models.CharField("办理情况", max_length=500, blank=True)
    proof = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="证明")

    objects = DutyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "待办"
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["state", "post_kind", "chair_path"]),
            models.Index(fields=["path", "state"]),
            models.Index(fields=["kind", "about"]),
            models.Index(fields=["state", "due_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=DutyState.DONE) | Q(done_at__isnull=False), name="a_duty_done_says_when"
            )
        ]

    def __str__(self):
        return self.title


class LapseQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Lateness is seen with the duty that was late."""
        return self.filter(duty__in=Duty.objects.visible_to(person, on=on))


class Lapse(models.Model):
    """With whom a duty fell late: it stays with that person, whoever holds the post later."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="lapses")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="lapses", verbose_name="责任人")
    post_kind = models.CharField("岗位", max_length=20, choices=PostKind)
    since = models.DateField("逾期自")
    until = models.DateField("至", null=True)

    objects = LapseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "逾期记录"
        ordering = ["-since", "-pk"]
        constraints = [models.UniqueConstraint(fields=["duty", "person"], name="a_duty_lapses_once_with_a_person")]

    def __str__(self):
        return f"{self.person} {self.duty} {self.since}"


class ReminderQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """One's own reminders, as far as one still sees the duty: a former holder is reminded of nothing."""
        return self.filter(person=person, duty__in=Duty.objects.visible_to(person, on=on))


class Reminder(models.Model):
    """Who was reminded of a duty, when: on its day, one day late, and three days late the next post up."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="reminders")
    stage = models.CharField("类别", max_length=9, choices=ReminderStage)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reminders", verbose_name="提醒对象")
    at = models.DateTimeField("提醒时间")

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["duty", "stage", "person"], name="a_person_is_reminded_once_a_stage")
        ]

    def __str__(self):
        return f"{self.person} {self.get_stage_display()} {self.duty}"
