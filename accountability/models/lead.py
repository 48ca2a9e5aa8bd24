from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import Ground, LeadState
from casework.models import Lapse
from organisation.enums import PostKind
from organisation.models import Person


class LeadQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Leads that the person's posts screen; nobody sees, through a post, a lead against themselves."""
        seats = Q(pk__in=[])
        for post in person.posts_on(on):
            seats |= Q(screener_kind=post.kind, screener_path=post.unit.path)
        return self.filter(seats).exclude(subject=person)


class Lead(models.Model):
    """A duty that was seven days late, against the person with whom it was late (F50). Not a finding: somebody looks at
    it first, and may dismiss it with a reason."""

    lapse = models.OneToOneField(Lapse, on_delete=models.PROTECT, related_name="lead", verbose_name="逾期记录")
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leads", verbose_name="当事人")
    subject_post = models.CharField("当事人岗位", max_length=20, choices=PostKind)
    path = models.CharField(max_length=255)
    ground = models.CharField("情形", max_length=3, choices=Ground)
    evidence = models.JSONField("依据", default=dict)
    state = models.CharField("状态", max_length=9, choices=LeadState, default=LeadState.SCREENING)
    screener_kind = models.CharField("初核岗位", max_length=20, choices=PostKind)
    screener_path = models.CharField(max_length=255)
    opened_at = models.DateTimeField("产生时间")
    screened_at = models.DateTimeField("初核时间", null=True)
    screened_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="初核人"
    )
    reason = models.CharField("初核意见", max_length=500, blank=True)

    objects = LeadQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "问责线索"
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["state", "screener_kind", "screener_path"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=LeadState.DISMISSED) | ~Q(reason=""), name="a_dismissed_lead_says_why"
            )
        ]

    def __str__(self):
        return f"{self.subject} {self.get_ground_display()}"
