"""Sealing history: new rows join their county's chain in batches, never in a request; lawful changes leave a tombstone."""

from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

from organisation import clock
from organisation.chain import Source, source_of, sources
from organisation.enums import TombstoneKind
from organisation.errors import Refused
from organisation.history_key import history_key, history_key_id
from organisation.models import AccessEntry, Seal, SealPoint, Tombstone
from organisation.rules.chain import GENESIS, mark_of, pack, signed

BATCH = 1000
LEAST_DAYS_KEPT = 183  # 网络安全法 21: logs are kept six months or more


def seal_history(progress=lambda sealed: None) -> int:
    """Seal what was written since the last run, table by table; returns how many rows.

    Ended at any point it goes on where it stood, and of two at once only one seals a batch. A row is sealed once no
    transaction can hold a lower key any more: what is written now is sealed by the next run.
    """
    looks = {source.table: _look(source) for source in sources()}
    sealed = 0
    for source in sources():
        point, _ = SealPoint.objects.get_or_create(table=source.table)
        seen, seen_at = looks[source.table]
        until = seen if _is_settled(seen_at) else point.seen if _is_settled(point.seen_at) else 0
        after = _sealed_to(point)
        while after < until:
            after, rows = _seal_batch(source, after, until)
            sealed += rows
            progress(sealed)
        SealPoint.objects.filter(pk=point.pk, seen_at=point.seen_at).update(seen=seen, seen_at=seen_at)
    return sealed


def _sealed_to(point) -> int:
    """Where the table's last seal ends: the seals say so, whatever became of the point."""
    last = Seal.objects.filter(table=point.table).order_by("-first").values_list("last", flat=True).first() or 0
    if point.sealed_to < last:
        point.sealed_to = last
        point.save(update_fields=["sealed_to"])
    return point.sealed_to


def _look(source) -> tuple[int, datetime]:
    """The highest key, and then the moment: whoever holds a lower key has begun before it."""
    top = source.top()
    if connection.vendor != "postgresql":
        return top, timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return top, cursor.fetchone()[0]


def _is_settled(seen_at) -> bool:
    """Whether all transactions that ran at that moment have ended."""
    if seen_at is None:
        return False
    if connection.vendor != "postgresql":
        return True  # SQLite has one writer: a key that is read is final
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start <= %s)",
            [seen_at],
        )
        return cursor.fetchone()[0]


def _seal_batch(source: Source, after: int, until: int) -> tuple[int, int]:
    """Seal the next rows behind `after`: read and marked first, written in a short transaction. Returns (where it stands, rows)."""
    key, marks, last = history_key(), defaultdict(dict), after
    for number, row in enumerate(source.read(gt=after, lte=until), start=1):
        marks[row.county][row.key] = mark_of(key, source.table, row.key, row.values)
        last = row.key
        if number == BATCH:
            break
    if not marks:
        return until, 0
    with transaction.atomic():
        SealPoint.objects.select_for_update().get_or_create(table="")
        point = SealPoint.objects.select_for_update().get(table=source.table)
        if point.sealed_to != after:
            return point.sealed_to, 0  # another worker was faster
        at = timezone.now()
        heads = _heads(marks)
        Seal.objects.bulk_create(
            _link(heads.get(county), county, source.table, (after + 1, last), marks[county], at)
            for county in sorted(marks)
        )
        point.sealed_to = last
        point.save(update_fields=["sealed_to"])
    return last, sum(len(rows) for rows in marks.values())


def _heads(counties) -> dict[str, Seal]:
    found = {}
    for county in counties:
        head = Seal.objects.filter(county=county).defer("marks").order_by("-number").first()
        if head is not None:
            found[county] = head
    return found


def _link(head, county, table, span, marks, at) -> Seal:
    seal = Seal(
        county=county,
        number=head.number + 1 if head else 1,
        table=table,
        first=span[0],
        last=span[1],
        rows=len(marks),
        marks=pack(marks),
        previous=head.hash if head else GENESIS,
        key=history_key_id(),
        at=at,
    )
    seal.hash = signed(history_key(), *seal.said())
    return seal


@contextmanager
def changing(rows: dict[str, list[int]], *, by, reason):
    """Inside, rows that are otherwise never changed may change by law; what each was and became is signed.

    `rows` are {table: keys}. Runs inside the transaction of the verb.
    """
    before = {table: _marks(table, keys) for table, keys in rows.items() if keys}
    yield
    at = timezone.now()
    stones = []
    for table, marks in before.items():
        after = _marks(table, list(marks))
        for row, (mark, county) in marks.items():
            now = after.get(row)
            if now is None or now[0] != mark:
                stones.append(_stone(TombstoneKind.CHANGED, county, table, (row, row), reason, by, at, mark, now))
    Tombstone.objects.bulk_create(stones, batch_size=500)


def _marks(table, keys) -> dict[int, tuple[bytes, str]]:
    key = history_key()
    rows = source_of(table).read(**{"in": keys})
    return {row.key: (mark_of(key, table, row.key, row.values), row.county) for row in rows}


def _stone(kind, county, table, span, reason, by, at, before=b"", now=None) -> Tombstone:
    stone = Tombstone(
        kind=kind,
        county=county,
        table=table,
        first=span[0],
        last=span[1],
        before=before.hex(),
        after=now[0].hex() if now else "",
        reason=reason,
        by=by,
        at=at,
    )
    stone.signature = signed(history_key(), *stone.said())
    return stone


@transaction.atomic
def purge_access_log(*, before, by, reason) -> int:
    """Take out access entries of days before `before`; returns how many. Only sealed ones go, and a tombstone stays.

    Raises Refused (`kept_by_law`: younger than six months; `not_sealed`; `reason_needed`).
    """
    if not reason.strip():
        raise Refused("reason_needed", "请写明清除的事由。")
    if before > clock.today() - timedelta(days=LEAST_DAYS_KEPT):
        raise Refused("kept_by_law", "查阅记录至少保存六个月,不能清除更近的。", article="网络安全法第二十一条")
    table, entries = AccessEntry._meta.db_table, AccessEntry._base_manager.order_by("pk")
    midnight = clock.at(before, time.min)
    kept = entries.filter(at__gte=midnight).values_list("pk", flat=True).first()
    gone = entries.filter(at__lt=midnight, **({"pk__lt": kept} if kept else {})).values_list("pk", flat=True)
    if not gone.exists():
        return 0
    first, last = gone.first(), gone.last()
    point = SealPoint.objects.select_for_update().filter(table=table).first()
    if point is None or point.sealed_to < last:
        raise Refused("not_sealed", "还有没封存的查阅记录,请先运行 seal_history。")
    at, span = timezone.now(), (first, last)
    seals = Seal.objects.filter(table=table, first__lte=last, last__gte=first)
    counties = sorted(set(seals.order_by().values_list("county", flat=True)))
    Tombstone.objects.bulk_create(
        _stone(TombstoneKind.PURGED, county, table, span, reason.strip()[:200], by, at) for county in counties
    )
    return AccessEntry._base_manager.filter(pk__range=span).delete()[0]
