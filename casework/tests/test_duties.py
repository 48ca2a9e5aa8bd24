"""Duties (F42): who holds one, every verb in every state, reminders, lateness, and what opens at which hour."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine

from casework.actions.duties import cancel_duty, chase_duties, close_duty, complete_duty, late_days, open_duty
from casework.actions.follow import follow_facts, open_roll_duties, settle_unverified
from casework.enums import DutyState
from casework.models import Duty, Escalation, Reminder
from casework.permissions import may_do
from casework.queries.inbox import duties_of, holders_of, late_below
from casework.tests.factories import MONDAY, make_duty
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person, Post, SchoolDay, StatutoryDay, Unit
from organisation.queries.edition import forget_rule_books
from organisation.queries.posts import Chair
from organisation.tests.factories import make_class, make_holder, make_post, make_school
from students.actions.rolls import submit_roll
from students.actions.slips import decide_slip, enter_slip
from students.enums import EnrolmentStatus
from students.tests.factories import make_pupil, make_roll

TODAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 20)


@pytest.fixture
def on_day(settings):
    """Stand on another day."""

    def stand(day):
        settings.KONGCHUO_TODAY = str(day)
        for person in Person.objects.all():
            person.__dict__.pop("_posts_on", None)

    return stand


@pytest.fixture
def at_time(settings):
    """Stand on another day, and at an hour of it."""

    def stand(day, hour, minute=0):
        settings.KONGCHUO_TODAY = str(day)
        moment = datetime.combine(day, time(hour, minute), ZoneInfo("Asia/Shanghai"))
        return time_machine.travel(moment, tick=False)

    return stand


# Who holds a duty.

CHAIN = [
    "class_teacher",
    "grade_head",
    "head_of_teaching",
    "deputy_principal",
    "principal",
    "central_head",
    "county_clerk",
    "bureau_head",
]


@pytest.fixture
def everybody(class_a, school_a, township, county):
    """One person on each post that a class teacher's duty may fall to."""
    seats = dict.fromkeys(("head_of_teaching", "deputy_principal", "principal"), school_a)
    seats |= {"class_teacher": class_a, "grade_head": Unit.objects.get_parent(class_a), "central_head": township}
    seats |= {"county_clerk": county, "bureau_head": county}
    return {kind: make_holder(PostKind(kind), seats[kind], kind) for kind in CHAIN}


@pytest.mark.parametrize("vacant", range(len(CHAIN)))
def test_a_vacant_post_passes_to_the_next(everybody, class_a, vacant):
    duty = make_duty(class_a)
    Post.objects.filter(kind__in=CHAIN[:vacant]).delete()
    holder = everybody[CHAIN[vacant]]
    assert holders_of([duty], on=TODAY) == {duty.pk: CHAIN[vacant]}
    assert may_do(holder, duty, on=TODAY)
    assert list(duties_of(holder, on=TODAY)) == [duty]
    others = [person for kind, person in everybody.items() if kind != CHAIN[vacant]]
    assert not any(may_do(person, duty, on=TODAY) or duties_of(person, on=TODAY) for person in others)


def test_with_every_post_vacant_nobody_holds_it_and_it_stays_open(class_a):
    duty = make_duty(class_a)
    assert holders_of([duty], on=TODAY) == {duty.pk: ""}
    assert chase_duties() == {"reminded": 0, "lapsed": 0}
    assert Duty.objects.open().get() == duty


def test_a_townships_duty_passes_to_the_county_clerk(township, township_officer, county_clerk, principal):
    duty = make_duty(township, post=PostKind.TOWNSHIP_OFFICER)
    assert (may_do(township_officer, duty, on=TODAY), may_do(county_clerk, duty, on=TODAY)) == (True, False)
    Post.objects.filter(person=township_officer).delete()
    assert list(duties_of(county_clerk, on=TODAY)) == [duty]
    assert not duties_of(principal, on=TODAY).exists()


