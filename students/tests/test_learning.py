"""Bands, incidents and study plans (F06, F24): who enters them, what is refused, workbooks whole or not at all."""

from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Job
from organisation.rules.regulation import MarkRules
from organisation.tests.factories import make_class, make_holder
from students.actions.learning import (
    assess_study_plan,
    enter_bands,
    import_incidents,
    import_marks,
    record_incident,
    withdraw_incident,
    write_study_plan,
)
from students.models import Incident, TermMark
from students.queries.learning import terms_for
from students.rules.learning import INCIDENT_HEADINGS, band_of, read_band
from students.tasks import import_learning_job
from students.tests.factories import make_pupil

TODAY = date(2026, 11, 23)
RULES = MarkRules()


@pytest.mark.parametrize(
    ("score", "full", "band"),
    [
        ("100", 100, "excellent"),
        ("85", 100, "excellent"),
        ("84.5", 100, "good"),
        ("75", 100, "good"),
        ("74", 100, "pass"),
        ("60", 100, "pass"),
        ("59.99", 100, "fail"),
        ("90", 120, "good"),
        ("71.5", 120, "fail"),
        ("0", 150, "fail"),
    ],
)
def test_a_number_becomes_a_band_by_the_regulation(score, full, band):
    assert band_of(Decimal(score), full, RULES) == band


@pytest.mark.parametrize(
    ("text", "full", "primary", "expected"),
    [
        ("优", None, True, ("excellent", "")),
        ("不及格", None, False, ("fail", "")),
        ("b", None, True, ("good", "")),
        ("88", 100, False, ("excellent", "")),
        ("88", 100, True, (None, "number_in_primary")),
        ("88", None, False, (None, "score_needs_full")),
        ("121", 120, False, (None, "bad_score")),
        ("很好", 100, False, (None, "bad_band")),
        ("-3", 100, False, (None, "bad_band")),
        ("1e2", 100, False, (None, "bad_band")),
    ],
)
def test_what_may_stand_in_a_cell(text, full, primary, expected):
    assert read_band(text, full=full, is_primary=primary, rules=RULES) == expected


@pytest.fixture
def term(class_a):
    return terms_for(class_a.path, on=TODAY)[0]


def test_a_subject_teacher_enters_the_class_taught_and_no_other(class_a, school_a, term, subject_teacher, pupils_a):
    number = pupils_a[0].number
    assert enter_bands(class_a, term, "maths", {number: "good", pupils_a[1].number: ""}, by=subject_teacher) == 1
    assert TermMark.objects.get().band == "good"
    assert enter_bands(class_a, term, "maths", {number: "good"}, by=subject_teacher) == 0
    with pytest.raises(NotYours):
        enter_bands(make_class(school_a, number=2), term, "maths", {}, by=subject_teacher)


def test_anothers_mark_is_corrected_by_the_head_of_teaching(class_a, term, subject_teacher, head_of_teaching, pupils_a):
    other = make_holder(PostKind.SUBJECT_TEACHER, class_a, "语文老师")
    number = pupils_a[0].number
    enter_bands(class_a, term, "chinese", {number: "fail"}, by=other)
    with pytest.raises(NotYours) as refusal:
        enter_bands(class_a, term, "chinese", {number: "excellent"}, by=subject_teacher)
    assert refusal.value.code == "not_yours"
    enter_bands(class_a, term, "chinese", {number: "pass"}, by=head_of_teaching)
    assert TermMark.objects.get().history.count() == 2


def test_no_marks_for_who_is_not_in_the_class_or_for_a_term_long_past(class_a, class_b, term, class_teacher):
    elsewhere = make_pupil(class_b)
    with pytest.raises(Malformed):
        enter_bands(class_a, term, "maths", {elsewhere.number: "good"}, by=class_teacher)
    long_past = terms_for(class_a.path, on=date(2024, 11, 1))[0]
    with pytest.raises(Malformed):
        enter_bands(class_a, long_past, "maths", {}, by=class_teacher)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("class_teacher", True),
        ("head_of_teaching", True),
        ("county_clerk", True),
        ("township_officer", False),
        ("stranger", False),
        ("subject_teacher", False),
    ],
)
def test_who_sees_marks_and_incidents(class_a, pupils_a, term, principal, head_of_teaching, request, who, sees):
    enter_bands(class_a, term, "maths", {pupils_a[0].number: "good"}, by=head_of_teaching)
    record_incident(pupils_a[0], on=TODAY, kind="late", text="上课铃后十分钟", by=principal)
    person = request.getfixturevalue(who)
    for model in (TermMark, Incident):
        assert model.objects.visible_to(person, on=TODAY).exists() is sees


