from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums.household import TO_DECIDE, CompareResult, ListKind, RowEntryKind
from casework.models.case import Case
from organisation.enums import PostKind
from organisation.fields import SealedField
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from organisation.sealing import masked
from students.enums import Sex
from students.models import Attachment, Pupil
from students.models.pupil import IDENTITY, identity_index

LIST_NUMBER = "household.identity_number"
RIGHT_NUMBER = "household.right_number"
LIST_PHONE = "household.guardian_phone"
COUNTY_POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, PostKind.INSPECTOR)


class HouseholdBatchQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """A county's lists are for its bureau."""
        return self.filter(at_or_below("county__path", person.paths(on=on, kinds=COUNTY_POSTS)))

    def current(self):
        """The list of each kind and county that holds: the one that came last."""
        return self.filter(replaced=False)


class HouseholdBatch(models.Model):
    """One list that a county compares with its register (F68): households, poor households, a village survey."""

    county = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="县")
    kind = models.CharField("名单", max_length=9, choices=ListKind)
    on = models.DateField("名单日期")
    rows_count = models.PositiveIntegerField("行数")
    replaced = models.BooleanField("已有新名单", default=False)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="导入人")
    at = models.DateTimeField("导入时间")
    compared_at = models.DateTimeField("比对时间")

    objects = HouseholdBatchQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "比对名单"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["county", "kind"], condition=Q(replaced=False), name="a_county_has_one_current_list_of_a_kind"
            )
        ]

    def __str__(self):
        return f"{self.county} {self.get_kind_display()} {self.on}"


class HouseholdRowQuerySet(models.QuerySet):
    def current(self):
        return self.filter(batch__replaced=False)

    def waiting(self):
        """Rows that somebody still has to decide."""
        return self.filter(result__in=TO_DECIDE, decision="")

    def visible_to(self, person, *, on):
        """The county's bureau sees all of its rows, a township officer those of the township."""
        county = at_or_below("path", person.paths(on=on, kinds=COUNTY_POSTS))
        home = Q(township__path__in=person.paths(on=on, kinds=(PostKind.TOWNSHIP_OFFICER,)))
        return self.filter(county | home)


class HouseholdRow(models.Model):
    """One child of a list, what the comparison found, and what was decided last. Numbers are sealed.

    `pupil` is the file that the row means, or may mean. What people decided stands in the row's entries.
    """

    batch = models.ForeignKey(HouseholdBatch, on_delete=models.PROTECT, related_name="rows")
    path = models.CharField(max_length=255)  # the county's
    row = models.PositiveIntegerField("行")
    name = models.CharField("姓名", max_length=80)
    sex = models.CharField("性别", max_length=6, choices=Sex)
    born_on = models.DateField("出生日期")
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    identity_number = SealedField(
        "身份证件号", column=LIST_NUMBER, indexed_in="identity_index", indexed_as=IDENTITY, blank=True
    )
    identity_index = models.CharField(max_length=40, null=True, editable=False)
    guardian_name = models.CharField("监护人", max_length=80, blank=True)
    guardian_phone = SealedField("监护人电话", column=LIST_PHONE, blank=True)
    township = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="居住乡镇")
    village = models.CharField("村组", max_length=80, blank=True)
    address = models.CharField("住址", max_length=200, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    result = models.CharField("比对结果", max_length=11, choices=CompareResult)
    pupil = models.ForeignKey(Pupil, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="学籍档案")
    decision = models.CharField("决定", max_length=10, choices=RowEntryKind, blank=True)
    proved_term = models.CharField("就读证明所属学期", max_length=6, blank=True)

    objects = HouseholdRowQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "比对名单的行"
        ordering = ["township", "village", "pk"]
        indexes = [
            models.Index(fields=["batch", "result", "decision"]),
            models.Index(fields=["township", "result"]),
            models.Index(fields=["batch", "identity_index"]),
        ]

    def __str__(self):
        return f"{self.name} {self.get_result_display()}"

    def save(self, **kwargs):
        self.prepare()
        super().save(**kwargs)

    def prepare(self):
        """Fill what follows from other columns; bulk writers call it themselves."""
        self.identity_index = identity_index(self.identity_number)

    @property
    def masked_identity_number(self):
        return masked(self.identity_number)

    @property
    def masked_phone(self):
        return masked(self.guardian_phone)


class HouseholdEntryQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """An entry is seen with its row."""
        return self.filter(row__in=HouseholdRow.objects.visible_to(person, on=on))


class HouseholdEntry(models.Model):
    """What somebody wrote to a row: evidence, or a decision with its reason and paper. Undone, never deleted."""

    row = models.ForeignKey(HouseholdRow, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField("事项", max_length=10, choices=RowEntryKind)
    text = models.TextField("依据")
    detail = models.CharField("细目", max_length=20, blank=True)
    right_number = SealedField("正确号码", column=RIGHT_NUMBER, blank=True)
    before_number = SealedField("原号码", column=LIST_NUMBER, blank=True)
    term = models.CharField("学期", max_length=6, blank=True)
    paper = models.ForeignKey(Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="材料")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="个案")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间")
    undone_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="撤销人")
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_text = models.CharField("撤销原因", max_length=300, blank=True)

    objects = HouseholdEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "比对登记"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.row} {self.get_kind_display()}"