def test_a_school_right_under_the_county_has_no_central_head(county, county_clerk):
    school_class = make_class(make_school(county, "2152000999"))
    assert may_do(county_clerk, make_duty(school_class), on=TODAY)


def test_the_deputy_does_the_principals_duties_and_not_the_other_way_round(school_a, principal, deputy_principal):
    for_principal = make_duty(school_a, post=PostKind.PRINCIPAL)
    for_deputy = make_duty(school_a, post=PostKind.DEPUTY_PRINCIPAL)
    assert may_do(deputy_principal, for_principal, on=TODAY)
    assert list(duties_of(deputy_principal, on=TODAY)) == [for_principal, for_deputy]
    assert not may_do(principal, for_deputy, on=TODAY)


def test_a_substitute_holds_the_post_while_the_substitution_lasts(class_a, class_teacher, on_day):
    substitute = make_holder(
        PostKind.CLASS_TEACHER,
        class_a,
        "代课老师",
        first_day=date(2026, 11, 23),
        last_day=date(2026, 11, 27),
        is_substitute=True,
    )
    duty = make_duty(class_a)
    assert holders_of([duty], on=TODAY) == {duty.pk: "代课老师"}
    on_day("2026-11-30")
    assert holders_of([duty], on=clock.today()) == {duty.pk: "余老师"}
    assert not may_do(substitute, duty, on=clock.today())


def test_a_post_that_ended_or_an_account_that_was_closed_holds_nothing(class_a, former_teacher, class_teacher):
    duty = make_duty(class_a)
    assert not may_do(former_teacher, duty, on=TODAY)
    Person.objects.filter(pk=class_teacher.pk).update(is_active=False)
    assert not may_do(Person.objects.get(pk=class_teacher.pk), duty, on=TODAY)


# The verbs in every state.


def in_state(duty, state):
    if state == DutyState.DONE:
        close_duty(duty)
    elif state == DutyState.CANCELLED:
        cancel_duty(duty)
    return duty


def test_an_open_duty_is_completed_with_its_text(class_a, class_teacher):
    done = complete_duty(make_duty(class_a), text=" 已电话告知 ", by=class_teacher)
    assert (done.state, done.text, done.done_by) == ("done", "已电话告知", class_teacher)


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_what_is_not_open_cannot_be_completed(class_a, class_teacher, state):
    duty = in_state(make_duty(class_a), state)
    with pytest.raises(Refused) as refused:
        complete_duty(duty, text="又办", by=class_teacher)
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    duty.refresh_from_db()
    assert duty.state == state


@pytest.mark.parametrize("state", list(DutyState))
@pytest.mark.parametrize(("verb", "after"), [(close_duty, "done"), (cancel_duty, "cancelled")])
def test_only_an_open_duty_is_closed_or_cancelled(class_a, state, verb, after):
    duty = in_state(make_duty(class_a), state)
    verb(duty)
    duty.refresh_from_db()
    assert duty.state == (after if state == "open" else state)


@pytest.mark.parametrize(("state", "after"), [("open", "open"), ("cancelled", "open"), ("done", "done")])
def test_opened_again_under_the_same_key_it_is_the_same_duty(class_a, state, after):
    duty = in_state(make_duty(class_a, key="k"), state)
    again = make_duty(class_a, key="k", due=FRIDAY)
    assert (again.pk, again.state, Duty.objects.count()) == (duty.pk, after, 1)
    assert clock.end_of(FRIDAY if after == "open" else MONDAY) == again.due_at


@pytest.mark.parametrize("kind", ["call_roll", "find_out", "escalation", "slip", "screen_lead"])
def test_what_its_own_act_completes_cannot_be_ticked_off(class_a, class_teacher, kind):
    with pytest.raises(Refused) as refused:
        complete_duty(make_duty(class_a, kind=kind), text="办了", by=class_teacher)
    assert (refused.value.code, refused.value.status) == ("done_elsewhere", 409)


