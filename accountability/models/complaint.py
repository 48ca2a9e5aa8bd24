import hashlib

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import PENDING_COMPLAINTS, Against, ComplaintState, Grievance
from accountability.models.lead import own_units
from organisation.enums import PostKind
from organisation.fields import SealedField
from organisation.models import Person, Unit

NAME, PHONE = "complaint.name", "complaint.phone"


def hash_of_number(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()


class ComplaintQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Complaints that the person's posts handle, never one against a unit that the person belongs to."""
        seats = Q(pk__in=[])
        for post in person.posts_on(on):
            seats |= Q(handler_kind=post.kind, handler_path=post.unit.path)
            if post.kind == PostKind.BUREAU_HEAD:  # the head answers for what the bureau's clerks handle
                seats |= Q(handler_kind=PostKind.COUNTY_CLERK, handler_path=post.unit.path)
        own = Q(unit__path__in=own_units(person, on=on))
        return self.filter(seats).exclude(own)

    def pending(self):
        return self.filter(state__in=PENDING_COMPLAINTS)


class Complaint(models.Model):
    """What somebody from outside reports (F50), by name or not, and what was answered.

    The query number is known to whoever complained and to nobody else: only its hash is kept. `serial` is what the
    office calls it. Name and phone are sealed, and shown on a reason.
    """

    serial = models.CharField("受理编号", max_length=12, unique=True)
    number_hash = models.CharField(max_length=64, unique=True)
    county = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="所在县区")
    against = models.CharField("反映对象", max_length=8, choices=Against)
    kind = models.CharField("类别", max_length=14, choices=Grievance)
    place = models.CharField("学校或单位", max_length=120)
    text = models.TextField("反映内容")
    name = SealedField("姓名", column=NAME, blank=True)
    phone = SealedField("电话", column=PHONE, blank=True)
    received_at = models.DateTimeField("收到时间")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="涉及单位")
    state = models.CharField("状态", max_length=8, choices=ComplaintState, default=ComplaintState.RECEIVED)
    handler_kind = models.CharField("办理岗位", max_length=20, choices=PostKind)
    handler_path = models.CharField(max_length=255)
    accepted_at = models.DateTimeField("受理时间", null=True)
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="答复人"
    )

    objects = ComplaintQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["text", "name", "phone"])

    class Meta:
        verbose_name = verbose_name_plural = "投诉举报"
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["state", "handler_kind", "handler_path"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PENDING_COMPLAINTS) ^ ~Q(answer=""), name="a_settled_complaint_has_its_answer"
            )
        ]

    def __str__(self):
        return f"{self.serial} {self.get_kind_display()}"

    @property
    def is_anonymous(self) -> bool:
        return not (self.name or self.phone)
