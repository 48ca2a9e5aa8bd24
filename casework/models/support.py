from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums import ConferenceState, SupportKind, Tier
from casework.models.letter import Letter
from casework.models.warning import RiskWarning, of_files
from organisation.enums import PostKind
from organisation.models import Person
from organisation.rules.paths import at_or_below
from students.enums import PlanResult
from students.models import Attachment, Pupil


class FileQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(of_files(person, on=on))


class Conference(models.Model):
    """A warning conference 预警会议 (F21): called by the class teacher, chaired by the head of teaching or the principal,
    the guardians invited by letter, its minutes kept."""

    warning = models.ForeignKey(RiskWarning, on_delete=models.PROTECT, related_name="conferences")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="conferences", verbose_name="学生")
    path = models.CharField(max_length=255)
    tier = models.CharField("级别", max_length=6, choices=Tier)
    rise = models.PositiveSmallIntegerField("对应升级")
    chair_post = models.CharField("主持岗位", max_length=20, choices=PostKind)
    state = models.CharField("状态", max_length=9, choices=ConferenceState, default=ConferenceState.CALLED)
    at = models.DateTimeField("时间")
    place = models.CharField("地点", max_length=100)
    invited = models.CharField("邀请", max_length=300)
    called_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="召集人")
    called_at = models.DateTimeField("通知时间")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="通知书")
    held_at = models.DateTimeField("召开时间", null=True)
    chaired_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="主持人")
    attendees = models.CharField("参加人员", max_length=300, blank=True)
    guardians_present = models.BooleanField("家长到会", null=True)
    guardians_view = models.TextField("家长意见", blank=True)
    minutes = models.TextField("会议记录", blank=True)
    paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签到或照片"
    )

    objects = FileQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "预警会议"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=ConferenceState.HELD) | (Q(held_at__isnull=False) & ~Q(minutes="")),
                name="a_conference_held_has_its_minutes",
            )
        ]

    def __str__(self):
        return f"{self.pupil} 预警会议 {self.at:%Y-%m-%d}"


class SupportPlan(models.Model):
    """What the school will do for a child (F21, F22): measures, a helper, a day on which it is looked at again."""

    warning = models.ForeignKey(RiskWarning, on_delete=models.PROTECT, related_name="plans")
    conference = models.ForeignKey(Conference, on_delete=models.PROTECT, null=True, related_name="plans")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="support_plans", verbose_name="学生")
    path = models.CharField(max_length=255)
    helper = models.CharField("帮扶责任人", max_length=80)
    goal = models.TextField("目标")
    made_on = models.DateField("制定日期")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="制定人")
    review_on = models.DateField("评估日期")
    result = models.CharField("评估结果", max_length=8, choices=PlanResult, blank=True)
    review = models.TextField("评估说明", blank=True)
    reviewed_on = models.DateField("实际评估日期", null=True)
    reviewed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="评估人"
    )

    objects = FileQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "帮扶计划"
        ordering = ["-made_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["warning"], condition=Q(reviewed_on__isnull=True), name="a_warning_has_one_plan_at_work"
            ),
            models.CheckConstraint(
                condition=Q(result="") ^ Q(reviewed_on__isnull=False), name="a_reviewed_plan_says_what_came_of_it"
            ),
        ]

    def __str__(self):
        return f"{self.pupil} 帮扶计划 {self.made_on}"


class PlanMeasure(models.Model):
    """One measure of a plan: what, which post answers for it, by when it begins."""

    plan = models.ForeignKey(SupportPlan, on_delete=models.PROTECT, related_name="measures")
    kind = models.CharField("措施", max_length=12, choices=SupportKind)
    text = models.CharField("内容", max_length=300)
    post_kind = models.CharField("责任岗位", max_length=20, choices=PostKind)
    due_on = models.DateField("最迟开始")

    class Meta:
        verbose_name = verbose_name_plural = "计划措施"
        ordering = ["plan", "pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.text}"


class SupportEntry(models.Model):
    """Something done for a child, dated and signed (F22). Of counselling it holds the summary for the class teacher."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="support_entries", verbose_name="学生")
    path = models.CharField(max_length=255)
    warning = models.ForeignKey(RiskWarning, on_delete=models.PROTECT, null=True, related_name="entries")
    measure = models.ForeignKey(PlanMeasure, on_delete=models.PROTECT, null=True, related_name="entries")
    kind = models.CharField("类别", max_length=12, choices=SupportKind)
    on = models.DateField("日期")
    text = models.TextField("内容")
    amount = models.DecimalField("金额(元)", max_digits=9, decimal_places=2, null=True)
    helper = models.CharField("帮扶人", max_length=80, blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="材料")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    objects = FileQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "帮扶记录"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["pupil", "on"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=SupportKind.SUBSIDY) | Q(amount__gt=0), name="a_subsidy_has_its_amount"
            )
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_kind_display()} {self.on}"


class CounsellingNoteQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """The school's counsellors and its principal, and nobody else (roles.md)."""
        closed_to = (PostKind.COUNSELLOR, PostKind.PRINCIPAL)
        return self.filter(at_or_below("path", person.paths(on=on, kinds=closed_to)))


class CounsellingNote(models.Model):
    """What was said in counselling: closed to all but the counsellor and the principal (roles.md, F22)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="counselling_notes", verbose_name="学生")
    path = models.CharField(max_length=255)
    on = models.DateField("日期")
    text = models.TextField("辅导记录")
    entry = models.OneToOneField(SupportEntry, on_delete=models.PROTECT, null=True, related_name="note")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="辅导员")
    at = models.DateTimeField("登记时间")

    objects = CounsellingNoteQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "心理辅导记录"
        ordering = ["-on", "-pk"]

    def __str__(self):
        return f"心理辅导 {self.on}"
