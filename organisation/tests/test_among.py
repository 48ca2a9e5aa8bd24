"""Many keys as one parameter: the same rows as `__in`, on a key and through a foreign key."""

import pytest

from organisation.models import Post, Unit


@pytest.mark.parametrize("kind", [list, set, dict.fromkeys, iter])
def test_among_finds_what_in_finds(class_teacher, school_a, class_a, kind):
    keys = [school_a.pk, class_a.pk, 2**40]
    assert {*Unit.objects.filter(pk__among=kind(keys))} == {school_a, class_a}
    assert {*Post.objects.filter(unit__among=kind(keys))} == {*Post.objects.filter(unit__in=keys)}


def test_among_nobody_is_nobody_and_asks_nothing(class_a, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not Unit.objects.filter(pk__among=[]).exists()
    with pytest.raises(TypeError):
        Unit.objects.filter(pk__among=["1) OR (1=1"])
