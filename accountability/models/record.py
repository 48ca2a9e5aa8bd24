import json

from django.db import models

from accountability.enums import Act, FindingState, Form, Sanction, StepKind
from accountability.models.document import FindingDocument, FindingFile
from accountability.models.finding import Finding
from accountability.models.once import Once, OnceQuerySet
from organisation.enums import PostKind
from organisation.fields import SealedField
from organisation.models import Person


class RecordQuerySet(OnceQuerySet):
    def visible_to(self, person, *, on):
        """What was gathered is for who handles the matter."""
        return self.filter(finding__in=Finding.objects.handled_by(person, on=on))


class FindingGround(Once):
    """One of the ten grounds, a local one or a cause of F59, with the named act that it rests on (P22).

    `label` is what the ground said on that day; a local one may be worded otherwise later.
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="grounds")
    code = models.CharField("情形", max_length=8)
    label = models.CharField("情形", max_length=120)
    act = models.CharField("行为", max_length=8, choices=Act)
    text = SealedField("具体行为", column="finding_ground.text")
    acted_on = models.DateField("发生日期", null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "追究情形"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.code} {self.label}"


class Investigator(Once):
    """A member of the team that investigates; another team is another round."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="investigators")
    round = models.PositiveSmallIntegerField("第几次")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="调查人")
    post_kind = models.CharField("岗位", max_length=20, choices=PostKind)
    post_path = models.CharField(max_length=255)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="指定人")
    at = models.DateTimeField("指定时间")

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调查人"
        ordering = ["round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "round", "person"], name="a_team_names_a_person_once")
        ]

    def __str__(self):
        return f"{self.person} {self.finding}"


class Evidence(Once):
    """One proof of a ground: what it shows, and the paper where there is one."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="evidence")
    ground = models.ForeignKey(FindingGround, on_delete=models.PROTECT, related_name="evidence", verbose_name="情形")
    title = SealedField("名称", column="evidence.title")
    text = SealedField("证明内容", column="evidence.text")
    file = models.ForeignKey(FindingFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="材料")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="取证人")
    at = models.DateTimeField("登记时间")

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "证据"
        ordering = ["pk"]

    def __str__(self):
        return self.title


class StepQuerySet(OnceQuerySet):
    def visible_to(self, person, *, on):
        return self.filter(finding__in=Finding.objects.handled_by(person, on=on))

    def of_kind(self, *kinds):
        return self.filter(kind__in=kinds)


class FindingStep(Once):
    """One act of the procedure (procedures §8): who, when, what, in which words, until when somebody may answer.

    Numbered within its finding; `digest` covers the step and the digest of the one before it, so that a record that
    was altered or taken out is noticed. `answers` is the step that this one answers. `details` holds what only this
    kind of step says.
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField("序号")
    kind = models.CharField("步骤", max_length=13, choices=StepKind)
    before = models.CharField("此前状态", max_length=13, choices=FindingState, blank=True)
    after = models.CharField("此后状态", max_length=13, choices=FindingState)
    on = models.DateField("日期")
    at = models.DateTimeField("登记时间")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="办理人")
    text = SealedField("内容", column="finding_step.text", blank=True)
    sealed_details = SealedField(column="finding_step.details", blank=True)
    form = models.CharField("追究形式", max_length=10, choices=Form, blank=True)
    sanction = models.CharField("处分种类", max_length=13, choices=Sanction, blank=True)
    outcome = models.CharField("结果", max_length=10, blank=True)
    due_on = models.DateField("期限", null=True)
    answers = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="answered_by")
    document = models.ForeignKey(FindingDocument, on_delete=models.PROTECT, null=True, related_name="steps")
    file = models.ForeignKey(FindingFile, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.CharField("摘要", max_length=64)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办理步骤"
        ordering = ["finding", "number"]
        constraints = [models.UniqueConstraint(fields=["finding", "number"], name="a_finding_numbers_its_steps")]

    def __str__(self):
        return f"{self.finding} {self.number} {self.get_kind_display()}"

    @property
    def details(self) -> dict:
        return json.loads(self.sealed_details) if self.sealed_details else {}
