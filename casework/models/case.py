from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums import (
    LIVE_CASES,
    OUT_OF_SCHOOL,
    ApprovalKind,
    CaseSource,
    CaseState,
    Cause,
    ClearReason,
    PlacementKind,
    StepKind,
    VisitKind,
    VisitOutcome,
    Whereabouts,
)
from casework.models.letter import Letter
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.models import Attachment, Pupil, RegisterChange

TOWNSHIP_POSTS = (PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER)


class CaseQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE_CASES)

    def out_of_school(self):
        """The dropout ledger: confirmed and not back."""
        return self.filter(state__in=OUT_OF_SCHOOL)

    def suspected(self):
        return self.filter(state=CaseState.SUSPECTED)

    def below(self, path):
        return self.filter(at_or_below("path", [path]))

    def visible_to(self, person, *, on):
        """Cases of the children below one's posts, of the township of residence, in one's own charge; the school and
        county that a child left keep sight of the outcome."""
        schools = person.paths(on=on, kinds=PUPIL_POSTS)
        mine = Q(education_line=person) | Q(government_line=person) if person.posts_on(on) else Q(pk__in=[])
        townships = Q(township__path__in=person.paths(on=on, kinds=(PostKind.TOWNSHIP_OFFICER,)))
        return self.filter(at_or_below("path", schools) | at_or_below("origin_path", schools) | townships | mine)


class Case(models.Model):
    """One child's way back to school (F30–F36), from the first suspicion to the proof. A relapse adds an episode.

    `path` follows the child's class, so that a child who moves takes the case along; `origin_path` is the class where
    it began. The two lines (P12) are one person of the school and one of the township or village.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="cases", verbose_name="学生")
    path = models.CharField(max_length=255)
    origin_path = models.CharField(max_length=255)
    township = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="居住乡镇"
    )
    state = models.CharField("状态", max_length=10, choices=CaseState, default=CaseState.SUSPECTED)
    source = models.CharField("发现方式", max_length=16, choices=CaseSource)
    opened_on = models.DateField("发现日期")
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="上报人")
    education_line = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="教育线责任人"
    )
    government_line = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="政府线责任人"
    )
    whereabouts = models.CharField("去向", max_length=12, choices=Whereabouts, default=Whereabouts.UNKNOWN)
    whereabouts_text = models.CharField("去向说明", max_length=200, blank=True)
    platform_on = models.DateField("国家平台录入日期", null=True, blank=True)
    clear_reason = models.CharField("排除原因", max_length=12, choices=ClearReason, blank=True)
    ended_on = models.DateField("销号或排除日期", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CaseQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "劝返个案"
        ordering = ["-opened_on", "-pk"]
        indexes = [models.Index(fields=["path", "state"]), models.Index(fields=["township", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil"], condition=Q(state__in=LIVE_CASES), name="a_pupil_has_one_live_case"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[CaseState.CLOSED, CaseState.CLEARED]) ^ Q(ended_on__isnull=True),
                name="an_ended_case_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.CLEARED) ^ Q(clear_reason=""), name="a_cleared_case_says_why"
            ),
        ]

    def __str__(self):
        return f"{self.pupil} {self.get_state_display()}"

    @property
    def episode(self) -> "Episode":
        """The present absence; earlier ones are relapses' past."""
        return self.episodes.order_by("number").last()


class Episode(models.Model):
    """One absence of a case and its return: its dates are what the case's clocks run from."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="episodes")
    number = models.PositiveSmallIntegerField("第几次")
    away_since = models.DateField("缺席自")
    suspected_on = models.DateField("疑似日期")
    last_attended = models.DateField("最后到校日", null=True, blank=True)
    confirmed_on = models.DateField("确认日期", null=True, blank=True)
    persuading_on = models.DateField("开始劝返", null=True, blank=True)
    reported_on = models.DateField("书面报告", null=True, blank=True)
    forwarded_on = models.DateField("学校上报", null=True, blank=True)
    noticed_on = models.DateField("通知书送达", null=True, blank=True)
    notice_until = models.DateField("通知期满", null=True, blank=True)
    enforcing_on = models.DateField("依法督促", null=True, blank=True)
    returned_on = models.DateField("返校日期", null=True, blank=True)
    ended_on = models.DateField("结束日期", null=True, blank=True)
    report = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="辍学报告单")
    notice = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="返校通知书")
    drop_out = models.ForeignKey(RegisterChange, on_delete=models.PROTECT, null=True, related_name="+")
    back = models.ForeignKey(RegisterChange, on_delete=models.PROTECT, null=True, related_name="+")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "缺席与返校"
        ordering = ["case", "number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="a_case_numbers_its_episodes")]

    def __str__(self):
        return f"{self.case} 第{self.number}次"


class CaseMove(models.Model):
    """Each move of a case: append-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="moves")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="moves")
    before = models.CharField(max_length=10, choices=CaseState, blank=True)
    after = models.CharField("转为", max_length=10, choices=CaseState)
    on = models.DateField("日期")
    at = models.DateTimeField("登记时间")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    text = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "个案经过"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.case_id} {self.before}→{self.after}"


