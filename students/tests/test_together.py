"""Many people at the same moment: rolls, slips, imports, register changes; the truth is a row with a unique key."""

from datetime import date

import pytest
from django.test import Client

from organisation.errors import Refused
from organisation.models import FactChange, Unit
from organisation.tests.factories import make_class
from organisation.tests.together import at_once, shared_database
from students.actions.register import change_register
from students.actions.roster import import_roster
from students.actions.slips import enter_slip, excuse_marks
from students.enums import ChangeKind
from students.models import Enrolment, Mark, Pupil, RegisterChange, Roll, RollVersion, StagedPupil
from students.tests.factories import make_pupil, write_roster

pytestmark = pytest.mark.django_db(transaction=True)
DAY = "2026-11-23"


@pytest.fixture(autouse=True)
def database(transactional_db, tmp_path):
    with shared_database(tmp_path):
        yield


@pytest.fixture
def put(class_teacher, class_a):
    """Several browsers of one teacher, signed in beforehand."""

    def browser():
        client = Client()
        client.force_login(class_teacher)
        return client

    def sender(marks, *, version=0, session="am"):
        client, url = browser(), f"/api/v1/classes/{class_a.code}/rolls/{DAY}/{session}/"
        return lambda: client.put(url, {"version": version, "marks": marks}, content_type="application/json")

    return sender


def mark(pupil, kind="truant"):
    return {"student": pupil.number, "kind": kind, "note": ""}


def stands():
    return dict(Mark.objects.values_list("pupil__number", "kind"))


@pytest.mark.parametrize("number", [20, 50])
def test_equal_rolls_at_once_give_one_first_and_the_rest_change_nothing(put, pupils_a, number):
    answers = at_once(*(put([mark(pupils_a[0]), mark(pupils_a[1], "late")]) for _ in range(number)))

    assert sorted(answer.status_code for answer in answers) == [200] * (number - 1) + [201]
    assert Roll.objects.get().version == 1
    assert stands() == {pupils_a[0].number: "truant", pupils_a[1].number: "late"}
    assert FactChange.objects.filter(kind="roll").count() == 1


def test_of_two_different_first_rolls_one_stands_and_the_other_is_told(put, pupils_a):
    answers = at_once(put([mark(pupils_a[0])]), put([mark(pupils_a[1])]))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refusal = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refusal["code"], refusal["current"]) == ("stale_version", 1)
    assert len(stands()) == 1


def test_of_two_corrections_of_the_same_version_one_stands_and_every_version_is_kept(put, pupils_a):
    put([])()
    answers = at_once(*(put([mark(pupil)], version=1) for pupil in pupils_a))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert Roll.objects.get().version == 2
    assert RollVersion.objects.count() == 1
    assert len(stands()) == 1


def test_a_roll_and_a_slip_that_did_not_see_each_other_are_brought_in_line(put, class_teacher, pupils_a, school_day):
    absent = pupils_a[0]
    slip = {"kind": "sick", "first_day": school_day, "last_day": school_day, "applied_by": "母亲", "reason": "发烧"}
    at_once(put([mark(absent)]), lambda: enter_slip(absent, by=class_teacher, **slip))

    excuse_marks([absent.pk], school_day, school_day)
    assert not Mark.objects.truant(on=school_day).exists()


def test_a_mark_whose_slip_was_withdrawn_meanwhile_counts_again(put, class_teacher, pupils_a, school_day):
    absent = pupils_a[0]
    slip = {"kind": "sick", "first_day": school_day, "last_day": school_day, "applied_by": "母亲", "reason": "发烧"}
    written = enter_slip(absent, by=class_teacher, **slip)
    put([mark(absent)])()
    type(written).objects.update(state="withdrawn")  # as if its own pass over the marks had come first

    excuse_marks([absent.pk], school_day, school_day)
    assert Mark.objects.truant(on=school_day).get().pupil == absent


@pytest.fixture
def roster(tmp_path, school_a):
    """A roster of eighth-graders; `named` changes their names."""

    def write(pupils, *, named="学生"):
        names = [f"{named}{serial}" for serial in range(1, pupils + 1)]
        return write_roster(tmp_path / f"{named}-{pupils}.xlsx", school_a, names)

    return write


def test_two_imports_of_the_same_roster_at_once_enrol_everybody_once(roster):
    path = roster(60)
    plans = at_once(lambda: import_roster(path), lambda: import_roster(path))

    assert sorted(plan.created for plan in plans) == [0, 60]
    assert (Pupil.objects.count(), Enrolment.objects.count(), RegisterChange.objects.count()) == (60, 60, 60)
    assert Unit.objects.filter(kind="class").count() == 1
    assert not StagedPupil.objects.exists()


def test_an_import_is_judged_against_a_change_that_came_in_between(roster, class_a, school_a):
    import_roster(roster(3))
    other = make_class(school_a, number=2)
    moved, *_ = Pupil.objects.order_by("pk")

    def while_it_is_checked(done, total):
        if total and not RegisterChange.objects.filter(kind="move_class").exists():
            change_register(moved, ChangeKind.MOVE_CLASS, by=None, date=date(2026, 11, 23), to_class=other)

    plan = import_roster(roster(3, named="改名"), progress=while_it_is_checked)

    assert len(plan.moves) == 1
    moved.refresh_from_db()
    assert (moved.name[:2], moved.school_class) == ("改名", class_a)


def test_an_import_that_lost_its_claim_leaves_nothing(roster):
    class Lost(Exception):
        pass

    def hold():
        raise Lost

    with pytest.raises(Lost):
        import_roster(roster(3), hold=hold)
    assert not Pupil.objects.exists()
    assert not StagedPupil.objects.exists()


def test_of_two_register_changes_of_a_pupil_at_once_one_is_refused(registrar, class_a):
    pupil = make_pupil(class_a)
    when = {"by": registrar, "date": date(2026, 11, 23), "reason": "外出务工", "until": None}
    results = at_once(
        lambda: change_register(pupil, ChangeKind.DROP_OUT, **when),
        lambda: change_register(pupil, ChangeKind.TRANSFER_OUT, to_school="外县中学", **when),
    )

    assert sum(isinstance(result, RegisterChange) for result in results) == 1
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert RegisterChange.objects.count() == 1


def test_rolls_are_saved_while_a_big_import_merges(put, class_a, pupils_a, roster):
    path = roster(400)
    rolls = [put([mark(pupil)], session=session) for pupil, session in zip(pupils_a, ("am", "pm"), strict=False)]
    plan, *answers = at_once(lambda: import_roster(path), *rolls)

    assert plan.created == 400
    assert [answer.status_code for answer in answers] == [201, 201]
