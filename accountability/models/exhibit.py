import uuid

from django.db import models
from django.db.models import Q

from accountability.models.complaint import Complaint
from accountability.models.lead import Lead
from organisation.models import Person


class ExhibitQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """What was handed in is seen with what it was handed in for; those it speaks of do not see it."""
        leads = Lead.objects.visible_to(person, on=on)
        complaints = Complaint.objects.visible_to(person, on=on)
        return self.filter(Q(lead__in=leads) | Q(complaint__in=complaints))


class Exhibit(models.Model):
    """A paper or photo handed in with a complaint or a lead: content-checked as every attachment, but filed with the
    matter and not with the school, whose people may be the ones it speaks of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, related_name="exhibits")
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, null=True, related_name="exhibits")
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=60)
    size = models.PositiveIntegerField("字节")
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="提交人")
    at = models.DateTimeField("提交时间")

    objects = ExhibitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问责材料"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lead__isnull=True) ^ Q(complaint__isnull=True), name="an_exhibit_belongs_to_one_matter"
            )
        ]

    def __str__(self):
        return self.name