def test_a_duty_is_completed_by_its_holder_and_says_how(class_a, class_teacher, principal):
    duty = make_duty(class_a)
    with pytest.raises(NotYours):
        complete_duty(duty, text="办了", by=principal)
    with pytest.raises(Malformed) as malformed:
        complete_duty(duty, text="  ", by=class_teacher)
    assert malformed.value.code == "text_needed"


def test_over_the_api_a_duty_is_completed_once(as_, class_a, class_teacher):
    duty = make_duty(class_a)
    address = f"/api/v1/duties/{duty.pk}/complete/"
    first = as_(class_teacher).post(address, {"text": "已告知"}, "application/json")
    again = as_(class_teacher).post(address, {"text": "已告知"}, "application/json")
    assert (first.status_code, first.json()["state"]) == (200, "done")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("person", "kind", "body", "status", "code"),
    [
        ("stranger", "tell_guardians", {"text": "办了"}, 404, "not_found"),
        ("principal", "tell_guardians", {"text": "办了"}, 403, "permission_denied"),
        ("principal", "tell_guardians", {}, 403, "permission_denied"),
        ("class_teacher", "tell_guardians", {"text": ""}, 400, "text_needed"),
        ("class_teacher", "tell_guardians", {"text": "办", "proof": "x"}, 400, "invalid"),
        ("class_teacher", "escalation", {"text": "办了"}, 409, "done_elsewhere"),
    ],
)
def test_what_completing_over_the_api_refuses(as_, request, class_a, class_teacher, person, kind, body, status, code):
    duty = make_duty(class_a, kind=kind)
    answer = as_(request.getfixturevalue(person)).post(f"/api/v1/duties/{duty.pk}/complete/", body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    duty.refresh_from_db()
    assert duty.state == "open"


def test_on_the_page_a_duty_is_completed_by_its_holder_only(as_, class_a, class_teacher, principal, stranger):
    duty = make_duty(class_a)
    assert as_(stranger).post(f"/duties/{duty.pk}/", {"text": "办了"}).status_code == 404
    assert as_(principal).post(f"/duties/{duty.pk}/", {"text": "办了"}).status_code == 403
    assert as_(class_teacher).post(f"/duties/{duty.pk}/", {"text": "已告知"}).status_code == 302
    duty.refresh_from_db()
    assert duty.state == "done"


def test_the_api_says_of_a_duty_what_interfaces_promise(as_, class_a, class_teacher):
    pupil = make_pupil(class_a)
    duty = make_duty(class_a, pupil=pupil)
    (found,) = as_(class_teacher).get("/api/v1/duties/?mine=1&overdue=1").json()["results"]
    assert found == {
        "id": duty.pk,
        "kind": "tell_guardians",
        "about": "告知家长",
        "student": pupil.number,
        "post": "class_teacher",
        "unit": class_a.code,
        "holder": "余老师",
        "due_at": "2026-11-09T23:59:00+08:00",
        "state": "open",
        "late_days": 10,
    }


# Lateness and reminders.


@pytest.mark.parametrize(
    ("due", "today", "late"),
    [
        (FRIDAY, FRIDAY, 0),
        (FRIDAY, date(2026, 11, 22), 0),  # a Sunday
        (FRIDAY, date(2026, 11, 23), 1),
        (FRIDAY, date(2026, 12, 1), 7),
    ],
)
def test_a_schools_duty_is_late_by_school_days(class_a, due, today, late):
    assert late_days(make_duty(class_a, due=due), on=today) == late


def test_a_day_struck_out_by_the_school_is_not_late_and_a_make_up_saturday_is(class_a, school_a):
    SchoolDay.objects.create(unit=school_a, date=date(2026, 11, 23), is_open=False)
    StatutoryDay.objects.create(date=date(2026, 11, 21), is_workday=True, name="调休")
    forget_rule_books()
    duty = make_duty(class_a, due=FRIDAY)
    assert [late_days(duty, on=date(2026, 11, n)) for n in (20, 21, 22, 23, 24)] == [0, 1, 1, 1, 2]


def test_a_townships_duty_is_late_by_working_days_in_the_holidays_too(township, class_a):
    due = date(2027, 1, 22)  # a Friday after the end of term
    StatutoryDay.objects.create(date=date(2027, 1, 25), is_workday=False, name="放假")
    forget_rule_books()
    for_township = make_duty(township, post=PostKind.TOWNSHIP_OFFICER, due=due)
    for_school = make_duty(class_a, due=due)
    on = date(2027, 1, 29)
    assert (late_days(for_township, on=on), late_days(for_school, on=on)) == (4, 0)


def test_a_duty_done_stays_as_late_as_it_was_and_a_cancelled_one_is_not_late(class_a, class_teacher, on_day):
    done, gone = make_duty(class_a, due=MONDAY), make_duty(class_a, due=MONDAY, key="gone")
    on_day("2026-11-11")
    complete_duty(done, text="办了", by=class_teacher)
    cancel_duty(gone)
    done.refresh_from_db()
    gone.refresh_from_db()
    assert (late_days(done, on=TODAY), late_days(gone, on=TODAY)) == (2, 0)


def reminded(duty):
    return [(r.stage, r.person.name) for r in Reminder.objects.filter(duty=duty).order_by("pk")]


def test_reminders_come_on_the_day_one_day_late_and_three_days_late_to_the_next_post(
    class_a, class_teacher, grade_head, on_day
):
    duty = make_duty(class_a, due=FRIDAY)
    expected = {
        date(2026, 11, 19): [],
        date(2026, 11, 20): ["due"],
        date(2026, 11, 22): ["due"],
        date(2026, 11, 23): ["due", "late"],
        date(2026, 11, 24): ["due", "late"],
        date(2026, 11, 25): ["due", "late", "next_post"],
        date(2026, 11, 27): ["due", "late", "next_post"],
    }
    for day, stages in expected.items():
        on_day(day)
        chase_duties()
        chase_duties()
        assert [stage for stage, _ in reminded(duty)] == stages, day
    assert reminded(duty)[1:] == [("late", "余老师"), ("next_post", "年级组长王")]
    assert list(late_below(grade_head, on=clock.today())) == [duty]
    close_duty(duty)
    assert not late_below(grade_head, on=clock.today())


def test_the_next_post_is_somebody_else_than_the_holder(class_a, class_teacher, head_of_teaching, on_day):
    """In a small school the class teacher is the grade head too (P4)."""
    make_post(class_teacher, PostKind.GRADE_HEAD, Unit.objects.get_parent(class_a))
    duty = make_duty(class_a, due=FRIDAY)
    on_day("2026-11-25")
    chase_duties()
    assert ("next_post", "李主任") in reminded(duty)


def test_of_a_vacant_post_the_one_above_its_holder_is_told(class_a, grade_head, head_of_teaching, on_day):
    duty = make_duty(class_a, due=FRIDAY)
    on_day("2026-11-25")
    chase_duties()
    assert reminded(duty) == [("due", "年级组长王"), ("late", "年级组长王"), ("next_post", "李主任")]


def test_a_duty_due_at_nine_lapses_only_after_nine(class_a, class_teacher, at_time):
    duty = make_duty(class_a, due=TODAY, at=time(9))
    with at_time(TODAY, 8, 59):
        assert chase_duties() == {"reminded": 1, "lapsed": 0}
    with at_time(TODAY, 9, 1):
        assert chase_duties() == {"reminded": 0, "lapsed": 1}
        assert chase_duties() == {"reminded": 0, "lapsed": 0}
    assert list(duty.lapses.values_list("person", "since", "until")) == [(class_teacher.pk, TODAY, None)]


def lapses(duty):
    rows = duty.lapses.order_by("since", "pk").values_list("person__name", "since", "until")
    return [(name, f"{since:%m-%d}", until and f"{until:%m-%d}") for name, since, until in rows]


def test_what_was_late_stays_with_whom_it_was_late(class_a, class_teacher, on_day):
    duty = make_duty(class_a, due=MONDAY)
    on_day("2026-11-13")
    chase_duties()
    class_teacher.posts.update(last_day="2026-11-16")
    make_holder(PostKind.CLASS_TEACHER, class_a, "新班主任", first_day=date(2026, 11, 17))
    on_day("2026-11-18")
    chase_duties()
    assert lapses(duty) == [("余老师", "11-09", "11-16"), ("新班主任", "11-17", None)]
    close_duty(duty)
    assert lapses(duty) == [("余老师", "11-09", "11-16"), ("新班主任", "11-17", "11-18")]


def test_a_duty_that_fell_to_the_next_post_is_late_with_it_from_that_day_only(
    class_a, class_teacher, grade_head, on_day
):
    duty = make_duty(class_a, due=MONDAY)
    on_day("2026-11-13")
    chase_duties()
    class_teacher.posts.update(last_day="2026-11-16")
    on_day("2026-11-17")
    chase_duties()
    assert lapses(duty) == [("余老师", "11-09", "11-16"), ("年级组长王", "11-17", None)]


def test_lateness_that_nobody_looked_at_is_still_with_the_one_it_fell_late_with(class_a, class_teacher, on_day):
    """The scheduler stood still for nine days, and the post changed hands in them."""
    duty = make_duty(class_a, due=MONDAY)
    class_teacher.posts.update(last_day="2026-11-16")
    make_holder(PostKind.CLASS_TEACHER, class_a, "新班主任", first_day=date(2026, 11, 17))
    on_day("2026-11-18")
    chase_duties()
    assert lapses(duty) == [("余老师", "11-09", "11-16"), ("新班主任", "11-17", None)]


def test_who_took_up_a_post_that_nobody_held_is_late_from_that_day(class_a, on_day):
    duty = make_duty(class_a, due=MONDAY)
    make_holder(PostKind.CLASS_TEACHER, class_a, "新班主任", first_day=date(2026, 11, 17))
    on_day("2026-11-18")
    chase_duties()
    assert lapses(duty) == [("新班主任", "11-17", None)]


def test_a_new_term_ends_the_lateness_under_the_old_one(class_a, class_teacher, on_day):
    duty = make_duty(class_a, due=MONDAY, key="k")
    on_day("2026-11-16")
    chase_duties()
    make_duty(class_a, due=FRIDAY, key="k")
    assert lapses(duty) == [("余老师", "11-09", "11-16")]
    on_day("2026-11-24")
    chase_duties()
    assert lapses(duty) == [("余老师", "11-20", None)]


# What opens at which hour.


def calls():
    return sorted(Duty.objects.filter(kind="call_roll").values_list("key", flat=True))


@pytest.mark.parametrize(
    ("hour", "minute", "sessions"),
    [(8, 59, []), (9, 0, ["am"]), (14, 59, ["am"]), (15, 0, ["am", "pm"]), (21, 0, ["am", "pm"])],
)
def test_a_duty_to_call_the_roll_opens_only_at_the_cut_off(
    class_a, class_teacher, pupils_a, at_time, hour, minute, sessions
):
    with at_time(TODAY, hour, minute):
        open_roll_duties()
        assert open_roll_duties() == 0
    assert calls() == [f"call_roll:{class_a.pk}:2026-11-23:{session}" for session in sessions]


def test_a_normal_day_leaves_no_duty(class_a, class_teacher, pupils_a, at_time):
    make_roll(class_a, TODAY, "am", by=class_teacher)
    make_roll(class_a, TODAY, "pm", by=class_teacher)
    with at_time(TODAY, 21):
        assert open_roll_duties() == 0


def test_no_roll_is_owed_on_a_holiday_or_of_a_class_without_pupils(class_a, school_a, class_b, pupils_a, at_time):
    SchoolDay.objects.create(unit=school_a, date=TODAY, is_open=False)
    forget_rule_books()
    with at_time(TODAY, 21):
        assert open_roll_duties() == 0


def test_of_a_half_day_only_the_session_called_is_owed(class_a, school_a, pupils_a, at_time):
    SchoolDay.objects.create(unit=school_a, date=TODAY, session="pm", is_open=False)
    forget_rule_books()
    with at_time(TODAY, 21):
        open_roll_duties()
    assert calls() == [f"call_roll:{class_a.pk}:2026-11-23:am"]


def test_who_is_taught_at_home_or_away_owes_the_class_no_roll(class_a, at_time):
    for status in set(EnrolmentStatus) - {EnrolmentStatus.IN_SCHOOL}:
        make_pupil(class_a, status=status)
    with at_time(TODAY, 21):
        assert open_roll_duties() == 0


def test_the_roll_submitted_closes_its_duty_which_was_late_from_nine_on(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 9, 5):
        open_roll_duties()
    duty = Duty.objects.get()
    assert (duty.post_kind, duty.due_at) == ("class_teacher", clock.at(TODAY, time(9)))
    with at_time(TODAY, 10):
        submit_roll(class_a, TODAY, "am", version=0, marks=[], by=class_teacher)
        follow_facts()
        assert open_roll_duties() == 0
    duty.refresh_from_db()
    assert (duty.state, duty.done_by) == ("done", class_teacher)


def call(class_a, teacher, marks, version=0, day=TODAY, session="am"):
    sent = [{"student": pupil.number, "kind": kind, "note": note} for pupil, kind, note in marks]
    submit_roll(class_a, day, session, version=version, marks=sent, by=teacher)
    follow_facts()


def test_unverified_is_to_be_found_out_by_noon(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 8, 10):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", "")])
    duty = Duty.objects.get(kind="find_out")
    assert (duty.due_at, duty.pupil, duty.post_kind) == (clock.at(TODAY, time(12)), pupils_a[0], "class_teacher")


def test_called_after_noon_the_clock_runs_from_the_recording(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 14, 20):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", "")], session="pm")
    assert Duty.objects.get(kind="find_out").due_at == clock.at(TODAY, time(14, 20))


def test_submitting_again_gives_no_more_time(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 8, 10):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", "")])
    with at_time(TODAY, 15):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", ""), (pupils_a[1], "late", "")], version=1)
    assert Duty.objects.get(kind="find_out").due_at == clock.at(TODAY, time(12))


@pytest.mark.parametrize("kind", ["truant", "sick", ""])
def test_found_out_it_is_done(class_a, class_teacher, pupils_a, at_time, kind):
    with at_time(TODAY, 8, 10):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", ""), (pupils_a[1], "unverified", "")])
    with at_time(TODAY, 10):
        marks = [(pupils_a[1], "unverified", "")] + ([(pupils_a[0], kind, "")] if kind else [])
        call(class_a, class_teacher, marks, version=1)
    states = dict(Duty.objects.filter(kind="find_out").values_list("pupil", "state"))
    assert states == {pupils_a[0].pk: "done", pupils_a[1].pk: "open"}


def test_a_slip_for_the_day_finds_it_out(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 8, 10):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", "")])
        enter_slip(
            pupils_a[0],
            kind="sick",
            first_day=TODAY,
            last_day=TODAY,
            applied_by="母亲",
            reason="发热",
            by=class_teacher,
        )
        follow_facts()
    assert Duty.objects.get(kind="find_out").state == "done"


def test_nobody_having_found_out_the_day_after_it_counts_as_truant(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 8, 10):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", "")])
    with at_time(TODAY, 23, 30):
        settle_unverified()
        assert not Escalation.objects.exists()
    with at_time(date(2026, 11, 24), 0, 10):
        assert settle_unverified() == 1
        assert settle_unverified() == 0
    assert Duty.objects.get(kind="find_out").state == "cancelled"
    assert (Escalation.objects.get().day, Escalation.objects.get().count) == (TODAY, 1)


def test_a_roll_of_a_past_day_opens_no_duty_to_find_out(class_a, class_teacher, pupils_a, at_time):
    with at_time(TODAY, 8, 10):
        call(class_a, class_teacher, [(pupils_a[0], "unverified", "")], day=FRIDAY)
    assert not Duty.objects.filter(kind="find_out").exists()


@pytest.fixture
def six(class_a):
    return [make_pupil(class_a) for _ in range(6)]


@pytest.mark.parametrize(
    ("notes", "alerts"),
    [
        (["发热", "发热"], 0),
        (["发热", "发热", "咳嗽"], 0),
        (["发热", " 发热", "发热 "], 1),
        (["发热", "咳嗽", "腹泻", "皮疹"], 0),
        (["发热", "咳嗽", "腹泻", "皮疹", "头痛"], 1),
    ],
)
def test_three_sick_with_one_symptom_or_five_at_all_alert_the_school(class_a, class_teacher, six, notes, alerts):
    call(class_a, class_teacher, [(pupil, "sick", note) for pupil, note in zip(six, notes, strict=False)])
    found = Duty.objects.filter(kind="sick_alert")
    assert [duty.post_kind for duty in found] == ["head_of_teaching"] * alerts


def test_five_sick_in_three_school_days_alert_over_the_weekend(class_a, class_teacher, six):
    make_roll(class_a, date(2026, 11, 18), by=class_teacher, marks={six[5]: "sick"})  # the fourth day back
    make_roll(class_a, date(2026, 11, 19), by=class_teacher, marks={six[0]: "sick", six[1]: "sick"})
    make_roll(class_a, FRIDAY, by=class_teacher, marks={six[1]: "sick", six[2]: "sick"})
    call(class_a, class_teacher, [(six[3], "sick", "咳嗽")])
    assert not Duty.objects.filter(kind="sick_alert").exists()
    call(class_a, class_teacher, [(six[3], "sick", "咳嗽"), (six[4], "sick", "发热")], version=1)
    duty = Duty.objects.get(kind="sick_alert")
    assert "5 名学生" in duty.title
    assert duty.due_at == clock.end_of(TODAY)


def test_one_sick_child_marked_twice_a_day_is_one(class_a, class_teacher, six):
    for session in ("am", "pm"):
        call(class_a, class_teacher, [(pupil, "sick", "发热") for pupil in six[:2]], session=session)
    assert not Duty.objects.filter(kind="sick_alert").exists()


def test_an_alert_of_a_roll_handed_in_late_is_not_late_at_once(class_a, class_teacher, six):
    call(class_a, class_teacher, [(pupil, "sick", "发热") for pupil in six[:3]], day=FRIDAY)
    assert Duty.objects.get(kind="sick_alert").due_at == clock.end_of(TODAY)


def test_the_request_for_leave_is_a_duty_until_it_is_decided(class_a, class_teacher, head_of_teaching, pupils_a):
    slip = enter_slip(
        pupils_a[0],
        kind="personal",
        first_day=TODAY,
        last_day=date(2026, 11, 27),
        applied_by="父亲",
        reason="家中有事",
        by=class_teacher,
    )
    follow_facts()
    (duty,) = duties_of(head_of_teaching, on=TODAY)
    assert (duty.kind, duty.pupil) == ("slip", pupils_a[0])
    decide_slip(slip, approve=False, by=head_of_teaching)
    follow_facts()
    duty.refresh_from_db()
    assert (duty.state, duty.done_by) == ("done", head_of_teaching)


def test_a_key_opens_one_duty_whoever_asks(class_a):
    arguments = {
        "title": "同一件事",
        "chair": Chair("class_teacher", class_a.path),
        "path": class_a.path,
        "due_at": clock.end_of(MONDAY),
    }
    assert open_duty("tell_guardians", "one", **arguments) == open_duty("tell_guardians", "one", **arguments)
