"""Self-inspections (F41): the checklist, terms, correction by one and check by another."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accountability.actions.inspections import Finding, check_deficiency, correct_deficiency, inspect_school
from accountability.models import Deficiency, SelfInspection
from accountability.tests.routine_factories import findings
from casework.models import Duty
from organisation.errors import Malformed, NotYours, Refused
from organisation.rules.routine import CHECKLIST

DAY, TERM = date(2026, 11, 23), date(2026, 11, 30)
POSTS = ("class_teacher", "subject_teacher", "grade_head", "head_of_teaching", "registrar", "deputy_principal") + (
    "principal", "county_clerk", "bureau_head", "township_officer", "prefecture_officer", "stranger", "former_teacher",
)  # fmt: skip
OFFICE = {"head_of_teaching", "deputy_principal", "principal"}
WRONG = "parallel_classes"


def inspect(school, by, **given):
    found = given.pop("found", findings(due_on=TERM, wrong=(WRONG,)))
    return inspect_school(school, found, by=by, **{"on": DAY, "who": "校长、教导主任"} | given)


@pytest.fixture
def deficiency(school_a, principal, head_of_teaching):
    inspect(school_a, principal)
    return Deficiency.objects.get()


@pytest.mark.parametrize("post", POSTS)
def test_who_inspects(request, school_a, post):
    person = request.getfixturevalue(post)
    if post in OFFICE:
        inspect(school_a, person)
        return
    with pytest.raises(NotYours):
        inspect(school_a, person)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"found": {}}, "unanswered"),
        ({"found": findings() | {WRONG: Finding("")}}, "unanswered"),
        ({"found": findings() | {WRONG: Finding("not", " ", "principal", TERM)}}, "missing"),
        ({"found": findings() | {WRONG: Finding("not", "有重点班", "class_teacher", TERM)}}, "bad_post"),
        ({"found": findings() | {WRONG: Finding("not", "有重点班", "principal", None)}}, "bad_term"),
        ({"found": findings() | {WRONG: Finding("not", "有重点班", "principal", date(2026, 11, 22))}}, "bad_term"),
        ({"found": findings() | {WRONG: Finding("not", "有重点班", "principal", date(2026, 12, 15))}}, "bad_term"),
        ({"on": date(2026, 11, 24)}, "bad_time"),
        ({"who": " "}, "missing"),
    ],
)
def test_every_point_is_answered_and_what_is_wanting_has_its_term(school_a, principal, given, code):
    with pytest.raises(Malformed) as refusal:
        inspect(school_a, principal, **given)
    assert refusal.value.code == code
    assert not SelfInspection.objects.exists()


def test_the_last_day_of_the_regulations_term_is_in_time(school_a, principal):
    inspect(school_a, principal, found=findings(due_on=date(2026, 12, 14), wrong=(WRONG,)))
    assert Deficiency.objects.get().due_on == date(2026, 12, 14)


def test_sent_twice_it_is_one(school_a, principal):
    inspect(school_a, principal)
    inspect(school_a, principal)
    assert SelfInspection.objects.count() == Deficiency.objects.count() == 1


def test_what_is_wanting_is_somebodys_duty_then_anothers(deficiency, head_of_teaching, principal):
    duty = Duty.objects.get(kind="deficiency_correct")
    assert (duty.post_kind, duty.due_at.date()) == ("head_of_teaching", TERM)
    correct_deficiency(deficiency, text="已重新编班", by=head_of_teaching)
    duty.refresh_from_db()
    check = Duty.objects.get(kind="deficiency_check")
    assert (duty.state, check.state, check.post_kind) == ("done", "open", "principal")
    check_deficiency(deficiency, passed=True, note="看过名册", by=principal)
    check.refresh_from_db()
    deficiency.refresh_from_db()
    assert (check.state, deficiency.state, deficiency.checked_by) == ("done", "closed", principal)


def test_what_the_principal_put_right_the_bureau_checks(deficiency, principal, county):
    correct_deficiency(deficiency, text="已重新编班", by=principal)
    check = Duty.objects.get(kind="deficiency_check")
    assert (check.post_kind, check.chair_path) == ("county_clerk", county.path)


def test_nobody_checks_their_own_correction(deficiency, principal):
    correct_deficiency(deficiency, text="已重新编班", by=principal)
    with pytest.raises(NotYours) as refusal:
        check_deficiency(deficiency, passed=True, note="很好", by=principal)
    assert refusal.value.code == "own_correction"
    with pytest.raises(IntegrityError), transaction.atomic():
        Deficiency.objects.update(checked_by=principal)


def test_sent_back_it_has_a_new_term_and_a_new_duty(deficiency, head_of_teaching, principal):
    for round_ in (1, 2):
        correct_deficiency(deficiency, text="已重新编班", by=head_of_teaching)
        check_deficiency(deficiency, passed=False, note="名册没有改", by=principal, due_on=date(2026, 12, 4))
        assert Duty.objects.open().get().key == f"deficiency_correct:{deficiency.pk}:{round_ + 1}"
    correct_deficiency(deficiency, text="名册已改", by=head_of_teaching)
    check_deficiency(deficiency, passed=True, note="看过名册", by=principal)
    assert not Duty.objects.open().exists()


@pytest.mark.parametrize("due_on", [None, date(2026, 11, 22), date(2026, 12, 15)])
def test_sent_back_without_a_term_it_is_not_sent_back(deficiency, head_of_teaching, principal, due_on):
    correct_deficiency(deficiency, text="已重新编班", by=head_of_teaching)
    with pytest.raises(Malformed):
        check_deficiency(deficiency, passed=False, note="没有改", by=principal, due_on=due_on)


@pytest.mark.parametrize("post", POSTS)
def test_who_corrects_and_who_checks(request, deficiency, head_of_teaching, post):
    person = request.getfixturevalue(post)
    if post in OFFICE:
        correct_deficiency(deficiency, text="已改", by=person)
    else:
        with pytest.raises(NotYours):
            correct_deficiency(deficiency, text="已改", by=person)
        correct_deficiency(deficiency, text="已改", by=head_of_teaching)
    if post in {"deputy_principal", "principal", "county_clerk", "bureau_head"} and post not in OFFICE:
        check_deficiency(deficiency, passed=True, note="看过", by=person)
        return
    with pytest.raises(NotYours):
        check_deficiency(deficiency, passed=True, note="看过", by=person)


@pytest.mark.parametrize(
    ("verb", "state", "goes"),
    [
        ("correct", "open", True),
        ("correct", "corrected", False),
        ("correct", "closed", False),
        ("check", "open", False),
        ("check", "corrected", True),
        ("check", "closed", False),
    ],
)
def test_what_goes_in_which_state(deficiency, principal, head_of_teaching, county_clerk, verb, state, goes):
    said = {"correction": "已改", "corrected_by": head_of_teaching} if state != "open" else {}
    said |= {"checked_by": county_clerk} if state == "closed" else {}
    Deficiency.objects.update(state=state, **said)

    def act():
        if verb == "correct":
            correct_deficiency(deficiency, text="又改", by=principal)
        else:
            check_deficiency(deficiency, passed=True, note="看过", by=principal)

    if goes:
        act()
        return
    with pytest.raises(Refused) as refusal:
        act()
    assert refusal.value.code == "wrong_state"


@pytest.mark.parametrize(
    ("post", "sees"), [("principal", True), ("county_clerk", True), ("stranger", False), ("township_officer", False)]
)
def test_who_reads_it(request, deficiency, post, sees):
    person = request.getfixturevalue(post)
    assert Deficiency.objects.visible_to(person, on=DAY).exists() == sees
    assert SelfInspection.objects.visible_to(person, on=DAY).exists() == sees


def test_the_form_is_filled_on_the_page(as_, school_a, principal):
    body = {"on": "2026-11-23", "who": "校长"} | {f"{item.key}-result": "fine" for item in CHECKLIST}
    body |= {f"{WRONG}-result": "not", f"{WRONG}-note": "有重点班", f"{WRONG}-post_kind": "principal"}
    page = f"/routine/inspections/new/{school_a.code}/"
    client = as_(principal)
    assert client.post(page, body).status_code == 400  # no term
    assert "重点班" in client.post(page, body).content.decode()  # what was typed is still there
    answer = client.post(page, body | {f"{WRONG}-due_on": "2026-11-30"})
    assert answer.status_code == 302
    found = Deficiency.objects.get()
    page = f"/routine/deficiencies/{found.pk}/"
    assert client.post(page, {"verb": "correct", "text": "已重新编班"}).status_code == 302
    assert client.post(page, {"verb": "check", "passed": "yes", "note": "看过"}).status_code == 403
