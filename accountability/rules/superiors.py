"""Who is whose subordinate, by posts alone (F51): along whom a vacant post falls to and who screens whom. Pure."""

from accountability.enums import SCREENED_BY
from organisation.enums import NEXT_POST, PostKind


def _above(kind) -> set[PostKind]:
    found, edge = set(), {PostKind(kind)}
    while edge:
        edge = {table[one] for one in edge for table in (NEXT_POST, SCREENED_BY) if one in table} - found
        found |= edge
    return found


SUPERIORS = {kind: _above(kind) - {kind} for kind in PostKind}


def is_below(own, chiefs) -> bool:
    """Whether a holder of the posts `own` is a subordinate of a holder of `chiefs`; posts are (kind, path of unit)."""
    return any(
        chief in SUPERIORS[PostKind(kind)] and path.startswith(above) for kind, path in own for chief, above in chiefs
    )
