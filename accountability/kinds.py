"""What evidence may refer to: whoever owns such rows declares where they are shown and who sees them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class ReferenceKind:
    """`rows` gives the rows of the kind that a person sees, by key; `page` the name of the page that shows one."""

    key: str
    page: str
    rows: Callable


_kinds: dict[str, ReferenceKind] = {}


def register_reference(kind: ReferenceKind):
    _kinds[kind.key] = kind


def shown_references(references, person, *, on) -> list[tuple[str, str]]:
    """[(label, address)] of what evidence refers to; no address where the person does not see what is there."""
    found = []
    for one in references:
        kind = _kinds.get(one.get("kind"))
        key = one.get("key")
        sees = kind is not None and kind.rows(person, on).filter(pk=key).exists()
        found.append((one["label"], reverse(kind.page, args=[key]) if sees else ""))
    return found
