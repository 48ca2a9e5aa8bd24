"""Rows that are written once: the records of a finding (F51). The database refuses the same (migration 0003)."""

from django.db import models

from organisation.errors import Refused


def refuse(*args, **kwargs):
    """Nobody edits or deletes the record of a finding, an administrator neither."""
    raise Refused("append_only", "问责记录只能追加,不能修改或删除。")


class OnceQuerySet(models.QuerySet):
    """Reads and adds; whoever wants to change a row in bulk is refused."""

    update = delete = bulk_update = refuse


class Once(models.Model):
    """A row that is written once."""

    objects = OnceQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding:
            refuse()
        super().save(*args, **kwargs, force_insert=True)

    delete = refuse
