"""The way back to school, from three days away to the attended days that close the case (procedures §6)."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from casework.actions.cases.opening import (
    clear_arrived,
    follow_absentees,
    open_case,
    suspect_not_arrived,
    suspect_overdue_suspensions,
)
from casework.actions.cases.verbs import (
    bring_back,
    clear_case,
    close_case,
    confirm_case,
    enforce_case,
    make_follow_up,
    reopen_case,
    report_case,
    serve_notice,
    start_persuasion,
)
from casework.actions.cases.visits import record_visit
from casework.actions.ladder import follow_ladder
from casework.models import Case, Duty, Escalation
from organisation import clock
from organisation.errors import NotYours, Refused
from organisation.queries.calendars import calendar_for
from organisation.tests.factories import make_class
from students.actions.register import change_register
from students.models import Attachment, Enrolment, RegisterChange
from students.queries.figures import dropouts
from students.tests.factories import make_pupil, make_roll

MONDAY = date(2026, 9, 14)


@pytest.fixture
def on(settings):
    """Moves the product's day."""

    def move(day):
        settings.KONGCHUO_TODAY = day.isoformat()
        return day

    move(MONDAY)
    return move


@pytest.fixture
def pupil(class_a):
    return make_pupil(class_a, "马小龙")


@pytest.fixture
def call(class_a, class_teacher, pupil, on):
    """Calls the roll of a day, and follows it."""

    def roll(day, kind=""):
        on(day)
        made = make_roll(class_a, day, by=class_teacher, marks={pupil: kind} if kind else {}, at=timezone.now())
        follow_absentees([pupil.pk])
        return made

    return roll


@pytest.fixture
def suspected(call):
    for n in range(3):
        call(MONDAY + timedelta(days=n), "truant")
    return Case.objects.get()


def at(day, hour=0):
    return timezone.make_aware(datetime.combine(day, datetime.min.time().replace(hour=hour)))


def visit(case, by, day, **more):
    found = {
        "kind": "home",
        "place": "家中",
        "visitors": ["余老师", "村干部王"],
        "outcome": "left_school",
        "text": "孩子已外出",
        "next_step": "下周再访",
    }
    return record_visit(case, by=by, at=at(day), **{**found, **more})


def open_kinds():
    return {duty.kind for duty in Duty.objects.open().filter(key__startswith="case:")}


def test_three_days_away_without_slip_are_a_suspicion_with_its_duties(suspected, pupil, class_a):
    assert (suspected.pupil, suspected.state, suspected.source) == (pupil, "suspected", "days_away")
    duties = {duty.kind: duty for duty in Duty.objects.open().filter(key__startswith="case:")}
    assert {kind: timezone.localdate(duty.due_at) for kind, duty in duties.items()} == {
        "case_call": MONDAY + timedelta(days=2),
        "case_first_visit": MONDAY + timedelta(days=3),
        "case_settle": MONDAY + timedelta(days=6),  # a make-up Sunday counts
    }
    assert duties["case_call"].chair_path == class_a.path


def test_two_days_are_none_and_a_slip_breaks_the_run(call):
    call(MONDAY, "truant")
    call(MONDAY + timedelta(days=1), "sick")
    call(MONDAY + timedelta(days=2), "truant")
    call(MONDAY + timedelta(days=3), "truant")
    assert not Case.objects.exists()


def test_a_day_without_a_roll_neither_lengthens_nor_breaks_the_run(call):
    call(MONDAY, "truant")
    call(MONDAY + timedelta(days=2), "truant")
    assert not Case.objects.exists()
    call(MONDAY + timedelta(days=3), "truant")
    assert Case.objects.get().episode.away_since == MONDAY


def test_a_suspected_child_who_comes_back_is_cleared(call, suspected):
    call(MONDAY + timedelta(days=3))
    suspected.refresh_from_db()
    assert (suspected.state, suspected.clear_reason) == ("cleared", "came_back")
    assert not open_kinds()


def test_no_confirmation_without_a_visit(suspected, principal):
    with pytest.raises(Refused) as refusal:
        confirm_case(suspected, by=principal)
    assert refusal.value.code == "visit_missing"


@pytest.fixture
def persuading(suspected, class_teacher, principal):
    visit(suspected, class_teacher, MONDAY + timedelta(days=2))
    case = confirm_case(suspected, by=principal, causes=["work", "study"])
    return start_persuasion(case, by=class_teacher)


def test_confirming_writes_the_dropout_from_the_last_day_attended(persuading, pupil):
    spell = Enrolment.objects.filter(pupil=pupil).order_by("starts").last()
    assert (spell.status, spell.starts) == ("dropped_out", MONDAY)
    assert persuading.episode.last_attended == date(2026, 9, 11)
    assert [cause.cause for cause in persuading.causes.all()] == ["work", "study"]
    assert open_kinds() == {"case_visits", "case_report"}


