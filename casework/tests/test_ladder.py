"""The ladder as a pure function, and reconciled with what is stored, whatever comes in whatever order."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.actions.follow import follow_facts
from casework.actions.ladder import follow_ladder
from casework.actions.perform import perform_escalation
from casework.enums import EscalationState
from casework.models import Duty, Escalation
from casework.rules.ladder import Conduct, Standing, derive_steps, due_on, reconcile
from organisation import clock
from organisation.enums import PostKind
from organisation.models import FactChange, Post, Regulation, SchoolDay
from organisation.queries.edition import forget_rule_books
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.regulation import Ladder, Rung, Weights
from organisation.tests.factories import make_class, make_holder
from students.actions.register import change_register
from students.actions.rolls import submit_roll
from students.actions.slips import enter_slip, withdraw_slip
from students.models import Mark, Roll
from students.tests.factories import make_pupil, make_roll, make_spell

MONDAY = date(2026, 11, 9)
CALENDAR = SchoolCalendar({})
DEFAULT = Ladder()


def truant(day, recorded=None, **more):
    return Conduct(day, True, recorded or day, **more)


def steps(conduct, ladder=DEFAULT):
    return derive_steps(conduct, calendar=CALENDAR, ladder_on=lambda day: (ladder, "digest"))


@pytest.mark.parametrize(
    ("number", "owner", "measures", "days"),
    [
        (1, "class_teacher", ("verbal_warning", "guardians_told"), 1),
        (2, "class_teacher", ("written_warning", "individual_talk", "guardians_told"), 2),
        (3, "grade_head", ("criticism", "class_talk", "guardians_told"), 3),
        (4, "principal", ("discipline", "one_to_one_talk", "home_visit"), 5),
        (7, "principal", ("discipline", "one_to_one_talk", "home_visit"), 5),
    ],
)
def test_the_step_of_the_kth_truant_day(number, owner, measures, days):
    found = steps([truant(MONDAY + timedelta(days=n)) for n in range(number)])
    last = found[-1]
    assert (last.count, last.rung.owner, last.rung.measures, last.rung.due_days) == (number, owner, measures, days)


def test_the_count_begins_anew_with_the_semester_and_not_with_the_year():
    autumn, spring = [date(2026, 11, 2), date(2026, 11, 3)], [date(2027, 3, 1)]
    assert [step.count for step in steps(map(truant, autumn + spring))] == [1, 2, 1]
    yearly = Ladder(counting_period="school_year")
    assert [step.count for step in steps(map(truant, autumn + spring), yearly)] == [1, 2, 3]


def test_with_weights_a_step_is_due_when_the_sum_passes_a_whole_number():
    weighted = Ladder(weights=Weights(late=Decimal("0.5")))
    late = [Conduct(MONDAY + timedelta(days=n), False, MONDAY, late=1) for n in range(4)]
    assert [(step.day, step.count) for step in steps(late, weighted)] == [(late[1].day, 1), (late[3].day, 2)]
    assert steps(late) == []


def test_the_clock_runs_from_the_later_of_the_event_and_its_recording():
    friday = date(2026, 11, 13)
    (step,) = steps([truant(friday, recorded=date(2026, 11, 16))])
    assert due_on(step, CALENDAR) == date(2026, 11, 17)
    (step,) = steps([truant(friday)])
    assert due_on(step, CALENDAR) == date(2026, 11, 16)  # over the weekend


@pytest.mark.parametrize(
    ("state", "counts", "outcome"),
    [
        ("open", True, "unchanged"),
        ("performed", True, "unchanged"),
        ("voided", True, "revive"),
        ("overturned", True, "revive"),
        ("open", False, "void"),
        ("performed", False, "overturn"),
        ("voided", False, "nothing"),
        ("overturned", False, "nothing"),
    ],
)
def test_what_reconciling_does_with_a_stored_step(state, counts, outcome):
    wanted = steps([truant(MONDAY)]) if counts else []
    plan = reconcile(wanted, [Standing(1, MONDAY, state, 1, 1, "2026-1")])
    found = {"revive": plan.revive, "void": plan.void, "overturn": plan.overturn, "unchanged": plan.unchanged}
    assert {name for name, value in found.items() if value} == ({outcome} - {"nothing"})


days = st.dates(MONDAY - timedelta(days=60), MONDAY)


@given(st.lists(days, unique=True), st.lists(days, unique=True), st.randoms())
def test_reconciled_the_ladder_is_what_the_facts_say_in_any_order(before, after, random):
    facts = [truant(day) for day in after]
    random.shuffle(facts)
    stored = [
        Standing(n, step.day, random.choice(EscalationState.values), step.count, step.level, step.period)
        for n, step in enumerate(steps(map(truant, before)))
    ]
    wanted = steps(facts)
    assert wanted == steps(sorted(facts, key=lambda fact: fact.day))
    plan = reconcile(wanted, stored)
    states = {one.key: one.state for one in stored}
    states |= dict.fromkeys(plan.void, "voided") | dict.fromkeys(plan.overturn, "overturned")
    revived = {key: "performed" if states[key] == "overturned" else "open" for key, _ in plan.revive}
    levels = {one.key: (one.count, one.level) for one in stored}
    for key, step in plan.relevel + plan.revive:
        performed = states[key] in ("performed", "overturned")
        levels[key] = (step.count, levels[key][1] if performed else step.level)
    now = [Standing(one.key, one.day, (states | revived)[one.key], *levels[one.key], one.period) for one in stored]
    now += [Standing(99 + n, s.day, "open", s.count, s.level, s.period) for n, s in enumerate(plan.create)]
    live = {one.day: one.count for one in now if one.state in ("open", "performed")}
    assert live == {step.day: step.count for step in wanted}
    assert reconcile(wanted, now).changes_nothing


# On the database.


@pytest.fixture
def pupil(class_a):
    return make_pupil(class_a, "马小龙")


@pytest.fixture
def roll(class_a, class_teacher, pupil):
    def call(day, kind="truant", at=None):
        found = make_roll(class_a, day, by=class_teacher, marks={pupil: kind} if kind else {}, at=at)
        follow_ladder([pupil.pk])
        return found

    return call


def record(kind, text="已办", day=MONDAY, **more):
    moment = clock.at(day, clock.now().time().replace(hour=16))
    return {"measure": kind, "at": moment, "place": "办公室", "by": "某老师", "text": text, "statement": "", **more}


def perform(escalation, by, **more):
    entries = [record(measure.kind, day=escalation.day, **more) for measure in escalation.measures.all()]
    return perform_escalation(escalation, entries, by=by)


def test_four_truant_days_climb_to_the_principal(roll, pupil, class_a, school_a, principal):
    for n in range(4):
        roll(MONDAY + timedelta(days=n))
    found = list(Escalation.objects.order_by("day"))
    assert [(e.level, e.owner) for e in found] == [
        (1, "class_teacher"),
        (2, "class_teacher"),
        (3, "grade_head"),
        (4, "principal"),
    ]
    assert [e.duty.chair_path for e in found] == [class_a.path, class_a.path, class_a.path[:-4], school_a.path]
    assert follow_ladder([pupil.pk])["unchanged"] == 4


def test_a_correction_voids_what_was_not_done_and_moves_what_comes_after(roll, pupil, class_teacher):
    first, second = roll(MONDAY), roll(MONDAY + timedelta(days=1))
    Mark.objects.filter(roll=first).delete()
    assert follow_ladder([pupil.pk]) == {
        "created": 0,
        "voided": 1,
        "overturned": 0,
        "relevelled": 1,
        "unchanged": 0,
    }
    gone, left = Escalation.objects.order_by("day")
    assert (gone.state, gone.duty.state) == ("voided", "cancelled")
    assert (left.state, left.count_now, left.level) == ("open", 1, 1)
    assert {m.kind for m in left.measures.all()} == {"verbal_warning", "guardians_told"}
    assert left.duty.state == "open"
    assert second


def test_a_performed_step_is_overturned_its_record_stays_and_the_guardians_are_told(roll, pupil, class_teacher):
    first = roll(MONDAY)
    perform(Escalation.objects.get(), class_teacher)
    roll(MONDAY + timedelta(days=1))
    Mark.objects.filter(roll=first).delete()
    follow_ladder([pupil.pk])
    overturned = Escalation.objects.get(day=MONDAY)
    assert overturned.state == "overturned"
    assert all(measure.record for measure in overturned.measures.all())
    assert Duty.objects.get(kind="tell_guardians").post_kind == "class_teacher"
    Mark.objects.create(roll=first, pupil=pupil, date=MONDAY, kind="truant")
    follow_ladder([pupil.pk])
    overturned.refresh_from_db()
    assert (overturned.state, overturned.count_now) == ("performed", 1)


def test_a_performed_step_keeps_what_was_done_and_shows_both_counts(roll, pupil, class_teacher):
    roll(MONDAY + timedelta(days=1))
    perform(Escalation.objects.get(), class_teacher)
    roll(MONDAY)
    done = Escalation.objects.get(day=MONDAY + timedelta(days=1))
    assert (done.count, done.count_now, done.level, done.state) == (1, 2, 1, "performed")
    assert Escalation.objects.get(day=MONDAY).level == 1


def test_a_late_slip_excuses_and_its_withdrawal_brings_the_step_back(roll, pupil, class_teacher):
    roll(MONDAY)
    slip = enter_slip(
        pupil, kind="sick", first_day=MONDAY, last_day=MONDAY, applied_by="父亲", reason="发烧", by=class_teacher
    )
    follow_facts()
    assert Escalation.objects.get().state == "voided"
    withdraw_slip(slip, by=class_teacher)
    follow_facts()
    found = Escalation.objects.get()
    assert (found.state, found.duty.state) == ("open", "open")


def test_an_unverified_mark_counts_only_when_its_day_is_over(roll, pupil, school_day, settings):
    roll(school_day, "unverified")
    assert not Escalation.objects.exists()
    settings.KONGCHUO_TODAY = "2026-11-24"
    follow_ladder([pupil.pk])
    assert Escalation.objects.get().day == school_day


def test_a_day_that_becomes_a_holiday_counts_no_more(roll, pupil, school_a):
    roll(MONDAY)
    SchoolDay.objects.create(unit=school_a, date=MONDAY, is_open=False)
    forget_rule_books()
    follow_ladder([pupil.pk])
    assert Escalation.objects.get().state == "voided"


def test_a_changed_regulation_judges_the_days_from_which_it_is_in_force(roll, pupil, county, bureau_head):
    Regulation.objects.create(
        unit=county,
        version=1,
        effective_from=MONDAY + timedelta(days=1),
        state="approved",
        title="县制度",
        rules={
            "ladder": {
                "rungs": [
                    Rung(
                        from_count=1, owner="principal", measures=["home_visit"], document="家访", due_days=2
                    ).model_dump()
                ]
            }
        },
        drafted_by=bureau_head,
    )
    roll(MONDAY)
    roll(MONDAY + timedelta(days=1))
    assert [e.owner for e in Escalation.objects.order_by("day")] == ["class_teacher", "principal"]


def test_a_pupil_who_moves_keeps_the_count_and_the_open_duty_goes_along(roll, pupil, school_a, registrar, settings):
    roll(MONDAY)
    other = make_class(school_a, number=2)
    change_register(pupil, "move_class", date=MONDAY + timedelta(days=2), to_class=other, by=registrar)
    follow_facts()
    duty = Duty.objects.get(kind="escalation")
    assert duty.chair_path == other.path
    teacher = make_holder(PostKind.CLASS_TEACHER, other)
    make_roll(other, MONDAY + timedelta(days=3), by=teacher, marks={pupil: "truant"})
    follow_ladder([pupil.pk])
    assert Escalation.objects.get(day=MONDAY + timedelta(days=3)).count == 2


def test_last_semesters_truancy_is_a_record_without_a_duty(class_a, class_teacher, pupil):
    pupil.enrolments.all().delete()
    make_spell(pupil, class_a, starts=date(2025, 9, 1))
    make_roll(class_a, date(2026, 5, 11), by=class_teacher, marks={pupil: "truant"})
    follow_ladder([pupil.pk])
    found = Escalation.objects.get()
    assert (found.record_only, found.duty) == (True, None)


def test_one_talk_serves_the_same_measure_of_every_open_step(roll, pupil, class_teacher):
    roll(MONDAY)
    roll(MONDAY + timedelta(days=1))
    second = Escalation.objects.get(level=2)
    perform_escalation(second, [record("guardians_told", day=second.day)], by=class_teacher)
    served = {e.level: [m.kind for m in e.measures.all() if m.record] for e in Escalation.objects.all()}
    assert served == {1: ["guardians_told"], 2: ["guardians_told"]}


@pytest.mark.django_db(transaction=True)
def test_the_outbox_drained_twice_or_after_a_crash_does_it_once(class_a, class_teacher, pupil, monkeypatch):
    submit_roll(
        class_a, clock.today(), "am", version=0, marks=[{"student": pupil.number, "kind": "truant"}], by=class_teacher
    )

    def die(*args, **kwargs):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("casework.actions.follow.follow_ladder", die)
        with pytest.raises(SystemExit):
            follow_facts()
    assert FactChange.objects.count() == 1
    assert not Escalation.objects.exists()
    follow_facts()
    follow_facts()
    assert Escalation.objects.count() == 1
    assert not FactChange.objects.exists()


event = st.one_of(
    st.tuples(st.just("mark"), st.integers(0, 14), st.sampled_from(["truant", "late", "sick", "unverified", ""])),
    st.tuples(st.just("slip"), st.integers(0, 14), st.booleans()),
    st.tuples(st.just("holiday"), st.integers(0, 14), st.booleans()),
    st.tuples(st.just("perform"), st.integers(0, 14), st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 14), st.booleans()),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(event, max_size=14))
def test_whatever_happens_in_whatever_order_the_ladder_equals_the_one_from_the_final_facts(
    class_a, school_a, class_teacher, registrar, events
):
    with transaction.atomic():
        pupil = make_pupil(class_a)
        other = make_class(school_a, number=2)
        Post.objects.create(person=class_teacher, kind="class_teacher", unit=other, first_day=date(2025, 9, 1))
        for what, offset, value in events:
            _happen(what, MONDAY + timedelta(days=offset), value, pupil, school_a, class_teacher, other)
            forget_rule_books()
            follow_ladder([pupil.pk])
        live = {e.day: (e.count_now, e.state, e.level) for e in Escalation.objects.live().filter(pupil=pupil)}
        Escalation.objects.filter(pupil=pupil).update(duty=None)
        pupil.escalations.all().delete()
        follow_ladder([pupil.pk])
        afresh = {e.day: (e.count_now, e.level) for e in Escalation.objects.filter(pupil=pupil)}
        assert {day: count for day, (count, *_) in live.items()} == {day: count for day, (count, _) in afresh.items()}
        assert all(afresh[day] == (count, level) for day, (count, state, level) in live.items() if state == "open")
        transaction.set_rollback(True)
    forget_rule_books()


def _happen(what, day, value, pupil, school, teacher, other):
    if what == "mark":
        roll, _ = Roll.objects.get_or_create(
            school_class=pupil.school_class,
            date=day,
            session="am",
            defaults={
                "path": pupil.path,
                "expected": 1,
                "present": 1,
                "submitted_by": teacher,
                **dict.fromkeys(("first_submitted_at", "submitted_at", "called_at"), clock.at(day, clock.now().time())),
            },
        )
        Mark.objects.filter(roll=roll).delete()
        if value:
            Mark.objects.create(roll=roll, pupil=pupil, date=day, kind=value)
    elif what == "slip":
        slip = pupil.slips.filter(first_day=day, state="approved").first()
        if slip:
            withdraw_slip(slip, by=slip.entered_by)
        else:
            details = {"kind": "personal", "first_day": day, "last_day": day, "applied_by": "父", "reason": "事"}
            pupil.slips.create(path=pupil.path, entered_by=teacher, entered_at=clock.now(), state="approved", **details)
            Mark.objects.filter(pupil=pupil, date=day).update(slip=pupil.slips.get(first_day=day, state="approved"))
    elif what == "holiday":
        SchoolDay.objects.update_or_create(unit=school, date=day, session="", defaults={"is_open": value})
    elif what == "perform":
        found = Escalation.objects.filter(pupil=pupil, state="open").order_by("day").first()
        if found:
            now = clock.now()
            Escalation.objects.filter(pk=found.pk).update(state="performed", performed_at=now, performed_by=teacher)
    elif pupil.school_class_id != other.pk:
        spell = pupil.enrolments.get(ends__isnull=True)
        spell.ends = day
        spell.save()
        make_spell(pupil, other, starts=day)
        pupil.school_class, pupil.path = other, other.path
        pupil.save()
