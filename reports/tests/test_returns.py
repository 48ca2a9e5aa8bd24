"""Returns where people meet them: made with progress, listed, shown, downloaded by those whose paper it is."""

import io
from datetime import date

import openpyxl
import pytest

from organisation.models import AccessEntry, Job
from reports.actions.returns import make_return
from reports.models import MonthlyReturn
from reports.tasks import make_return_job
from reports.tests.factories import change
from students.tests.factories import make_pupil

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def kept(class_a, school_a):
    make_pupil(class_a)
    change(make_pupil(class_a), "drop_out", date(2026, 11, 9))
    return make_return(school_a, "2026-11")[0]


def test_asked_for_on_the_page_it_is_made_in_the_background_and_offered(as_, class_a, school_a, principal):
    make_pupil(class_a)
    answer = as_(principal).post("/returns/", {"unit": school_a.pk, "period": "2026-11"})
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert (job.state, job.title) == ("queued", f"{school_a.name} 2026-11 月报")
    make_return_job(str(job.pk))
    make_return_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result_name) == (
        "done",
        2,
        2,
        f"{school_a.name}2026-11控辍保学月报表.xlsx",
    )
    assert "本月末在校 1 人" in job.message
    assert MonthlyReturn.objects.get().made_by == principal
    file = b"".join(as_(principal).get(f"/jobs/{job.pk}/file/").streaming_content)
    assert openpyxl.load_workbook(io.BytesIO(file)).active["A1"].value == "2026年11月控辍保学月报表"


def test_what_does_not_add_up_is_the_jobs_answer(as_, class_a, school_a, principal):
    make_pupil(class_a, starts=date(2026, 11, 9))
    as_(principal).post("/returns/", {"unit": school_a.pk, "period": "2026-11"})
    job = Job.objects.get()
    make_return_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.result_file, "请核对学籍异动" in job.message) == ("failed", "", True)


@pytest.mark.parametrize("period", ["2026-13", "2026-12", "十一月", ""])
def test_the_form_says_what_is_wrong_with_a_month(as_, class_a, school_a, principal, period):
    answer = as_(principal).post("/returns/", {"unit": school_a.pk, "period": period})
    assert (answer.status_code, Job.objects.exists()) == (200, False)
    assert answer.context["form"].errors["period"]


def test_no_return_is_asked_for_of_another_school(as_, school_b, principal):
    answer = as_(principal).post("/returns/", {"unit": school_b.pk, "period": "2026-11"})
    assert (answer.status_code, Job.objects.exists()) == (200, False)


@pytest.mark.parametrize("person", ["class_teacher", "subject_teacher", "prefecture_officer"])
def test_who_makes_no_return(as_, request, school_a, person):
    answer = as_(request.getfixturevalue(person)).post("/returns/", {"unit": school_a.pk, "period": "2026-11"})
    assert (answer.status_code, Job.objects.exists()) == (403, False)


def test_the_page_shows_what_was_filled(as_, kept, principal):
    page = as_(principal).get(f"/returns/{kept.pk}/").content.decode()
    assert page.count("本月末在校") == 3
    assert "50.00%" in page
    assert "1.80%" in page
    assert f"/returns/{kept.pk}/" in as_(principal).get("/returns/").content.decode()


@pytest.mark.parametrize(
    ("person", "page", "file"),
    [
        ("principal", 200, 200),
        ("registrar", 200, 200),
        ("county_clerk", 200, 200),
        ("head_of_teaching", 200, 403),
        ("prefecture_officer", 200, 403),
        ("class_teacher", 404, 404),
        ("stranger", 404, 404),
        ("other_clerk", 404, 404),
        ("subject_teacher", 404, 404),
    ],
)
def test_who_sees_a_schools_return_and_who_takes_the_file(as_, request, kept, person, page, file):
    client = as_(request.getfixturevalue(person))
    assert client.get(f"/returns/{kept.pk}/").status_code == page
    assert client.get(f"/returns/{kept.pk}/file/").status_code == file
    assert client.get(f"/api/v1/returns/{kept.pk}/file/").status_code == file


def test_a_file_taken_leaves_a_trace(as_, kept, principal):
    answer = as_(principal).get(f"/api/v1/returns/{kept.pk}/file/")
    assert answer.headers["Content-Type"] == XLSX
    assert openpyxl.load_workbook(io.BytesIO(b"".join(answer))).active.title == "2026-11"
    assert AccessEntry.objects.filter(person=principal, what="return", key=str(kept.pk)).count() == 1


def test_the_api_lists_the_returns_in_scope(as_, kept, principal, school_a, stranger):
    (found,) = as_(principal).get("/api/v1/returns/").json()["results"]
    assert (found["id"], found["kind"], found["unit"], found["period"]) == (
        kept.pk,
        "monthly",
        school_a.code,
        "2026-11",
    )
    assert found["digest"] == kept.digest
    assert as_(stranger).get("/api/v1/returns/").json()["results"] == []


def test_a_subject_teacher_sees_no_returns(as_, subject_teacher):
    assert as_(subject_teacher).get("/api/v1/returns/").status_code == 403
    assert as_(subject_teacher).get("/returns/").status_code == 403
