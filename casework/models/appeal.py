from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums.truancy import PENDING_APPEALS, AppealState, HearingState, MemberKind
from casework.models.escalation import Escalation
from casework.models.letter import Letter
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil

SEES_APPEALS = tuple(kind for kind in PUPIL_POSTS if kind != PostKind.REGISTRAR)


class AppealQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(state__in=PENDING_APPEALS)

    def visible_to(self, person, *, on):
        return self.filter(at_or_below("path", person.paths(on=on, kinds=SEES_APPEALS)))


class Appeal(models.Model):
    """A pupil's or guardian's complaint against a measure (F15, P20): to the school's committee, then to the bureau.

    While it is pending the measure rests, unless a child's safety forbids it.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="appeals", verbose_name="学生")
    path = models.CharField(max_length=255)
    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="appeals", verbose_name="措施")
    filed_by = models.CharField("申诉人", max_length=80)
    relation = models.CharField("与学生关系", max_length=30)
    filed_on = models.DateField("提出日期")
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    text = models.TextField("理由")
    papers = models.ManyToManyField(Attachment, blank=True, related_name="+", verbose_name="材料")
    state = models.CharField("状态", max_length=15, choices=AppealState, default=AppealState.FILED)
    rests = models.BooleanField("措施暂停执行", default=True)
    safety_reason = models.CharField("不暂停的理由", max_length=300, blank=True)
    answer = models.TextField("答复", blank=True)
    answered_on = models.DateField("答复日期", null=True)
    answer_letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+")
    review_filed_on = models.DateField("申请复核", null=True)
    review_text = models.TextField("复核理由", blank=True)
    review_answer = models.TextField("复核答复", blank=True)
    review_answered_on = models.DateField("复核答复日期", null=True)
    review_letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+")

    objects = AppealQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "学生申诉"
        ordering = ["-filed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation"], condition=Q(state__in=PENDING_APPEALS), name="a_measure_has_one_pending_appeal"
            ),
            models.CheckConstraint(
                condition=Q(rests=True) | ~Q(safety_reason=""), name="a_measure_that_does_not_rest_says_why"
            ),
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_state_display()}"


class CommitteeMember(models.Model):
    """Who sits on the committee of an appeal: at least five, none of those who decided the measure."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="members")
    name = models.CharField("姓名", max_length=80)
    kind = models.CharField("身份", max_length=9, choices=MemberKind)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "申诉委员会成员"
        constraints = [models.UniqueConstraint(fields=["appeal", "name"], name="a_member_sits_once_in_a_committee")]

    def __str__(self):
        return f"{self.name}({self.get_kind_display()})"


class Hearing(models.Model):
    """The right to be heard before 记过 or more (P19): told, asked for or waived, held with its minutes."""

    escalation = models.OneToOneField(Escalation, on_delete=models.PROTECT, related_name="hearing")
    state = models.CharField("状态", max_length=7, choices=HearingState, default=HearingState.OFFERED)
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="文书")
    offered_on = models.DateField("告知日期")
    asked_on = models.DateField("要求日期", null=True)
    held_at = models.DateTimeField("听证时间", null=True)
    chair = models.CharField("主持人", max_length=80, blank=True)
    minutes = models.TextField("笔录", blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "听证"

    def __str__(self):
        return f"{self.escalation} {self.get_state_display()}"
