"""Emptying the demo: records that nobody may delete are kept by triggers, which SQLite fires for a flush too."""

from contextlib import contextmanager

from django.db import connection


@contextmanager
def without_triggers():
    """On SQLite take the triggers away and put them back; PostgreSQL truncates, which fires none."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, sql in triggers:
                cursor.execute(sql)
