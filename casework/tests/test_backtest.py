"""Does the warning work (F25): measures counted by hand, and a past that knows nothing of what came later."""

import json
import sys
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from casework.actions.cases.opening import suspect
from casework.actions.warnings.backtest import backtest_warnings
from casework.enums import CaseSource, SignalKey
from casework.models import TeacherReport
from casework.queries.risk import risks_of
from casework.rules.backtest import (
    Sample,
    auc,
    by_group,
    by_tier,
    chances,
    evaluation_days,
    judged,
    lead_days,
    outcome,
    precision,
    recall,
    report,
    split_by_term,
)
from casework.rules.logistic import Learner, features_of
from casework.rules.signals import Found
from casework.tasks import backtest_warnings_job
from organisation import clock
from organisation.models import Job
from organisation.queries.calendars import calendar_for
from organisation.rules.calendar import SchoolCalendar, default_terms
from organisation.rules.regulation import BacktestRules
from students.actions.register import change_register
from students.models import Enrolment, Incident, LeaveSlip, Mark, Roll, RollVersion, TermMark
from students.queries.known import known_spells
from students.tests.factories import make_pupil, make_roll, moment

RULES = BacktestRules()
DAY = date(2026, 9, 14)  # the tenth school day of the term
LATER = date(2026, 9, 15)
LEFT = date(2026, 10, 14)


def sample(score, left, *, pupil=1, day=DAY, tier="none", groups=()):
    return Sample(pupil, day, {"m": score}, tier, LEFT if left else None, groups)


@pytest.mark.parametrize(
    ("scores", "left", "expected"),
    [
        ([3, 2, 1], [True, False, False], 1.0),  # perfect
        ([1, 2, 3], [True, False, False], 0.0),  # the wrong way round
        ([1, 1, 1, 1], [True, False, True, False], 0.5),  # knows nothing
        ([2, 2, 1], [True, False, False], 0.75),  # one tie, one win
        ([4, 1, 3, 2], [True, True, False, False], 0.5),
        ([1, 2], [False, False], None),  # nobody left
        ([1, 2], [True, True], None),  # nobody stayed
        ([], [], None),
    ],
)
def test_auc_counts_a_tie_as_half_a_win(scores, left, expected):
    assert auc(scores, left) == expected


@pytest.mark.parametrize(
    ("scores", "k", "expected"),
    [
        ([5, 3, 1], 2, [1, 1, 0]),
        ([5, 3, 3, 3], 2, [1, 1 / 3, 1 / 3, 1 / 3]),  # three share the one place left
        ([2, 2, 2, 2], 2, [0.5] * 4),
        ([5, 0, 0], 2, [1, 0, 0]),  # who is not named at all fills no place
        ([0, 0], 5, [0, 0]),
        ([5, 4], 0, [0, 0]),
    ],
)
def test_equal_scores_share_the_places_that_are_left(scores, k, expected):
    assert chances(scores, k) == pytest.approx(expected)


def test_precision_and_recall_are_those_of_the_children_that_can_be_followed():
    rows = [sample(9, True), sample(8, False), sample(7, True), sample(6, False), sample(0, True)]
    found = judged(rows, "m", 2)
    assert (precision(found), recall(found)) == (1 / 2, 1 / 3)
    found = judged(rows, "m", 4)
    assert (precision(found), recall(found)) == (2 / 4, 2 / 3)


def test_what_can_be_followed_is_counted_anew_each_day():
    rows = [sample(9, True), sample(8, False), sample(1, False, day=LATER), sample(2, True, day=LATER)]
    assert precision(judged(rows, "m", 1)) == 1


def test_a_perfect_predictor_is_perfect_and_one_that_says_the_same_of_all_is_as_good_as_chance():
    left = [n % 10 == 0 for n in range(200)]
    perfect = [sample(float(gone), gone, pupil=n) for n, gone in enumerate(left)]
    same = [sample(1.0, gone, pupil=n) for n, gone in enumerate(left)]
    (found,) = report(perfect, ["m"], 20, RULES)["methods"]
    assert (found["auc"], found["precision_at_k"], found["recall_at_k"]) == (1, 1, 1)
    (found,) = report(same, ["m"], 20, RULES)["methods"]
    assert (found["auc"], found["precision_at_k"], found["recall_at_k"]) == (0.5, 0.1, 0.1)