class CaseCause(models.Model):
    """Why the child left; several, one of them the main one (F32)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="causes")
    cause = models.CharField("原因", max_length=16, choices=Cause)
    is_main = models.BooleanField("主要原因", default=False)
    text = models.CharField("说明", max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "辍学原因"
        ordering = ["-is_main", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "cause"], name="a_case_names_a_cause_once"),
            models.UniqueConstraint(fields=["case"], condition=Q(is_main=True), name="a_case_has_one_main_cause"),
        ]

    def __str__(self):
        return self.get_cause_display()


class Visit(models.Model):
    """A visit of a case's diary (F32): who, when, how, what was found, what the guardians say, what comes next."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="visits")
    kind = models.CharField("方式", max_length=10, choices=VisitKind)
    at = models.DateTimeField("时间")
    place = models.CharField("地点", max_length=100)
    visitors = models.JSONField("走访人", default=list)
    outcome = models.CharField("结果", max_length=12, choices=VisitOutcome)
    text = models.TextField("情况")
    guardians_view = models.TextField("监护人意见", blank=True)
    next_step = models.CharField("下一步", max_length=300)
    photos = models.ManyToManyField(Attachment, blank=True, related_name="+", verbose_name="照片")
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    entered_at = models.DateTimeField("登记时间")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "走访记录"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.case} {self.get_kind_display()} {self.at:%Y-%m-%d}"


class EnforcementStep(models.Model):
    """One legal step of a township or a bureau: its basis, number, service, term and reply (F35)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField("步骤", max_length=10, choices=StepKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="机关")
    basis = models.CharField("法律依据", max_length=200)
    number = models.CharField("文号", max_length=60)
    on = models.DateField("作出日期")
    served_on = models.DateField("送达日期", null=True, blank=True)
    demanded_on = models.DateField("催告日期", null=True, blank=True)
    until = models.DateField("期满", null=True, blank=True)
    reply = models.TextField("监护人答复", blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="文书")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("登记时间")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "法律步骤"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["episode", "kind"], name="a_step_is_taken_once_an_episode")]

    def __str__(self):
        return f"{self.case} {self.get_kind_display()}"


class Placement(models.Model):
    """Where a child who came back is taught (F33); other places than the own school are proved every month (P14)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="placements")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="placements")
    kind = models.CharField("安置方式", max_length=13, choices=PlacementKind)
    place = models.CharField("就读地点", max_length=120)
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="证明")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "安置"
        ordering = ["-since", "-pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.place}"


class PlacementProof(models.Model):
    """A month's word of the place where a child is taught: days attended, or visits made; with its paper (P10, P14)."""

    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="proofs")
    month = models.CharField("月份", max_length=7)
    days = models.PositiveSmallIntegerField("到课(送教)天数")
    text = models.CharField("说明", max_length=300)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="证明")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "安置证明"
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["placement", "month"], name="a_placement_is_proved_once_a_month")
        ]

    def __str__(self):
        return f"{self.placement} {self.month}"


class FollowUp(models.Model):
    """A visit after the return, on day 3, 10, 30 and 60 (procedures §6); later ones go on after closing."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="follow_ups")
    day = models.PositiveSmallIntegerField("第几天")
    due_on = models.DateField("应回访日期")
    done_on = models.DateField("回访日期", null=True, blank=True)
    text = models.TextField("情况", blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="回访人")

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "回访"
        ordering = ["episode", "day"]
        constraints = [models.UniqueConstraint(fields=["episode", "day"], name="a_follow_up_is_made_once")]

    def __str__(self):
        return f"{self.episode} 第{self.day}天回访"


class Approval(models.Model):
    """A closing or clearing asked for by one person with its proof, and decided by another (P14)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="approvals")
    kind = models.CharField("事项", max_length=5, choices=ApprovalKind)
    reason = models.CharField("原因", max_length=12, choices=ClearReason, blank=True)
    text = models.TextField("依据")
    papers = models.ManyToManyField(Attachment, blank=True, related_name="+", verbose_name="证明材料")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="审批人")
    decided_at = models.DateTimeField("审批时间", null=True)
    granted = models.BooleanField("同意", null=True)
    remark = models.CharField("审批意见", max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "审批"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(granted__isnull=True), name="a_case_waits_for_one_approval"
            ),
            models.CheckConstraint(
                condition=Q(granted__isnull=True) | ~Q(decided_by=models.F("asked_by")),
                name="nobody_approves_what_they_asked_for",
            ),
        ]

    def __str__(self):
        return f"{self.case} {self.get_kind_display()}"
