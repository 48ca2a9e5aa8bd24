"""The cast of accountability: a bureau head who decides about a principal, two inspectors who investigate."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accountability.tests.matters import walk
from organisation.enums import PostKind
from organisation.models import Unit
from organisation.tests.factories import make_holder

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


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


@pytest.fixture
def pdf():
    return SimpleUploadedFile("证明.pdf", PDF, "application/pdf")


@pytest.fixture
def html():
    return SimpleUploadedFile("证明.pdf", b"<html><script>alert(1)</script>", "application/pdf")