def test_nobody_left_is_said_with_nulls_and_without_an_error():
    found = report([sample(1, False), sample(0, False)], ["m"], 5, RULES)
    (method,) = found["methods"]
    assert found["base_rate"] == 0
    assert (method["auc"], method["precision_at_k"], method["recall_at_k"], method["lead_days_median"]) == (
        None,
        0,
        None,
        None,
    )
    assert report([], ["m"], 0, RULES)["base_rate"] is None


def test_lead_runs_from_the_first_day_on_which_the_child_was_followed():
    first = sample(5, True, pupil=1)
    again = sample(5, True, pupil=1, day=LATER)
    late = sample(5, True, pupil=2, day=LATER)
    unseen = sample(0, True, pupil=3)
    assert lead_days(judged([first, again, late, unseen], "m", 5)) == (30 + 29) / 2


def test_of_a_hundred_in_a_tier_so_many_left():
    rows = [sample(1, n < 10, tier="orange") for n in range(40)] + [sample(0, False) for _ in range(60)]
    found = {row["tier"]: row for row in by_tier(rows, RULES)}
    assert found["orange"] == {"tier": "orange", "n": 40, "left": 10, "left_of_100": 25, "small": False}
    assert found["red"] == {"tier": "red", "n": 0, "left": 0, "left_of_100": None, "small": True}


def test_a_method_that_is_blind_for_girls_shows_and_a_small_group_is_marked():
    girls = [sample(0, n < 10, groups=(("sex", "female"),)) for n in range(40)]
    boys = [sample(9 if n < 10 else 0, n < 10, groups=(("sex", "male"),)) for n in range(40)]
    few = [sample(9, True, groups=(("sex", "unknown"),))]
    found = {row["value"]: row for row in by_group(judged(girls + boys + few, "m", 20), RULES)}
    assert (found["female"]["recall_at_k"], found["male"]["recall_at_k"]) == (0, 1)
    assert [found[value]["small"] for value in ("female", "male", "unknown")] == [False, False, True]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], None),
        ([DAY], None),  # the day itself is past
        ([DAY + timedelta(days=1)], DAY + timedelta(days=1)),
        ([DAY + timedelta(days=60)], DAY + timedelta(days=60)),
        ([DAY + timedelta(days=61)], None),
        ([DAY + timedelta(days=40), DAY + timedelta(days=20)], DAY + timedelta(days=20)),
    ],
)
def test_a_child_left_within_the_horizon_or_not(events, expected):
    assert outcome(events, DAY, 60) == expected


def test_what_came_of_training_was_known_before_the_test_began():
    terms = [[date(2026, 3, 2), date(2026, 7, 10), date(2026, 7, 17)], [date(2026, 9, 14), date(2026, 9, 28)]]
    found = split_by_term(terms, as_of=date(2026, 11, 23), horizon=60)
    assert found.test == (date(2026, 9, 14),)  # the outcome of 28 September is not known on 23 November
    assert found.training == (date(2026, 3, 2), date(2026, 7, 10))  # 17 July looks up to 15 September
    assert split_by_term(terms, as_of=date(2026, 4, 1), horizon=60).test == ()


def test_every_tenth_school_day_of_a_term_is_looked_at():
    term = default_terms(2026)[0]
    found = evaluation_days(SchoolCalendar({}, (term,)), term, RULES)
    assert found[:2] == [DAY, date(2026, 9, 28)]


@pytest.fixture
def autumn(class_a, class_teacher):
    """Rolls of the first ten school days: one child often truant, who leaves in October; one late now and then."""
    children = [make_pupil(class_a, name, is_left_behind=n == 0) for n, name in enumerate(("走了", "来了", "迟了"))]
    days = calendar_for(class_a.path).school_days(date(2026, 9, 1), DAY)
    for number, day in enumerate(days):
        marks = {children[0]: "truant"} if number in (2, 3, 5, 6, 9) else {}
        marks |= {children[2]: "late"} if number % 3 == 0 else {}
        make_roll(class_a, day, by=class_teacher, marks=marks)
    return children


