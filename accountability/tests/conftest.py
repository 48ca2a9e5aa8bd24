"""The cast of accountability: a bureau head who decides about a principal, two inspectors who investigate."""

import pytest

from accountability.tests.matters import walk
from organisation.enums import PostKind
from organisation.models import Unit
from organisation.tests.factories import make_holder


@pytest.fixture
def team(county):
    """Two who are nobody's subordinates in the matter."""
    return [make_holder(PostKind.INSPECTOR, county, name) for name in ("邹督学", "路督学")]


@pytest.fixture
def prefecture_leader(county):
    return make_holder(PostKind.PREFECTURE_LEADER, Unit.objects.get(path=county.path[:-4]), "市领导")


@pytest.fixture
def at_state(bureau_head, team, principal, prefecture_leader):
    """A matter against the principal, in the state that is asked for."""

    def build(state, **subject):
        return walk(bureau_head, team, state, **(subject or {"subject_person": principal}))

    return build
