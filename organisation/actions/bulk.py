"""Writing many rows with their history, set by set: a history row is the row itself, copied by the database."""

import csv
import io
from collections.abc import Iterable, Mapping

from django.db import connection, models
from django.utils import timezone

from organisation.fields import SealedField
from organisation.sealing import sealer


def columns_of(model, *, without=()) -> list[str]:
    return [field.column for field in model._meta.concrete_fields if field.column not in without]


def copy_to_history(model, where: str, parameters, *, kind: str, by=None):
    """Write the history of the rows that `where` names: `kind` is + for new, ~ for changed. One statement."""
    history = model.history.model
    tracked = {field.column for field in history._meta.concrete_fields}
    columns = [column for column in columns_of(model) if column in tracked]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(column) for column in columns)
    sources = ", ".join(f"{table}.{quote(column)}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)}"
            f" ({names}, history_date, history_type, history_change_reason, history_user_id)"
            f" SELECT {sources}, %s, %s, NULL, %s FROM {table} WHERE {where}",
            [adapt(timezone.now()), kind, by.pk if by else None, *parameters],
        )


def adapt(moment):
    """A moment as the database's own writer would send it."""
    return connection.ops.adapt_datetimefield_value(moment)


def create_with_history(model, rows, *, by=None, batch_size=2000):
    """`bulk_create` with one history row each; returns the rows with their keys."""
    created = model.objects.bulk_create(rows, batch_size=batch_size)
    _keep_history(model, [row.pk for row in created], kind="+", by=by)
    return created


def _keep_history(model, keys, *, kind, by):
    quote = connection.ops.quote_name
    for start in range(0, len(keys), 10_000):
        part = keys[start : start + 10_000]
        marks = ", ".join(["%s"] * len(part))
        pk = f"{quote(model._meta.db_table)}.{quote(model._meta.pk.column)}"
        copy_to_history(model, f"{pk} IN ({marks})", part, kind=kind, by=by)


def update_with_history(model, rows, fields, *, by=None, batch_size=500):
    """`bulk_update` with one history row each."""
    model.objects.bulk_update(rows, fields, batch_size=batch_size)
    _keep_history(model, [row.pk for row in rows], kind="~", by=by)


AS_IT_IS = (models.CharField, models.BooleanField, models.IntegerField, models.ForeignKey)
ON_POSTGRESQL = (models.DateField, models.UUIDField)


def _adapter(field):
    """What makes a value of Python's the database's; None where it is so already."""
    if isinstance(field, SealedField):
        seal = sealer(column=field.column)
        return lambda value: seal(value) if value else value
    if isinstance(field, AS_IT_IS) or (connection.vendor == "postgresql" and isinstance(field, ON_POSTGRESQL)):
        return None
    if isinstance(field, models.UUIDField):
        return lambda value: value.hex  # one batch is one value, thousands of times
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return lambda value: value and value.isoformat()
    return lambda value: field.get_db_prep_save(value, connection)


def copy_in(model, rows: Iterable[Mapping]):
    """Write many new rows without making objects of them: `rows` say each column by its attribute, the key left out.

    By COPY on PostgreSQL, where an empty value of a column that may be null is null.
    """
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    adapters = [(field.attname, _adapter(field)) for field in fields]
    lines = ([row[name] if ready is None else ready(row[name]) for name, ready in adapters] for row in rows)
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(lines))
            return
        stream = io.StringIO()
        csv.writer(stream).writerows(lines)
        stream.seek(0)
        filled = ", ".join(quote(field.column) for field in fields if not field.null)
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({filled}))", stream)
