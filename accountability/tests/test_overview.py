"""The overview: whom a principal has to look at, a bureau's matters, clocks and grounds; counts of nobody's own."""

from datetime import date

import pytest

from accountability.models import Lead
from accountability.queries.overview import grounds_by_month, leads_over, staff_with_open_matters
from accountability.tests.factories import lead_against, make_complaint, served_finding
from casework.actions.duties import chase_duties
from casework.tests.factories import make_duty
from organisation.enums import PostKind
from organisation.tests.factories import make_holder

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("post", "status"),
    [
        ("principal", 200),
        ("county_clerk", 200),
        ("bureau_head", 200),
        ("prefecture_officer", 200),
        ("class_teacher", 403),
        ("head_of_teaching", 403),
        ("township_officer", 403),
        ("administrator", 403),
    ],
)
def test_who_looks_at_it(as_, request, post, status):
    assert as_(request.getfixturevalue(post)).get("/accountability/").status_code == status


def test_a_principal_reads_what_to_screen_and_whose_matters_are_open(as_, principal, class_teacher, class_a):
    lead_against(class_teacher, ground="G3")
    make_duty(class_a)
    chase_duties()
    page = as_(principal).get("/accountability/").content.decode()
    assert "督查发现问题" in page
    assert [(one.name, one.leads, one.late) for one in staff_with_open_matters(principal, on=TODAY)] == [
        ("余老师", 1, 1)
    ]


def test_two_of_one_name_are_two(principal, class_teacher, school_a):
    other = make_holder(PostKind.HEAD_OF_TEACHING, school_a, class_teacher.name)
    for person in (class_teacher, other):
        lead_against(person)
    assert [one.leads for one in staff_with_open_matters(principal, on=TODAY)] == [1, 1]


def test_the_bureau_counts_and_names_no_staff(
    as_, county_clerk, bureau_head, principal, class_teacher, class_a, county
):
    lead_against(class_teacher, ground="G3")
    served_finding(class_teacher, class_a)
    make_complaint(county)
    page = as_(county_clerk).get("/accountability/").content.decode()
    assert "G3 管理不规范" in page
    assert "受理投诉" in page
    assert "已送达生效" in page
    assert class_teacher.name not in page


def test_nobody_counts_what_is_against_themselves_or_their_own_unit(county_clerk, bureau_head, county, school_a):
    lead_against(county)
    lead_against(county_clerk)
    lead_against(school_a)
    assert leads_over(county_clerk, on=TODAY).count() == 1
    assert leads_over(bureau_head, on=TODAY).count() == 2


def test_grounds_over_time_leave_out_what_is_empty(principal, bureau_head, class_teacher, school_a):
    lead_against(class_teacher, ground="G3")
    lead_against(school_a)
    months, lines = grounds_by_month(leads_over(bureau_head, on=TODAY), on=TODAY)
    assert months == [date(2026, 11, 1)]
    assert [(label, total) for label, _, total in lines] == [("G3 管理不规范,自查报告不及时", 1), ("待初核认定", 1)]
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("number", [1, 3])
def test_it_costs_as_much_for_three_matters_as_for_one(
    as_, principal, class_teacher, number, django_assert_max_num_queries
):
    for _ in range(number):
        lead_against(class_teacher, ground="G3")
    client = as_(principal)
    client.get("/accountability/")
    with django_assert_max_num_queries(24):
        client.get("/accountability/")
