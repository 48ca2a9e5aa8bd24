"""Three ledgers and the month of cases: the same records, counted and listed (F68, F36, P28)."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from casework.actions.cases.opening import suspect
from casework.actions.household import import_list
from casework.enums.household import ListKind
from casework.models import CaseMove
from casework.queries.ledgers import COLUMNS
from casework.queries.monthly_cases import cases_of_month
from casework.tests.test_case_pages import put_in
from casework.tests.test_compare import write_list
from organisation.models import AccessEntry
from students.actions.register import change_register
from students.tests.factories import identity_number, make_guardian, make_pupil

MONDAY = date(2026, 11, 16)


def sheet_of(response):
    book = load_workbook(BytesIO(b"".join(response.streaming_content)))
    return [[cell.value for cell in row] for row in book.active.rows]


@pytest.fixture
def children(tmp_path, county, county_clerk, township, class_a):
    """One suspected, one dropped out of a poor household, one in school; all on the household list."""
    made = []
    for serial, name in enumerate(("马疑似", "马辍学", "马在校")):
        child = make_pupil(
            class_a, name, identity_number=identity_number(serial), residence=township, village="上寨一组"
        )
        make_guardian(child, "马父", phone="13900001234")
        made.append(child)
    rows = [(child.name, child.identity_number, "马父") for child in made]
    import_list(write_list(tmp_path / "a.xlsx", rows), county=county, kind=ListKind.HOUSEHOLD, on=MONDAY)
    import_list(write_list(tmp_path / "b.xlsx", rows[1:2]), county=county, kind=ListKind.POVERTY, on=MONDAY)
    suspect(made[0], source="days_away", away_since=MONDAY)
    put_in(suspect(made[1], source="days_away", away_since=MONDAY), "persuading")
    return made


def test_the_ledgers_count_and_list_the_same_children(as_, children, county_clerk, township_officer):
    client = as_(county_clerk)
    (line,) = client.get("/ledgers/").context["lines"]
    assert [line[key] for key in ("listed", "here", "suspected", "dropouts")] == [3, 3, 1, 1]
    for kind, names in (
        ("suspected", ["马疑似"]),
        ("dropouts", ["马辍学"]),
        ("children", ["马疑似", "马辍学", "马在校"]),
    ):
        found = client.get(f"/ledgers/{kind}/").context["lines"]
        assert [dict(cells)["姓名"] for _, cells in found] == names
    assert client.get("/ledgers/children/?part=register").context["page"].paginator.count == 3
    for query, number in (("poor=1", 1), ("village=上寨", 1), ("village=下寨", 0), ("cause=work", 0), ("late=1", 0)):
        assert client.get(f"/ledgers/dropouts/?{query}").context["page"].paginator.count == number, query
    (own,) = as_(township_officer).get("/ledgers/").context["lines"]
    assert own == line


def test_a_ledger_is_taken_along_with_all_columns_and_whole_numbers_only_for_a_reason(
    as_, children, county_clerk, principal
):
    heads, line = sheet_of(as_(county_clerk).get("/ledgers/dropouts/?as=xlsx"))
    found = dict(zip(heads, line, strict=True))
    assert tuple(heads) == COLUMNS
    assert (found["姓名"], found["身份证号"][-4:], found["状态"], found["村组"]) == (
        "马辍学", children[1].identity_number[-4:], "劝返中", "上寨一组"
    )  # fmt: skip
    assert children[1].identity_number not in line
    assert as_(county_clerk).get("/ledgers/dropouts/?as=xlsx&full=1").status_code == 400
    _, line = sheet_of(as_(county_clerk).get("/ledgers/dropouts/?as=xlsx&full=1&reason=上报国家平台"))
    assert children[1].identity_number in line
    assert AccessEntry.objects.get(action="reveal").reason == "上报国家平台"
    assert as_(principal).get("/ledgers/dropouts/?as=xlsx&full=1&reason=x").status_code == 403


def test_a_month_counts_where_the_child_was_then_and_zero_schools_too(
    as_, county, class_a, class_b, school_a, school_b, principal
):
    gone = make_pupil(class_a, "马走")
    case = put_in(suspect(gone, source="days_away", away_since=MONDAY), "persuading")
    CaseMove.objects.filter(case=case).update(on=date(2026, 10, 12))
    case.moves.create(episode=case.episode, after="confirmed", on=date(2026, 10, 15), at=case.moves.get().at)
    case.moves.create(episode=case.episode, after="returned", on=date(2026, 11, 10), at=case.moves.first().at)
    change_register(gone, "transfer_out", date=date(2026, 11, 16), to_school="本县", by=None)
    change_register(gone, "transfer_in", date=date(2026, 11, 16), to_class=class_b, by=None)
    put = {school_a.pk: "a", school_b.pk: "b"}
    shown = {
        month: {
            put[one.school.pk]: (one.opened, one.confirmed, one.returned, one.ledger)
            for one in cases_of_month([county.path], month)
        }
        for month in ("2026-09", "2026-10", "2026-11")
    }
    assert shown == {
        "2026-09": {"a": (0, 0, 0, 0), "b": (0, 0, 0, 0)},
        "2026-10": {"a": (1, 1, 0, 1), "b": (0, 0, 0, 0)},
        "2026-11": {"a": (0, 0, 1, 0), "b": (0, 0, 0, 0)},
    }
    client = as_(principal)
    assert "零报告 1 所" in client.get("/cases/monthly/?month=2026-09").content.decode()
    assert sheet_of(client.get("/cases/monthly/?month=2026-10&as=xlsx"))[1][1:3] == [1, 1]
    assert client.get("/cases/monthly/?month=2027-01").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_a_ledger_costs_as_much_for_three_as_for_one(as_, class_a, principal, number, django_assert_max_num_queries):
    for _ in range(number):
        suspect(make_pupil(class_a), source="days_away", away_since=MONDAY)
    client = as_(principal)
    with django_assert_max_num_queries(22):
        client.get("/ledgers/suspected/")
