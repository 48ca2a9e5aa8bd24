"""The pattern of lists: sorted by headings, taken along as it is shown, refused when too long, written down."""

import io

import openpyxl
import pytest

from organisation import listing
from organisation.models import AccessEntry
from students.tests.factories import make_pupil


@pytest.fixture
def sheet_of(as_):
    def take(person, address):
        response = as_(person).get(address)
        assert response.status_code == 200
        book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}  # "n": empty
        return [[cell.value for cell in row] for row in book.active.iter_rows()]

    return take


def names_in(response):
    return [pupil.name for pupil, *_ in response.context["rows"]]


def test_a_heading_sorts_and_a_second_click_turns_the_order(as_, principal, pupils_a):
    client = as_(principal)
    upward = names_in(client.get("/students/?sort=name"))
    assert sorted(upward) == sorted(pupil.name for pupil in pupils_a)
    assert names_in(client.get("/students/?sort=-name")) == upward[::-1]


@pytest.mark.parametrize("word", ["registry_number", "-school_class__path", "name,pk", "", "-"])
def test_an_unknown_order_changes_nothing(as_, principal, pupils_a, word):
    client = as_(principal)
    assert names_in(client.get("/students/", {"sort": word})) == names_in(client.get("/students/"))


def test_what_is_shown_is_what_is_taken_along(sheet_of, class_teacher, class_a, class_b, pupils_a):
    make_pupil(class_b, "外校生")
    heads, *rows = sheet_of(class_teacher, "/students/?q=马&as=xlsx")
    assert heads[:2] == ["姓名", "班级"]
    assert [row[0] for row in rows] == ["马小龙"]


def test_numbers_leave_the_list_masked(sheet_of, class_teacher, class_a):
    pupil = make_pupil(class_a, "罗布次仁", registry_number="G52052620130401271X")
    text = str(sheet_of(class_teacher, "/students/?as=xlsx"))
    assert pupil.registry_number not in text
    assert pupil.masked_registry_number in text


def test_a_name_that_looks_like_a_formula_stays_text(sheet_of, class_teacher, class_a):
    make_pupil(class_a, "=1+1")
    assert sheet_of(class_teacher, "/students/?as=xlsx")[1][0] == "=1+1"


def test_that_a_list_was_taken_along_is_written_down(sheet_of, class_teacher, class_a, pupils_a):
    sheet_of(class_teacher, "/students/?as=xlsx")
    entry = AccessEntry.objects.get(action="export")
    assert (entry.person, entry.what, entry.reason) == (class_teacher, "list", "学生名单")
    assert entry.path == class_a.path


def test_a_list_too_long_to_take_along_is_refused_with_a_sentence(as_, class_teacher, pupils_a, monkeypatch):
    monkeypatch.setattr(listing, "MOST", 2)
    response = as_(class_teacher).get("/students/?as=xlsx")
    assert response.status_code == 409
    assert "请先筛选" in response.content.decode()


@pytest.mark.parametrize("address", ["/slips/", "/escalations/", "/duties/", "/leads/"])
def test_every_list_can_be_taken_along(sheet_of, principal, pupils_a, address):
    assert len(sheet_of(principal, f"{address}?as=xlsx")) == 1
