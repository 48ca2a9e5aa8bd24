"""Commendations (F56): candidates by rule, what stands against them, who confirms and who takes them back."""

from datetime import date, timedelta

import pytest

from accountability.actions.commendations import confirm_commendation, withdraw_commendation
from accountability.enums import LeadSource
from accountability.models import Commendation
from accountability.queries.merits import candidates_of
from accountability.tests.factories import lead_against, revoke, served_finding
from casework.models import SupportEntry
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.tests.factories import make_class, make_holder, make_post
from organisation.tests.together import at_once, shared_database
from students.actions.register import change_register
from students.tests.factories import make_pupil, make_roll, moment

TODAY = date(2026, 11, 23)
GONE = date(2026, 10, 9)


@pytest.fixture
def classes(school_a, class_a, class_teacher):
    """Three classes of twenty: one lost nobody, one a child, one two."""
    found = [class_a, make_class(school_a, number=2), make_class(school_a, number=3)]
    for lost, school_class in enumerate(found):
        pupils = [make_pupil(school_class, starts=date(2026, 8, 30)) for _ in range(20)]
        for pupil in pupils[:lost]:
            change_register(pupil, "drop_out", date=GONE, reason="外出务工", by=None)
    return found


def keys(school, year=2026):
    return {one.key: one for one in candidates_of(school, year, on=TODAY)}


def test_no_dropout_and_below_the_average_are_candidates_with_their_class_teacher(classes, school_a, class_teacher):
    full, below, most = classes
    found = keys(school_a)
    assert set(found) == {
        f"no_dropout:unit:{full.pk}",
        f"no_dropout:person:{class_teacher.pk}",
    }  # 1 of 20 in a school with 3 of 60 is the average, not below it
    assert found[f"no_dropout:unit:{full.pk}"].basis == "学年初在校 20 人,无辍学"
    assert not [key for key in found if key.endswith((f":{below.pk}", f":{most.pk}")) and "unit" in key]


def test_below_the_average_is_barred_while_its_child_is_out(classes, school_a):
    for _ in range(20):
        make_pupil(classes[1], starts=date(2026, 8, 30))
    one = keys(school_a)[f"below_average:unit:{classes[1].pk}"]
    assert one.basis == "学年初在校 40 人,辍学 1 人;全校 80 人中 3 人"
    assert [ban.reason for ban in one.bans] == ["class_target"]
    assert not one.is_open


def test_a_school_without_dropout_is_a_candidate_of_the_bureaus(school_a, class_a, principal, bureau_head):
    make_pupil(class_a, starts=date(2026, 8, 30))
    key = f"no_dropout:unit:{school_a.pk}"
    with pytest.raises(NotYours):
        confirm_commendation(school_a, key, year=2026, by=principal)
    assert confirm_commendation(school_a, key, year=2026, by=bureau_head).unit == school_a


@pytest.fixture
def helped(class_a, class_teacher):
    """Three children who were away every day, and came from the day on which somebody helped."""
    pupils = [make_pupil(class_a, starts=date(2026, 8, 30)) for _ in range(3)]
    start = date(2026, 11, 2)
    day = date(2026, 10, 19)
    while day <= date(2026, 11, 20):
        if day.weekday() < 5:
            marks = dict.fromkeys(pupils, "truant") if day < start else {}
            for session in ("am", "pm"):
                make_roll(class_a, day, session, by=class_teacher, marks=marks)
        day += timedelta(days=1)
    for pupil in pupils:
        SupportEntry.objects.create(
            pupil=pupil, path=class_a.path, kind="tutoring", on=start, text="补课", by=class_teacher, at=moment(start)
        )
    return pupils


def test_support_that_worked_is_a_candidate(helped, school_a, class_teacher):
    one = keys(school_a)[f"support:person:{class_teacher.pk}"]
    assert one.basis == "帮扶 3 名学生,帮扶后出勤好转 3 人(前后各 20 个上课日)"


def test_support_of_one_child_may_be_chance(helped, school_a, class_teacher):
    SupportEntry.objects.exclude(pupil=helped[0]).delete()
    assert f"support:person:{class_teacher.pk}" not in keys(school_a)


# What stands against it.


def test_a_barred_one_is_shown_with_the_ban_and_refused(as_, classes, school_a, class_a, class_teacher, principal):
    finding = served_finding(class_teacher, class_a)
    key = f"no_dropout:person:{class_teacher.pk}"
    assert keys(school_a)[key].bans
    assert "通报批评" in as_(principal).get("/commendations/").content.decode()
    with pytest.raises(Refused) as refused:
        confirm_commendation(school_a, key, year=2026, by=principal)
    assert refused.value.code == "barred"
    revoke(finding)
    assert confirm_commendation(school_a, key, year=2026, by=principal).subject == class_teacher


