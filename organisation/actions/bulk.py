"""Writing many rows with their history, set by set: a history row is the row itself, copied by the database."""

from django.db import connection
from django.utils import timezone


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
    keys = [row.pk for row in created]
    quote = connection.ops.quote_name
    for start in range(0, len(keys), 10_000):
        part = keys[start : start + 10_000]
        marks = ", ".join(["%s"] * len(part))
        pk = f"{quote(model._meta.db_table)}.{quote(model._meta.pk.column)}"
        copy_to_history(model, f"{pk} IN ({marks})", part, kind="+", by=by)
    return created
