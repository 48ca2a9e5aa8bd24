"""The kinds of duties: whoever opens one declares its name, the page where it is done, and whether only that act does it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class DutyKind:
    """`page` gives the address where the duty is done; `own_act` ones cannot simply be ticked off.

    `pages` gives {key: address} for many duties, where looking them up one by one would cost a statement each.
    `confidential` ones are seen by nobody but who answers for them.
    """

    key: str
    label: str
    page: Callable | None = None
    own_act: bool = True
    pages: Callable | None = None
    confidential: bool = False


_kinds: dict[str, DutyKind] = {}


def register_kind(kind: DutyKind):
    _kinds[kind.key] = kind


def kind_of(duty) -> DutyKind:
    return _kinds[duty.kind]


def confidential_kinds() -> list[str]:
    return [kind.key for kind in _kinds.values() if kind.confidential]


def pages_of(duties) -> dict[int, str]:
    """{duty: where it is done}: its own act's page, else the duty's; as many statements for many as for one."""
    by_kind: dict[str, list] = {}
    for duty in duties:
        by_kind.setdefault(duty.kind, []).append(duty)
    pages: dict[int, str] = {}
    for key, found in by_kind.items():
        kind = _kinds[key]
        if kind.pages:
            pages |= kind.pages(found)
        else:
            pages |= {duty.pk: kind.page(duty) if kind.page else reverse("duty", args=[duty.pk]) for duty in found}
    return pages
