"""The database refuses to change or delete what is only ever added to, whoever asks; but for rows with a tombstone.

SQLite loses a table's triggers where a migration rebuilds it, so they are looked after whenever migrations have run.
"""

from django.db import connection

from organisation.chain import guarded

PREFIX = "append_only"
FUNCTION = """
CREATE OR REPLACE FUNCTION kongchuo_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT 1 FROM organisation_tombstone AS stone
    WHERE stone.kind = 'purged' AND stone."table" = TG_TABLE_NAME AND OLD.id BETWEEN stone.first AND stone.last
  ) THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$"""
ON_POSTGRESQL = (
    """CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION kongchuo_append_only()"""
)
ON_SQLITE = """CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {when}
BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"""
NO_TOMBSTONE = """NOT EXISTS (
  SELECT 1 FROM organisation_tombstone AS stone
  WHERE stone.kind = 'purged' AND stone."table" = '{table}' AND OLD.id BETWEEN stone.first AND stone.last)"""


def set_guards(**signal):
    """Put the triggers where they are missing; run as often as one likes."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        wanted = {name: made for name, made in _triggers().items() if made[0] in present}
        missing = set(wanted) - _standing(cursor)
        if missing and connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        for name in sorted(missing):
            cursor.execute(wanted[name][1])


def lift_guards():
    """Take the triggers away, as for a test that empties all tables."""
    with connection.cursor() as cursor:
        standing = _standing(cursor)
        for name, (table, _) in _triggers().items():
            if name in standing:
                place = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {name}{place}")


def _triggers() -> dict[str, tuple[str, str]]:
    """{name: (table, statement)}: one against changing, one against deleting, for each guarded table."""
    statement = ON_POSTGRESQL if connection.vendor == "postgresql" else ON_SQLITE
    found = {}
    for model, free in guarded().items():
        table = model._meta.db_table
        held = [field.column for field in model._meta.concrete_fields if field.name not in free]
        columns = ", ".join(connection.ops.quote_name(column) for column in held)
        events = {"delete": ("DELETE", NO_TOMBSTONE.format(table=table)), "update": (f"UPDATE OF {columns}", "1")}
        for word, (event, when) in events.items():
            name = f"{PREFIX}_{word}_{table}"
            found[name] = (table, statement.format(name=name, event=event, table=table, when=when))
    return found


def _standing(cursor) -> set[str]:
    if connection.vendor == "postgresql":
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE %s", [f"{PREFIX}%"])
    else:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{PREFIX}%"])
    return {name for (name,) in cursor.fetchall()}
