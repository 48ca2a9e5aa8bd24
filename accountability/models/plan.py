from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import GroupKind, GroupRole, PlanItemState
from organisation.enums import PUPIL_POSTS, SCHOOL_POSTS, PostKind, UnitKind
from organisation.models import Person, Unit
from organisation.rules.paths import ancestors, at_or_below
from students.models import Attachment


def of_ones_house(person, *, on) -> Q:
    """At and below one's posts; and, for a school's people, what their school made."""
    above = {path for own in person.paths(on=on, kinds=SCHOOL_POSTS) for path in ancestors(own)}
    return at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS)) | Q(path__in=above, unit__kind=UnitKind.SCHOOL)


class LeadingGroupQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(of_ones_house(person, on=on))


class LeadingGroup(models.Model):
    """A group of a unit in a school year (P25): the leading group, or the one that looks into pupils' truancy (D3)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    path = models.CharField(max_length=255)
    year = models.PositiveSmallIntegerField("学年")
    kind = models.CharField("小组", max_length=8, choices=GroupKind)
    formed_on = models.DateField("成立日期")
    formed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    formed_at = models.DateTimeField("登记时间")

    objects = LeadingGroupQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "领导小组"
        ordering = ["-year", "path", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "kind"], name="a_unit_has_each_group_once_a_year")
        ]

    def __str__(self):
        return f"{self.unit} {self.year} {self.get_kind_display()}"


class GroupMember(models.Model):
    """Who sits in a group, from which post, until when; who left it stays to be read."""

    group = models.ForeignKey(LeadingGroup, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="人员")
    post_kind = models.CharField("岗位", max_length=20, choices=PostKind)
    role = models.CharField("职务", max_length=6, choices=GroupRole)
    first_day = models.DateField("起")
    last_day = models.DateField("止", null=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "小组成员"
        ordering = ["group", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"], condition=Q(last_day__isnull=True), name="a_member_sits_in_a_group_once"
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(role=GroupRole.HEAD, last_day__isnull=True),
                name="a_group_has_one_head",
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.get_role_display()}"


class YearPlanQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(of_ones_house(person, on=on))


class YearPlan(models.Model):
    """What a school or county means to do in a school year, with its target (D9 第十条, D8)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    path = models.CharField(max_length=255)
    year = models.PositiveSmallIntegerField("学年")
    goals = models.TextField("目标")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="制定人")
    made_at = models.DateTimeField("制定时间")

    objects = YearPlanQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "年度计划"
        ordering = ["-year", "path"]
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="a_unit_has_one_plan_a_year")]

    def __str__(self):
        return f"{self.unit} {self.year}"


class PlanItemQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        return self.filter(plan__in=YearPlan.objects.visible_to(person, on=on))


class PlanItem(models.Model):
    """One thing of a plan: what, by which post, by which day; done with a text, or dropped with a reason."""

    plan = models.ForeignKey(YearPlan, on_delete=models.PROTECT, related_name="items")
    title = models.CharField("事项", max_length=200)
    post_kind = models.CharField("责任岗位", max_length=20, choices=PostKind)
    due_on = models.DateField("完成日期")
    state = models.CharField("状态", max_length=7, choices=PlanItemState, default=PlanItemState.OPEN)
    done_on = models.DateField("办结日期", null=True)
    done_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="办理人")
    text = models.CharField("完成情况", max_length=500, blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="材料")

    objects = PlanItemQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "计划事项"
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["state", "due_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=PlanItemState.OPEN) | (~Q(text="") & Q(done_on__isnull=False)),
                name="an_item_that_is_settled_says_how_and_when",
            )
        ]

    def __str__(self):
        return self.title
