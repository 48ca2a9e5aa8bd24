"""The kinds of duties: whoever opens one declares its name, the page where it is done, and whether only that act does it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class DutyKind:
    """`page` gives the address where the duty is done; `own_act` ones cannot simply be ticked off; `confidential` ones
    are seen by nobody but who answers for them."""

    key: str
    label: str
    page: Callable | None = None
    own_act: bool = True
    confidential: bool = False


_kinds: dict[str, DutyKind] = {}


def register_kind(kind: DutyKind):
    _kinds[kind.key] = kind


def kind_of(duty) -> DutyKind:
    return _kinds[duty.kind]


def confidential_kinds() -> list[str]:
    return [kind.key for kind in _kinds.values() if kind.confidential]


def page_of(duty) -> str:
    """Where the duty is done: its own act's page, else the duty's."""
    page = kind_of(duty).page
    return page(duty) if page else reverse("duty", args=[duty.pk])