def test_rewards_need_a_clean_truth_check(classes, school_a, class_a, principal, bureau_head):
    lead = lead_against(school_a, source=LeadSource.TRUTH)
    key = f"no_dropout:unit:{class_a.pk}"
    with pytest.raises(Refused) as refused:
        confirm_commendation(school_a, key, year=2026, by=principal)
    assert refused.value.code == "truth_open"
    lead.state, lead.reason = "dismissed", "核实无误"
    lead.save()
    assert confirm_commendation(school_a, key, year=2026, by=principal).unit == class_a


@pytest.mark.parametrize("post", ["class_teacher", "head_of_teaching", "deputy_principal", "county_clerk", "stranger"])
def test_the_right_post_confirms(request, classes, school_a, class_a, post):
    with pytest.raises(NotYours):
        confirm_commendation(school_a, f"no_dropout:unit:{class_a.pk}", year=2026, by=request.getfixturevalue(post))


def test_nobody_confirms_themselves_nor_their_own_class(classes, school_a, class_a, principal, class_teacher):
    make_post(class_teacher, PostKind.PRINCIPAL, school_a)
    person = type(class_teacher).objects.get(pk=class_teacher.pk)
    for key in (f"no_dropout:person:{person.pk}", f"no_dropout:unit:{class_a.pk}"):
        with pytest.raises(NotYours):
            confirm_commendation(school_a, key, year=2026, by=person)


def test_only_what_the_rules_name_is_confirmed(classes, school_a, principal):
    for key in ("", "no_dropout:unit:0", f"no_dropout:unit:{classes[2].pk}", "x" * 60):
        with pytest.raises(Malformed):
            confirm_commendation(school_a, key, year=2026, by=principal)


# Confirmed once, taken back with a reason.


@pytest.fixture
def standing(classes, school_a, class_a, principal):
    return confirm_commendation(school_a, f"no_dropout:unit:{class_a.pk}", year=2026, by=principal)


def test_it_is_confirmed_once(standing, school_a, class_a, principal):
    with pytest.raises(Refused) as refused:
        confirm_commendation(school_a, f"no_dropout:unit:{class_a.pk}", year=2026, by=principal)
    assert refused.value.code == "commended"


@pytest.mark.parametrize(("state", "after"), [("confirmed", "withdrawn"), ("withdrawn", None)])
def test_each_state_and_its_withdrawal(standing, principal, state, after):
    Commendation.objects.update(state=state, reason="" if state == "confirmed" else "先前")
    if after:
        assert withdraw_commendation(standing, reason="数据有误", by=principal).state == after
    else:
        with pytest.raises(Refused):
            withdraw_commendation(standing, reason="再来", by=principal)


def test_withdrawal_gives_a_reason_and_is_the_confirmers(standing, principal, class_teacher, bureau_head):
    with pytest.raises(Malformed):
        withdraw_commendation(standing, reason=" ", by=principal)
    with pytest.raises(NotYours):
        withdraw_commendation(standing, reason="x", by=class_teacher)
    assert withdraw_commendation(standing, reason="复查有误", by=bureau_head).withdrawn_by == bureau_head


def test_taken_back_it_may_be_confirmed_again(standing, school_a, class_a, principal):
    withdraw_commendation(standing, reason="笔误", by=principal)
    assert confirm_commendation(school_a, f"no_dropout:unit:{class_a.pk}", year=2026, by=principal)


def test_the_page_confirms_and_takes_back(as_, classes, school_a, class_a, principal, class_teacher, stranger):
    client = as_(principal)
    key = f"no_dropout:unit:{class_a.pk}"
    assert client.post("/commendations/?year=2026", {"candidate": key}).status_code == 302
    found = Commendation.objects.get()
    assert client.post("/commendations/?year=2026", {"candidate": key}).status_code == 409
    at = f"/commendations/{found.pk}/"
    assert client.get(at).status_code == 200
    assert client.post(at, {"reason": ""}).status_code == 400
    assert as_(stranger).get(at).status_code == 404
    assert as_(principal).post(at, {"reason": "数据有误"}).status_code == 302
    assert as_(principal).post(at, {"reason": "再撤"}).status_code == 409
    assert as_(class_teacher).get("/commendations/").status_code == 403


def test_who_was_commended_sees_it(as_, classes, school_a, class_teacher, principal, stranger):
    found = confirm_commendation(school_a, f"no_dropout:person:{class_teacher.pk}", year=2026, by=principal)
    assert as_(class_teacher).get(f"/commendations/{found.pk}/").status_code == 200
    assert as_(class_teacher).post(f"/commendations/{found.pk}/", {"reason": "x"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_confirmed_by_two_at_once_it_is_one(transactional_db, tmp_path, school_a, class_a, principal, bureau_head):
    make_pupil(class_a, starts=date(2026, 8, 30))
    deputy = make_holder(PostKind.PRINCIPAL, school_a)
    key = f"no_dropout:unit:{class_a.pk}"
    with shared_database(tmp_path):
        results = at_once(
            *(lambda by=by: confirm_commendation(school_a, key, year=2026, by=by) for by in (principal, deputy))
        )
        assert sorted(type(one).__name__ for one in results) == ["Commendation", "Refused"]
        assert Commendation.objects.count() == 1
