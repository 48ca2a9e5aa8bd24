"""What tells a wrong digit from another child, and who is of school age (F68, P2)."""

from datetime import date

import pytest

from casework.rules.half_years import end_of_half, half_of
from casework.rules.household import grade_by_age, is_wrong_digit, school_age_births
from casework.rules.referrals import is_child_labour, suspected_harms
from organisation.rules.regulation import CompareRules, LabourRules

NUMBER = "520502201304010011"


@pytest.mark.parametrize(
    ("other", "has_twin", "wrong"),
    [
        ("520502201304010012", False, True),  # one digit
        ("520502201304010101", False, True),  # two neighbours exchanged
        ("520502201304020021", False, True),  # two digits
        ("520502201304020022", False, False),  # three
        (NUMBER, False, False),  # the same
        ("52050220130401001", False, False),  # another length
        ("", False, False),
        ("520502201304010030", True, False),  # twins: two children, never a wrong digit
        ("520502201305010011", True, True),  # a twin's own number with another month is a wrong digit
    ],
)
def test_a_wrong_digit_is_told_from_another_child(other, has_twin, wrong):
    assert is_wrong_digit(NUMBER, other, has_twin=has_twin) is wrong


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        (date(2026, 11, 23), date(2010, 9, 1), date(2020, 8, 31)),
        (date(2027, 8, 31), date(2010, 9, 1), date(2020, 8, 31)),
        (date(2027, 9, 1), date(2011, 9, 1), date(2021, 8, 31)),
    ],
)
def test_school_age_is_counted_at_the_school_years_start(on, first, last):
    assert school_age_births(on, CompareRules()) == (first, last)


@pytest.mark.parametrize(
    ("born_on", "grade"),
    [
        (date(2020, 8, 31), 1),
        (date(2019, 9, 1), 1),
        (date(2013, 4, 1), 8),
        (date(2010, 9, 1), 9),
        (date(2021, 1, 1), 1),
    ],
)
def test_a_child_without_a_class_belongs_into_the_grade_of_its_age(born_on, grade):
    assert grade_by_age(born_on, date(2026, 11, 23), CompareRules()) == grade


@pytest.mark.parametrize(
    ("born_on", "hazardous", "is_labour"),
    [
        (date(2010, 11, 24), False, True),
        (date(2010, 11, 23), False, False),
        (date(2010, 11, 23), True, True),
        (date(2008, 11, 23), True, False),
    ],
)
def test_hazardous_work_is_child_labour_up_to_eighteen(born_on, hazardous, is_labour):
    assert is_child_labour(born_on, date(2026, 11, 23), LabourRules(), is_hazardous=hazardous) is is_labour


def test_a_cause_says_which_harm_may_not_wait():
    assert suspected_harms(["work", "lost", "early_marriage"]) == ["marriage", "missing"]


def test_a_year_has_two_halves_to_inspect_in():
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [(half_of(day), end_of_half(day)) for day in days] == [
        ("2026-H1", date(2026, 6, 30)),
        ("2026-H2", date(2026, 12, 31)),
    ]
