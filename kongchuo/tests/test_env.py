import pytest
from django.core.checks import run_checks

from kongchuo.env import Environment


@pytest.mark.parametrize(
    ("read", "values", "expected"),
    [
        (lambda env: env.flag("X"), {"X": "1"}, True),
        (lambda env: env.flag("X", True), {"X": "no"}, False),
        (lambda env: env.flag("X", True), {}, True),
        (lambda env: env.number("X", 5), {"X": "12"}, 12),
        (lambda env: env.day("X"), {"X": "2026-11-23"}, "2026-11-23"),
        (lambda env: env.words("X", "a"), {"X": "b, c,"}, ["b", "c"]),
        (lambda env: env.address("X", "", schemes=("redis",)), {"X": "redis://h/1"}, "redis://h/1"),
        (lambda env: env.text("X", "d"), {"X": "  "}, "d"),
    ],
)
def test_a_variable_is_read_by_its_type(read, values, expected):
    env = Environment(values)
    assert read(env) == expected
    assert not env.problems


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.flag("X"), "maybe"),
        (lambda env: env.number("X", 5, least=1), "0"),
        (lambda env: env.number("X", 5), "viele"),
        (lambda env: env.day("X"), "2026-02-30"),
        (lambda env: env.address("X", "", schemes=("redis",)), "http://h"),
        (lambda env: env.address("X", "", schemes=("redis",)), "redis://"),
    ],
)
def test_a_wrong_value_is_remembered_with_a_hint_and_never_used(read, value):
    env = Environment({"X": value})
    assert read(env) in (False, 5, "")
    (problem,) = env.problems
    assert problem.name == "X"
    assert value in problem.message
    assert problem.hint


def test_a_wrong_variable_is_refused_at_start(settings):
    settings.ENVIRONMENT = Environment({"X": "viele"})
    settings.ENVIRONMENT.number("X", 1)
    assert "kongchuo.E001" in {error.id for error in run_checks()}
