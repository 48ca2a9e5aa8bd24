"""A rate against its limit (figures.md), compared exactly: never in floats. Pure."""

import hashlib
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from organisation.rules.regulation import Thresholds
from reports.enums import Formula, RateState, StageOf

SIX_PLACES = Decimal("0.000001")
FORMULAS = frozenset(Formula.values)


class Judged(NamedTuple):
    """A rate as a fraction to six decimals, the limit that binds it, and where it stands."""

    rate: Decimal | None
    threshold: Decimal | None
    state: RateState


def judge(numerator: int, denominator: int, *, stage: str, formula: str, thresholds: Thresholds) -> Judged:
    """Only the formula in force has a limit, and only a single stage: 小学 and 初中 have different ones.

    Over: numerator × 1000 > limit in ‰ × denominator. Near: from 80 % of the limit on.
    """
    rate = (Decimal(numerator) / denominator).quantize(SIX_PLACES, ROUND_HALF_UP) if denominator else None
    if stage == StageOf.ALL or formula != thresholds.formula or formula not in FORMULAS:
        return Judged(rate, None, RateState.NONE)
    permille = thresholds.permille(stage)
    limit = (permille / 1000).quantize(SIX_PLACES)
    if rate is None:
        return Judged(None, limit, RateState.NONE)
    return Judged(rate, limit, _state(numerator * 1000, permille * denominator, thresholds.near_percent))


def _state(found, allowed, near_percent) -> RateState:
    if found > allowed:
        return RateState.OVER
    return RateState.NEAR if found * 100 >= allowed * near_percent and found else RateState.WITHIN


def children_until_over(numerator: int, denominator: int, permille: Decimal) -> int:
    """How many more children would put the unit over its limit: what a small denominator means."""
    allowed = int(permille * denominator // 1000)
    return max(allowed - numerator + 1, 0)


def hash_of(pupils: int, fingerprint: int) -> str:
    """Tells whether a denominator is still the same pupils: their number and the sum of their fingerprints."""
    return hashlib.blake2b(f"{pupils}:{fingerprint}".encode(), digest_size=16).hexdigest()


def fraction(value: Decimal | None) -> str | None:
    """A rate or a limit as files and the API give it: a fraction with six decimals."""
    return None if value is None else f"{value:.6f}"
