"""A roster's rows on their way into the register: they wait in tables of this connection's own until all are checked."""

import secrets
import uuid
from contextlib import contextmanager
from datetime import date

from django.db import connection
from django.utils import timezone

from organisation.actions.bulk import adapt, columns_of, copy_in, copy_to_history
from organisation.models import Unit
from organisation.rules.grades import school_year, school_year_start
from organisation.sealing import indexer
from students.enums import EnrolmentStatus
from students.models import Enrolment, Guardian, Pupil, RegisterChange, StagedGuardian, StagedPupil
from students.models.pupil import PHONE, fingerprint_of, new_number, registry_index

PUPIL, STAGED, GUARDIAN = Pupil._meta.db_table, StagedPupil._meta.db_table, Guardian._meta.db_table
SPELL, CHANGE, STAGED_GUARDIAN = Enrolment._meta.db_table, RegisterChange._meta.db_table, StagedGuardian._meta.db_table
CLASS, NEW = "staged_class", "staged_new"
PUPIL_COLUMNS = [field.attname for field in Pupil._meta.concrete_fields if not field.primary_key]
BLANK = {field.attname: field.get_default() for field in StagedPupil._meta.concrete_fields if not field.primary_key}
SCHEMA = {"postgresql": "pg_temp", "sqlite": "temp"}
SHAPE = {"postgresql": "(LIKE {0} INCLUDING DEFAULTS INCLUDING IDENTITY)", "sqlite": "AS SELECT * FROM {0} WHERE 0"}


@contextmanager
def staging_tables():
    """The staging models' tables as temporary ones, which hide those of the same name until the import is over.

    They lie outside the register: writing them keeps nobody waiting (on SQLite they are another file), costs no
    log, no index and no foreign key, and a crash leaves no children's data behind.
    """
    schema, shape = SCHEMA[connection.vendor], SHAPE[connection.vendor]
    with connection.cursor() as cursor:
        for table in (STAGED, STAGED_GUARDIAN):
            cursor.execute(f"CREATE TEMPORARY TABLE {table} {shape.format(table)}")
        cursor.execute(f"CREATE TEMPORARY TABLE {CLASS} (number bigint PRIMARY KEY, id bigint, path varchar(255))")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {NEW} (pupil bigint PRIMARY KEY, starts date, class_id bigint, path varchar(255))"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in (STAGED, STAGED_GUARDIAN, CLASS, NEW):
                cursor.execute(f"DROP TABLE {schema}.{table}")


