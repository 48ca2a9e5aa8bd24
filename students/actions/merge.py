"""Two files of one child become one (P1): everything that hangs on the other follows, and its address and numbers lead here."""

from collections.abc import Callable

from django.db import models, transaction
from django.db.models import F, ProtectedError, Q
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from organisation import clock
from organisation.actions.chain import changing
from organisation.actions.outbox import note_change
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person
from organisation.queries.units import name_path
from students.actions.timeline import record
from students.models import Enrolment, Guardian, Pupil, PupilAlias, Roll, RollVersion, TimelineEntry
from students.permissions import may_merge

BATCH = 500
TEMPORARY = "L"
_clashes: dict[type[models.Model], Callable] = {}


def register_clash(model, settle: Callable):
    """What is done where both files have a row of `model` that can stand only once: `settle(kept, other)` leaves one."""
    _clashes[model] = settle


@transaction.atomic
def merge_pupils(kept: Pupil, other: Pupil, *, by: Person, reason: str) -> Pupil:
    """Merge `other` into `kept`; both histories are kept, the other's address and numbers lead to the file that stays.

    Raises NotYours, Malformed (`missing`, `same_file`), Refused (`two_places`: both were enrolled at once in different
    classes; `cannot_merge`: both have something that can stand only once).
    """
    if kept.pk == other.pk:
        raise Malformed("same_file", "这是同一份档案。", fields={"other": ["请选择另一份档案"]})
    if not may_merge(by, kept, other, on=clock.today()):
        raise NotYours("permission_denied", "合并档案由本校学籍管理员办理;跨学校的由教育局办理。")
    if len(reason.strip()) < 2:
        raise Malformed("missing", "请写明合并的原因。", fields={"reason": ["必填"]})
    locked = {pupil.pk: pupil for pupil in Pupil.objects.select_for_update().filter(pk__in=[kept.pk, other.pk])}
    kept, other = locked[kept.pk], locked[other.pk]
    since = min(Enrolment.objects.filter(pupil__in=locked).values_list("starts", flat=True), default=clock.today())
    _join_spells(kept, other)
    with changing(_sealed_rows(other), by=by, reason=f"合并档案 {other.number} 到 {kept.number}"):
        for relation in _relations():
            _move_rows(relation, kept, other, by=by)
    alias = _leave_alias(kept, other, by=by, reason=reason.strip()[:200])
    last = kept.enrolments.select_related("school_class").order_by("starts").last()
    if last is not None:
        kept.school_class, kept.path = last.school_class, last.path
    kept.save()
    text = f"合并档案:编号 {alias.number}({alias.name})并入本档案({alias.reason})"
    record(kept, "register", text, by=by, on=clock.today())
    note_change("enrolment", path=kept.path, since=since, pupils=[kept.pk])
    return kept


def _relations():
    """The foreign keys to a pupil of every model of the house, but those of history: that hangs on its own rows."""
    found = (relation.field for relation in Pupil._meta.get_fields(include_hidden=True) if relation.one_to_many)
    return [field for field in found if not hasattr(field.model, "history_date") and not field.model._meta.proxy]


def _sealed_rows(other) -> dict[str, list[int]]:
    """What is never changed but by a merge: the entries of the child's timeline, and the marks on the rolls as they stand."""
    rolls = Roll.objects.filter(marks__pupil=other)
    tables = {
        TimelineEntry: TimelineEntry.objects.filter(pupil=other),
        Roll: rolls,
        RollVersion: RollVersion.objects.filter(roll__in=rolls, version=F("roll__version") - 1),
    }
    return {model._meta.db_table: list(rows.values_list("pk", flat=True)) for model, rows in tables.items()}


