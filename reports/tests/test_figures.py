"""Figures where people meet them: the command, the job with its progress, the pages, the API; who sees numbers, who names."""

import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from organisation.actions.jobs import start_job
from organisation.enums import PostKind, Stage
from organisation.models import AccessEntry, Job, Unit
from organisation.tests.factories import make_class, make_holder
from reports.actions.rates import compute_rates
from reports.models import Snapshot
from reports.tasks import compute_rates as compute_rates_task
from reports.tests.factories import change
from students.tests.factories import make_pupil

GONE = date(2026, 10, 12)
CUT_OFF = date(2026, 11, 23)


@pytest.fixture
def out(class_a, class_b):
    """One of two pupils of class A has dropped out; class B has one pupil."""
    pupil = make_pupil(class_a, "何丹")
    make_pupil(class_a, "陈佳琪")
    make_pupil(class_b, "外校生")
    change(pupil, "drop_out", GONE)
    return pupil


@pytest.fixture
def computed(out, county):
    compute_rates(county, as_of=CUT_OFF)
    return out


def figure(unit, formula="dropout_rate", stage="junior"):
    return Snapshot.objects.get(unit=unit, formula=formula, stage=stage, as_of=CUT_OFF)


# The command.


def test_the_command_prints_one_document_as_interfaces_promise(out, school_a, capsys):
    call_command("compute_rates", "--unit", school_a.code, "--as-of", "2026-11-22", "--json")
    document = json.loads(capsys.readouterr().out)
    assert (set(document), document["as_of"], document["school_year"]) == (
        {"as_of", "school_year", "figures"},
        "2026-11-22",
        2026,
    )
    rows = [row for row in document["figures"] if row["unit"] == school_a.code and row["formula"] == "dropout_rate"]
    common = {"unit": school_a.code, "formula": "dropout_rate", "numerator": 1, "denominator": 2, "rate": "0.500000"}
    assert rows == [
        common | {"stage": "junior", "threshold": "0.018000", "state": "over"},
        common | {"stage": "all", "threshold": None, "state": "none"},
    ]


def test_a_denominator_of_nought_gives_no_rate_and_no_state(class_a, capsys):
    make_pupil(class_a, starts=date(2026, 9, 2))
    call_command("compute_rates", "--unit", class_a.code, "--json")
    found = next(row for row in json.loads(capsys.readouterr().out)["figures"] if row["stage"] == "junior")
    assert (found["numerator"], found["denominator"], found["rate"], found["state"]) == (0, 0, None, "none")


def test_the_command_covers_the_unit_and_all_below_and_nothing_beside(out, class_a, class_b, school_a, capsys):
    call_command("compute_rates", "--unit", school_a.code, "--json")
    units = {row["unit"] for row in json.loads(capsys.readouterr().out)["figures"]}
    assert units == {school_a.code, Unit.objects.get_parent(class_a).code, class_a.code}


def test_without_a_unit_it_covers_every_province(out, county, other_clerk, capsys):
    call_command("compute_rates", "--json")
    units = {row["unit"] for row in json.loads(capsys.readouterr().out)["figures"]}
    assert {"52", "5205", county.code} <= units


def test_the_command_knows_no_such_unit(db):
    with pytest.raises(CommandError):
        call_command("compute_rates", "--unit", "999999")


def test_for_people_it_prints_a_sentence(out, school_a, capsys):
    call_command("compute_rates", "--unit", school_a.code)
    assert capsys.readouterr().out == "截止 2026-11-23:24 个指标\n"


@pytest.mark.parametrize("schools", [1, 4])
def test_it_takes_as_many_statements_for_four_schools_as_for_one(
    out, township, school_b, schools, django_assert_max_num_queries
):
    for number in range(2, schools + 1):
        make_pupil(make_class(school_b, number=number))
    with django_assert_max_num_queries(24):
        compute_rates(township, as_of=CUT_OFF)


def test_classes_keep_the_latest_and_the_month_ends_and_schools_every_night(out, class_a, school_a, county):
    for day in (date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 21), date(2026, 11, 22), CUT_OFF):
        compute_rates(county, as_of=day)
    kept = {
        unit: {f"{day:%m-%d}" for day in Snapshot.objects.filter(unit=unit).values_list("as_of", flat=True)}
        for unit in (class_a, school_a)
    }
    assert kept == {
        class_a: {"10-31", "11-23"},
        school_a: {"10-30", "10-31", "11-21", "11-22", "11-23"},
    }


