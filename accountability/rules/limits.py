"""A unit over its limit (D5 一): exactly, and whether one child makes the difference. Pure."""

from decimal import Decimal


def exceeds(numerator: int, denominator: int, permille: Decimal) -> bool:
    """Numerator × 1000 > limit in ‰ × denominator: never in floats."""
    return numerator * 1000 > permille * denominator


def is_small_number(numerator: int, denominator: int, permille: Decimal) -> bool:
    """Over the limit, and with one child less it would not be."""
    return exceeds(numerator, denominator, permille) and not exceeds(numerator - 1, denominator, permille)


def children_allowed(opening: int, permille: Decimal) -> int:
    """How many children of a class may be lost without its going over the limit."""
    return int(permille * opening // 1000)