def _join_spells(kept, other):
    """Spells of both files in one class with one status are one spell; at two places at once is no child."""
    spells = list(
        Enrolment.objects.filter(pupil__in=[kept, other]).select_related("school_class").order_by("starts", "pk")
    )
    standing = []
    for spell in spells:
        before = standing[-1] if standing else None
        if before is None or (before.ends is not None and before.ends <= spell.starts):
            standing.append(spell)
            continue
        if (before.school_class_id, before.status) != (spell.school_class_id, spell.status):
            today = clock.today()
            places = "和".join(
                f"{name_path(one.path, on=today)}({one.get_status_display()})" for one in (before, spell)
            )
            raise Refused(
                "two_places",
                f"两份档案从 {spell.starts:%Y-%m-%d} 起同时在{places},一个孩子不能同时在两处。请先更正其中一份的学籍异动。",
            )
        spell.delete()
        if before.ends is not None and (spell.ends is None or spell.ends > before.ends):
            before.ends, before.ended_by = spell.ends, spell.ended_by
            before.save()


def _move_rows(field, kept, other, *, by):
    model = field.model
    if model is Guardian:
        _renumber_guardians(kept, other)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and field.name in constraint.fields:
            _settle(model, field, constraint, kept, other)
    rows = list(model._default_manager.filter(**{field.name: other}))
    if not rows:
        return  # some records refuse every change, even of nothing
    for row in rows:
        setattr(row, field.name, kept)
    if hasattr(model, "history"):
        bulk_update_with_history(
            rows, model, [field.name], batch_size=BATCH, default_user=by, default_change_reason="合并档案"
        )
    else:
        model._default_manager.bulk_update(rows, [field.name], batch_size=BATCH)


def _renumber_guardians(kept, other):
    """The kept file's guardians stay first; one who is on both files stays once."""
    present = list(kept.guardians.all())
    known = {(guardian.name, guardian.relation, guardian.phone) for guardian in present}
    order = max((guardian.order for guardian in present), default=0)
    for guardian in other.guardians.order_by("-order"):
        if (guardian.name, guardian.relation, guardian.phone) in known:
            guardian.delete()
        else:
            guardian.order += order
            guardian.save()


def _settle(model, field, constraint, kept, other):
    """Leave one of each two rows that may stand only once: by what the model's floor registered, else the kept file's."""
    names = [name for name in constraint.fields if name != field.name]
    standing = model._default_manager.filter(constraint.condition or Q())
    mine = {tuple(getattr(row, name) for name in names): row for row in standing.filter(**{field.name: kept})}
    for row in standing.filter(**{field.name: other}):
        twin = mine.get(tuple(getattr(row, name) for name in names))
        if twin is None:
            continue
        try:
            with transaction.atomic():
                _clashes.get(model, _keep_ours)(twin, row)
        except ProtectedError as error:
            what = model._meta.verbose_name
            raise Refused("cannot_merge", f"两份档案都有“{what}”,只能留一份,请先办结其中一份。") from error


def _keep_ours(kept, other):
    other.delete()


def _leave_alias(kept, other, *, by, reason) -> PupilAlias:
    """The other file goes; what it was known by stays. The kept one takes over numbers that it lacks."""
    numbers = {name: getattr(other, name) for name in ("identity_number", "registry_number")}
    indexes = {name: getattr(other, name) for name in ("identity_index", "registry_index")}
    alias = PupilAlias(number=other.number, pupil=kept, name=other.name, reason=reason, by=by, at=timezone.now())
    other._history_user, other._change_reason = by, f"并入 {kept.number}"
    other.delete()
    if numbers["identity_number"] and not kept.identity_number:
        kept.identity_type, kept.identity_number = other.identity_type, numbers["identity_number"]
    if _is_temporary(kept.registry_number) and not _is_temporary(numbers["registry_number"]):
        numbers["registry_number"], kept.registry_number = kept.registry_number, numbers["registry_number"]
        indexes["registry_index"] = kept.registry_index
    for name, value in {**numbers, **indexes}.items():
        setattr(alias, name, value)
    alias.save()
    return alias


def _is_temporary(registry_number) -> bool:
    return not registry_number or registry_number.startswith(TEMPORARY)