def test_a_school_computed_alone_after_its_pupil_dropped_out_elsewhere_is_no_conflict(
    out, class_b, school_a, school_b, county
):
    compute_rates(school_a, as_of=CUT_OFF)
    change(out, "return", date(2026, 11, 2))
    change(out, "transfer_out", date(2026, 11, 3))
    change(out, "transfer_in", date(2026, 11, 3), to_class=class_b)
    change(out, "drop_out", date(2026, 11, 9))
    compute_rates(school_b, as_of=CUT_OFF)
    compute_rates(school_a, as_of=CUT_OFF)
    assert (figure(school_a).numerator, figure(school_b).numerator) == (0, 1)


# The job.


def test_a_computation_on_demand_says_how_far_it_is_and_where_to_look(as_, out, principal, school_a):
    answer = as_(principal).post("/rates/compute/", {"unit": school_a.code})
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    assert (job.state, job.percent, job.asked_by) == ("queued", 0, principal)
    compute_rates_task(str(job.pk))
    compute_rates_task(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.percent, job.done, job.total) == ("done", 100, 1, 1)
    assert job.result["next_url"] == f"/rates/?unit={school_a.code}&as_of=2026-11-23"
    assert "查看辍学率" in as_(principal).get(f"/jobs/{job.pk}/").content.decode()
    assert figure(school_a).job == job


def test_a_cut_off_in_the_future_is_computed_for_today(as_, out, principal, school_a):
    as_(principal).post("/rates/compute/", {"unit": school_a.code, "as_of": "2027-01-31"})
    assert Job.objects.get().params == {"as_of": "2026-11-23"}


@pytest.mark.parametrize(("person", "status"), [("class_teacher", 403), ("stranger", 404), ("other_clerk", 404)])
def test_who_computes_no_school(as_, request, out, class_a, school_a, person, status):
    unit = class_a if person == "class_teacher" else school_a
    answer = as_(request.getfixturevalue(person)).post("/rates/compute/", {"unit": unit.code})
    assert (answer.status_code, Job.objects.exists()) == (status, False)


def test_a_job_that_fails_leaves_no_half_of_a_figure(out, principal, school_a):
    job = start_job("reports.compute_rates", title="计算", by=principal, unit=school_a, params={"as_of": "einst"})
    with pytest.raises(ValueError, match="einst"):
        compute_rates_task(str(job.pk))
    job.refresh_from_db()
    assert (job.state, Snapshot.objects.exists()) == ("failed", False)


# The pages.


def test_the_page_shows_rate_counts_and_limit(as_, computed, principal):
    page = as_(principal).get("/rates/").content.decode()
    assert "50.00%" in page
    assert "1 人" in page
    assert "超线" in page
    assert "控制线 1.80%" in page


def test_a_figure_opens_into_its_named_pupils(as_, computed, principal, school_a):
    page = as_(principal).get(f"/rates/{figure(school_a).pk}/students/").content.decode()
    assert "何丹" in page
    assert "陈佳琪" not in page
    assert "2026年10月13日" in page
    assert "与计算时一致" in page
    assert AccessEntry.objects.filter(what="rate", person=principal).count() == 1


def test_a_denominator_that_no_longer_matches_the_register_is_seen(as_, computed, class_a, principal, school_a):
    make_pupil(class_a)
    assert "请重新计算" in as_(principal).get(f"/rates/{figure(school_a).pk}/students/").content.decode()


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("principal", 200),
        ("county_clerk", 200),
        ("class_teacher", 404),
        ("subject_teacher", 404),
        ("stranger", 404),
        ("other_clerk", 404),
        ("prefecture_officer", 403),
    ],
)
def test_who_sees_the_names_behind_a_schools_figure(as_, request, computed, school_a, person, status):
    client = as_(request.getfixturevalue(person))
    key = figure(school_a).pk
    assert client.get(f"/rates/{key}/students/").status_code == status
    assert client.get(f"/api/v1/rates/{key}/students/").status_code == status


def test_on_the_ledger_a_pupil_stands_with_the_first_day_missed_whatever_class_followed(
    as_, out, county, school_a, principal
):
    change(out, "move_class", date(2026, 11, 2), to_class=make_class(school_a, number=2))
    compute_rates(county, as_of=CUT_OFF)
    page = as_(principal).get(f"/rates/{figure(school_a, 'dropout_stock').pk}/students/").content.decode()
    assert "2026年10月13日" in page


# The API.


