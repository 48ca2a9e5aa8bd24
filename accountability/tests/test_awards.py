"""Award bans (F53, P24): what bars whom from which year, and that they end with the decision they rest on."""

from datetime import date

import pytest

from accountability.queries.award_bans import bans_in, bans_of, key_of
from accountability.queries.class_targets import class_years
from accountability.rules.awards import Loss, bars_class, is_barred_in, is_below_average
from accountability.tests.factories import revoke, served_finding
from casework.models import Case, Duty, Lapse
from organisation import clock
from organisation.enums import PostKind
from organisation.tests.factories import make_class, make_holder, make_post
from students.actions.register import change_register
from students.tests.factories import make_pupil

TODAY = date(2026, 11, 23)
GONE = date(2026, 10, 9)


# Rules.


@pytest.mark.parametrize(
    ("year", "since", "until", "is_sanction", "barred"),
    [
        (2026, date(2026, 9, 1), None, False, True),
        (2026, date(2026, 8, 31), None, False, False),
        (2025, date(2026, 8, 31), None, False, True),
        (2027, date(2026, 11, 2), date(2027, 11, 2), False, False),  # 诫勉谈话 lasts on, the award year does not
        (2027, date(2026, 11, 2), date(2027, 11, 2), True, True),
        (2028, date(2026, 11, 2), date(2028, 11, 2), True, True),
        (2029, date(2026, 11, 2), date(2028, 11, 2), True, False),
        (2025, date(2026, 11, 2), date(2028, 11, 2), True, False),
    ],
)
def test_the_year_of_a_decision(year, since, until, is_sanction, barred):
    assert is_barred_in(year, since, until, is_sanction=is_sanction) == barred


def losses(*pairs):
    return [Loss(number, GONE, *pair) for number, pair in enumerate(pairs)]


@pytest.mark.parametrize(
    ("lost", "most", "barred"),
    [
        ((), 0, False),
        (((True, True),), 0, False),  # reported in time, and back
        (((True, False),), 0, True),
        (((False, True),), 0, True),
        (((False, False),), 1, False),  # within the target
        (((True, True), (True, True)), 1, False),
        (((True, True), (True, False)), 1, True),
        (((True, True), (False, True)), 1, True),
    ],
)
def test_a_class_over_its_target(lost, most, barred):
    assert bars_class(losses(*lost), most) == barred


@pytest.mark.parametrize(
    ("part", "whole", "school", "below"), [(1, 50, (3, 100), True), (1, 30, (3, 90), False), (2, 50, (3, 100), False)]
)
def test_below_the_schools_average_in_integers(part, whole, school, below):
    assert is_below_average(part, whole, *school) == below


# Decisions.


def of(subject, year=2026):
    return bans_of([subject], year, on=TODAY).get(key_of(subject), [])


def test_a_decision_in_force_bars_the_person_in_its_year(class_teacher, class_a):
    served_finding(class_teacher, class_a)
    (ban,) = of(class_teacher)
    assert ban.text == "2026年11月2日起通报批评生效,2026—2027 学年不得评优评先"
    assert of(class_teacher, 2025) == of(class_teacher, 2027) == []


def test_a_decision_bars_the_unit_it_is_against_and_no_other(school_a, school_b, principal):
    served_finding(school_a, school_a)
    assert len(of(school_a)) == 1
    assert of(school_b) == of(principal) == []


def test_a_teachers_matter_does_not_bar_the_school(class_teacher, class_a, school_a):
    served_finding(class_teacher, class_a)
    assert of(school_a) == []


def test_it_is_lifted_when_a_review_revokes(class_teacher, class_a):
    finding = served_finding(class_teacher, class_a)
    revoke(finding)
    assert of(class_teacher) == bans_in([class_a.path], 2026, on=TODAY) == []


def test_after_its_time_it_still_was_of_its_year(class_teacher, class_a):
    finding = served_finding(class_teacher, class_a, form="admonition", expires_on=date(2027, 5, 2))
    finding.state = "expired"
    finding.save()
    assert len(of(class_teacher)) == 1


