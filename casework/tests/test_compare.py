"""A county's lists against the register: what is found, who decides, what a decision does and how it is taken back (F68)."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from casework.actions.cases.verbs import confirm_case
from casework.actions.cases.visits import record_visit
from casework.actions.county import open_county_duties
from casework.actions.household import (
    decide_row,
    give_evidence,
    import_list,
    prove_again,
    recompare_current,
    undo_decision,
)
from casework.enums.household import CompareResult, ListKind
from casework.models import Case, Duty, HouseholdBatch, HouseholdRow
from casework.queries.registered_away import classes_without_rolls, pupils_away
from casework.rules.household import REQUIRED
from casework.tasks import import_list_job
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Job
from organisation.tests.factories import make_class, make_county, make_school, make_township
from students.models import Attachment, Enrolment, Pupil
from students.tests.factories import identity_number, make_guardian, make_pupil, make_roll, moment

_R = CompareResult
LIST_DAY = date(2026, 11, 20)


def write_list(path, rows):
    """A list workbook; each row is (name, number, guardian) and what differs from a boy of 1 April 2013 in the township."""
    book = Workbook()
    book.active.append(list(REQUIRED))
    for name, number, guardian, *more in rows:
        cells = {"姓名": name, "性别": "男", "出生日期": "2013-04-01", "身份证件号": number, "监护人": guardian}
        cells |= {"村组": "上寨一组", "居住乡镇代码": "520502101", **(more[0] if more else {})}
        book.active.append([cells[heading] for heading in REQUIRED])
    book.save(path)
    return path


def digit_off(number):
    return number[:13] + str((int(number[13]) + 1) % 10) + number[14:]


@pytest.fixture
def paper(county, county_clerk):
    return Attachment.objects.create(
        name="证明.pdf", content_type="application/pdf", size=4, sha256="0", path=county.path, uploaded_by=county_clerk
    )


@pytest.fixture
def register(class_a):
    """马在校 is in school, 马录错's number is wrong by a digit, 马已走 dropped out, 大双 has a twin whom nobody registered."""
    children = {}
    for serial, (name, guardian, status) in enumerate(
        [
            ("马在校", "马父", "in_school"),
            ("马录错", "马母", "in_school"),
            ("马已走", "马父", "dropped_out"),
            ("大双", "双父", "in_school"),
        ]
    ):
        child = make_pupil(class_a, name, identity_number=identity_number(serial), status=status)
        make_guardian(child, guardian, phone=f"1390000000{serial}")
        children[name] = child
    other = make_class(make_school(make_township(make_county("520524"), "520524101"), "2152000901"))
    children["马外县"] = make_pupil(other, "马外县", identity_number=identity_number(30))
    return children


@pytest.fixture
def listed(tmp_path, county, county_clerk, register):
    path = write_list(
        tmp_path / "list.xlsx",
        [
            ("马在校", identity_number(0), "马父"),
            ("马录错", digit_off(identity_number(1)), "马母"),
            ("马已走", identity_number(2), "马父"),
            ("马外县", identity_number(30), "马父"),
            ("大双", identity_number(3), "双父"),
            ("小双", digit_off(identity_number(3)), "双父"),  # a twin's neighbouring number is another child
            ("马没有", identity_number(40), "马祖父"),
            ("马幼儿", identity_number(41), "马祖父", {"出生日期": "2022-04-01"}),
            ("改名", identity_number(0)[:17] + "?", "某"),
        ],
    )
    import_list(path, county=county, kind=ListKind.HOUSEHOLD, on=LIST_DAY, by=county_clerk)
    return {row.name: row for row in HouseholdRow.objects.all()}


def test_a_list_is_compared_by_number_then_by_name_and_guardian(listed, register):
    found = {name: row.result for name, row in listed.items()}
    assert found == {
        "马在校": _R.IN_SCHOOL,
        "马录错": _R.WRONG_DIGIT,
        "马已走": _R.DROPPED_OUT,
        "马外县": _R.ELSEWHERE,
        "大双": _R.IN_SCHOOL,
        "小双": _R.UNMATCHED,
        "马没有": _R.UNMATCHED,
        "马幼儿": _R.OUT_OF_AGE,
        "改名": _R.UNMATCHED,
    }
    assert listed["马录错"].pupil == register["马录错"]