def test_the_api_gives_the_figures_of_a_unit(as_, computed, principal, school_a):
    rows = as_(principal).get(f"/api/v1/rates/?unit={school_a.code}&formula=dropout_rate").json()["results"]
    assert rows[0] == {
        "id": figure(school_a, stage="all").pk,
        "unit": school_a.code,
        "stage": "all",
        "formula": "dropout_rate",
        "as_of": "2026-11-23",
        "numerator": 1,
        "denominator": 2,
        "rate": "0.500000",
        "threshold": None,
        "state": "none",
    }
    assert {row["formula"] for row in rows} == {"dropout_rate"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("unit=2152000456", 404),
        ("unit=nowhere", 404),
        ("as_of=2026-02-30", 404),
        ("formula=beauty", 400),
        ("as_of=2026-11-01", 200),
    ],
)
def test_what_the_api_answers_to_what_is_not_there(as_, computed, principal, query, status):
    answer = as_(principal).get(f"/api/v1/rates/?{query}")
    assert answer.status_code == status
    assert status != 200 or answer.json()["results"] == []


@pytest.mark.parametrize(("part", "names"), [("numerator", ["何丹"]), ("denominator", ["何丹", "陈佳琪"])])
def test_the_api_names_the_pupils_of_either_part(as_, computed, principal, school_a, part, names):
    rows = as_(principal).get(f"/api/v1/rates/{figure(school_a).pk}/students/?part={part}").json()["results"]
    assert [row["name"] for row in rows] == names
    assert set(rows[0]) == {"number", "name"}


def test_of_the_net_flow_there_are_no_names(as_, computed, principal, school_a):
    key = figure(school_a, "dropout_rate_net_flow").pk
    answer = as_(principal).get(f"/api/v1/rates/{key}/students/")
    assert (answer.status_code, answer.json()["code"]) == (400, "no_names")
    assert as_(principal).get(f"/rates/{key}/students/").status_code == 404
    assert as_(principal).get(f"/api/v1/rates/{figure(school_a).pk}/students/?part=half").status_code == 400


def test_a_prefecture_reads_figures_of_every_county(as_, computed, prefecture_officer, county):
    rows = as_(prefecture_officer).get(f"/api/v1/rates/?unit={county.code}&formula=dropout_rate").json()["results"]
    assert {row["unit"] for row in rows} >= {county.code}
    assert as_(prefecture_officer).get(f"/rates/?unit={county.code}").status_code == 200


def test_a_subject_teacher_sees_no_figures(as_, computed, subject_teacher):
    assert as_(subject_teacher).get("/api/v1/rates/").status_code == 403
    assert as_(subject_teacher).get("/rates/").status_code == 403


def test_a_township_sees_its_figures_and_who_dropped_out_there(as_, computed, township_officer, township):
    rows = as_(township_officer).get(f"/api/v1/rates/{figure(township).pk}/students/").json()["results"]
    assert [row["name"] for row in rows] == ["何丹"]
    key = f"/api/v1/rates/{figure(township).pk}/students/?part=denominator"
    assert [row["name"] for row in as_(township_officer).get(key).json()["results"]] == ["何丹"]


def test_primary_and_junior_stand_side_by_side(as_, out, school_a, county, principal):
    make_pupil(make_class(school_a, stage=Stage.PRIMARY, entered=2024))
    compute_rates(county, as_of=CUT_OFF)
    rows = as_(principal).get(f"/api/v1/rates/?unit={school_a.code}&formula=dropout_rate").json()["results"]
    own = {row["stage"]: (row["numerator"], row["denominator"], row["state"]) for row in rows[:3]}
    assert own == {"all": (1, 3, "none"), "junior": (1, 2, "over"), "primary": (0, 1, "within")}


def test_yesterdays_figures_stay_what_they_were(as_, out, county, school_a, principal):
    yesterday = CUT_OFF - timedelta(days=1)
    compute_rates(county, as_of=yesterday)
    change(out, "return", CUT_OFF)
    compute_rates(county, as_of=CUT_OFF)
    address = f"/api/v1/rates/?unit={school_a.code}&formula=dropout_rate&as_of="
    numbers = [as_(principal).get(f"{address}{day}").json()["results"][0]["numerator"] for day in (yesterday, CUT_OFF)]
    assert numbers == [1, 0]


def test_a_grade_head_reads_the_grade_only(as_, computed, class_a, school_a):
    head = make_holder(PostKind.GRADE_HEAD, Unit.objects.get_parent(class_a))
    assert as_(head).get(f"/api/v1/rates/?unit={class_a.code}").status_code == 200
    assert as_(head).get(f"/api/v1/rates/?unit={school_a.code}").status_code == 404
