from datetime import timedelta

from django.db import models
from django.db.models import Q

AT_ONCE = 3  # attempts without a pause between them: most failures are over with the next one
MOST_ATTEMPTS = 10
FACTS = [
    ("roll", "点名"),
    ("slip", "请假"),
    ("enrolment", "学籍"),
    ("post", "岗位"),
    ("calendar", "校历"),
    ("regulation", "制度"),
    ("duty", "待办"),
    ("transfer", "转学"),
]


class FactChangeQuerySet(models.QuerySet):
    def due(self, *, at):
        """Rows to be followed now: new ones, and those that failed, after a pause that doubles each time."""
        due = Q(attempts__lt=AT_ONCE)
        for attempts in range(AT_ONCE, MOST_ATTEMPTS):
            due |= Q(attempts=attempts, created_at__lte=at - timedelta(minutes=2**attempts))
        return self.filter(due)

    def given_up(self):
        """Rows that failed too often: they wait for a mended program, and /healthz tells of them."""
        return self.filter(attempts__gte=MOST_ATTEMPTS)


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

    objects = FactChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事实变动"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.kind} {self.path} {self.since}"