def test_a_wrong_number_is_put_right_on_the_side_where_it_is_wrong_and_back_again(listed, register, county_clerk):
    row, right = listed["马录错"], identity_number(1)
    with pytest.raises(Malformed) as refusal:
        decide_row(row, "data_error", by=county_clerk, text="查户口簿", right_number="123")
    assert refusal.value.code == "bad_number"
    decide_row(row, "data_error", by=county_clerk, text="查户口簿", right_number=right)
    row.refresh_from_db()
    assert (row.result, row.decision, row.identity_number) == (_R.IN_SCHOOL, "data_error", right)
    undo_decision(row, by=county_clerk, text="看错了")
    row.refresh_from_db()
    assert (row.result, row.decision, row.identity_number) == (_R.WRONG_DIGIT, "", digit_off(right))
    with pytest.raises(Refused) as unknown:
        decide_row(row, "data_error", by=county_clerk, text="查户口簿", right_number=identity_number(60))
    assert unknown.value.code == "still_unmatched"


def test_a_wrong_number_of_the_register_is_put_right_there_and_stands_again_after_the_undoing(
    listed, register, county_clerk
):
    row, child, right = listed["马录错"], register["马录错"], identity_number(1)
    row.identity_number, child.identity_number = right, digit_off(right)
    row.save()
    child.save()
    decide_row(row, "data_error", by=county_clerk, text="学籍录错", right_number=right, side="register")
    row.refresh_from_db()
    assert (row.result, Pupil.objects.get(pk=child.pk).identity_number) == (_R.IN_SCHOOL, right)
    undo_decision(row, by=county_clerk, text="改回")
    row.refresh_from_db()
    assert (row.result, Pupil.objects.get(pk=child.pk).identity_number) == (_R.WRONG_DIGIT, digit_off(right))
    decide_row(row, "data_error", by=county_clerk, text="户口簿照片核对", side="same_child")
    with pytest.raises(Refused) as no_file:
        decide_row(listed["马没有"], "data_error", by=county_clerk, text="猜的", side="same_child")
    assert no_file.value.code == "no_file"


def test_a_child_whom_no_school_knows_gets_a_file_a_case_and_no_figure_until_it_is_confirmed(
    listed, county_clerk, school_a, class_teacher, principal
):
    row = listed["马没有"]
    with pytest.raises(Malformed) as refusal:
        decide_row(row, "suspected", by=county_clerk, text="村里见过")
    assert refusal.value.code == "school_needed"
    case = decide_row(row, "suspected", by=county_clerk, text="村里见过", school=school_a).case
    pupil = case.pupil
    assert (case.state, case.source, pupil.identity_number) == ("suspected", "register_check", identity_number(40))
    assert (pupil.school_class.label(on=clock.today()), pupil.enrolments.count()) == ("八(1)班", 0)
    record_visit(
        case, by=principal, kind="home", at=clock.at(clock.today(), clock.now().time().replace(hour=0)), place="家中",
        visitors=["余老师"], outcome="left_school", text="从未入学", next_step="再访",
    )  # fmt: skip
    with pytest.raises(Refused) as moved:
        undo_decision(row, by=county_clerk, text="撤")
    assert moved.value.code == "case_moved"
    confirm_case(case, by=principal)
    spell = Enrolment.objects.get(pupil=pupil)
    assert (spell.status, spell.starts) == ("dropped_out", clock.today())
    recompare_current()
    row.refresh_from_db()
    assert row.result == _R.DROPPED_OUT


def test_a_case_that_nobody_worked_on_goes_with_the_decision(listed, county_clerk, school_a):
    row = listed["马没有"]
    decide_row(row, "suspected", by=county_clerk, text="村里见过", school=school_a)
    undo_decision(row, by=county_clerk, text="同名的另一家")
    row.refresh_from_db()
    assert (row.decision, row.result, Case.objects.get().state) == ("", _R.FORMER, "cleared")


def test_attending_elsewhere_is_proved_with_a_paper_and_again_each_term(listed, county, county_clerk, paper, settings):
    row = listed["小双"]
    with pytest.raises(Malformed) as refusal:
        decide_row(row, "elsewhere", by=county_clerk, text="在外省")
    assert refusal.value.code == "paper_needed"
    decide_row(row, "elsewhere", by=county_clerk, text="在外省就读", paper=paper)
    open_county_duties()
    assert not Duty.objects.filter(kind="elsewhere_again").exists()
    settings.KONGCHUO_TODAY = "2027-03-01"
    open_county_duties()
    open_county_duties()
    duty = Duty.objects.get(kind="elsewhere_again")
    assert (duty.state, duty.post_kind) == ("open", "county_clerk")
    prove_again(row, by=county_clerk, text="学校新证明", paper=paper)
    duty.refresh_from_db()
    assert duty.state == "done"
    assert {one.key.split(":")[2] for one in Duty.objects.filter(kind="field_check")} == {"2026-1", "2026-2"}


