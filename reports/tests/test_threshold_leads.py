"""The nightly figures make a lead of each unit over its limit (F50), once, and only of today's figures."""

from datetime import date

import pytest

from accountability.models import Lead
from organisation.enums import PostKind
from organisation.models import Unit
from organisation.tests.factories import make_holder
from reports.actions.rates import compute_rates, open_leads_over_limits
from reports.tests.factories import change
from students.tests.factories import make_pupil

TODAY = date(2026, 11, 23)


@pytest.fixture
def seats(class_a, county, bureau_head):
    prefecture = Unit.objects.get_parent(county)
    make_holder(PostKind.COUNTY_LEADER, county)
    make_holder(PostKind.PREFECTURE_LEADER, prefecture)
    make_holder(PostKind.PROVINCE_OFFICER, Unit.objects.get_parent(prefecture))


def test_the_nightly_figures_open_them_once(seats, class_a, school_a):
    pupils = [make_pupil(class_a, starts=date(2026, 8, 30)) for _ in range(20)]
    change(pupils[0], "drop_out", date(2026, 10, 9))
    computed = compute_rates(as_of=TODAY)
    assert open_leads_over_limits(computed) == 4  # school, township, county, prefecture
    assert open_leads_over_limits(compute_rates(as_of=TODAY)) == 0
    lead = Lead.objects.get(subject_unit=school_a)
    assert lead.evidence["small_number"] is True
    assert lead.evidence["references"][0]["kind"] == "figure"
    assert open_leads_over_limits(compute_rates(as_of=date(2026, 11, 1))) == 0


def test_a_lead_opens_its_figure_for_who_sees_the_names(as_, seats, class_a, school_a, bureau_head):
    pupils = [make_pupil(class_a, starts=date(2026, 8, 30)) for _ in range(20)]
    change(pupils[0], "drop_out", date(2026, 10, 9))
    open_leads_over_limits(compute_rates(as_of=TODAY))
    lead = Lead.objects.get(subject_unit=school_a)
    page = as_(bureau_head).get(f"/leads/{lead.pk}/").content.decode()
    assert "/rates/" in page
    assert pupils[0].name not in page