def test_exempted_is_not_held_to_account(class_teacher, class_a):
    served_finding(class_teacher, class_a, form="exempt")
    assert of(class_teacher) == []


def test_a_sanction_names_its_kind(class_teacher, class_a):
    served_finding(class_teacher, class_a, form="sanction", sanction="demerit", expires_on=date(2027, 11, 2))
    assert "记过" in of(class_teacher)[0].text
    assert len(of(class_teacher, 2027)) == 1


def test_the_ban_goes_along_to_another_school(class_teacher, class_a, school_b, class_b):
    served_finding(class_teacher, class_a)
    make_post(class_teacher, PostKind.SUBJECT_TEACHER, class_b, first_day=date(2026, 11, 9))
    assert [ban.subject for ban in bans_in([school_b.path], 2026, on=TODAY)] == [class_teacher]


# Classes over their target (P24).


@pytest.fixture
def lost(class_a):
    """A class of twenty that lost a child in October; its case."""
    pupils = [make_pupil(class_a, starts=date(2026, 8, 30)) for _ in range(20)]
    change_register(pupils[0], "drop_out", date=GONE, reason="外出务工", by=None)
    return make_case(pupils[0], class_a)


def make_case(pupil, school_class, **fields):
    given = {"state": "persuading", "source": "left", "opened_on": GONE}
    return Case.objects.create(pupil=pupil, path=school_class.path, origin_path=school_class.path, **given | fields)


def late_report(case, person):
    duty = Duty.objects.create(
        kind="case_report", key=f"case_report:{case.pk}", about=case.pk, title="辍学报告单", path=case.path,
        post_kind=PostKind.CLASS_TEACHER, chair_path=case.path, due_at=clock.end_of(GONE), opened_at=clock.now(),
    )  # fmt: skip
    Lapse.objects.create(duty=duty, person=person, post_kind=PostKind.CLASS_TEACHER, since=date(2026, 10, 20))


def back(case, on=date(2026, 11, 2)):
    change_register(case.pupil, "return", date=on, reason="劝返", by=None, to_class=case.pupil.school_class)
    Case.objects.filter(pk=case.pk).update(state="returned")


def test_over_its_target_the_class_and_its_teachers_are_barred(lost, class_a, class_teacher, subject_teacher):
    barred = {(ban.subject, ban.reason) for ban in bans_in([class_a.path], 2026, on=TODAY)}
    assert barred == {(one, "class_target") for one in (class_a, class_teacher, subject_teacher)}
    assert of(class_a)[0].text == "2026—2027 学年辍学 1 人,控制目标 0 人,未能全部按时报告并劝返"
    assert "任学校2152000123 八(1)班班主任" in of(class_teacher)[0].text


def test_reported_in_time_and_back_nobody_is(lost, class_a, class_teacher):
    back(lost)
    assert bans_in([class_a.path], 2026, on=TODAY) == []


def test_back_but_reported_late_they_are(lost, class_a, class_teacher):
    back(lost)
    late_report(lost, class_teacher)
    assert len(bans_in([class_a.path], 2026, on=TODAY)) == 2


def test_cleared_and_reported_in_time_nobody_is(lost, class_a, class_teacher):
    Case.objects.update(state="cleared", clear_reason="elsewhere", ended_on=TODAY)
    assert bans_in([class_a.path], 2026, on=TODAY) == []


def test_who_took_the_class_over_afterwards_is_not_barred(lost, class_a, class_teacher):
    class_teacher.posts.update(last_day=date(2026, 10, 31))
    successor = make_holder(PostKind.CLASS_TEACHER, class_a, "新班主任", first_day=date(2026, 11, 1))
    assert of(successor) == []
    assert len(of(class_teacher)) == 1


def test_a_large_class_may_lose_what_the_limit_leaves_it(class_a, class_teacher):
    pupils = [make_pupil(class_a, starts=date(2026, 8, 30)) for _ in range(56)]
    change_register(pupils[0], "drop_out", date=GONE, reason="外出务工", by=None)
    (year,) = class_years([class_a.path], 2026, on=TODAY)
    assert (year.opening, year.most, len(year.losses), year.is_barred) == (56, 1, 1, False)