def test_a_day_of_the_past_knows_nothing_of_what_was_recorded_later(autumn, class_a, class_teacher):
    at = clock.end_of(DAY)
    child = autumn[0]
    keys = [pupil.pk for pupil in autumn]
    base = {"pupil": child, "path": child.path, "entered_by": class_teacher}
    band = {**base, "year": 2025, "term": 2, "subject": "chinese"}
    known = TermMark.objects.create(**band, band="fail", entered_at=moment(DAY))
    incident = Incident.objects.create(**base, on=DAY, kind="late", text="迟到", entered_at=moment(DAY))
    dates = {"first_day": date(2026, 9, 4), "last_day": date(2026, 9, 4)}
    said = {"kind": "sick", "applied_by": "父亲", "reason": "发热", **dates}
    slip = LeaveSlip.objects.create(**base, **said, state="approved", entered_at=moment(DAY), decided_at=moment(DAY))
    Mark.objects.filter(pupil=child, date=dates["first_day"]).update(slip=slip)

    def seen():
        risks = risks_of(keys, on=DAY, known_at=at)
        return {key: (risk.facts, risk.truant_before, risk.has_case, risk.pupil.path) for key, risk in risks.items()}

    before = seen()
    facts = before[child.pk][0]
    assert facts.marked[dates["first_day"]].kinds == ("sick",)
    assert (facts.failing, facts.incidents) == (("chinese",), (DAY,))

    known.band, known.entered_at = "pass", moment(LATER)
    known.save()
    TermMark.objects.create(**{**band, "subject": "maths"}, band="fail", entered_at=moment(LATER))
    incident.withdrawn_at, incident.reason = moment(LATER), "登记错误"
    incident.save()
    Incident.objects.create(**base, on=DAY, kind="late", text="迟到", entered_at=moment(LATER))
    slip.state = "withdrawn"
    slip.save()
    late = {**said, "first_day": DAY, "last_day": DAY}
    LeaveSlip.objects.create(**base, **late, state="approved", entered_at=moment(LATER), decided_at=moment(LATER))
    TeacherReport.objects.create(
        pupil=child, path=child.path, points=5, reason="想去打工", on=DAY, by=class_teacher, at=moment(LATER)
    )
    corrected = Roll.objects.get(date=DAY)
    RollVersion.objects.create(
        roll=corrected,
        version=1,
        marks=[[child.number, "truant", ""], [autumn[2].number, "late", ""]],
        submitted_by=class_teacher,
        submitted_at=corrected.submitted_at,
        called_at=corrected.called_at,
    )
    corrected.marks.all().delete()
    Mark.objects.create(roll=corrected, pupil=autumn[1], date=DAY, kind="truant")
    Roll.objects.filter(pk=corrected.pk).update(version=2, submitted_at=moment(LATER))
    make_roll(class_a, date(2026, 9, 11), "pm", by=class_teacher, marks={autumn[1]: "truant"}, at=moment(LATER))
    suspect(child, source=CaseSource.DAYS_AWAY, away_since=date(2026, 9, 10))
    change_register(child, "drop_out", date=date(2026, 9, 9), reason="外出务工", by=None)
    assert seen() == before


def test_the_register_of_then_is_put_together_again_through_corrections(class_a, school_a):
    pupil = make_pupil(class_a, "调班")
    at = clock.now() - timedelta(days=1)

    def then():
        return [
            (one.school_class, one.status, one.starts, one.ends) for one in known_spells([pupil.pk], at=at)[pupil.pk]
        ]

    before = then()
    assert before == [(class_a.pk, "in_school", date(2026, 9, 1), None)]
    left = change_register(pupil, "drop_out", date=date(2026, 11, 2), reason="打工", by=None)
    assert then() == before
    left.at = at - timedelta(days=9)  # as if it had been entered before that day
    left.save()
    left.began.update(recorded_at=left.at)
    held = then()
    assert held[-1] == (class_a.pk, "dropped_out", date(2026, 11, 3), None)
    change_register(pupil, "correct", date=date(2026, 11, 20), reason="认错人", by=None)
    assert Enrolment.objects.filter(pupil=pupil).count() == 1
    assert then() == held  # nobody knew yet that it was wrong


