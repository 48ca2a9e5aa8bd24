"""Importing a roster (F03): checked whole, staged in small writes, merged in one short transaction."""

import secrets
import uuid
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from organisation import clock
from organisation.actions.bulk import adapt, columns_of, copy_in, copy_to_history
from organisation.actions.classes import ensure_classes
from organisation.actions.outbox import note_change
from organisation.enums import UnitKind
from organisation.errors import Refused
from organisation.models import Unit
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import at_or_below
from organisation.sealing import key_ring
from students.actions.register import change_register, move_classes
from students.enums import ChangeKind, EnrolmentStatus
from students.models import Enrolment, Guardian, Pupil, RegisterChange, StagedGuardian, StagedPupil
from students.models.pupil import fingerprint_of, new_number, phone_index, registry_index
from students.permissions import IMPORT_POSTS
from students.queries.roster import RosterPlan, plan_roster

STAGE_ROWS = 5000
ATTEMPTS = 3


def importable_schools(person, *, on) -> dict[str, Unit]:
    """The schools that a person may import to; all of them for a command at the console."""
    schools = Unit.objects.of_kind(UnitKind.SCHOOL).open()
    if person is not None:
        schools = schools.filter(at_or_below("path", person.paths(on=on, kinds=IMPORT_POSTS)))
    return {school.code: school for school in schools}


class RegisterMoved(Exception):
    """Somebody changed the register of these schools, or the keys, while the roster was being checked."""


def import_roster(
    path: Path, *, by=None, since: date | None = None, dry_run=False, progress=None, hold=lambda: None
) -> RosterPlan:
    """Take a roster in, whole or not at all; the plan says what was (or would be) done and what is wrong.

    `since` is the day it speaks of (default today). A plan that the register has outrun (another import, a change of one
    of its pupils, other keys) is made anew. `hold` is asked inside the merge and raises where the import may not stand any more.
    Raises Malformed where the file cannot be read, Refused (`register_moving`; `future_date` where pupils would change
    class on a day to come).
    """
    progress = progress or (lambda done, total: None)
    today = clock.today()
    on = since or today
    schools = importable_schools(by, on=today)
    until = min(max(on, today), school_year_start(school_year(on) + 1) - timedelta(days=1))
    for attempt in range(1, ATTEMPTS + 1):
        known, keys = _latest(), _keys_in_use()
        plan = plan_roster(path, on=on, schools=schools, until=until, progress=lambda done: progress(done, 0))
        if not plan.errors and on > today and any(entry.moves for entry in plan.entries):
            raise Refused("future_date", "调班不能早于当天办理:名册日期晚于今天。")
        if plan.errors or dry_run:
            return plan
        batch = uuid.uuid4()
        try:
            with staging_tables():
                classes = _classes(plan, schools)
                starts = _stage(plan, batch, classes, schools, progress)
                _merge(plan, batch, classes, starts, by=by, known=known, keys=keys, hold=hold)
            return plan
        except RegisterMoved:
            continue
        except IntegrityError:  # a pupil or class of ours came in by another door: judge ours against it
            if attempt == ATTEMPTS:
                raise
    raise Refused("register_moving", "检查期间这些学校的学籍一直有人在改,没有导入。请稍后再试。")


def _latest() -> dict:
    """The newest line of the histories that a plan rests on."""
    return {
        model: model.history.order_by("-history_id").values_list("history_id", flat=True).first() or 0
        for model in (Pupil, Enrolment)
    }


def _keys_in_use() -> tuple:
    """What seals and what indexes: under former keys nothing staged may come into the register."""
    ring = key_ring()
    return ring.current, ring.index


def _lock(plan) -> list[str]:
    """One import at a time into a school; its pupils in the order in which everybody locks them."""
    codes = {entry.key.school_code for entry in plan.entries}
    locked = Unit.objects.select_for_update(no_key=True).filter(code__in=codes)
    paths = [unit.path for unit in locked]
    if connection.features.has_select_for_update:
        keys = [entry.pupil.pk for entry in plan.entries if entry.pupil and (entry.changed or entry.moves)]
        pupils = Pupil.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        list(pupils.values_list("pk", flat=True))
    return paths


def _require_unmoved(paths, known):
    for model, newest in known.items():
        if model.history.filter(at_or_below("path", paths), history_id__gt=newest).exists():
            raise RegisterMoved


