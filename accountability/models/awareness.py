from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from accountability.enums import Audience, CountSource, SurveyState
from accountability.models.plan import of_ones_house
from organisation.models import Person, Unit


class AwarenessSurveyQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(of_ones_house(person, on=on))


class AwarenessSurvey(models.Model):
    """One measuring of how many know what the law says 知晓率 (P22 G1): by a public link, or counted from paper.

    Nothing is kept of who answered. `asked` is how many there are to ask: more answers than that are not taken.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    path = models.CharField(max_length=255)
    year = models.PositiveSmallIntegerField("学年")
    audience = models.CharField("对象", max_length=9, choices=Audience)
    source = models.CharField("方式", max_length=5, choices=CountSource)
    asked = models.PositiveIntegerField("应答人数")
    answered = models.PositiveIntegerField("作答人数", default=0)
    aware = models.PositiveIntegerField("知晓人数", default=0)
    aware_from = models.PositiveSmallIntegerField("答对几题算知晓")
    target_percent = models.PositiveSmallIntegerField("目标(%)")
    token_hash = models.CharField(max_length=64, unique=True, null=True)
    expires_at = models.DateTimeField("链接有效至", null=True)
    state = models.CharField("状态", max_length=6, choices=SurveyState, default=SurveyState.OPEN)
    opened_on = models.DateField("日期")
    closed_on = models.DateField("结束日期", null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="发起人")

    objects = AwarenessSurveyQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["token_hash"])

    class Meta:
        verbose_name = verbose_name_plural = "知晓率测评"
        ordering = ["-opened_on", "-pk"]
        indexes = [models.Index(fields=["path", "year"])]
        constraints = [
            models.CheckConstraint(condition=Q(aware__lte=F("answered")), name="who_knows_has_answered"),
            models.CheckConstraint(condition=Q(answered__lte=F("asked")), name="no_more_answer_than_are_asked"),
            models.CheckConstraint(
                condition=Q(state=SurveyState.OPEN) | Q(closed_on__isnull=False), name="a_closed_survey_says_when"
            ),
        ]

    def __str__(self):
        return f"{self.unit} {self.get_audience_display()} {self.opened_on}"

    @property
    def reaches_target(self) -> bool:
        """Compared in whole numbers, never in floats."""
        return self.answered > 0 and self.aware * 100 >= self.target_percent * self.answered


class SurveyAnswer(models.Model):
    """How many questions somebody answered right: no name, no address, no time."""

    survey = models.ForeignKey(AwarenessSurvey, on_delete=models.PROTECT, related_name="answers")
    right = models.PositiveSmallIntegerField("答对题数")

    class Meta:
        verbose_name = verbose_name_plural = "匿名答卷"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.survey_id} {self.right}"
