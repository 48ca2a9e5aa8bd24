from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import NOMINATORS, CommendationState, Merit
from organisation.enums import UnitKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below


class CommendationQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Of one's own unit and below for who nominates there; one's own always, while one holds a post."""
        own = Q(subject=person) if person.posts_on(on) else Q(pk__in=[])
        return self.filter(at_or_below("path", person.paths(on=on, kinds=NOMINATORS)) | own)

    def standing(self):
        return self.filter(state=CommendationState.CONFIRMED)


class Commendation(models.Model):
    """A commendation (F56) of a unit or a person for a school year: why, on which figures, confirmed by whom."""

    year = models.PositiveSmallIntegerField("学年")
    merit = models.CharField("事由", max_length=13, choices=Merit)
    subject = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="commendations", verbose_name="个人"
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, related_name="commendations", verbose_name="单位"
    )
    path = models.CharField(max_length=255)
    basis = models.CharField("依据", max_length=300)
    state = models.CharField("状态", max_length=9, choices=CommendationState, default=CommendationState.CONFIRMED)
    confirmed_at = models.DateTimeField("确认时间")
    confirmed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="确认人")
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    withdrawn_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="撤回人"
    )
    reason = models.CharField("撤回原因", max_length=300, blank=True)

    objects = CommendationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "表彰"
        ordering = ["-confirmed_at", "-pk"]
        indexes = [models.Index(fields=["year", "path"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(subject__isnull=True) ^ Q(unit__isnull=True),
                name="a_commendation_is_of_a_person_or_a_unit",
            ),
            models.UniqueConstraint(
                fields=["year", "merit", "subject"],
                condition=Q(state=CommendationState.CONFIRMED, unit__isnull=True),
                name="a_person_is_commended_once_a_year_for_a_merit",
            ),
            models.UniqueConstraint(
                fields=["year", "merit", "unit"],
                condition=Q(state=CommendationState.CONFIRMED, subject__isnull=True),
                name="a_unit_is_commended_once_a_year_for_a_merit",
            ),
            models.CheckConstraint(
                condition=Q(state=CommendationState.CONFIRMED) ^ ~Q(reason=""),
                name="a_withdrawn_commendation_says_why",
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.get_merit_display()} {self.year}"

    @property
    def name(self) -> str:
        return self.subject.name if self.subject_id else self.unit.name

    @property
    def is_within_school(self) -> bool:
        """A person's, or a class's: the principal's to confirm."""
        return bool(self.subject_id) or self.unit.kind in (UnitKind.COHORT, UnitKind.CLASS)