@contextmanager
def staging_tables():
    """The staging models' tables as temporary ones, which hide those of the same name until the import is over.

    They lie outside the register: writing them keeps nobody waiting (on SQLite they are another file), costs no
    log, no index and no foreign key, and a crash leaves no children's data behind.
    """
    schema = {"postgresql": "pg_temp", "sqlite": "temp"}[connection.vendor]
    shape = {"postgresql": "(LIKE {0} INCLUDING DEFAULTS INCLUDING IDENTITY)", "sqlite": "AS SELECT * FROM {0} WHERE 0"}
    tables = (STAGED, STAGED_GUARDIAN)
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} {shape[connection.vendor].format(table)}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TABLE {schema}.{table}")


def _stage(plan, batch, classes, schools, progress) -> dict[int, date]:
    """Write what changes beside the register: rolls go on being saved meanwhile.

    Returns the first day of each row's spell, were it to begin one.
    """
    settled = _settled_schools({schools[key.school_code].path for key in classes})
    starts = {entry.row.row: _starts(plan, entry, settled, schools) for entry in plan.entries}
    entries = [entry for entry in plan.entries if entry.pupil is None or entry.changed]
    for start in range(0, len(entries), STAGE_ROWS):
        part = entries[start : start + STAGE_ROWS]
        rows = [_staged(entry, batch, classes[entry.key], starts[entry.row.row]) for entry in part]
        copy_in(StagedPupil, rows)
        copy_in(
            StagedGuardian,
            (
                guardian.as_dict()
                | {"batch": batch, "number": row["number"], "phone_index": phone_index(guardian.phone)}
                for row in rows
                for guardian in plan.guardians.get(row["row"], ())
            ),
        )
        progress(start + len(part), len(entries))
    return starts


@transaction.atomic
def _classes(plan, schools):
    """The classes of the roster; made where they do not exist yet, by one import at a time."""
    keys = sorted({entry.key for entry in plan.entries}, key=lambda key: key.code)
    list(Unit.objects.select_for_update(no_key=True).filter(code__in={key.school_code for key in keys}))
    found = ensure_classes((schools[key.school_code], key.stage, key.entered, key.number) for key in keys)
    return dict(zip(keys, found, strict=True))


def _settled_schools(paths) -> set[str]:
    """Schools that have pupils already: for them this is a later roster."""
    return {path for path in paths if Enrolment.objects.below(path).exists()}


def _starts(plan, entry, settled, schools) -> date:
    """First roster: 1 September of that school year, or the month of entry if later; afterwards the roster's day."""
    if schools[entry.key.school_code].path in settled:
        return plan.on
    start = school_year_start(school_year(plan.on))
    entered = entry.row.values.get("entered_on")
    return entered if entered and entered > start else start


def _staged(entry, batch, school_class, starts) -> dict:
    """The row as it is to stand in the register, by column."""
    said = entry.row.values | {"batch": batch, "row": entry.row.row, "starts": starts}
    if "residence" in said:
        said["residence_id"] = said.pop("residence").pk
    if entry.pupil is None:
        number = new_number()
        own = {"number": number, "fingerprint": fingerprint_of(number)}
        row = BLANK | own | {"school_class_id": school_class.pk, "path": school_class.path} | said
        row["registry_number"] = row["registry_number"] or f"L{secrets.randbelow(10**17):017d}"
    else:
        row = {name: getattr(entry.pupil, name) for name in PUPIL_COLUMNS} | {"pupil": entry.pupil.pk} | said
    if "identity_number" in said:
        row["identity_index"] = entry.identity_index
    if "registry_number" in said:
        row["registry_index"] = entry.registry_index or registry_index(row["registry_number"])
    return row


def _merge(plan, batch, classes, starts, *, by, known, keys, hold):
    """Everything at once, by a handful of set-based statements."""
    with transaction.atomic():
        _require_unmoved(_lock(plan), known)
        if keys != _keys_in_use():
            raise RegisterMoved
        hold()
        at = timezone.now()
        _run(INSERT_PUPILS, batch)
        _run(FIND_KEYS, batch)
        _run(UPDATE_PUPILS, batch)
        _run(INSERT_CHANGES, batch, adapt(at), by.pk if by else None)
        _run(INSERT_SPELLS, batch, adapt(at))
        _run(UPSERT_GUARDIANS, batch)
        _copy_histories(batch, at, by)
        moves = {entry.pupil.pk: classes[entry.key] for entry in plan.entries if entry.moves}
        move_classes(moves, on=plan.on, by=by)
        for entry in plan.entries:
            if entry.enters_after is not None:
                day = max(starts[entry.row.row], entry.enters_after)
                change_register(entry.pupil, ChangeKind.ENROL, date=day, to_class=classes[entry.key], by=by)
        paths = {entry.key.school_code for entry in plan.entries if entry.pupil is None or entry.changed}
        for school in Unit.objects.filter(code__in=paths):
            note_change("enrolment", path=school.path, since=plan.on)


