"""What is sealed: each floor names its tables in `AppConfig.ready()`, by one line a table (`seal_rows`, `seal_history`)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from django.db.models import Max, Model, TextField
from django.db.models.functions import Cast

from organisation.fields import SealedField
from organisation.sealing import unseal

COUNTY_LENGTH = 12


@dataclass(frozen=True)
class Row:
    """One row as it is sealed: its key, the county whose chain it stands in, and what it says."""

    key: int
    county: str
    values: Sequence


class Source(Protocol):
    """Rows that are written once. `read` gives those whose keys fulfil a condition, in the order of their keys."""

    table: str
    label: str

    def top(self) -> int: ...

    def read(self, **keys) -> Iterator[Row]: ...


@dataclass(frozen=True)
class Rows:
    """The rows of a model that nobody changes; of one that is changed in part, the `fields` that are not."""

    model: type[Model]
    place: str
    label: str
    fields: tuple[str, ...]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    def top(self) -> int:
        return self.model._base_manager.aggregate(top=Max("pk"))["top"] or 0

    def read(self, **keys) -> Iterator[Row]:
        condition = {f"pk__{name}": value for name, value in keys.items()}
        rows = self.model._base_manager.filter(**condition).order_by("pk")
        for key, values in said(rows, self.fields, self.place):
            yield Row(key, (values.pop() or "")[:COUNTY_LENGTH], values)


def said(rows, fields: Sequence[str], *more: str) -> Iterator[tuple[int, list]]:
    """(key, what the row says) of each row. What is encrypted is read as it is meant: other keys change the bytes."""
    columns = {field.attname: field.column for field in _encrypted(rows.model)}
    held = {f"{name}_as_held": Cast(name, TextField()) for name in fields if name in columns}
    bound = [(place, columns[name]) for place, name in enumerate(fields) if name in columns]
    names = [f"{name}_as_held" if name in columns else name for name in fields]
    for key, *values in rows.annotate(**held).values_list("pk", *names, *more).iterator(2000):
        for place, column in bound:
            values[place] = _opened(values[place], column)
        yield key, values


def _encrypted(model) -> list[SealedField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]


def _opened(value, column) -> str | None:
    try:
        return unseal(value, column=column) if value else value
    except (InvalidTag, KeyError, ValueError):
        return "unreadable"  # altered bytes, which is what is looked for


@dataclass(frozen=True)
class Kept:
    """A model with a history: each row says what the newest line of its history says, but for `loose` fields."""

    model: type[Model]
    fields: tuple[str, ...]

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)


_sources: dict[str, Source] = {}
_kept: dict[str, Kept] = {}
_guarded: dict[type[Model], tuple[str, ...]] = {}


def seal_source(source: Source):
    """Seal what a source of one's own reads."""
    _sources[source.table] = source


def seal_rows(model, *, place: str, but: Iterable[str] = (), also: Iterable[str] = ()):
    """Seal the rows of a model that is only ever added to, and whose keys are numbers.

    `place` leads to the path of the unit, `but` are fields that move, `also` ones of rows that belong to it.
    """
    seal_source(Rows(model, place, str(model._meta.verbose_name), (*_fields(model, but), *also)))


def seal_history(model, *, place: str = "path", loose: Iterable[str] = ()):
    """Seal the history of a model, and hold its rows against it. `loose` fields move without a line of history."""
    history = model.history.model
    seal_source(Rows(history, place, f"{model._meta.verbose_name}(历史)", _fields(history, ())))
    tracked = {field.attname for field in history._meta.concrete_fields}
    fields = tuple(name for name in _fields(model, loose) if name in tracked)
    _kept[model._meta.db_table] = Kept(model, fields)


def guard(model, *, free: Iterable[str] = ()):
    """The database itself refuses to change or delete rows of this model, but for `free` fields."""
    _guarded[model] = tuple(free)


def _fields(model, but) -> tuple[str, ...]:
    """All columns but the key and blind indexes, which are others under another key."""
    left = {*but, *(field.indexed_in for field in _encrypted(model))}
    return tuple(
        field.attname for field in model._meta.concrete_fields if not field.primary_key and field.name not in left
    )


def sources() -> list[Source]:
    return [_sources[table] for table in sorted(_sources)]


def source_of(table: str) -> Source:
    return _sources[table]


def kept() -> list[Kept]:
    return [_kept[table] for table in sorted(_kept)]


def guarded() -> dict[type[Model], tuple[str, ...]]:
    return dict(_guarded)


def label_of(table: str) -> str:
    """What people call a table."""
    named = _sources.get(table) or _kept.get(table)
    return named.label if named else table
