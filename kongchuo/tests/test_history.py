"""The whole house, after everything that its tests' world did: history is whole, and says so again after the next change."""

import pytest
from django.contrib import admin

from kongchuo.tests.world import DAY
from organisation.actions.chain import seal_history
from organisation.chain import guarded, kept, sources
from organisation.queries.chain import verify_history
from students.actions.register import change_register

pytestmark = [pytest.mark.walk, pytest.mark.django_db, pytest.mark.usefixtures("the_worlds_folder")]


def test_what_the_products_own_actions_wrote_is_whole(world):
    seal_history()
    seal_history()
    assert verify_history().broken == []
    change_register(world.places["own"].pupil, "home_teaching", date=DAY, reason="重病", by=None)
    seal_history()
    assert verify_history().broken == []


def test_every_floor_with_records_seals_them():
    tables = {source.table.split("_")[0] for source in sources()}
    assert tables >= {"organisation", "students", "casework"}


def test_the_admin_site_administers_nothing_that_is_sealed():
    history = {source.table for source in sources()} | {one.model._meta.db_table for one in kept()}
    history |= {model._meta.db_table for model in guarded()}
    assert not {model._meta.db_table for model in admin.site._registry} & history
