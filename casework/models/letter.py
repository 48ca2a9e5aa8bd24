from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from casework.enums import RESTRICTED_LETTERS, LetterKind, ReceiptState
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below
from students.enums import AUDIENCE_POSTS, Audience
from students.models import Attachment, Guardian, Pupil

# Letters about suspected harm (P13) are for the people in charge of the case, not for all who see the child's file.
RESTRICTED = "restricted"
# Posts in charge of a matter that not every teacher reads.
IN_CHARGE = AUDIENCE_POSTS[Audience.CHARGE]
TOWNSHIP = (PostKind.TOWNSHIP_OFFICER,)


class LetterTemplateQuerySet(models.QuerySet):
    def standing(self):
        """Those that nobody took back."""
        return self.filter(taken_back_at__isnull=True)


class LetterTemplate(models.Model):
    """A bureau's or school's own wording of a document (P30): a Word file, content-checked, with blanks in braces.

    The nearest unit's newest version holds; where nobody has one, the product's own text. A version is never
    changed: a new one follows it, or it is taken back and the one before holds again.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="letter_templates", verbose_name="单位")
    kind = models.CharField("文书", max_length=16, choices=LetterKind)
    version = models.PositiveIntegerField("版本")
    name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("摘要", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="上传人")
    at = models.DateTimeField("上传时间")
    taken_back_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="撤回人"
    )
    taken_back_at = models.DateTimeField("撤回时间", null=True)

    objects = LetterTemplateQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "文书模板"
        ordering = ["unit", "kind", "-version"]
        constraints = [models.UniqueConstraint(fields=["unit", "kind", "version"], name="a_unit_numbers_its_templates")]

    def __str__(self):
        return f"{self.unit} {self.get_kind_display()} 第{self.version}版"


class LetterHead(models.Model):
    """The word by which a unit's letters are numbered 机关代字; its code where it has none."""

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="letter_head", verbose_name="单位")
    word = models.CharField("机关代字", max_length=12, unique=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "机关代字"

    def __str__(self):
        return f"{self.unit} {self.word}"


class LetterCounter(models.Model):
    """The last number that a unit gave to a letter of a kind in a year."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=LetterKind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "文号"
        constraints = [models.UniqueConstraint(fields=["unit", "kind", "year"], name="a_unit_counts_its_letters")]

    def __str__(self):
        return f"{self.unit} {self.kind} {self.year} {self.last}"


class LetterQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Letters about children whose files the person sees by post, those of own cases, those of one's own unit.

        Restricted ones (P13) are read by who is in charge of the matter and who issued them.
        """
        cases = Pupil.cases.rel.related_model.objects.visible_to(person, on=on)
        of_child = at_or_below("pupil__path", person.paths(on=on, kinds=PUPIL_POSTS))
        of_case = Q(about_kind="case", about__in=cases.values("pk"))
        of_town = Q(issuer__path__in=person.paths(on=on, kinds=TOWNSHIP))  # not what its schools sent
        own = at_or_below("issuer__path", person.paths(on=on, kinds=PUPIL_POSTS)) | of_town
        in_charge = at_or_below("pupil__path", person.paths(on=on, kinds=IN_CHARGE))
        theirs = at_or_below("issuer__path", person.paths(on=on, kinds=IN_CHARGE)) | of_town
        mine = Q(issued_by=person) if person.posts_on(on) else Q(pk__in=[])
        restricted = Q(kind__in=RESTRICTED_LETTERS) | Q(about_kind=RESTRICTED)
        readable = ~restricted | in_charge | theirs | mine
        return self.filter(readable, of_child | of_case | own)

    def waiting(self):
        return self.filter(receipt=ReceiptState.WAITING)


class Letter(models.Model):
    """A document as it was issued (F13): numbered, its text archived, its receipt followed up.

    `about_kind` and `about` name what it belongs to: an escalation, a case, an inquiry, a conference, an appeal.
    What was issued never changes: `digest` covers number, addressee, text, day and the Word file's own digest.
    """

    kind = models.CharField("文书", max_length=16, choices=LetterKind)
    number = models.CharField("文号", max_length=60, unique=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="letters", verbose_name="学生")
    issuer = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="发文单位")
    path = models.CharField(max_length=255)
    addressee = models.CharField("受文人", max_length=120)
    title = models.CharField("标题", max_length=120)
    text = models.TextField("正文")
    dated = models.DateField("发文日期")
    fields = models.JSONField("填写内容", default=dict)
    about_kind = models.CharField(max_length=20, blank=True)
    about = models.BigIntegerField(null=True)
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, null=True, related_name="+")
    file_sha256 = models.CharField("Word 文件摘要", max_length=64, blank=True)
    digest = models.CharField("摘要", max_length=64)
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    issued_at = models.DateTimeField("签发时间")
    receipt = models.CharField("回执", max_length=8, choices=ReceiptState, default=ReceiptState.WAITING)
    received_at = models.DateTimeField("签收时间", null=True)
    received_by = models.CharField("签收人", max_length=80, blank=True)
    receipt_paper = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="回执照片"
    )
    receipt_note = models.CharField("送达说明", max_length=300, blank=True)
    witness = models.CharField("见证人", max_length=80, blank=True)
    reply = models.TextField("家长答复", blank=True)

    objects = LetterQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["text", "fields"])

    class Meta:
        verbose_name = verbose_name_plural = "文书"
        ordering = ["-issued_at", "-pk"]
        indexes = [
            models.Index(fields=["about_kind", "about"]),
            models.Index(fields=["path", "kind"]),
            models.Index(fields=["receipt", "issued_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(receipt__in=[ReceiptState.SIGNED, ReceiptState.REFUSED]) | Q(received_at__isnull=False),
                name="a_receipt_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(receipt=ReceiptState.REFUSED) | ~Q(witness=""), name="a_refused_letter_has_its_witness"
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.title}"


class SignedLink(models.Model):
    """Opens one letter to a guardian without a login, for a time (P31); only its hash is kept."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="links")
    guardian = models.ForeignKey(Guardian, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="监护人")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="生成人")
    made_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("有效至")
    opened_at = models.DateTimeField("首次打开", null=True)
    used_at = models.DateTimeField("签收时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "签收链接"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.letter.number} {self.expires_at}"


class LinkKnock(models.Model):
    """How often a link was opened, or an address tried links that are none, within a stretch of time."""

    key = models.CharField(max_length=80)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "链接访问计数"
        constraints = [models.UniqueConstraint(fields=["key", "since"], name="knocks_are_counted_once")]

    def __str__(self):
        return f"{self.key[:8]} {self.since} {self.count}"