def test_the_week_of_persuasion_comes_before_the_report(persuading, class_teacher, on):
    on(MONDAY + timedelta(days=8))
    with pytest.raises(Refused) as refusal:
        report_case(persuading, by=class_teacher)
    assert refusal.value.code == "too_early"
    on(MONDAY + timedelta(days=9))
    assert report_case(persuading, by=class_teacher).state == "reported"


@pytest.fixture
def noticed(persuading, class_teacher, township_officer, on):
    on(MONDAY + timedelta(days=9))
    case = report_case(persuading, by=class_teacher)
    on(MONDAY + timedelta(days=10))
    return serve_notice(case, by=township_officer, received_by="马父")


def test_the_township_serves_the_notice_and_its_term_runs(noticed, principal):
    episode = noticed.episode
    assert (noticed.state, episode.notice_until) == ("noticed", MONDAY + timedelta(days=17))
    assert "返校" in episode.notice.text
    assert episode.notice.receipt == "signed"


def test_a_school_takes_no_legal_step(noticed, principal):
    with pytest.raises(NotYours) as refusal:
        enforce_case(noticed, by=principal)
    assert "五十八" in refusal.value.article


def test_steps_come_in_order_after_the_notice_ran_out(noticed, township_officer, county_clerk, on):
    with pytest.raises(Refused) as refusal:
        enforce_case(noticed, by=township_officer)
    assert refusal.value.code == "too_early"
    on(MONDAY + timedelta(days=18))
    case = enforce_case(noticed, by=township_officer)
    with pytest.raises(Refused) as refusal:
        enforce_case(case, by=county_clerk, kind="penalty", basis="某条例", number="1号")
    assert refusal.value.code == "wrong_order"
    case = enforce_case(case, by=county_clerk, kind="order", basis="《义务教育法》第五十八条", number="责1号")
    assert [step.kind for step in case.steps.all()] == ["education", "order"]


@pytest.fixture
def returned(persuading, class_teacher, on):
    day = on(MONDAY + timedelta(days=7))
    return bring_back(persuading, by=class_teacher, on=day)


def attend(call, since, number):
    calendar = calendar_for(Case.objects.get().path)
    days = calendar.school_days(since, since + timedelta(days=90))[:number]
    for day in days:
        call(day)
    return days[-1]


def test_a_return_puts_the_child_on_the_roll_and_asks_for_follow_ups(returned, pupil):
    assert Enrolment.objects.filter(pupil=pupil).order_by("starts").last().status == "in_school"
    assert [one.day for one in returned.episode.follow_ups.all()] == [3, 10, 30, 60]
    assert open_kinds() == {"case_follow_up"}


def test_closing_counts_attended_days_and_needs_a_second_person(
    returned, call, class_teacher, principal, county_clerk, on
):
    last = attend(call, MONDAY + timedelta(days=7), 19)
    with pytest.raises(Refused) as refusal:
        close_case(returned, by=county_clerk)
    assert (refusal.value.code, refusal.value.extra["attended"]) == ("too_few_days", 19)
    attend(call, last + timedelta(days=1), 1)
    returned.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        close_case(returned, by=county_clerk)
    assert refusal.value.code == "follow_up_missing"
    for follow_up in returned.episode.follow_ups.filter(due_on__lte=clock.today()):
        make_follow_up(returned, follow_up.day, text="在校,情况稳定", by=class_teacher)
    asked = close_case(returned, by=principal)
    assert asked.state == "returned"
    closed = close_case(returned, by=county_clerk)
    assert closed.state == "closed"


def test_a_relapse_reopens_the_same_case(returned, call, principal, on):
    for n in range(3):
        call(MONDAY + timedelta(days=14 + n), "truant")
    assert "case_reopen" in open_kinds()
    case = reopen_case(returned, by=principal)
    assert (case.pk, case.state, case.episode.number) == (returned.pk, "persuading", 2)
    assert Case.objects.count() == 1


def test_a_lost_child_is_never_cleared(suspected, class_teacher, county_clerk):
    visit(suspected, class_teacher, MONDAY + timedelta(days=2), causes=["lost"])
    with pytest.raises(Refused) as refusal:
        clear_case(suspected, by=county_clerk, reason="elsewhere", text="据说在外地")
    assert refusal.value.code == "lost_child"


def test_clearing_is_asked_for_by_the_school_and_decided_by_the_county(suspected, class_teacher, county_clerk):
    asked = clear_case(suspected, by=class_teacher, reason="elsewhere", text="某校来函")
    assert asked.state == "suspected"
    assert "case_decide_clear" in open_kinds()
    assert clear_case(suspected, by=county_clerk, reason="elsewhere", text="属实").state == "cleared"


