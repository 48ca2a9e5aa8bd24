from django.db import models

FACTS = [
    ("roll", "点名"),
    ("slip", "请假"),
    ("enrolment", "学籍"),
    ("post", "岗位"),
    ("calendar", "校历"),
    ("regulation", "制度"),
    ("duty", "待办"),
]


class FactChange(models.Model):
    """Outbox: a fact changed, whoever builds on it looks again. Written in the transaction that changed the fact.

    `path` is the unit concerned, `pupils` the keys of the pupils concerned (empty: all at or below `path`),
    `since` the first day on which something may be different now.
    """

    kind = models.CharField(max_length=10, choices=FACTS)
    path = models.CharField(max_length=255)
    pupils = models.JSONField(default=list)
    since = models.DateField()
    about = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "事实变动"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.kind} {self.path} {self.since}"
