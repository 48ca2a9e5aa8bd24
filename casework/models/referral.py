from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums.referrals import Authority, Harm, LabourOutcomeKind
from casework.models.case import Case
from casework.models.letter import IN_CHARGE, Letter
from organisation.enums import PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below


class LabourReferralQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_on__isnull=True)

    def visible_to(self, person, *, on):
        """The people of the case; the county's labour officer as long as the referral runs, and nothing else of the child."""
        cases = Q(case__in=Case.objects.visible_to(person, on=on))
        officer = at_or_below("county__path", person.paths(on=on, kinds=(PostKind.LABOUR_OFFICER,)))
        return self.filter(cases | (officer & Q(closed_on__isnull=True)))


class LabourReferral(models.Model):
    """A child at work, put before the labour authority (F34; 义务教育法 14, 禁止使用童工规定)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="labour_referrals", verbose_name="个案")
    path = models.CharField(max_length=255)
    county = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="县")
    employer = models.CharField("用人单位", max_length=120)
    place = models.CharField("地点", max_length=120)
    is_hazardous = models.BooleanField("有毒有害、危险作业", default=False)
    text = models.TextField("情况")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+", verbose_name="移送函")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="移送人")
    at = models.DateTimeField("移送时间")
    on = models.DateField("移送日期")
    closed_on = models.DateField("办结日期", null=True)

    objects = LabourReferralQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "劳动监察移送"
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(closed_on__isnull=True), name="a_case_has_one_open_labour_referral"
            )
        ]

    def __str__(self):
        return f"{self.case.pupil} {self.employer}"

    @property
    def sent_home(self):
        """The outcome by which the child came back to the guardians, or None."""
        return next((one for one in self.outcomes.all() if one.kind == LabourOutcomeKind.SENT_HOME), None)


class LabourOutcomeQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """An outcome is seen with its referral."""
        return self.filter(referral__in=LabourReferral.objects.visible_to(person, on=on))


class LabourOutcome(models.Model):
    """What the labour authority did, each with its date (P17)."""

    referral = models.ForeignKey(LabourReferral, on_delete=models.PROTECT, related_name="outcomes")
    kind = models.CharField("结果", max_length=9, choices=LabourOutcomeKind)
    on = models.DateField("日期")
    text = models.CharField("说明", max_length=300)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    objects = LabourOutcomeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "劳动监察结果"
        ordering = ["on", "pk"]
        constraints = [models.UniqueConstraint(fields=["referral", "kind", "on"], name="an_outcome_is_entered_once")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.on}"


class LabourInspectionQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        kinds = (PostKind.LABOUR_OFFICER, PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
        return self.filter(at_or_below("county__path", person.paths(on=on, kinds=kinds)))


class LabourInspection(models.Model):
    """One of the two inspections a year (F34): where, and how many children were found at work."""

    county = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="县")
    half = models.CharField("半年", max_length=7)  # 2026-H2
    on = models.DateField("检查日期")
    places = models.TextField("检查单位")
    children_found = models.PositiveSmallIntegerField("发现童工人数")
    text = models.TextField("情况", blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    objects = LabourInspectionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "用工检查"
        ordering = ["-on", "-pk"]

    def __str__(self):
        return f"{self.county} {self.half}"


class RestrictedReferralQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """For the people in charge of the case only: principal, dropout officer, bureau (P13)."""
        return self.filter(at_or_below("case__path", person.paths(on=on, kinds=IN_CHARGE)))


class RestrictedReferral(models.Model):
    """Suspected harm, put before police or civil affairs at once, whatever the case's state (未成年人保护法 11)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="restricted_referrals", verbose_name="个案")
    harm = models.CharField("情形", max_length=8, choices=Harm)
    authority = models.CharField("移送机关", max_length=6, choices=Authority)
    addressee = models.CharField("受文单位", max_length=120)
    text = models.TextField("情况")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+", verbose_name="移送函")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="移送人")
    at = models.DateTimeField("移送时间")
    answered_on = models.DateField("答复日期", null=True)
    answer = models.TextField("答复", blank=True)
    answered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人"
    )

    objects = RestrictedReferralQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "限制查看的移送"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.case_id} {self.get_harm_display()}"
