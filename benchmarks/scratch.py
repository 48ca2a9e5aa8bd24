"""A database, a queue and a data folder that live as long as a run; the user's own are never touched."""

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import psycopg2

TODAY = "2026-11-23"


@contextmanager
def scratch():
    """Points the environment at a set-up of its own, on whichever kind of database DATABASE_URL names."""
    with TemporaryDirectory(prefix="kongchuo-benchmark-") as folder, _database(folder) as address:
        os.environ |= {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "KONGCHUO_DATA": folder,
            "KONGCHUO_DEMO": "1",
            "KONGCHUO_TODAY": TODAY,
        }
        yield Path(folder)


@contextmanager
def _database(folder):
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{folder}/kongchuo.sqlite3"
        return
    name = f"kongchuo_benchmark_{os.getpid()}"
    _at_server(given, f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        _at_server(given, f"DROP DATABASE {name} WITH (FORCE)")


def _at_server(address, statement):
    connection = psycopg2.connect(address)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
