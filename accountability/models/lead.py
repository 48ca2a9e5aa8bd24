from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import Ground, HarmGround, LeadSource, LeadState
from casework.models import Lapse
from organisation.enums import PostKind, UnitKind
from organisation.models import Person, Unit
from organisation.rules.paths import ancestors


def own_units(person, *, on) -> set[str]:
    """The paths of the units that the person belongs to: where a post is held, and what that lies in."""
    return {path for held in person.paths(on=on) for path in ancestors(held)}


def _seats(person, on) -> Q:
    seats = Q(pk__in=[])
    for post in person.posts_on(on):
        seats |= Q(screener_kind=post.kind, screener_path=post.unit.path)
    return seats


def _against_own(person, on) -> Q:
    return Q(subject=person) | Q(subject_unit__path__in=own_units(person, on=on))


class LeadQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Leads that the person's posts screen, and those entered by an own hand; nobody sees a lead against
        themselves, nor one against a unit that they belong to."""
        entered = Q(entered_by=person) if person.posts_on(on) else Q(pk__in=[])
        return self.filter(_seats(person, on) | entered).exclude(_against_own(person, on))

    def screened_by_posts_of(self, person, *, on):
        """Those that the person's posts screen."""
        return self.filter(_seats(person, on)).exclude(_against_own(person, on))

    def waiting(self):
        return self.filter(state=LeadState.SCREENING)


class Lead(models.Model):
    """Something that may be a matter against a person or a unit (F50). Not a finding: somebody looks at it first, and
    may dismiss it with a reason.

    `key` makes opening one idempotent; a lead from a late duty has its lapse instead. `evidence` names what it rests
    on: "title" and "text" in words, "references" ({"kind", "key", "label"}) to what lies elsewhere, "small_number"
    where one child makes the difference. A lead without a ground gets it when it is kept.
    """

    source = models.CharField("来源", max_length=9, choices=LeadSource, default=LeadSource.LAPSE)
    key = models.CharField(max_length=120, unique=True, null=True)
    lapse = models.OneToOneField(
        Lapse, on_delete=models.PROTECT, null=True, related_name="lead", verbose_name="逾期记录"
    )
    subject = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="leads", verbose_name="当事人"
    )
    subject_post = models.CharField("当事人岗位", max_length=20, choices=PostKind, blank=True)
    subject_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="leads", verbose_name="当事单位"
    )
    path = models.CharField(max_length=255)
    ground = models.CharField("情形", max_length=3, choices=[*Ground.choices, *HarmGround.choices], blank=True)
    evidence = models.JSONField("依据", default=dict)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
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
        indexes = [
            models.Index(fields=["state", "screener_kind", "screener_path"]),
            models.Index(fields=["path", "state"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=LeadState.DISMISSED) | ~Q(reason=""), name="a_dismissed_lead_says_why"
            ),
            models.CheckConstraint(
                condition=Q(subject__isnull=True) ^ Q(subject_unit__isnull=True),
                name="a_lead_is_against_a_person_or_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(source=LeadSource.LAPSE, lapse__isnull=False, key__isnull=True)
                | (~Q(source=LeadSource.LAPSE) & Q(lapse__isnull=True, key__isnull=False)),
                name="a_lead_has_its_lapse_or_its_key",
            ),
            models.CheckConstraint(
                condition=~Q(state=LeadState.KEPT) | ~Q(ground=""), name="a_kept_lead_names_its_ground"
            ),
        ]

    def __str__(self):
        return f"{self.subject_name} {self.get_ground_display()}"

    @property
    def subject_name(self) -> str:
        """Whom it is against, as pages name it."""
        return self.subject.name if self.subject_id else self.subject_unit.name

    @property
    def is_of_class(self) -> bool:
        return bool(self.subject_unit_id) and self.subject_unit.kind in (UnitKind.COHORT, UnitKind.CLASS)
