from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from accountability.enums import FindingState, Form, Sanction
from accountability.models.lead import Lead
from accountability.models.once import refuse
from organisation.enums import PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import ancestors
from students.models import Pupil

# Who stands for a unit that is the subject: reads what is said against it and defends it.
HEADS = (PostKind.PRINCIPAL, PostKind.BUREAU_HEAD, PostKind.TOWNSHIP_OFFICER, PostKind.PREFECTURE_LEADER)


def _seats(person, on, name):
    found = Q(pk__in=[])
    for post in person.posts_on(on):
        found |= Q(**{f"{name}_kind": post.kind, f"{name}_path": post.unit.path})
    return found


class FindingQuerySet(models.QuerySet):
    delete = refuse

    def update(self, **values):
        """No state is set in bulk, and no subject: only `actions/` move a finding. Two files of one child may be merged."""
        if {*values} - {"pupil", "pupil_id"}:
            refuse()
        return super().update(**values)

    def against(self, person, *, on):
        """Matters against the person, or against a unit that the person belongs to."""
        units = {path for post in person.posts_on(on) for path in ancestors(post.unit.path)}
        return self.filter(Q(subject_person=person) | Q(subject_unit__path__in=units))

    def handled_by(self, person, *, on):
        """Matters that the person's posts decide or hear an appeal in, or that the person investigates; never one
        against the person or a unit that the person belongs to."""
        seats = _seats(person, on, "decider") | _seats(person, on, "appeal")
        mine = Q(investigators__person=person, investigators__round=F("round")) if person.posts_on(on) else Q(pk__in=[])
        against = self.model.objects.against(person, on=on).values("pk")
        found = self.model.objects.filter(seats | mine).exclude(pk__in=against)
        return self.filter(pk__in=found.values("pk"))

    def concerning(self, person, *, on):
        """Matters in which the person is the subject, or stands for the unit that is; as soon as they were notified."""
        units = person.paths(on=on, kinds=HEADS)
        return self.filter(Q(subject_person=person) | Q(subject_unit__path__in=units), notified_at__isnull=False)

    def visible_to(self, person, *, on):
        """For who handles it, and for whom it concerns once notified; for nobody else (F51)."""
        handled = self.model.objects.handled_by(person, on=on).values("pk")
        concerning = self.model.objects.concerning(person, on=on).values("pk")
        return self.filter(Q(pk__in=handled) | Q(pk__in=concerning))


class Finding(models.Model):
    """One matter of accountability (F50–F54, F58, F59), from the lead that was kept to the end of what was decided.

    `path` is the unit in which the act was done, `decider_…` the seat that decides, `round` the team that investigates
    now. What happened stands in its steps, which are written once; this row holds where it stands. `in_force_from` is
    the day of service; `expires_on` the first day on which the form is in force no longer, empty where it has no time.
    """

    subject_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="findings", verbose_name="当事人"
    )
    subject_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="findings", verbose_name="当事单位"
    )
    subject_post = models.CharField("当事人岗位", max_length=20, choices=PostKind, blank=True)
    path = models.CharField(max_length=255)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, related_name="findings", verbose_name="线索")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="涉及学生")
    state = models.CharField("状态", max_length=13, choices=FindingState, default=FindingState.INVESTIGATING)
    decider_kind = models.CharField("决定岗位", max_length=20, choices=PostKind)
    decider_path = models.CharField(max_length=255)
    appeal_kind = models.CharField("申诉受理岗位", max_length=20, choices=PostKind, blank=True)
    appeal_path = models.CharField(max_length=255, blank=True)
    round = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField("立案时间")
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="立案人")
    notified_at = models.DateTimeField("告知时间", null=True)
    form = models.CharField("追究形式", max_length=10, choices=Form, blank=True)
    sanction = models.CharField("处分种类", max_length=13, choices=Sanction, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="决定人")
    in_force_from = models.DateField("生效日期", null=True)
    expires_on = models.DateField("期满日期", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    objects = FindingQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "问责事项"
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["decider_kind", "decider_path", "state"]),
            models.Index(fields=["state", "expires_on"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(subject_person__isnull=True) ^ Q(subject_unit__isnull=True),
                name="a_finding_is_about_a_person_or_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(subject_person__isnull=True) | ~Q(subject_post=""), name="a_person_answers_for_a_post"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) ^ ~Q(form=""), name="a_decided_finding_has_its_form"
            ),
            models.CheckConstraint(
                condition=Q(form=Form.SANCTION) ^ Q(sanction=""), name="a_disciplinary_sanction_says_which"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[FindingState.DECIDED, FindingState.SERVED, FindingState.EXPIRED])
                | Q(decided_at__isnull=False),
                name="what_is_in_force_was_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[FindingState.SERVED, FindingState.EXPIRED]) | Q(in_force_from__isnull=False),
                name="what_was_served_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(notified_at__isnull=False),
                name="nobody_is_judged_without_being_told",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(lead__isnull=False)
                & ~Q(state__in=[FindingState.REVOKED, FindingState.JUDICIAL, FindingState.DISMISSED]),
                name="a_lead_has_one_standing_finding",
            ),
        ]

    def __str__(self):
        return f"问责事项第{self.pk}号"

    delete = refuse

    @property
    def subject(self):
        """The person or the unit."""
        return self.subject_person or self.subject_unit

    @property
    def is_about_unit(self) -> bool:
        return self.subject_unit_id is not None
