"""Is history whole (architecture.md)? Chains and rows are computed anew; the first that is not as sealed is named."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Max

from organisation.chain import Kept, Source, kept, label_of, said, source_of, sources
from organisation.history_key import history_key, history_key_id
from organisation.models import Seal, SealPoint, Tombstone, Unit
from organisation.rules.chain import GENESIS, Fault, first_fault, mark_of, signed, unpack, whole_windows

BATCH = 2000
WORDS = {
    "altered": "被改动",
    "missing": "不见了",
    "inserted": "是后来插入的",
    "broken": "与前一段接不上",
    "unsigned": "封存记录被改动",
    "gap": "封存记录缺失或重叠",
    "other_key": "是用另一把密钥封存的,无法核对",
    "unlike": "与它自己的历史不符",
    "forged": "变更记录被改动",
    "anchor": "与上交的校验值不符",
}


@dataclass(frozen=True)
class Broken:
    """One thing that is not as it was sealed: where, and what about it. `row` is the first row, 0 where it is a link."""

    kind: str
    county: str
    table: str
    first: int = 0
    last: int = 0
    row: int = 0

    @property
    def sentence(self) -> str:
        where = f"第 {self.first}–{self.last} 号" if self.last else ""
        which = f"第 {self.row} 号记录" if self.row else "这一段"
        return f"{label_of(self.table)}({self.table}){where}:{which}{WORDS[self.kind]}。"


@dataclass(frozen=True)
class Proof:
    """What was looked at, and what was found: nothing, where history is whole."""

    seals: int
    rows: int
    unsealed: int
    broken: list[Broken]


def verify_history(county: str = "", *, anchors=(), progress: Callable = lambda done, total: None) -> Proof:
    """Recompute every chain (or one county's) and every sealed row. `anchors` are (county, number, hash) kept elsewhere."""
    seals = Seal.objects.filter(county=county) if county else Seal.objects.all()
    total = seals.count()
    broken = [*_chains(seals), *_anchored(anchors), *_tombstones(county)]
    done = rows = 0
    for table in sorted(set(seals.order_by().values_list("table", flat=True))):
        for window, seen, fault in _table(table, county):
            done, rows = done + window, rows + seen
            progress(min(done, total), total)
            if fault is not None:
                broken.append(fault)
                break
    if not county:
        broken += [fault for one in kept() if (fault := unlike_history(one))]
    return Proof(total, rows, unsealed(), broken)


def unsealed() -> int:
    """How many keys of the sealed tables wait for the next run."""
    to = dict(SealPoint.objects.values_list("table", "sealed_to"))
    return sum(max(0, source.top() - to.get(source.table, 0)) for source in sources())


def _chains(seals) -> Iterator[Broken]:
    """Each county's links: in order, each on the one before, each under the key."""
    key, key_id = history_key(), history_key_id()
    rows = seals.order_by("county", "number").iterator(200)
    for _, links in groupby(rows, key=lambda seal: seal.county):
        previous, number = GENESIS, 1
        for seal in links:
            place = (seal.county, seal.table, seal.first, seal.last)
            if seal.key != key_id:
                yield Broken("other_key", *place)
                break
            if seal.number != number or seal.previous != previous:
                yield Broken("broken", *place)
                break
            if signed(key, *seal.said()) != seal.hash:
                yield Broken("unsigned", *place)
                break
            previous, number = seal.hash, number + 1


def _anchored(anchors) -> Iterator[Broken]:
    for county, number, digest in anchors:
        if not Seal.objects.filter(county=county, number=number, hash=digest).exists():
            yield Broken("anchor", county, "organisation_seal", row=number)


def _tombstones(county) -> Iterator[Broken]:
    key = history_key()
    stones = Tombstone.objects.filter(county=county) if county else Tombstone.objects.all()
    for stone in stones.order_by("pk").iterator():
        if signed(key, *stone.said()) != stone.signature:
            yield Broken("forged", stone.county, stone.table, stone.first, stone.last, stone.pk)
            return


def _table(table, county) -> Iterator[tuple[int, int, Broken | None]]:
    """(seals, rows, first fault) of each batch of a table, in the order of keys."""
    if table not in {source.table for source in sources()}:
        return
    windows = Seal.objects.filter(table=table).order_by("first", "county")
    spans = sorted(set(windows.values_list("first", "last")))
    gap = whole_windows(spans)
    if gap is not None:
        yield 0, 0, Broken("gap", county, table, row=gap)
        return
    point = SealPoint.objects.filter(table=table).first()
    if point is not None and spans and point.sealed_to > spans[-1][1]:
        yield 0, 0, Broken("gap", county, table, row=spans[-1][1] + 1)
        return
    for (first, last), seals in groupby(windows.iterator(200), key=lambda seal: (seal.first, seal.last)):
        found = _compared(source_of(table), first, last, list(seals), county)
        yield found
        if found[2] is not None:
            return


def _compared(source: Source, first, last, seals, county) -> tuple[int, int, Broken | None]:
    sealed: dict[int, bytes] = {}
    whose: dict[int, str] = {}
    try:
        for seal in seals:
            for row, mark in unpack(bytes(seal.marks)).items():
                sealed[row], whose[row] = mark, seal.county
    except (ValueError, IndexError):
        return len(seals), 0, Broken("unsigned", seals[0].county, source.table, first, last)
    key = history_key()
    found, places = {}, {}
    for row in source.read(gte=first, lte=last):
        found[row.key], places[row.key] = mark_of(key, source.table, row.key, row.values), row.county
    if county:
        mine = {row for row, place in whose.items() if place == county}
        mine |= {row for row, place in places.items() if place == county and row not in sealed}
        sealed = {row: mark for row, mark in sealed.items() if row in mine}
        found = {row: mark for row, mark in found.items() if row in mine}
    fault: Fault | None = first_fault(sealed, found, _lawful(source.table, first, last, sealed.keys() - found.keys()))
    if fault is None:
        return len(seals), len(sealed), None
    place = whose.get(fault.key) or places.get(fault.key, "")
    return len(seals), len(sealed), Broken(fault.kind, place, source.table, first, last, fault.key)


def _lawful(table, first, last, gone) -> dict[int, dict[bytes, bytes | None]]:
    """{row: {mark: the mark that it became}} by tombstones whose signature holds; a mark that became None was taken out."""
    key = history_key()
    changes: dict[int, dict[bytes, bytes | None]] = defaultdict(dict)
    purged: list[tuple[int, int]] = []
    for stone in Tombstone.objects.filter(table=table, first__lte=last, last__gte=first).order_by("pk"):
        if signed(key, *stone.said()) != stone.signature:
            continue
        if stone.kind == "purged":
            purged.append((stone.first, stone.last))
        else:
            changes[stone.first][bytes.fromhex(stone.before)] = bytes.fromhex(stone.after) if stone.after else None
    for row in gone:
        if any(low <= row <= high for low, high in purged):
            changes[row] = _Purged()
    return changes


class _Purged(dict):
    """Whatever the row said, it was taken out."""

    def __contains__(self, mark):
        return True

    def __getitem__(self, mark):
        return None


def unlike_history(one: Kept) -> Broken | None:
    """The first row of a model that does not say what the newest line of its history says; None where all do."""
    after = 0
    while True:
        rows = dict(said(one.model._base_manager.filter(pk__in=_next_keys(one.model, after)), one.fields))
        if not rows:
            return None
        lines = _newest_lines(one, list(rows))
        for key in sorted(rows):
            if key in lines and lines[key] != rows[key] and _is_unlike(one, key):
                return Broken("unlike", "", one.model._meta.db_table, row=key)
        after = max(rows)


def _next_keys(model, after) -> list[int]:
    return list(model._base_manager.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])


