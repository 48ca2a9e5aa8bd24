"""Backup and restore: the database as it was at one moment, uploads and letters, and a manifest that proves both; never the keys."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from organisation.errors import Refused
from organisation.models import Person, Unit
from organisation.sealing import key_ring, ring_path

MANIFEST = "manifest.json"
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
# What people brought in or sent out; results of jobs expire and can be made again.
FOLDERS = ("uploads", "letters", "templates", "evidence")
CHUNK = 1024 * 1024


def make_backup(folder: Path) -> dict:
    """Write a backup into an empty folder while people go on working; returns its manifest.

    The manifest is written last: a backup that was interrupted has none and is never mistaken for a whole one.
    Raises Refused (`not_empty`, `inside_data`, `tool_missing`, `dump_failed`).
    """
    folder = folder.resolve()
    if folder.is_relative_to(settings.DATA_DIR):
        raise Refused("inside_data", "备份不能放在数据文件夹里面,请另选一个地方。")
    if folder.exists() and any(folder.iterdir()):
        raise Refused("not_empty", f"{folder} 不是空文件夹,请另选一个。")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    dump = folder / DUMPS[connection.vendor]
    counts = (_dump_sqlite if connection.vendor == "sqlite" else _dump_postgresql)(dump)
    dump.chmod(0o600)
    for name in FOLDERS:
        _copy_tree(settings.DATA_DIR / name, folder / name)
    manifest = {
        "product": "kongchuo",
        "made_at": timezone.localtime().isoformat(timespec="seconds"),
        "database": connection.vendor,
        "migrations": sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()),
        "keys": key_ring().fingerprint,
        "counts": counts,
        "files": [_described(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()],
    }
    draft = folder / f"{MANIFEST}.part"
    draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.chmod(0o600)
    draft.rename(folder / MANIFEST)
    return manifest


def restore_backup(folder: Path) -> dict:
    """Bring a backup into an empty installation and prove it; returns its manifest.

    Everything is checked before anything is touched. Raises Refused (`damaged_backup`, `other_database`,
    `newer_program`, `not_empty`, `tool_missing`, `dump_failed`, `wrong_counts`).
    """
    folder = folder.resolve()
    manifest = checked_manifest(folder)
    if manifest["database"] != connection.vendor:
        raise Refused("other_database", f"这是 {manifest['database']} 的备份,不能恢复到 {connection.vendor}。")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if not known.issuperset(manifest["migrations"]):
        raise Refused("newer_program", "备份来自更新版本的程序,请先更新程序再恢复。")
    _require_empty()
    dump = folder / DUMPS[connection.vendor]
    (_load_sqlite if connection.vendor == "sqlite" else _load_postgresql)(dump, manifest["counts"])
    for name in FOLDERS:
        _copy_tree(folder / name, settings.DATA_DIR / name)
    if count_rows() != manifest["counts"]:
        raise Refused("wrong_counts", "恢复后的行数与备份清单不符,这次恢复不能使用。")
    for described in manifest["files"]:
        if described["path"].partition("/")[0] in FOLDERS:
            _require_same(settings.DATA_DIR / described["path"], described)
    return manifest


def checked_manifest(folder: Path) -> dict:
    """The manifest of a whole and unaltered backup. Raises Refused (`damaged_backup`)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = {described["path"]: described for described in manifest["files"]}
        lacking = {"database", "migrations", "counts", "keys"} - set(manifest)
    except FileNotFoundError as error:
        raise Refused("damaged_backup", f"{folder} 里没有 {MANIFEST}:不是备份,或备份没有做完。") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused("damaged_backup", f"备份已损坏:{MANIFEST} 读不懂。") from error
    if lacking or DUMPS.get(manifest["database"]) not in files:
        raise Refused("damaged_backup", f"备份已损坏:{MANIFEST} 不完整。")
    for name, described in files.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise Refused("damaged_backup", f"备份已损坏:清单里的路径 {name} 不对。")
        _require_same(path, described)
    return manifest


def keys_fit(manifest) -> bool:
    """Whether the keys of this installation open what the backup sealed; makes none where there are none."""
    return ring_path().exists() and key_ring().fingerprint == manifest["keys"]


def _require_same(path, described):
    if not path.is_file():
        raise Refused("damaged_backup", f"备份已损坏:缺少文件 {described['path']}。")
    if path.stat().st_size != described["bytes"] or _sha256(path) != described["sha256"]:
        raise Refused("damaged_backup", f"备份已损坏:{described['path']} 与清单里的校验值不符。")


def _require_empty():
    tables = set(connection.introspection.table_names())
    filled = [model for model in (Person, Unit) if model._meta.db_table in tables and model._base_manager.exists()]
    folders = [settings.DATA_DIR / name for name in FOLDERS]
    if filled or any(folder.is_dir() and any(folder.iterdir()) for folder in folders):
        raise Refused("not_empty", "这里已有数据。备份只能恢复到空的安装:新的数据库和新的数据文件夹。")


def count_rows(cursor=None) -> dict[str, int]:
    """How many rows each of the product's tables has."""
    models = apps.get_models(include_auto_created=True)
    tables = sorted({model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy})
    with cursor or connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        return {table: _count(cursor, table) for table in tables if table in present}


def _count(cursor, table) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return cursor.fetchone()[0]


def _dump_sqlite(dump) -> dict:
    """VACUUM INTO is the whole database at one moment; copying the file of a live database is not."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(dump)])
    with _opened(dump) as copy:
        return _sound_counts(copy)


@contextmanager
def _opened(dump):
    with closing(sqlite3.connect(f"file:{dump}?mode=ro&immutable=1", uri=True)) as copy:
        yield copy


def _sound_counts(copy) -> dict:
    """The rows of a SQLite file whose every page is sound."""
    try:
        sound = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise Refused("damaged_backup", "备份已损坏:数据库文件打不开。") from error
    if not sound:
        raise Refused("damaged_backup", "备份已损坏:数据库文件没有通过检查。")
    ours = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} & tables)
    return {table: copy.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in ours}


def _dump_postgresql(dump) -> dict:
    """pg_dump and the counts see the same moment: they share a snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        counts = count_rows()
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", f"--file={dump}")
    return counts


def _load_sqlite(dump, counts):
    with _opened(dump) as copy:
        if _sound_counts(copy) != counts:
            raise Refused("damaged_backup", "备份已损坏:数据库的行数与清单不符。")
        connection.ensure_connection()
        copy.backup(connection.connection)


def _load_postgresql(dump, counts):
    """All or nothing; what a fresh `migrate` has made is replaced."""
    whole = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    _run("pg_restore", *whole, f"--dbname={connection.settings_dict['NAME']}", str(dump))


def _run(tool, *arguments):
    place = connection.settings_dict
    names = {"PGDATABASE": "NAME", "PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    where = {variable: str(place[name]) for variable, name in names.items() if place[name]}
    try:
        subprocess.run([tool, *arguments], env={**os.environ, **where}, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Refused("tool_missing", f"这台机器上没有 {tool},请安装 PostgreSQL 客户端。") from error
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["没有说明"])[0]
        raise Refused("dump_failed", f"{tool} 没有成功:{reason}") from error


def _copy_tree(source: Path, target: Path):
    """Copy the files; one that is taken away meanwhile (an import that has ended) is no part of the backup."""
    if not source.is_dir():
        return
    for path in sorted(source.rglob("*")):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                shutil.copyfile(path, copy)
            except FileNotFoundError:
                continue
            copy.chmod(0o600)


def _described(path: Path, folder: Path) -> dict:
    return {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
