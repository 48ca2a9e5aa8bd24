"""Changing the keys: every sealed column, histories too, is sealed and indexed anew while people go on working."""

import secrets
from dataclasses import replace

from django.apps import apps
from django.db import connection, transaction
from django.db.models import CharField, Q
from django.db.models.functions import Left

from organisation.fields import SealedField
from organisation.sealing import KEY_BYTES, KeyRing, blind_index, key_ring, replace_ring

BATCH = 500


def rotate_keys(progress=lambda done, total: None) -> int:
    """Seal and index everything under new keys, then forget the old ones. Returns how many rows were written.

    Ended at any point it is begun again where it stood: the new keys lie in the ring from the first moment, a sealed
    value names its key, and an index is compared before it is written.
    """
    ring = _begin()
    models = sealed_models()
    total = sum(model._base_manager.count() for model in models)
    done = written = 0
    for model in models:
        for seen, changed in _reseal(model, ring):
            done, written = done + seen, written + changed
            progress(done, total)
    if ring.next_index is not None:
        _switch_index(models, ring)
    for model in models:  # histories, and what was written meanwhile by somebody who still held the old keys
        written += sum(changed for _, changed in _reseal(model, ring))
        written += sum(_reindex(model, key_ring().index))
    replace_ring(replace(key_ring(), sealing={ring.current: ring.sealing[ring.current]}))
    return written


def _begin() -> KeyRing:
    """The ring with new keys in it; the one that an interrupted rotation left, where there is one."""
    ring = key_ring()
    if ring.next_index is not None or len(ring.sealing) > 1:
        return ring
    name = f"k{int(ring.current[1:]) + 1}"
    keys = {**ring.sealing, name: secrets.token_bytes(KEY_BYTES)}
    replace_ring(KeyRing(name, keys, ring.index, secrets.token_bytes(KEY_BYTES)))
    return key_ring()


def sealed_models() -> list:
    """Every model with a sealed column; histories are models of their own."""
    return [model for model in apps.get_models() if sealed_fields(model)]


def sealed_fields(model) -> list[SealedField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]


def _reseal(model, ring):
    """Yield (rows seen, rows written) batch by batch: the rows that some other key seals."""
    fields = [field.name for field in sealed_fields(model)]
    mark = f"{ring.current}."
    heads = {f"{name}_key": Left(name, len(mark), output_field=CharField()) for name in fields}
    stale = Q()
    for head in heads:
        stale |= ~Q(**{head: mark}) & ~Q(**{head: ""})
    after = None
    while True:
        with transaction.atomic():
            rows = model._base_manager.order_by("pk").select_for_update(no_key=True)
            rows = rows.filter(pk__gt=after) if after is not None else rows
            keys = list(rows.values_list("pk", flat=True)[:BATCH])
            if not keys:
                return
            old = list(model._base_manager.annotate(**heads).filter(stale, pk__in=keys).only("pk", *fields))
            model._base_manager.bulk_update(old, fields)  # writing a value seals it under the current key
        after = keys[-1]
        yield len(keys), len(old)


def _switch_index(models, ring):
    """Index what is searched under the new key in one transaction, then let everybody search under it."""
    live = [model for model in models if not hasattr(model, "instance_type") and _indexed(model)]
    with transaction.atomic():
        if connection.vendor == "postgresql":
            tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in live)
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        for model in live:
            sum(_reindex(model, ring.next_index))
    replace_ring(replace(key_ring(), index=ring.next_index, next_index=None))


def _indexed(model):
    return [field for field in sealed_fields(model) if field.indexed_in]


def _reindex(model, key):
    """Yield how many rows of each batch got another index under `key`."""
    fields = _indexed(model)
    if not fields:
        return
    names = [name for field in fields for name in (field.name, field.indexed_in)]
    after = None
    while True:
        with transaction.atomic():
            rows = model._base_manager.order_by("pk").select_for_update(no_key=True).only("pk", *names)
            batch = list((rows.filter(pk__gt=after) if after is not None else rows)[:BATCH])
            if not batch:
                return
            wrong = [row for row in batch if _set_index(row, fields, key)]
            model._base_manager.bulk_update(wrong, [field.indexed_in for field in fields])
        after = batch[-1].pk
        yield len(wrong)


def _set_index(row, fields, key) -> bool:
    """Give the row its indexes under `key`; whether any of them was another one."""
    before = [getattr(row, field.indexed_in) for field in fields]
    for field in fields:
        value = getattr(row, field.name)
        setattr(row, field.indexed_in, blind_index(value, column=field.indexed_as, key=key) if value else None)
    return before != [getattr(row, field.indexed_in) for field in fields]
