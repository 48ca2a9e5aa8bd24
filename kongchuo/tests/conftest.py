"""The world that the walks over all routes share."""

import pytest

from kongchuo.tests.world import built_world


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """Built once for all tests of this file; what a request changes is rolled back after it."""
    with django_db_blocker.unblock(), built_world(tmp_path_factory.getbasetemp() / "world") as built:
        yield built


@pytest.fixture
def the_worlds_folder(own_data_folder, settings, tmp_path_factory):
    settings.DATA_DIR = tmp_path_factory.getbasetemp() / "world"
