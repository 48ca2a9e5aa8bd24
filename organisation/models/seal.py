from django.db import models

from organisation.enums import SEAL_POSTS, TombstoneKind
from organisation.models.person import Person
from organisation.rules.paths import at_or_below


class SealPoint(models.Model):
    """How far a table is sealed, and how far it was seen to be written when last looked at.

    What lies between may still be joined by a lower key that another transaction holds; it is sealed the next time.
    The row without a table is the lock under which all chains grow.
    """

    table = models.CharField(max_length=80, unique=True)
    sealed_to = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "封存进度"
        ordering = ["table"]

    def __str__(self):
        return f"{self.table} {self.sealed_to}"


class SealQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """The chains of the counties at or below one's post; they name nobody."""
        return self.filter(at_or_below("county", person.paths(on=on, kinds=SEAL_POSTS)))


class Seal(models.Model):
    """One link of a county's chain: the rows of a table whose keys lie between `first` and `last`, as they were.

    `marks` holds a keyed mark of each row, so that the one that was altered can be named; `hash` covers all of it and
    the link before. Written once, never changed: the database refuses it.
    """

    county = models.CharField(max_length=12)
    number = models.PositiveIntegerField("序号")
    table = models.CharField(max_length=80)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    rows = models.PositiveIntegerField("行数")
    marks = models.BinaryField()
    previous = models.CharField(max_length=64)
    hash = models.CharField("校验值", max_length=64)
    key = models.CharField(max_length=8)
    at = models.DateTimeField("封存时间")

    objects = SealQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存"
        ordering = ["county", "number"]
        indexes = [models.Index(fields=["table", "first"])]
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="a_chain_has_each_link_once"),
            models.UniqueConstraint(fields=["county", "table", "first"], name="a_batch_is_sealed_once_a_county"),
        ]

    def __str__(self):
        return f"{self.county} {self.number}"

    def said(self) -> tuple:
        """What the hash covers."""
        numbers = (self.number, self.first, self.last, self.rows)
        return (self.county, self.table, *numbers, bytes(self.marks), self.previous, self.key, self.at)


class TombstoneQuerySet(models.QuerySet):
    def visible_to(self, person, *, on):
        """What was lawfully taken out or changed in the counties at or below one's post."""
        return self.filter(at_or_below("county", person.paths(on=on, kinds=SEAL_POSTS)))


class Tombstone(models.Model):
    """Rows that were lawfully taken out, or one that was lawfully changed, after they were written: which, why, by whom.

    Signed under the key of history, and the only thing for which the database lets a guarded row go.
    """

    kind = models.CharField("类别", max_length=7, choices=TombstoneKind)
    county = models.CharField(max_length=12)
    table = models.CharField(max_length=80)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32, blank=True)
    reason = models.CharField("事由", max_length=200)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("时间")
    signature = models.CharField(max_length=64)

    objects = TombstoneQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存变更"
        ordering = ["pk"]
        indexes = [models.Index(fields=["table", "first"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="a_tombstone_covers_rows"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_tombstone_says_why"),
        ]

    def __str__(self):
        return f"{self.table} {self.first}–{self.last}"

    def said(self) -> tuple:
        """What the signature covers."""
        rows = (self.table, self.first, self.last, self.before, self.after)
        return (self.kind, self.county, *rows, self.reason, self.by_id, self.at)