def test_a_suspension_that_ended_without_return_is_suspected_the_day_after(class_a, registrar, on):
    pupil = make_pupil(class_a)
    change_register(pupil, "suspend", date=MONDAY, reason="病", until=MONDAY + timedelta(days=3), by=registrar)
    on(MONDAY + timedelta(days=3))
    assert suspect_overdue_suspensions() == 0
    on(MONDAY + timedelta(days=4))
    assert suspect_overdue_suspensions() == 1
    assert suspect_overdue_suspensions() == 0
    assert Case.objects.get().source == "suspension_over"


def test_two_reports_of_one_child_are_refused(pupil, class_teacher, on):
    open_case(pupil, source="left", text="无故离校", by=class_teacher)
    with pytest.raises(Refused) as refusal:
        open_case(pupil, source="left", text="无故离校", by=class_teacher)
    assert refusal.value.code == "case_exists"


def test_what_was_done_on_the_first_days_away_stands_when_the_dropout_is_confirmed(persuading, pupil):
    follow_ladder([pupil.pk])
    steps = Escalation.objects.filter(pupil=pupil).order_by("day")
    assert [(step.count, step.state, step.record_only) for step in steps] == [
        (1, "open", True),
        (2, "open", True),
        (3, "open", True),
    ]


def test_a_child_who_never_arrives_is_suspected_and_counts_where_it_left(
    class_a, registrar, class_teacher, principal, on
):
    on(date(2026, 9, 20))  # the tenth working day: a make-up Sunday
    pupil = make_pupil(class_a)
    change_register(pupil, "transfer_out", date=date(2026, 9, 7), to_school="外省某校", by=registrar)
    assert suspect_not_arrived() == 0
    on(date(2026, 9, 21))
    assert suspect_not_arrived() == 1
    assert suspect_not_arrived() == 0
    case = Case.objects.get()
    assert case.source == "no_arrival"
    visit(case, class_teacher, date(2026, 9, 21))
    confirm_case(case, by=principal)
    spell = Enrolment.objects.get(pupil=pupil, ends=None)
    assert (spell.status, spell.starts) == ("dropped_out", date(2026, 9, 7))


def test_a_child_who_turns_out_to_have_arrived_is_cleared(class_a, class_b, registrar, county_clerk, on):
    on(date(2026, 9, 22))
    pupil = make_pupil(class_a)
    change_register(pupil, "transfer_out", date=date(2026, 9, 7), to_school="外校", by=registrar)
    suspect_not_arrived()
    change_register(pupil, "transfer_in", date=date(2026, 9, 8), to_class=class_b, by=county_clerk)
    assert clear_arrived([pupil.pk]) == 1
    assert Case.objects.get().clear_reason == "elsewhere"


@pytest.mark.parametrize(
    ("reason", "statuses", "last_change", "still_out"),
    [
        ("data_error", ["in_school"], "correct", []),
        ("suspended", ["in_school"], "correct", []),
        ("elsewhere", ["in_school"], "transfer_out", []),
        ("abroad", ["in_school"], "go_abroad", []),
        ("deceased", ["in_school", "dropped_out"], "die", [False]),
        ("over_age", ["in_school", "dropped_out"], "drop_out", [True]),
    ],
)
def test_the_dropout_of_a_cleared_case_leaves_the_register(
    persuading, pupil, county_clerk, principal, reason, statuses, last_change, still_out
):
    by = principal if reason == "data_error" else county_clerk
    clear_case(persuading, by=by, reason=reason, text="外县第三小学证明")
    spells = list(Enrolment.objects.filter(pupil=pupil).order_by("starts"))
    assert [spell.status for spell in spells] == statuses
    assert RegisterChange.objects.filter(pupil=pupil).order_by("pk").last().kind == last_change
    assert [one.still_out for one in dropouts(pupil.path, as_of=clock.today())] == still_out
    if reason == "elsewhere":
        assert (spells[0].ends, pupil.arrivals.get().to_name) == (MONDAY, "外县第三小学证明")


def test_a_paper_of_the_other_school_confirms_the_arrival_at_once(persuading, pupil, county_clerk):
    paper = Attachment.objects.create(
        name="就读证明.jpg",
        content_type="image/jpeg",
        size=3,
        sha256="0" * 64,
        path=pupil.path,
        uploaded_by=county_clerk,
    )
    clear_case(persuading, by=county_clerk, reason="elsewhere", text="外县第三小学", papers=[paper])
    assert pupil.arrivals.get().state == "arrived"


def test_a_register_that_moved_on_is_put_right_first(persuading, pupil, registrar, county_clerk, school_a):
    other = make_class(school_a, number=2)
    change_register(pupil, "move_class", date=clock.today(), to_class=other, by=registrar)
    with pytest.raises(Refused) as refusal:
        clear_case(persuading, by=county_clerk, reason="elsewhere", text="外县第三小学")
    assert refusal.value.code == "later_changes"
    assert Enrolment.objects.filter(pupil=pupil).order_by("starts").last().status == "dropped_out"
