"""The shortest way from a sheet to the register: nothing is checked, matched or staged, every row is a new pupil."""

import io

import python_calamine as calamine
from django.db import connection

from benchmarks.raw import IS_POSTGRESQL, Raw
from organisation import clock
from organisation.actions.bulk import adapt, columns_of
from organisation.models import Unit
from organisation.sealing import seal
from students.models import Enrolment, Guardian, Pupil, RegisterChange
from students.models.pupil import IDENTITY, PHONE, REGISTRY, fingerprint_of, identity_index, new_number, registry_index
from students.rules.roster import YES_NO

PUPIL = [
    "id",
    "number",
    "fingerprint",
    "name",
    "initials",
    "sort_key",
    "sex",
    "born_on",
    "ethnicity",
    "identity_type",
    "identity_number",
    "identity_index",
    "registry_number",
    "registry_index",
    "school_class_id",
    "path",
    "address",
    "household_place",
    "village",
    "carer",
    "parents_work_place",
    "entered_on",
    "is_boarder",
]
FLAGS = [*YES_NO.values(), "is_unsupported", "is_in_hardship", "is_in_justice"]
COLUMNS = [*PUPIL, *FLAGS, "health", "note"]
SEXES = {"男": "male", "女": "female"}
START = "2026-09-01"


def take_in(path):
    """Reads, copies, writes histories, and takes it all back again."""
    school_class = Unit.objects.filter(kind="class").order_by("pk").last()
    (rows,) = [calamine.load_workbook(path).get_sheet_by_index(0).to_python()[1:]]
    with Raw() as raw:
        raw.begin()
        last = raw.run("SELECT max(id) FROM students_pupil")[0][0] or 0
        _write(raw, "students_pupil", COLUMNS, (_pupil(last + n, row, school_class) for n, row in enumerate(rows, 1)))
        guardians = (_guardian(last + n, row) for n, row in enumerate(rows, 1))
        _write(raw, "students_guardian", ["pupil_id", '"order"', "name", "relation", "phone"], guardians)
        _write_register(raw, last)
        if IS_POSTGRESQL:  # what is taken back would never be checked
            raw.run("SET CONSTRAINTS ALL IMMEDIATE")
        raw.roll_back()


def _pupil(key, row, school_class):
    number = new_number()
    identity, registry = row[4], row[9]
    return [
        key,
        number,
        fingerprint_of(number),
        row[1],
        row[1],
        row[1],
        SEXES[row[2]],
        row[5],
        row[6],
        row[3],
        seal(identity, column=IDENTITY),
        identity_index(identity),
        seal(registry, column=REGISTRY),
        registry_index(registry),
        school_class.pk,
        school_class.path,
        row[14],
        *[""] * 4,
        f"{row[10]}-01",
        row[16] == "住校",
        *(cell == "是" for cell in row[17:24]),
        *[False] * 3,
        "",
        "",
    ]


def _guardian(key, row):
    return [key, 1, row[11], row[12], seal(row[13], column=PHONE)]


def _write(raw, table, columns, rows):
    names = ", ".join(columns)
    if IS_POSTGRESQL:
        raw.copy(table, names, io.StringIO("".join("\t".join(map(str, row)) + "\n" for row in rows)))
    else:
        raw.run_many(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


def _write_register(raw, last):
    """Changes, spells and all histories, each by one statement."""
    at = str(adapt(clock.now()))
    new = [at, last]
    raw.run(
        "INSERT INTO students_registerchange (pupil_id, kind, date, effective_on, to_class_id, to_school, reason, at, undo)"
        f" SELECT id, 'enrol', '{START}', '{START}', school_class_id, '', '', %s, '{{}}' FROM students_pupil WHERE id > %s",
        new,
    )
    raw.run(
        "INSERT INTO students_enrolment (pupil_id, school_class_id, path, status, starts, recorded_at, began_by_id)"
        f" SELECT pupil.id, pupil.school_class_id, pupil.path, 'in_school', '{START}', %s, change.id"
        " FROM students_pupil AS pupil JOIN students_registerchange AS change ON change.pupil_id = pupil.id WHERE pupil.id > %s",
        new,
    )
    for model in (Pupil, Guardian, RegisterChange, Enrolment):
        tracked = {field.column for field in model.history.model._meta.concrete_fields}
        names = ", ".join(connection.ops.quote_name(column) for column in columns_of(model) if column in tracked)
        key = "id" if model is Pupil else "pupil_id"
        raw.run(
            f"INSERT INTO {model.history.model._meta.db_table} ({names}, history_date, history_type)"
            f" SELECT {names}, %s, '+' FROM {model._meta.db_table} WHERE {key} > %s",
            new,
        )
