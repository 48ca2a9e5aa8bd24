from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums.truancy import LIVE_INQUIRIES, Appearance, InquirySource, InquiryState
from casework.models.letter import Letter
from organisation.enums import PUPIL_POSTS
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil


class TruancyInquiryQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE_INQUIRIES)

    def visible_to(self, person, *, on):
        """Inquiries about children whose files one sees, and those one is a member of."""
        below = at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS))
        member = Q(members__person=person) if person.posts_on(on) else Q(pk__in=[])
        return self.filter(Q(pk__in=self.model.objects.filter(below | member).values("pk")))


class TruancyInquiry(models.Model):
    """Serious truancy looked into (F12): reported, a group, evidence, the guardians summoned, interview, tutoring."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="inquiries", verbose_name="学生")
    path = models.CharField(max_length=255)
    source = models.CharField("来源", max_length=8, choices=InquirySource)
    state = models.CharField("状态", max_length=12, choices=InquiryState, default=InquiryState.REPORTED)
    text = models.TextField("情况")
    reported_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人"
    )
    reported_on = models.DateField("报告日期")
    formed_on = models.DateField("成立小组", null=True)
    evidence_on = models.DateField("取证", null=True)
    interviewed_on = models.DateField("约谈", null=True)
    referred_on = models.DateField("报教育局", null=True)
    ended_on = models.DateField("办结日期", null=True)
    outcome = models.TextField("结果", blank=True)
    bureau_answer = models.TextField("教育局答复", blank=True)

    objects = TruancyInquiryQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "严重逃学调查"
        ordering = ["-reported_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil"], condition=Q(state__in=LIVE_INQUIRIES), name="a_pupil_has_one_live_inquiry"
            )
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_state_display()}"


class InquiryMember(models.Model):
    """One of the group; at least two, one of them a school leader."""

    inquiry = models.ForeignKey(TruancyInquiry, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="成员")
    is_leader = models.BooleanField("校领导", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "调查小组成员"
        constraints = [models.UniqueConstraint(fields=["inquiry", "person"], name="a_member_sits_once_in_a_group")]

    def __str__(self):
        return str(self.person)


class InquiryEntry(models.Model):
    """A piece of evidence, the minutes of an interview, a step of tutoring: append-only."""

    inquiry = models.ForeignKey(TruancyInquiry, on_delete=models.PROTECT, related_name="entries")
    state = models.CharField("阶段", max_length=12, choices=InquiryState)
    on = models.DateField("日期")
    text = models.TextField("内容")
    papers = models.ManyToManyField(Attachment, blank=True, related_name="+", verbose_name="材料")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "调查记录"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.inquiry} {self.on}"


class Summons(models.Model):
    """A numbered summons of the guardians, at least three days ahead, and whether they came (P16)."""

    inquiry = models.ForeignKey(TruancyInquiry, on_delete=models.PROTECT, related_name="summonses")
    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="+", verbose_name="文书")
    appointed_at = models.DateTimeField("约谈时间")
    place = models.CharField("地点", max_length=100)
    appearance = models.CharField("到场", max_length=8, choices=Appearance, default=Appearance.WAITING)
    note = models.CharField("说明", max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "家长约谈通知"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.letter.number} {self.get_appearance_display()}"