class Staging:
    """Rows that are taken batch by batch, and merged at the end.

    New pupils' classes may not exist yet, and are not made for a roster in which the last row is wrong: until `settle`
    a class stands here under a number of its own.
    """

    def __init__(self, schools: dict[str, Unit], on: date):
        self.batch = uuid.uuid4()
        self.schools, self.on = schools, on
        self.class_numbers: dict = {}
        self.settled: dict[str, bool] = {}

    def take(self, entries):
        """Write what changes beside the register: rolls go on being saved meanwhile."""
        entries = [entry for entry in entries if entry.pupil is None or entry.changed]
        if not entries:
            return
        rows = [self._staged(entry) for entry in entries]
        copy_in(StagedPupil, rows)
        index_of = indexer(column=PHONE)
        guardians = [
            guardian.as_dict() | {"batch": self.batch, "number": row["number"], "phone_index": index_of(guardian.phone)}
            for entry, row in zip(entries, rows, strict=True)
            for guardian in entry.guardians
        ]
        if guardians:
            copy_in(StagedGuardian, guardians)

    def starts_of(self, school_code, entered_on) -> date:
        """First roster: 1 September of that school year, or the month of entry if later; afterwards the roster's day."""
        if self._is_settled(school_code):
            return self.on
        start = school_year_start(school_year(self.on))
        return entered_on if entered_on and entered_on > start else start

    def _is_settled(self, code) -> bool:
        """A school that has pupils already: for it this is a later roster."""
        if code not in self.settled:
            self.settled[code] = Enrolment.objects.below(self.schools[code].path).exists()
        return self.settled[code]

    def _staged(self, entry) -> dict:
        """The row as it is to stand in the register, by column."""
        starts = self.starts_of(entry.key.school_code, entry.row.values.get("entered_on"))
        said = entry.row.values | {"batch": self.batch, "row": entry.row.row, "starts": starts}
        if "residence" in said:
            said["residence_id"] = said.pop("residence").pk
        if entry.pupil is None:
            number = new_number()
            place = self.class_numbers.setdefault(entry.key, len(self.class_numbers))
            own = {"number": number, "fingerprint": fingerprint_of(number), "school_class_id": place, "path": ""}
            row = BLANK | own | said
            row["registry_number"] = row["registry_number"] or f"L{secrets.randbelow(10**17):017d}"
        else:
            row = {name: getattr(entry.pupil, name) for name in PUPIL_COLUMNS} | {"pupil": entry.pupil.pk} | said
        if "identity_number" in said:
            row["identity_index"] = entry.identity_index
        if "registry_number" in said:
            row["registry_index"] = entry.registry_index or registry_index(row["registry_number"])
        return row

    def settle(self, classes):
        """The classes as they stand now, by what a roster says of them."""
        places = [(number, classes[key].pk, classes[key].path) for key, number in self.class_numbers.items()]
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {CLASS} (number, id, path) VALUES (%s, %s, %s)", places)

    def merge(self, *, by):
        """Everything into the register, with its history; inside the caller's transaction."""
        key = StagedPupil._meta.get_field("batch").get_db_prep_value(self.batch, connection)
        at = adapt(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(INSERT_PUPILS, [key])
            cursor.execute(KEEP_NEW, [key])
            cursor.execute(UPDATE_PUPILS, [key])
            cursor.execute(INSERT_CHANGES, [at, by.pk if by else None])
            cursor.execute(INSERT_SPELLS, [at])
            cursor.execute(UPSERT_GUARDIANS, [key])
        _copy_histories(key, at, by)


COLUMNS = ", ".join(columns_of(Pupil, without=("id",)))
FROM_STAGED = ", ".join(
    {"school_class_id": "place.id", "path": "place.path"}.get(column, f"staged.{column}")
    for column in columns_of(Pupil, without=("id",))
)
KEPT = ("id", "number", "fingerprint", "school_class_id", "path")
SET = ", ".join(f"{column} = staged.{column}" for column in columns_of(Pupil, without=KEPT))

INSERT_PUPILS = (
    f"INSERT INTO {PUPIL} ({COLUMNS}) SELECT {FROM_STAGED} FROM {STAGED} AS staged JOIN {CLASS} AS place"
    " ON place.number = staged.school_class_id WHERE staged.batch = %s AND staged.pupil IS NULL"
)
KEEP_NEW = (
    f"INSERT INTO {NEW} (pupil, starts, class_id, path) SELECT {PUPIL}.id, staged.starts, {PUPIL}.school_class_id, {PUPIL}.path"
    f" FROM {STAGED} AS staged JOIN {PUPIL} ON {PUPIL}.number = staged.number"
    " WHERE staged.batch = %s AND staged.pupil IS NULL"
)
UPDATE_PUPILS = (
    f"UPDATE {PUPIL} SET {SET} FROM {STAGED} AS staged WHERE staged.batch = %s AND staged.pupil = {PUPIL}.id"
)
INSERT_CHANGES = (
    f"INSERT INTO {CHANGE} (pupil_id, kind, date, effective_on, to_class_id, to_school, reason, at, by_id, undo)"
    f" SELECT pupil, 'enrol', starts, starts, class_id, '', '', %s, %s, '{{}}' FROM {NEW}"
)
INSERT_SPELLS = (
    f"INSERT INTO {SPELL} (pupil_id, school_class_id, path, status, starts, recorded_at, began_by_id)"
    f" SELECT new.pupil, new.class_id, new.path, '{EnrolmentStatus.IN_SCHOOL}', new.starts, change.at, change.id"
    f" FROM {NEW} AS new JOIN {CHANGE} AS change ON change.pupil_id = new.pupil AND change.at = %s"
)
UPSERT_GUARDIANS = (
    f'INSERT INTO {GUARDIAN} (pupil_id, "order", name, relation, phone, phone_index)'
    f' SELECT {PUPIL}.id, staged."order", staged.name, staged.relation, staged.phone, staged.phone_index FROM {STAGED_GUARDIAN} AS staged'
    f" JOIN {PUPIL} ON {PUPIL}.number = staged.number WHERE staged.batch = %s"
    ' ON CONFLICT (pupil_id, "order") DO UPDATE SET name = excluded.name, relation = excluded.relation,'
    " phone = excluded.phone, phone_index = excluded.phone_index"
)


def _copy_histories(key, at, by):
    new = f"SELECT pupil FROM {NEW}"
    known = f"SELECT pupil FROM {STAGED} WHERE batch = %s AND pupil IS NOT NULL"
    copy_to_history(Pupil, f"{PUPIL}.id IN ({new})", [], kind="+", by=by)
    copy_to_history(Pupil, f"{PUPIL}.id IN ({known})", [key], kind="~", by=by)
    copy_to_history(RegisterChange, f"{CHANGE}.at = %s AND {CHANGE}.pupil_id IN ({new})", [at], kind="+", by=by)
    copy_to_history(Enrolment, f"{SPELL}.pupil_id IN ({new})", [], kind="+", by=by)
    numbers = f"SELECT number FROM {STAGED_GUARDIAN} WHERE batch = %s"
    where = f"{GUARDIAN}.pupil_id IN (SELECT id FROM {PUPIL} WHERE number IN ({numbers}))"
    copy_to_history(Guardian, where, [key], kind="+", by=by)
