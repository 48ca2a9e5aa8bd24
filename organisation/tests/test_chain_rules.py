"""The pure part of the chain: marks, their keeping, the first fault, lawful changes, windows."""

import contextlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation.rules.chain import Fault, first_fault, mark_of, pack, unpack, whole_windows

KEY = b"k" * 32
A, B, C = (bytes([letter]) * 16 for letter in (1, 2, 3))


def test_the_same_moment_has_the_same_mark_in_every_zone():
    there = datetime(2026, 11, 23, 8, tzinfo=timezone(timedelta(hours=8)))
    assert mark_of(KEY, "t", 1, [there]) == mark_of(KEY, "t", 1, [there.astimezone(UTC)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, ["a", "b"]), (1, ["ab", ""])),
        ((1, ["a"]), (2, ["a"])),
        ((1, [None]), (1, [""])),
        ((1, [1]), (1, [True])),
        ((1, [date(2026, 11, 23)]), (1, [date(2026, 11, 24)])),
        ((1, [{"a": 1}]), (1, [{"a": 2}])),
    ],
)
def test_what_differs_has_another_mark(one, other):
    assert mark_of(KEY, "t", *one) != mark_of(KEY, "t", *other)


def test_the_order_of_a_documents_names_and_a_numbers_zeros_say_nothing():
    assert mark_of(KEY, "t", 1, [{"a": 1, "b": 2}]) == mark_of(KEY, "t", 1, [{"b": 2, "a": 1}])
    assert mark_of(KEY, "t", 1, [Decimal("1.50")]) == mark_of(KEY, "t", 1, [Decimal("1.5")])


def test_without_the_key_no_mark_can_be_made():
    assert mark_of(KEY, "t", 1, ["a"]) != mark_of(b"o" * 32, "t", 1, ["a"])


@given(st.dictionaries(st.integers(1, 2**40), st.binary(min_size=16, max_size=16)))
def test_what_is_packed_comes_out_again(marks):
    assert unpack(pack(marks)) == marks


@given(st.dictionaries(st.integers(1, 2**40), st.binary(min_size=16, max_size=16), min_size=1), st.data())
def test_cut_bytes_are_noticed(marks, data):
    packed = pack(marks)
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with contextlib.suppress(ValueError):
        assert unpack(cut) != marks


@pytest.mark.parametrize(
    ("sealed", "found", "lawful", "fault"),
    [
        ({1: A, 2: B}, {1: A, 2: B}, {}, None),
        ({1: A, 2: B}, {1: A, 2: C}, {}, Fault(2, "altered")),
        ({1: A, 2: B}, {2: B}, {}, Fault(1, "missing")),
        ({1: A}, {1: A, 2: B}, {}, Fault(2, "inserted")),
        ({1: A, 3: B}, {2: C}, {}, Fault(1, "missing")),
        ({1: A}, {1: B}, {1: {A: B}}, None),
        ({1: A}, {1: C}, {1: {A: B, B: C}}, None),
        ({1: A}, {1: C}, {1: {A: B}}, Fault(1, "altered")),
        ({1: A}, {}, {1: {A: None}}, None),
        ({1: A}, {1: A}, {1: {A: None}}, Fault(1, "altered")),
        ({1: A}, {1: A}, {1: {A: B, B: A}}, None),
    ],
)
def test_the_first_row_that_is_not_as_it_was_sealed(sealed, found, lawful, fault):
    assert first_fault(sealed, found, lawful) == fault


@pytest.mark.parametrize(
    ("windows", "wrong"),
    [
        ([], None),
        ([(1, 5), (6, 6)], None),
        ([(6, 9), (1, 5)], None),
        ([(2, 5)], 1),
        ([(1, 5), (7, 9)], 6),
        ([(1, 5), (5, 9)], 5),
    ],
)
def test_batches_of_a_table_leave_no_gap(windows, wrong):
    assert whole_windows(windows) == wrong
