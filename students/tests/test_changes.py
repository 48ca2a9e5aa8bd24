"""Register changes 学籍异动 (F04): every kind from every state, late entries, corrections, and the API's refusals in order."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organisation.errors import NotYours, Refused
from organisation.tests.factories import make_class
from students.actions.attachments import store_attachment
from students.actions.register import change_register
from students.enums import CHANGE_EFFECTS, ChangeKind, EnrolmentStatus
from students.models import Enrolment, RegisterChange
from students.tests.factories import make_pupil
from students.tests.test_register import upload

DAY, TODAY = date(2026, 11, 2), date(2026, 11, 23)
LEAVERS = [kind for kind, effect in CHANGE_EFFECTS.items() if effect.before and kind != ChangeKind.CORRECT]
STATES = [*EnrolmentStatus, "left"]
GIVEN = {"reason": "原因", "until": date(2027, 3, 1), "to_school": "外县某校"}


def details(kind, on=DAY, **more):
    return {"date": on} | {name: GIVEN[name] for name in CHANGE_EFFECTS[kind].needs if name in GIVEN} | more


def spells(pupil):
    return list(pupil.enrolments.order_by("starts").values_list("status", "school_class", "starts", "ends"))


@pytest.fixture
def second_class(school_a, class_a):
    return make_class(school_a, number=2)


def pupil_in(school_class, state):
    pupil = make_pupil(school_class, status=EnrolmentStatus.IN_SCHOOL if state == "left" else state)
    if state == "left":
        Enrolment.objects.filter(pupil=pupil).update(ends=date(2026, 10, 1))
    return pupil


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", LEAVERS)
def test_each_change_from_each_state(class_a, second_class, registrar, kind, state):
    """Allowed where the table says so; refused as `wrong_state` everywhere else, and then nothing is changed."""
    pupil = pupil_in(class_a, state)
    before = spells(pupil)
    more = {"to_class": second_class} if kind == ChangeKind.MOVE_CLASS else {}
    effect = CHANGE_EFFECTS[kind]
    if state in effect.before:
        change_register(pupil, kind, by=registrar, **details(kind, **more))
        last = pupil.enrolments.order_by("starts").last()
        after = state if kind == ChangeKind.MOVE_CLASS else effect.after
        assert (last.ends is None, last.status) == (after is not None, after or state)
    else:
        with pytest.raises(Refused) as refused:
            change_register(pupil, kind, by=registrar, **details(kind, **more))
        assert refused.value.code == "wrong_state"
        assert spells(pupil) == before


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", [ChangeKind.ENROL, ChangeKind.TRANSFER_IN])
def test_only_who_is_enrolled_nowhere_comes_in(class_a, registrar, kind, state):
    pupil = pupil_in(class_a, state)
    if state == "left":
        change_register(pupil, kind, date=DAY, to_class=class_a, by=registrar)
        assert pupil.enrolments.get(ends=None).starts == DAY
    else:
        with pytest.raises(Refused) as refused:
            change_register(pupil, kind, date=DAY, to_class=class_a, by=registrar)
        assert refused.value.code == "elsewhere_enrolled"


@pytest.mark.parametrize(
    ("kind", "need"), [(kind, need) for kind in CHANGE_EFFECTS for need in CHANGE_EFFECTS[kind].needs]
)
def test_each_change_asks_for_what_it_needs(class_a, second_class, registrar, kind, need):
    given = details(kind, **({"to_class": second_class} if "to_class" in CHANGE_EFFECTS[kind].needs else {}))
    given.pop(need)
    with pytest.raises(Refused) as refused:
        change_register(make_pupil(class_a), kind, by=registrar, **given)
    assert (refused.value.status, refused.value.code, [*refused.value.fields]) == (400, "missing", [need])


def test_a_late_entry_counts_from_its_own_day(class_a, registrar):
    pupil = make_pupil(class_a)
    change = change_register(pupil, "suspend", by=registrar, **details(ChangeKind.SUSPEND, date(2026, 9, 14)))
    spell = pupil.enrolments.get(ends=None)
    assert (spell.starts, spell.recorded_at) == (date(2026, 9, 14), change.at)


def test_nothing_is_entered_behind_a_later_change(class_a, registrar):
    pupil = make_pupil(class_a)
    change_register(pupil, "suspend", by=registrar, **details(ChangeKind.SUSPEND))
    with pytest.raises(Refused) as refused:
        change_register(pupil, "resume", by=registrar, date=date(2026, 10, 12))
    assert refused.value.code == "later_changes"


def test_a_way_through_suspension_home_teaching_and_dropout(class_a, registrar):
    pupil = make_pupil(class_a)
    steps = [("suspend", 9, 14), ("resume", 9, 28), ("home_teaching", 10, 12), ("drop_out", 10, 23), ("return", 11, 9)]
    for kind, month, day in steps:
        change_register(pupil, kind, by=registrar, **details(ChangeKind(kind), date(2026, month, day)))
    found = [(status, starts.isoformat()[5:]) for status, _, starts, _ in spells(pupil)]
    assert found == [
        ("in_school", "09-01"),
        ("suspended", "09-14"),
        ("in_school", "09-28"),
        ("home_teaching", "10-12"),
        ("dropped_out", "10-26"),
        ("in_school", "11-09"),
    ]


def test_a_class_named_where_none_is_needed_moves_nobody(class_a, second_class, registrar):
    pupil = make_pupil(class_a)
    change = change_register(pupil, "suspend", by=registrar, **details(ChangeKind.SUSPEND, to_class=second_class))
    assert (change.to_class, pupil.enrolments.get(ends=None).school_class) == (class_a, class_a)


def test_a_corrected_transfer_in_leaves_the_pupil_where_it_left(class_a, class_b, county_clerk):
    pupil = pupil_in(class_a, "left")
    change_register(pupil, "transfer_in", date=DAY, to_class=class_b, by=county_clerk)
    change_register(pupil, "correct", date=DAY, reason="录错", by=county_clerk)
    pupil.refresh_from_db()
    assert (pupil.school_class, pupil.path) == (class_a, class_a.path)


def test_a_corrected_change_of_the_first_day_gives_back_when_it_was_recorded(class_a, registrar):
    pupil = make_pupil(class_a, starts=DAY)
    recorded = pupil.enrolments.get().recorded_at
    change_register(pupil, "suspend", by=registrar, **details(ChangeKind.SUSPEND))
    change_register(pupil, "correct", date=DAY, reason="录错", by=registrar)
    assert pupil.enrolments.get().recorded_at == recorded


def test_a_registrar_takes_nobody_into_another_school(class_a, class_b, registrar):
    pupil = pupil_in(class_a, "left")
    with pytest.raises(NotYours):
        change_register(pupil, "transfer_in", date=DAY, to_class=class_b, by=registrar)


@pytest.mark.parametrize("kind", [ChangeKind.TRANSFER_OUT, ChangeKind.SUSPEND])
def test_nobody_with_learning_difficulties_is_sent_away_without_the_guardians_statement(class_a, registrar, kind):
    pupil = make_pupil(class_a, has_learning_difficulty=True)
    with pytest.raises(Refused) as refused:
        change_register(pupil, kind, by=registrar, **details(kind))
    assert refused.value.code == "statement_needed"
    paper = store_attachment(upload(b"%PDF-1.7\n%%EOF", "说明.pdf"), by=registrar, path=pupil.path)
    assert change_register(pupil, kind, by=registrar, papers=[paper], **details(kind)).papers.get() == paper


step = st.tuples(st.sampled_from(sorted(ChangeKind)), st.integers(0, 83), st.booleans())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, max_size=12))
def test_whatever_is_entered_and_corrected_spells_never_overlap_and_all_can_be_taken_back(class_a, second_class, steps):
    with transaction.atomic():
        pupil = make_pupil(class_a)
        first = spells(pupil)
        for kind, after, other in steps:
            on = date(2026, 9, 1) + timedelta(days=after)
            more = {"to_class": second_class if other else class_a} if "to_class" in CHANGE_EFFECTS[kind].needs else {}
            try:
                change_register(pupil, kind, by=None, **details(kind, on, **more))
            except Refused:
                continue
            _check_chain(pupil)
        while RegisterChange.objects.standing().filter(pupil=pupil).exists():
            change_register(pupil, "correct", date=TODAY, reason="全部撤销", by=None)
            _check_chain(pupil)
        assert spells(pupil) == first
        transaction.set_rollback(True)


def _check_chain(pupil):
    rows = list(Enrolment.objects.filter(pupil=pupil).order_by("starts"))
    for one, following in zip(rows, rows[1:], strict=False):
        assert one.ends is not None
        assert one.starts < one.ends <= following.starts
    pupil.refresh_from_db()
    assert (pupil.school_class_id, pupil.path) == (rows[-1].school_class_id, rows[-1].path)


@pytest.fixture
def post(as_):
    def send(person, pupil, body):
        url = f"/api/v1/students/{pupil.number}/changes/"
        return as_(person).post(url, body, content_type="application/json")

    return send


def test_the_api_refuses_in_order(post, class_a, class_b, stranger, class_teacher, registrar):
    """404 out of scope, 403 not my part, 400 malformed, 409 not now: each before the next."""
    pupil = pupil_in(class_a, "left")
    malformed, not_now = {"kind": "suspend"}, {"kind": "resume", "date": "2026-11-02"}
    assert post(stranger, pupil, malformed).status_code == 404
    assert post(class_teacher, pupil, malformed).status_code == 403
    assert post(class_teacher, pupil, not_now).status_code == 403
    assert post(registrar, pupil, malformed).status_code == 400
    for body in (
        {"kind": "suspend", "date": "2026-11-02", "reason": "病"},
        {"kind": "move_class", "date": "2026-11-02", "to_class": class_b.code},
        {"kind": "move_class", "date": "2026-11-02"},
        {"kind": "suspend", "date": "2026-11-02", "reason": "病", "until": "2026-11-01"},
        {"kind": "resume", "date": "2026-11-02", "papers": ["00000000-0000-0000-0000-000000000000"]},
        {"kind": "expel", "date": "2026-11-02"},
        {"kind": "resume", "date": "去年"},
    ):
        assert post(registrar, pupil, body).status_code == 400, body
    refused = post(registrar, pupil, not_now)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "die", "date": "2026-11-24", "reason": "病"}, "future_date"),
        ({"kind": "correct", "date": "2026-11-02", "reason": "录错"}, "nothing_to_correct"),
        ({"kind": "graduate", "date": "2026-09-01"}, "before_enrolled"),
        ({"kind": "go_abroad", "date": "2026-08-01", "reason": "随父母"}, "later_changes"),
    ],
)
def test_what_is_not_possible_now_is_a_conflict_with_its_code(post, class_a, registrar, body, code):
    refused = post(registrar, make_pupil(class_a), body)
    assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_a_change_by_the_api_says_what_the_pupil_is_now(post, class_a, second_class, registrar):
    pupil = make_pupil(class_a)
    made = post(registrar, pupil, {"kind": "move_class", "date": "2026-11-02", "to_class": second_class.code})
    assert (made.status_code, made.json()["status"]) == (201, "in_school")
    left = post(registrar, pupil, {"kind": "transfer_out", "date": "2026-11-09", "to_school": "外县某校"})
    assert (left.status_code, left.json()["status"], left.json()["student"]) == (201, "", pupil.number)
