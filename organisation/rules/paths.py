"""Ranges of tree paths: scope, figures and rankings are all "at or below this unit". Pure."""

from functools import reduce
from operator import or_

from django.db.models import Q

STEP = 4
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def path_after(path: str) -> str:
    """The first path behind everything at or below `path`."""
    kept = path.rstrip(DIGITS[-1])
    return kept[:-1] + DIGITS[DIGITS.index(kept[-1]) + 1] if kept else path + DIGITS[-1]


def at_or_below(field: str, paths) -> Q:
    """A filter for rows whose `field` lies at or below one of `paths`, as index ranges. No paths, no rows."""
    ranges = (Q(**{f"{field}__gte": path, f"{field}__lt": path_after(path)}) for path in topmost(paths))
    return reduce(or_, ranges, Q(pk__in=[]))


def is_at_or_below(path: str, above: str) -> bool:
    return path.startswith(above)


def ancestors(path: str) -> list[str]:
    """The paths from the root down to `path` itself."""
    return [path[:end] for end in range(STEP, len(path) + 1, STEP)]


def topmost(paths) -> list[str]:
    """`paths` without those that lie below another of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not (kept and path.startswith(kept[-1])):
            kept.append(path)
    return kept
