from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from students.models import Enrolment
from students.tests.factories import make_pupil, make_spell

DAY = date(2026, 9, 1)
spell = st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(1, 30)))


def overlap(a, b):
    (a0, a1), (b0, b1) = a, b
    return (b1 is None or a0 < b1) and (a1 is None or b0 < a1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spell, min_size=2, max_size=5))
def test_the_database_itself_refuses_overlapping_spells(class_a, spells):
    with transaction.atomic():
        pupil = make_pupil(class_a)
        pupil.enrolments.all().delete()
        kept = []
        for start, length in spells:
            span = (start, None if length is None else start + length)
            try:
                with transaction.atomic():
                    make_spell(
                        pupil,
                        class_a,
                        starts=DAY + timedelta(days=start),
                        ends=length and DAY + timedelta(days=start + length),
                    )
            except IntegrityError:
                assert any(overlap(span, other) for other in kept)
            else:
                assert not any(overlap(span, other) for other in kept)
                kept.append(span)
        transaction.set_rollback(True)


def test_a_bulk_update_cannot_make_spells_overlap(pupils_a, class_a):
    pupil = pupils_a[0]
    Enrolment.objects.filter(pupil=pupil).update(ends=date(2026, 10, 1))
    make_spell(pupil, class_a, starts=date(2026, 10, 1))

    with pytest.raises(IntegrityError), transaction.atomic():
        Enrolment.objects.filter(pupil=pupil, starts=DAY).update(ends=date(2026, 10, 2))
