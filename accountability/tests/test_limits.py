"""A unit over its limit, and whether one child makes the difference: in integers, never in floats."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accountability.rules.limits import children_allowed, exceeds, is_small_number

LIMIT = Decimal(18)  # ‰


@pytest.mark.parametrize(
    ("lost", "opening", "over", "small"),
    [
        (0, 0, False, False),
        (0, 48, False, False),
        (1, 48, True, True),
        (1, 55, True, True),
        (1, 56, False, False),
        (2, 56, True, True),
        (3, 56, True, False),
        (18, 1000, False, False),
        (19, 1000, True, True),
        (25, 1000, True, False),
    ],
)
def test_over_the_limit_and_by_one_child(lost, opening, over, small):
    assert (exceeds(lost, opening, LIMIT), is_small_number(lost, opening, LIMIT)) == (over, small)


@given(st.integers(0, 60), st.integers(1, 3000), st.decimals("0.1", "50", places=1))
def test_what_a_class_may_lose_is_just_what_does_not_exceed(lost, opening, permille):
    assert exceeds(lost, opening, permille) == (lost > children_allowed(opening, permille))