def test_an_incident_entered_in_error_is_taken_back_and_stays_to_be_read(pupils_a, subject_teacher, class_teacher):
    found = record_incident(pupils_a[0], on=TODAY, kind="class_discipline", text="喧哗", by=subject_teacher)
    with pytest.raises(NotYours):
        withdraw_incident(found, reason="弄错人", by=class_teacher)
    with pytest.raises(Malformed):
        withdraw_incident(found, reason="", by=subject_teacher)
    withdraw_incident(found, reason="弄错人", by=subject_teacher)
    assert not Incident.objects.standing().exists()
    with pytest.raises(Refused):
        withdraw_incident(found, reason="再来", by=subject_teacher)


@pytest.mark.parametrize("on", [date(2026, 11, 24), date(2026, 8, 31)])
def test_no_incident_in_the_future_or_of_another_year(pupils_a, class_teacher, on):
    with pytest.raises(Refused):
        record_incident(pupils_a[0], on=on, kind="late", text="迟到", by=class_teacher)


def test_a_study_plan_is_written_and_assessed_once(pupils_a, term, class_teacher, subject_teacher):
    child = pupils_a[0]
    given = {"goals": "数学及格", "measures": "每周两次辅导", "helper": "余老师"}
    with pytest.raises(NotYours):
        write_study_plan(child, term, by=subject_teacher, **given)
    plan = write_study_plan(child, term, by=class_teacher, **given)
    write_study_plan(child, term, by=class_teacher, **{**given, "goals": "数学良好"})
    assess_study_plan(plan, result="improved", text="由不合格到合格", by=class_teacher)
    with pytest.raises(Refused):
        assess_study_plan(plan, result="worse", text="改口", by=class_teacher)
    with pytest.raises(Refused):
        write_study_plan(child, term, by=class_teacher, **given)
    assert child.study_plans.get().goals == "数学良好"


@pytest.fixture
def workbook(tmp_path):
    def write(headings, *rows, name="b.xlsx"):
        path = tmp_path / name
        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet()
        for number, row in enumerate([headings, *rows]):
            sheet.write_row(number, 0, row)
        book.close()
        return path

    return write


def test_a_workbook_of_marks_is_taken_in_whole(workbook, class_a, term, pupils_a, head_of_teaching):
    one, two, _ = pupils_a
    path = workbook(
        ["编号", "班级代码", "姓名", "数学", "学习态度"],
        [one.number, "", one.name, 88, "优"],
        ["", class_a.code, two.name, 59, ""],
    )
    plan = import_marks(path, term=term, full=100, by=head_of_teaching, dry_run=True)
    assert (plan.errors, len(plan.entries), TermMark.objects.count()) == ([], 3, 0)
    import_marks(path, term=term, full=100, by=head_of_teaching)
    bands = {(mark.pupil_id, mark.subject): mark.band for mark in TermMark.objects.all()}
    assert bands == {(one.pk, "maths"): "excellent", (one.pk, "attitude"): "excellent", (two.pk, "maths"): "fail"}
    again = import_marks(path, term=term, full=100, by=head_of_teaching)
    assert (len(again.entries), again.unchanged) == (0, 3)


def test_one_wrong_row_and_nothing_is_taken_in(workbook, class_a, class_b, term, pupils_a, subject_teacher):
    elsewhere = make_pupil(class_b)
    path = workbook(
        ["编号", "姓名", "数学", "英雄"],
        [pupils_a[0].number, "", "良", ""],
        [elsewhere.number, "", "良", ""],
        [pupils_a[1].number, "别的名字", "良", ""],
        [pupils_a[2].number, "", "很好", ""],
        [pupils_a[0].number, "", "优", ""],
        ["", "", "优", ""],
    )
    plan = import_marks(path, term=term, full=None, by=subject_teacher)
    assert [(error.row, error.code) for error in plan.errors] == [
        (3, "unknown_student"),
        (4, "unknown_student"),
        (5, "bad_band"),
        (6, "duplicate_in_file"),
        (7, "missing"),
    ]
    assert [warning.column for warning in plan.warnings] == ["英雄"]
    assert not TermMark.objects.exists()


