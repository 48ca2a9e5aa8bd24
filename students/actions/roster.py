"""Importing a roster (F03): checked and staged batch by batch, merged whole in one short transaction."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path

from django.db import IntegrityError, connection, transaction

from organisation import clock
from organisation.actions.classes import ensure_classes
from organisation.actions.outbox import note_change
from organisation.enums import UnitKind
from organisation.errors import Refused
from organisation.models import Unit
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import at_or_below
from organisation.sealing import key_ring
from students.actions.register import change_register, move_classes
from students.actions.staging import Staging, staging_tables
from students.enums import ChangeKind
from students.models import Enrolment, Pupil
from students.permissions import IMPORT_POSTS
from students.queries.roster import RosterPlan, plan_roster

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
        check = partial(plan_roster, path, on=on, schools=schools, until=until, progress=lambda done: progress(done, 0))
        if dry_run:
            return _allowed(check(), today)
        try:
            with staging_tables():
                staging = Staging(schools, on)
                plan = _allowed(check(take=staging.take), today)
                if plan.errors:
                    return plan
                progress(plan.rows, plan.rows)
                classes = _classes(plan, schools)
                staging.settle(classes)
                _merge(plan, staging, classes, by=by, known=known, keys=keys, hold=hold)
            return plan
        except RegisterMoved:
            continue
        except IntegrityError:  # a pupil or class of ours came in by another door: judge ours against it
            if attempt == ATTEMPTS:
                raise
    raise Refused("register_moving", "检查期间这些学校的学籍一直有人在改,没有导入。请稍后再试。")


def _allowed(plan, today) -> RosterPlan:
    if not plan.errors and plan.on > today and plan.moves:
        raise Refused("future_date", "调班不能早于当天办理:名册日期晚于今天。")
    return plan


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
    locked = Unit.objects.select_for_update(no_key=True).filter(code__in=plan.schools)
    paths = [unit.path for unit in locked]
    if connection.features.has_select_for_update:
        pupils = Pupil.objects.select_for_update(no_key=True).filter(pk__in=plan.touched).order_by("pk")
        list(pupils.values_list("pk", flat=True))
    return paths


def _require_unmoved(paths, known):
    for model, newest in known.items():
        if model.history.filter(at_or_below("path", paths), history_id__gt=newest).exists():
            raise RegisterMoved


@transaction.atomic
def _classes(plan, schools):
    """The classes of the roster; made where they do not exist yet, by one import at a time."""
    keys = sorted(plan.classes, key=lambda key: key.code)
    list(Unit.objects.select_for_update(no_key=True).filter(code__in=plan.schools))
    found = ensure_classes((schools[key.school_code], key.stage, key.entered, key.number) for key in keys)
    return dict(zip(keys, found, strict=True))


def _merge(plan, staging, classes, *, by, known, keys, hold):
    """Everything at once, by a handful of set-based statements."""
    with transaction.atomic():
        _require_unmoved(_lock(plan), known)
        if keys != _keys_in_use():
            raise RegisterMoved
        hold()
        staging.merge(by=by)
        move_classes({pupil: classes[key] for pupil, key in plan.moves.items()}, on=plan.on, by=by)
        for pupil, key, after, entered_on in plan.enters:
            day = max(staging.starts_of(key.school_code, entered_on), after)
            change_register(Pupil.objects.get(pk=pupil), ChangeKind.ENROL, date=day, to_class=classes[key], by=by)
        for school in Unit.objects.filter(code__in=plan.written):
            note_change("enrolment", path=school.path, since=plan.on)
