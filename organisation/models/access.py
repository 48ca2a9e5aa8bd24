from django.db import models

from organisation.enums import ACCESS_POSTS, AccessAction
from organisation.models.person import Person
from organisation.rules.paths import at_or_below


class AccessEntryQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """Who looked is shown to the people in charge: the principal for the school, the clerk for the county."""
        return self.filter(at_or_below("path", person.paths(on=on, kinds=ACCESS_POSTS)))

    def about_pupil(self, number):
        """The entries about one child's file: views and revealed numbers."""
        return self.filter(models.Q(what="pupil") | models.Q(what__startswith="pupil."), key=number)


class AccessEntry(models.Model):
    """Who looked at whose data, when, and why (未成年人网络保护条例 36). Written once, never changed."""

    at = models.DateTimeField("时间", auto_now_add=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, verbose_name="人员")
    action = models.CharField("操作", max_length=8, choices=AccessAction)
    what = models.CharField("对象", max_length=60)
    key = models.CharField("编号", max_length=60)
    reason = models.CharField("事由", max_length=200, blank=True)
    path = models.CharField(max_length=255)

    objects = AccessEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "查阅记录"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["what", "key"])]

    def __str__(self):
        return f"{self.at} {self.person} {self.get_action_display()} {self.what} {self.key}"