def test_of_another_year_it_says_nothing(lost, class_a, class_teacher):
    assert bans_in([class_a.path], 2025, on=TODAY) == bans_in([class_a.path], 2027, on=TODAY) == []


@pytest.mark.parametrize("classes", [1, 3])
def test_bans_cost_as_much_for_three_classes_as_for_one(
    school_a, class_teacher, lost, classes, django_assert_max_num_queries
):
    for number in range(1, classes):
        more = make_class(school_a, number=number + 1)
        make_holder(PostKind.CLASS_TEACHER, more, first_day=date(2026, 9, 1))
        pupil = make_pupil(more, starts=date(2026, 8, 30))
        change_register(pupil, "drop_out", date=GONE, reason="外出务工", by=None)
    bans_in([school_a.path], 2026, on=TODAY)  # the rule book is read once
    with django_assert_max_num_queries(12):
        assert len(bans_in([school_a.path], 2026, on=TODAY)) == 2 * classes


# On the page and over the API.


def test_the_page_answers_for_a_name(as_, principal, class_teacher, subject_teacher, lost):
    page = as_(principal).get("/nominations/?q=余老师").content.decode()
    assert "不得提名" in page
    assert "控制目标 0 人" in page
    assert "没有这个人" in as_(principal).get("/nominations/?q=外校教师").content.decode()


def test_who_asks_is_who_nominates(as_, class_teacher, principal, bureau_head):
    assert as_(class_teacher).get("/nominations/").status_code == 403
    for person in (principal, bureau_head):
        assert as_(person).get("/nominations/").status_code == 200


def test_the_list_says_who_is_barred_and_why(as_, principal, class_teacher, class_a):
    served_finding(class_teacher, class_a)
    body = as_(principal).get("/api/v1/award-bans/?year=2026").json()
    assert body == {
        "next": None,
        "previous": None,
        "results": [
            {
                "subject": {"kind": "person", "name": "余老师", "code": class_teacher.login, "post": ""},
                "year": 2026,
                "may_be_nominated": False,
                "reasons": [{"reason": "finding", "text": "2026年11月2日起通报批评生效,2026—2027 学年不得评优评先"}],
            }
        ],
    }
    assert as_(principal).get("/api/v1/award-bans/?year=2025").json()["results"] == []


def test_asked_for_one_it_answers_either_way(as_, principal, class_teacher, class_a, school_a):
    served_finding(class_teacher, class_a)
    client = as_(principal)
    (barred,) = client.get(f"/api/v1/award-bans/?year=2026&person={class_teacher.login}").json()["results"]
    (free,) = client.get(f"/api/v1/award-bans/?year=2026&unit={school_a.code}").json()["results"]
    assert (barred["may_be_nominated"], free["may_be_nominated"], free["reasons"]) == (False, True, [])


def test_everybody_asks_for_themselves_and_for_nobody_else(as_, class_teacher, subject_teacher, class_a, stranger):
    served_finding(class_teacher, class_a)
    assert len(as_(class_teacher).get("/api/v1/award-bans/?year=2026").json()["results"]) == 1
    assert as_(subject_teacher).get("/api/v1/award-bans/?year=2026").json()["results"] == []
    for person in (subject_teacher, stranger):
        assert as_(person).get(f"/api/v1/award-bans/?person={class_teacher.login}").status_code == 404
    assert as_(class_teacher).get(f"/api/v1/award-bans/?person={class_teacher.login}").status_code == 200


@pytest.mark.parametrize("query", ["year=x", "year=1", "year=20266", "year=２０２６"])
def test_a_year_that_is_none_is_refused(as_, principal, query):
    assert as_(principal).get(f"/api/v1/award-bans/?{query}").status_code == 400


def test_another_school_is_out_of_scope(as_, principal, school_b):
    assert as_(principal).get(f"/api/v1/award-bans/?unit={school_b.code}").status_code == 404
