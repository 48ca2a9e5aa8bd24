"""The chain over what may not be bent: a keyed mark of each row, batches that name the one before. Pure.

A mark is an HMAC, so that it neither gives a row away after it was lawfully taken out nor can be made without the key.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

MARK_BYTES = 16
HASH_LENGTH = 64
GENESIS = "0" * HASH_LENGTH


@dataclass(frozen=True)
class Fault:
    """The first thing in a batch that is not as it was sealed. `kind` is altered, missing or inserted."""

    key: int
    kind: str


def mark_of(key: bytes, table: str, row: int, values: Sequence) -> bytes:
    """The mark of a row: the same on every database, as long as the same was written."""
    text = json.dumps([table, row, *values], ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain)
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:MARK_BYTES]


def _plain(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} has no plain form")


def pack(marks: Mapping[int, bytes]) -> bytes:
    """{row: mark} as it is kept: the distance to the row before in as few bytes as it needs, then the mark."""
    packed, before = bytearray(), 0
    for row in sorted(marks):
        distance, before = row - before, row
        while distance > 0x7F:
            packed.append(0x80 | distance & 0x7F)
            distance >>= 7
        packed.append(distance)
        packed += marks[row]
    return bytes(packed)


def unpack(packed: bytes) -> dict[int, bytes]:
    """What `pack` kept. Raises ValueError where the bytes were cut."""
    marks: dict[int, bytes] = {}
    place = row = 0
    while place < len(packed):
        distance = shift = 0
        while packed[place] & 0x80:
            distance |= (packed[place] & 0x7F) << shift
            shift, place = shift + 7, place + 1
            if place >= len(packed):
                raise ValueError("cut")
        distance |= packed[place] << shift
        row, place = row + distance, place + 1
        mark = packed[place : place + MARK_BYTES]
        if len(mark) < MARK_BYTES:
            raise ValueError("cut")
        marks[row], place = mark, place + MARK_BYTES
    return marks


def signed(key: bytes, *said) -> str:
    """What is said, and nothing else, under the key."""
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hmac.digest(key, text.encode(), "sha256").hex()


def first_fault(
    sealed: Mapping[int, bytes], found: Mapping[int, bytes], lawful: Mapping[int, Mapping[bytes, bytes | None]]
) -> Fault | None:
    """The first row, in order, that is not as it was sealed.

    `lawful` says of a row which mark became which by a verb that left a tombstone; None: the row was taken out.
    """
    for row in sorted({*sealed, *found}):
        if row not in sealed:
            return Fault(row, "inserted")
        expected = _followed(sealed[row], lawful.get(row, {}))
        if row not in found:
            if expected is None:
                continue
            return Fault(row, "missing")
        if found[row] != expected:
            return Fault(row, "altered")
    return None


def _followed(mark: bytes, changes: Mapping[bytes, bytes | None]) -> bytes | None:
    """Where lawful changes led from a mark; a circle ends where it began."""
    seen = set()
    now: bytes | None = mark
    while now is not None and now in changes and now not in seen:
        seen.add(now)
        now = changes[now]
    return now


def whole_windows(windows: Iterable[tuple[int, int]]) -> int | None:
    """The first row key at which the batches of a table leave a gap or lie over each other; None: they are whole."""
    expected = 1
    for first, last in sorted(windows):
        if first != expected or last < first:
            return min(first, expected)
        expected = last + 1
    return None