PUPIL, STAGED, GUARDIAN = Pupil._meta.db_table, StagedPupil._meta.db_table, Guardian._meta.db_table
SPELL, CHANGE, STAGED_GUARDIAN = Enrolment._meta.db_table, RegisterChange._meta.db_table, StagedGuardian._meta.db_table
PUPIL_COLUMNS = [field.attname for field in Pupil._meta.concrete_fields if not field.primary_key]
BLANK = {field.attname: field.get_default() for field in StagedPupil._meta.concrete_fields if not field.primary_key}
COLUMNS = ", ".join(columns_of(Pupil, without=("id",)))
KEPT = ("id", "number", "fingerprint", "school_class_id", "path")
SET = ", ".join(f"{column} = staged.{column}" for column in columns_of(Pupil, without=KEPT))

INSERT_PUPILS = f"INSERT INTO {PUPIL} ({COLUMNS}) SELECT {COLUMNS} FROM {STAGED} WHERE batch = %s AND pupil IS NULL"
FIND_KEYS = (
    f"UPDATE {STAGED} SET pupil = -(SELECT {PUPIL}.id FROM {PUPIL} WHERE {PUPIL}.number = {STAGED}.number)"
    " WHERE batch = %s AND pupil IS NULL"
)
UPDATE_PUPILS = (
    f"UPDATE {PUPIL} SET {SET} FROM {STAGED} AS staged WHERE staged.batch = %s AND staged.pupil = {PUPIL}.id"
)
INSERT_CHANGES = (
    f"INSERT INTO {CHANGE} (pupil_id, kind, date, effective_on, to_class_id, to_school, reason, at, by_id, undo)"
    f" SELECT -pupil, 'enrol', starts, starts, school_class_id, '', '', %s, %s, '{{}}' FROM {STAGED}"
    " WHERE batch = %s AND pupil < 0"
)
INSERT_SPELLS = (
    f"INSERT INTO {SPELL} (pupil_id, school_class_id, path, status, starts, recorded_at, began_by_id)"
    f" SELECT -staged.pupil, staged.school_class_id, staged.path, '{EnrolmentStatus.IN_SCHOOL}', staged.starts, change.at,"
    f" change.id FROM {STAGED} AS staged JOIN {CHANGE} AS change ON change.pupil_id = -staged.pupil AND change.at = %s"
    " WHERE staged.batch = %s AND staged.pupil < 0"
)
UPSERT_GUARDIANS = (
    f'INSERT INTO {GUARDIAN} (pupil_id, "order", name, relation, phone, phone_index)'
    f' SELECT {PUPIL}.id, staged."order", staged.name, staged.relation, staged.phone, staged.phone_index FROM {STAGED_GUARDIAN} AS staged'
    f" JOIN {PUPIL} ON {PUPIL}.number = staged.number WHERE staged.batch = %s"
    ' ON CONFLICT (pupil_id, "order") DO UPDATE SET name = excluded.name, relation = excluded.relation,'
    " phone = excluded.phone, phone_index = excluded.phone_index"
)


def _run(statement, batch, *before):
    with connection.cursor() as cursor:
        cursor.execute(statement, [*before, _uuid(batch)])


def _uuid(batch):
    return StagedPupil._meta.get_field("batch").get_db_prep_value(batch, connection)


def _copy_histories(batch, at, by):
    key = _uuid(batch)
    staged = f"SELECT {{}} FROM {STAGED} WHERE batch = %s AND pupil {{}}"
    copy_to_history(Pupil, f"{PUPIL}.id IN ({staged.format('-pupil', '< 0')})", [key], kind="+", by=by)
    copy_to_history(Pupil, f"{PUPIL}.id IN ({staged.format('pupil', '> 0')})", [key], kind="~", by=by)
    new = staged.format("-pupil", "< 0")
    moment = adapt(at)
    copy_to_history(
        RegisterChange, f"{CHANGE}.at = %s AND {CHANGE}.pupil_id IN ({new})", [moment, key], kind="+", by=by
    )
    copy_to_history(Enrolment, f"{SPELL}.pupil_id IN ({new})", [key], kind="+", by=by)
    numbers = f"SELECT number FROM {STAGED_GUARDIAN} WHERE batch = %s"
    where = f"{GUARDIAN}.pupil_id IN (SELECT id FROM {PUPIL} WHERE number IN ({numbers}))"
    copy_to_history(Guardian, where, [key], kind="+", by=by)
