from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accountability.enums import (
    GOVERNMENT_KINDS,
    CommitmentKind,
    CommitmentState,
    SignedHow,
)
from casework.models import LetterTemplate
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.models import Attachment, Guardian, Pupil

TOWNSHIP = (PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER, PostKind.COUNTY_LEADER)


class CommitmentWording(models.Model):
    """What the commitments of one kind of one unit say in a school year: fixed when the first of them is made.

    `text` still has the blanks that differ from sheet to sheet; `template` is the unit's own Word file, if it had one.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="发文单位")
    kind = models.CharField("责任书", max_length=24, choices=CommitmentKind)
    year = models.PositiveSmallIntegerField("学年")
    text = models.TextField("正文")
    clauses = models.TextField("责任内容")
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, null=True, related_name="+")
    regulation = models.CharField(max_length=16)
    last_number = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="制发人")
    made_at = models.DateTimeField("制发时间")

    class Meta:
        verbose_name = verbose_name_plural = "责任书文本"
        ordering = ["-year", "kind", "unit"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "year"], name="a_unit_words_its_commitments_once_a_year")
        ]

    def __str__(self):
        return f"{self.unit} {self.year} {self.get_kind_display()}"


class CommitmentQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Sheets at and below one's posts, a township's own, and the one that one is to sign; guardians' with the child."""
        below = at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS))
        town = at_or_below("path", person.paths(on=on, kinds=TOWNSHIP)) & Q(kind__in=GOVERNMENT_KINDS)
        mine = Q(signer=person) if person.posts_on(on) else Q(pk__in=[])
        return self.filter(below | town | mine)

    def below(self, unit):
        return self.filter(at_or_below("path", [unit.path]))

    def standing(self):
        return self.exclude(state=CommitmentState.VOID)

    def waiting(self):
        return self.filter(state=CommitmentState.WAITING)


class Commitment(models.Model):
    """One sheet of a school year (F40): who promises whom what, with the target of the class or school; signed once.

    `key` makes making them idempotent. `targets` are [{stage, permille, pupils, most}] as they stood when it was made.
    """

    wording = models.ForeignKey(CommitmentWording, on_delete=models.PROTECT, related_name="sheets")
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField("责任书", max_length=24, choices=CommitmentKind)
    year = models.PositiveSmallIntegerField("学年")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位")
    path = models.CharField(max_length=255)
    signer = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="commitments", verbose_name="签订人"
    )
    signer_post = models.CharField("签订人岗位", max_length=20, choices=PostKind, blank=True)
    pupil = models.ForeignKey(
        Pupil, on_delete=models.PROTECT, null=True, related_name="commitments", verbose_name="学生"
    )
    party_a = models.CharField("甲方", max_length=120)
    party_b = models.CharField("乙方", max_length=160)
    number = models.CharField("文号", max_length=60, null=True, unique=True)
    targets = models.JSONField("目标", default=list)
    digest = models.CharField("摘要", max_length=64)
    dated = models.DateField("制发日期")
    state = models.CharField("状态", max_length=8, choices=CommitmentState, default=CommitmentState.WAITING)
    signed_on = models.DateField("签订日期", null=True)
    signed_by = models.CharField("签字人", max_length=80, blank=True)
    signed_how = models.CharField("签订方式", max_length=5, choices=SignedHow, blank=True)
    paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签字页照片"
    )
    note = models.CharField("说明", max_length=300, blank=True)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="登记人")

    objects = CommitmentQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["targets"])

    class Meta:
        verbose_name = verbose_name_plural = "责任书"
        ordering = ["kind", "path", "pk"]
        indexes = [models.Index(fields=["year", "path"]), models.Index(fields=["state", "kind"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=CommitmentState.SIGNED) | Q(signed_on__isnull=False),
                name="a_signed_commitment_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(signed_how=SignedHow.PAPER) | Q(paper__isnull=False),
                name="a_signature_on_paper_has_its_photo",
            ),
            models.CheckConstraint(
                condition=~Q(state=CommitmentState.DECLINED) | ~Q(note=""), name="a_declined_commitment_says_why"
            ),
            models.CheckConstraint(
                condition=Q(signer__isnull=True) ^ Q(pupil__isnull=True),
                name="a_commitment_is_a_posts_or_a_childs_guardians",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.party_b}"


class CommitmentLink(models.Model):
    """Opens one guardian's sheet without a login, for a time, signed once; only its hash is kept (P31)."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="links")
    guardian = models.ForeignKey(Guardian, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="监护人")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="生成人")
    made_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("有效至")
    opened_at = models.DateTimeField("首次打开", null=True)
    used_at = models.DateTimeField("签字时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "责任书链接"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.commitment_id} {self.expires_at}"
