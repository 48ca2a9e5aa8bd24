"""The database without the product: one connection, hand-written statements, as the floor of a measurement."""

import sqlite3
from contextlib import closing

import psycopg2
from django.conf import settings
from django.db import connection

SETTINGS = settings.DATABASES["default"]
IS_POSTGRESQL = "postgresql" in SETTINGS["ENGINE"]


class Raw:
    """A driver's own connection; statements are written with `%s` for both databases."""

    locks_rows = IS_POSTGRESQL

    def __init__(self):
        if IS_POSTGRESQL:
            self.driver = psycopg2.connect(**connection.get_connection_params())
        else:
            self.driver = sqlite3.connect(SETTINGS["NAME"], timeout=20, isolation_level=None)
            self.driver.executescript(SETTINGS["OPTIONS"]["init_command"])

    def __enter__(self):
        return self

    def __exit__(self, *ended):
        self.driver.close()

    def begin(self):
        """psycopg2 begins by itself."""
        if not IS_POSTGRESQL:
            self.driver.execute("BEGIN IMMEDIATE")

    def run(self, statement, parameters=()):
        with closing(self.driver.cursor()) as cursor:
            cursor.execute(_spelt(statement), parameters)
            return cursor.fetchall() if cursor.description else []

    def run_many(self, statement, rows):
        with closing(self.driver.cursor()) as cursor:
            cursor.executemany(_spelt(statement), rows)

    def copy(self, table, columns, stream):
        with closing(self.driver.cursor()) as cursor:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", stream)

    def commit(self):
        self.driver.commit()

    def roll_back(self):
        self.driver.rollback()


def _spelt(statement):
    return statement if IS_POSTGRESQL else statement.replace("%s", "?")
