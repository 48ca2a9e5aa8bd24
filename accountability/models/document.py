import uuid

from django.db import models
from django.db.models import Q

from accountability.models.finding import Finding
from accountability.models.once import Once, OnceQuerySet
from casework.enums import LetterKind
from casework.models import LetterTemplate
from organisation.fields import SealedField
from organisation.models import Person, Unit


class FileQuerySet(OnceQuerySet):
    def visible_to(self, person, *, on):
        """Evidence and papers are for who handles the matter; the subject reads what the documents say."""
        return self.filter(finding__in=Finding.objects.handled_by(person, on=on))


class FindingFile(Once):
    """A paper of a finding, content-checked, encrypted on disk under a key of its own, which lies sealed here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="files")
    name = SealedField("文件名", column="finding_file.name")
    content_type = models.CharField("类型", max_length=80)
    size = models.PositiveIntegerField("字节")
    sha256 = models.CharField("摘要", max_length=64)
    key = SealedField(column="finding_file.key")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="上传人")
    at = models.DateTimeField("上传时间")

    objects = FileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问责材料"
        ordering = ["at", "pk"]

    def __str__(self):
        return self.name


class DocumentQuerySet(OnceQuerySet):
    def visible_to(self, person, *, on):
        """What was issued to the subject is the subject's too; a transfer to the judicial authority is not."""
        handled = Q(finding__in=Finding.objects.handled_by(person, on=on))
        concerning = Q(finding__in=Finding.objects.concerning(person, on=on))
        return self.filter(handled | (concerning & ~Q(kind=LetterKind.FINDING_REFERRAL)))


class FindingDocument(Once):
    """A numbered document of a finding as it was issued: notice, decision, order, answer, transfer (P30).

    `digest` covers all that was issued; `file` is the Word file where an own template was in force.
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField("文书", max_length=16, choices=LetterKind)
    number = models.CharField("文号", max_length=60, unique=True)
    issuer = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="发文单位")
    addressee = models.CharField("受文人", max_length=120)
    text = SealedField("正文", column="finding_document.text")
    dated = models.DateField("发文日期")
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, null=True, related_name="+")
    file = models.ForeignKey(FindingFile, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.CharField("摘要", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    at = models.DateTimeField("签发时间")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问责文书"
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.number} {self.get_kind_display()}"

    @property
    def title(self) -> str:
        return self.get_kind_display()
