import uuid

from django.db import models

from organisation.enums import PUPIL_POSTS
from organisation.models import Person
from organisation.rules.paths import at_or_below


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Papers filed where the person sees children's files; one's own uploads while one still holds a post there."""
        own = at_or_below("path", person.paths(on=on)) & models.Q(uploaded_by=person)
        return self.filter(at_or_below("path", person.paths(on=on, kinds=PUPIL_POSTS)) | own)


class Attachment(models.Model):
    """A paper or photo, content-checked, stored outside the web root under a random name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("类型", max_length=60)
    size = models.PositiveIntegerField("字节")
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["-uploaded_at"]

    def __str__(self):
        return self.name