def test_the_same_incidents_again_add_nothing(workbook, pupils_a, class_teacher):
    row = [pupils_a[0].number, "", "", "", "2026-11-20", "课堂纪律", "喧哗"]
    path = workbook(INCIDENT_HEADINGS, row, [pupils_a[1].number, "", "", "", "20261119", "迟到", "十分钟"])
    import_incidents(path, by=class_teacher)
    again = import_incidents(path, by=class_teacher)
    assert (Incident.objects.count(), again.unchanged, again.entries) == (2, 2, [])


def test_an_incidents_row_says_what_is_wrong(workbook, pupils_a, class_teacher):
    number = pupils_a[0].number
    path = workbook(
        INCIDENT_HEADINGS,
        [number, "", "", "", "2026-12-01", "课堂纪律", "喧哗"],
        [number, "", "", "", "2026-11-20", "打雷", "喧哗"],
        [number, "", "", "", "2026-11-20", "迟到", ""],
    )
    plan = import_incidents(path, by=class_teacher)
    assert [(error.row, error.column, error.code) for error in plan.errors] == [
        (2, "日期", "bad_date"),
        (3, "类别", "unknown_kind"),
        (4, "情况", "missing"),
    ]


def test_upload_check_confirm_in_the_browser(as_, workbook, pupils_a, head_of_teaching, term):
    client = as_(head_of_teaching)
    path = workbook(["编号", "数学"], [pupils_a[0].number, "优"])
    upload = SimpleUploadedFile("成绩.xlsx", path.read_bytes())
    answer = client.post("/learning/import/marks/", {"file": upload, "term": term.key, "full": ""})
    job = Job.objects.get()
    assert answer.url == f"/jobs/{job.pk}/"
    import_learning_job(str(job.pk))
    job.refresh_from_db()
    assert job.result["next_url"] == f"/learning/import/confirm/{job.pk}/"
    assert not TermMark.objects.exists()
    client.post(job.result["next_url"])
    import_learning_job(str(Job.objects.exclude(pk=job.pk).get().pk))
    assert TermMark.objects.get().band == "excellent"


def test_a_check_with_errors_offers_the_list(as_, workbook, pupils_a, class_teacher):
    client = as_(class_teacher)
    path = workbook(INCIDENT_HEADINGS, [pupils_a[0].number, "", "", "", "昨天", "迟到", "十分钟"])
    client.post("/learning/import/incidents/", {"file": SimpleUploadedFile("x.xlsx", path.read_bytes())})
    job = Job.objects.get()
    import_learning_job(str(job.pk))
    job.refresh_from_db()
    assert (job.result["errors"], "next_url" in job.result, job.result_name) == (1, False, "问题清单.xlsx")
    assert client.get(f"/learning/import/confirm/{job.pk}/").status_code == 404
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 200


def test_pages_of_a_class_that_is_not_mine_do_not_exist(as_, class_a, stranger, subject_teacher, pupils_a):
    for path in (f"/learning/marks/{class_a.code}/", f"/learning/incidents/new/{class_a.code}/"):
        assert as_(stranger).get(path).status_code == 404
        assert as_(subject_teacher).get(path).status_code == 200


def test_bands_and_incidents_in_the_browser(as_, class_a, class_teacher, pupils_a, term):
    client = as_(class_teacher)
    sent = {"subject": "maths", "term": term.key, f"band_{pupils_a[0].number}": "pass"}
    assert client.post(f"/learning/marks/{class_a.code}/", sent).status_code == 302
    given = {"pupil": pupils_a[0].pk, "on": "2026-11-20", "kind": "late", "text": "十分钟"}
    assert client.post(f"/learning/incidents/new/{class_a.code}/", given).status_code == 302
    page = client.get(f"/students/{pupils_a[0].number}/").content.decode()
    assert "数学 合格" in page
    assert "课堂迟到:十分钟" in page
    plan = {"goals": "数学良好", "measures": "辅导", "helper": "余老师", "term": term.key}
    assert client.post(f"/students/{pupils_a[0].number}/study-plan/", plan).status_code == 302
    result = {"result": "improved", "assessment": "进步", "term": term.key}
    assert client.post(f"/students/{pupils_a[0].number}/study-plan/", result).status_code == 302


@pytest.mark.parametrize("what", ["marks", "incidents"])
def test_a_template_with_the_class_list(as_, class_a, class_teacher, pupils_a, what):
    client = as_(class_teacher)
    assert client.get(f"/learning/template/{what}/").status_code == 200
    assert client.get(f"/learning/template/{what}/?class={class_a.code}").status_code == 200
    assert client.get(f"/learning/template/{what}/?class=2152000456-J2025-01").status_code == 404