def test_the_back_test_finds_who_left_and_says_so_in_the_shape_of_the_interface(autumn, county, class_a, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    change_register(autumn[0], "drop_out", date=date(2026, 10, 13), reason="外出务工", by=None)
    Enrolment.objects.filter(status="dropped_out").update(recorded_at=moment(LEFT))
    autumn[0].register_changes.update(at=moment(LEFT))
    out, err = StringIO(), StringIO()
    call_command("backtest_warnings", unit=county.code, as_of=date(2026, 11, 23), json=True, stdout=out, stderr=err)
    found = json.loads(out.getvalue())
    assert list(found) == ["as_of", "horizon_days", "n", "base_rate", "methods"]
    assert (found["as_of"], found["horizon_days"], found["n"], found["base_rate"]) == ("2026-11-23", 60, 3, 0.3333)
    names = ["name", "auc", "precision_at_k", "recall_at_k", "k", "lead_days_median", "tiers", "groups"]
    assert all(list(one) == names for one in found["methods"])
    tiers, three_days, below, truants = found["methods"]
    assert (tiers["auc"], tiers["precision_at_k"], tiers["recall_at_k"], tiers["lead_days_median"]) == (1, 1, 1, 30)
    assert (three_days["name"], three_days["recall_at_k"]) == ("three_days_in_a_row", 0)
    assert (below["name"], below["recall_at_k"], truants["recall_at_k"]) == ("attendance_below_90", 1, 0)
    assert tiers["k"] == 5
    assert "requirements-backtest.txt" in err.getvalue()
    plain = StringIO()
    call_command("backtest_warnings", as_of=date(2026, 11, 23), stdout=plain, stderr=StringIO())
    assert "3 人次" in plain.getvalue()


def test_without_rolls_there_is_a_sentence_instead_of_figures(county, class_a):
    found = backtest_warnings(county, as_of=date(2026, 11, 23))
    assert (found["figures"]["n"], found["figures"]["base_rate"]) == (0, None)
    assert any("评估日" in note for note in found["notes"])


def test_the_regression_learns_which_signal_goes_with_leaving():
    pytest.importorskip("sklearn")
    learner = Learner()
    truant = [Found(SignalKey.TRUANT_DAYS, "旷课", 4)]
    late = [Found(SignalKey.LATE_AND_EARLY, "迟到", 1)]
    for n in range(60):
        learner.add(features_of(truant), n % 10 != 0)
        learner.add(features_of(late), n % 10 == 0)
    predict = learner.learn()
    high, low = predict([features_of(truant), features_of(late)])
    assert high > 0.8
    assert low < 0.2
    assert predict([]) == []


def test_where_nobody_left_there_is_nothing_to_learn():
    learner = Learner()
    learner.add(features_of([]), False)
    assert learner.learn() is None


def test_a_principal_asks_for_it_and_finds_the_result_again(
    autumn, as_, principal, school_a, class_teacher, other_clerk, county_clerk
):
    page = as_(principal).get("/warnings/backtest/")
    assert "还没有做过检验" in page.content.decode()
    asked = {"unit_code": school_a.code, "as_of": "2026-11-23"}
    answer = as_(principal).post("/warnings/backtest/", {**asked, "as_of": "2026-11-24"})
    assert "截止日期不能晚于今天" in answer.content.decode()
    as_(principal).post("/warnings/backtest/", asked)
    job = Job.objects.get()
    assert (job.kind, job.unit, job.asked_by) == ("casework.backtest_warnings", school_a, principal)
    backtest_warnings_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", job.total, job.total)
    page = as_(principal).get(job.result["next_url"]).content.decode()
    assert "1 个评估日,3 人次" in page
    assert "逻辑回归" in page
    assert "人数少" in page
    assert "走了" not in page  # figures, no names
    assert "截止 2026年11月23日" in as_(principal).get("/warnings/backtest/").content.decode()
    assert as_(county_clerk).get(job.result["next_url"]).status_code == 404  # one's own, like every job
    assert as_(other_clerk).post("/warnings/backtest/", asked).status_code == 200  # no unit of theirs: not taken
    assert as_(other_clerk).get("/warnings/backtest/?job=x").status_code == 404
    assert as_(class_teacher).get("/warnings/backtest/").status_code == 403
    assert Job.objects.count() == 1