def _newest_lines(one: Kept, keys) -> dict[int, list]:
    """{row: what the newest line of its history says}."""
    history = one.model.history.model
    newest = history.objects.filter(id__in=keys).order_by().values("id").annotate(newest=Max("history_id"))
    lines = history.objects.filter(history_id__in=[row["newest"] for row in newest]).order_by()
    return {values.pop(): values for _, values in said(lines, one.fields, "id")}


def _is_unlike(one: Kept, key) -> bool:
    """Looked at once more: somebody may have been writing."""
    rows = dict(said(one.model._base_manager.filter(pk=key), one.fields))
    lines = _newest_lines(one, [key])
    return key in rows and key in lines and rows[key] != lines[key]


@dataclass(frozen=True)
class Digest:
    """The last link of a county's chain on a day: what is printed and kept elsewhere."""

    county: str
    name: str
    code: str
    seal: Seal

    @property
    def grouped(self) -> str:
        """The hash as people read it aloud and compare it."""
        return " ".join(self.seal.hash[start : start + 8] for start in range(0, len(self.seal.hash), 8))

    @property
    def line(self) -> str:
        """As `verify_history --anchor` takes it."""
        return f"{self.code or '-'}:{self.seal.number}:{self.seal.hash}"


def digests(seals, *, days: int = 1) -> list[Digest]:
    """The last link of each of the last `days` days on which something was sealed, newest first, of every chain in `seals`."""
    heads = seals.values("county", "at__date").annotate(last=Max("number")).order_by("county", "-at__date")
    wanted: dict[str, list[int]] = defaultdict(list)
    for head in heads:
        if len(wanted[head["county"]]) < days:
            wanted[head["county"]].append(head["last"])
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=wanted)}
    found = []
    for county, numbers in sorted(wanted.items()):
        unit = units.get(county)
        links = Seal.objects.filter(county=county, number__in=numbers).defer("marks").order_by("-number")
        found += [Digest(county, unit.name if unit else "全局", unit.code if unit else "", seal) for seal in links]
    return found