def test_a_new_list_takes_the_old_ones_place_and_keeps_what_was_decided(tmp_path, listed, county, county_clerk, paper):
    decide_row(listed["小双"], "exempt", by=county_clerk, text="随父在境外", paper=paper, detail="abroad")
    path = write_list(
        tmp_path / "new.xlsx",
        [("小双", digit_off(identity_number(3)), "双父"), ("马没有", identity_number(40), "马祖父")],
    )
    import_list(path, county=county, kind=ListKind.HOUSEHOLD, on=LIST_DAY, by=county_clerk)
    rows = {row.name: row for row in HouseholdRow.objects.current()}
    assert {name: row.decision for name, row in rows.items()} == {"小双": "exempt", "马没有": ""}
    undo_decision(rows["小双"], by=county_clerk, text="回来了")
    rows["小双"].refresh_from_db()
    assert rows["小双"].decision == ""
    assert HouseholdBatch.objects.current().count() == 1


def test_the_township_gives_evidence_on_its_own_rows_and_decides_none(
    as_, listed, township, county, township_officer, other_clerk
):
    row = listed["马没有"]
    away = HouseholdRow.objects.get(name="马幼儿")
    HouseholdRow.objects.filter(pk=away.pk).update(township=make_township(county, "520502102"))
    with pytest.raises(NotYours):
        decide_row(row, "exempt", by=township_officer, text="死亡", detail="deceased")
    give_evidence(row, by=township_officer, text="村组长证明随父外出")
    client = as_(township_officer)
    page = client.get(f"/compare/rows/{row.pk}/").content.decode()
    assert "村组长证明随父外出" in page
    assert row.identity_number not in page
    assert client.get(f"/compare/rows/{away.pk}/").status_code == 404
    assert client.post(f"/compare/rows/{row.pk}/", {"verb": "undo", "undo-text": "x"}).status_code == 403
    assert as_(other_clerk).get(f"/compare/rows/{row.pk}/").status_code == 404


def test_a_list_with_an_error_is_refused_whole_and_a_checked_one_is_taken_in(
    as_, tmp_path, county, township, county_clerk
):
    bad = write_list(tmp_path / "bad.xlsx", [("甲", identity_number(1), "父"), ("", "", "", {"居住乡镇代码": "999"})])
    good = write_list(tmp_path / "good.xlsx", [("甲", identity_number(1), "父")])
    client = as_(county_clerk)
    for path, errors in ((bad, 2), (good, 0)):
        upload = SimpleUploadedFile(path.name, path.read_bytes())
        sent = client.post("/compare/import/", {"kind": "survey", "on": "2026-11-20", "file": upload})
        job = Job.objects.get(pk=sent.url.split("/")[-2])
        import_list_job(str(job.pk))
        job.refresh_from_db()
        assert (job.state, job.result["errors"], HouseholdRow.objects.count()) == ("done", errors, 0)
        assert bool(job.result_file) == bool(errors)
    again = client.post(f"/compare/import/{job.pk}/")
    import_list_job(again.url.split("/")[-2])
    assert HouseholdRow.objects.get().result == _R.UNMATCHED
    assert "适龄无学籍" in client.get("/compare/").content.decode()
    assert client.get("/compare/?as=xlsx&state=all").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_rows_cost_as_much_for_three_as_for_one(
    as_, tmp_path, county, county_clerk, number, django_assert_max_num_queries
):
    path = write_list(tmp_path / "l.xlsx", [(f"甲{serial}", identity_number(serial), "父") for serial in range(number)])
    with django_assert_max_num_queries(25):
        import_list(path, county=county, kind=ListKind.SURVEY, on=LIST_DAY, by=county_clerk)
    client = as_(county_clerk)
    with django_assert_max_num_queries(16):
        client.get("/compare/")


def test_who_is_registered_and_seen_in_no_roll_is_listed(as_, class_a, class_b, class_teacher, county, county_clerk):
    gone, sick, here = (make_pupil(class_a, name) for name in ("马不见", "马病假", "马在"))
    make_pupil(class_b, "马无点名")
    for day in (18, 19, 20):
        marks = {gone: "truant", sick: "sick"} | ({here: "late"} if day == 20 else {here: "truant"})
        make_roll(class_a, date(2026, 11, day), by=class_teacher, marks=marks, at=moment(date(2026, 11, day)))
    found = pupils_away(county_clerk, [county.path], on=clock.today())
    assert {(pupil.name, days) for pupil, days, _ in found} == {("马不见", 3), ("马病假", 3)}
    assert [unit.pk for unit in classes_without_rolls([county.path], on=clock.today())] == [class_b.pk]
    page = as_(county_clerk).get("/compare/away/").content.decode()
    assert "马不见" in page
    assert "马在</a>" not in page
