import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from organisation.enums import JobState
from organisation.models.person import Person
from organisation.models.unit import Unit
from organisation.rules.paths import at_or_below


class JobQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """One's own jobs, as long as one holds a post over their unit: a result dies with the post it was made for."""
        held = at_or_below("unit__path", person.paths(on=on))
        if person.posts_on(on):
            held |= models.Q(unit__isnull=True)
        return self.filter(held, asked_by=person)

    def unfinished(self):
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])


class Job(models.Model):
    """Long work: an import, an export, a computation. This row is the truth; the message that starts it may be lost."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("任务", max_length=60)
    title = models.CharField("名称", max_length=120)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, verbose_name="单位")
    asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="jobs", verbose_name="发起人"
    )
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField("状态", max_length=8, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField("已完成", default=0)
    total = models.PositiveIntegerField("总数", default=0)
    message = models.TextField("说明", blank=True)
    result = models.JSONField("结果", default=dict, encoder=DjangoJSONEncoder)
    result_file = models.CharField("结果文件", max_length=200, blank=True)
    result_name = models.CharField("文件名", max_length=120, blank=True)
    created_at = models.DateTimeField("发起时间", auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_on = models.DateField("保留至", null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        ordering = ["-created_at"]

    def __str__(self):
        return self.title

    @property
    def percent(self) -> int:
        return 100 if self.state == JobState.DONE else min(99, self.done * 100 // self.total if self.total else 0)

    @property
    def is_finished(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED)
