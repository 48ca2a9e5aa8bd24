"""The figures of figures.md: each row of its table of movements, the opening, relapses, moves, thresholds at the border."""

from datetime import date
from decimal import Decimal

import pytest

from organisation.enums import SchoolSystem, Stage
from organisation.models import Regulation
from organisation.rules.regulation import Thresholds
from organisation.tests.factories import make_class, make_school
from reports.queries.rates import compute
from reports.rules.rates import children_until_over, judge
from reports.tests.factories import change, counts
from students.actions.slips import write_suspension
from students.tests.factories import make_pupil, make_spell

CENSUS = date(2026, 9, 1)
GONE = date(2026, 10, 12)
LATER = date(2026, 11, 2)
CUT_OFF = date(2026, 11, 23)

MOVEMENTS = {
    "转出,到校已确认": ([("transfer_out", GONE), ("transfer_in", LATER)], 0),
    "转出,没有到校,确认辍学": ([("transfer_out", GONE), ("correct", LATER), ("drop_out", GONE)], 1),
    "休学获批": ([("suspend", GONE)], 0),
    "休学后复学": ([("suspend", GONE), ("resume", LATER)], 0),
    "休学期满未返,确认辍学": ([("suspend", GONE), ("drop_out", LATER)], 1),
    "死亡": ([("die", GONE)], 0),
    "出国境": ([("go_abroad", GONE)], 0),
    "送教上门": ([("home_teaching", GONE)], 0),
    "缓学获批": ([("defer", GONE)], 0),
    "毕业": ([("graduate", GONE)], 0),
    "辍学": ([("drop_out", GONE)], 1),
    "辍学,劝返": ([("drop_out", GONE), ("return", LATER)], 0),
    "辍学,送教上门": ([("drop_out", GONE), ("home_teaching", LATER)], 0),
    "辍学,返校,又辍学": ([("drop_out", GONE), ("return", date(2026, 10, 26)), ("drop_out", LATER)], 1),
    "辍学后死亡": ([("drop_out", GONE), ("die", LATER)], 0),
    "辍学后出国境": ([("drop_out", GONE), ("go_abroad", LATER)], 0),
    "辍学后转出,到校": ([("drop_out", GONE), ("transfer_out", LATER), ("transfer_in", LATER)], 0),
    "辍学后转出,没有到校": ([("drop_out", GONE), ("transfer_out", LATER)], 1),
    "更正了的辍学": ([("drop_out", GONE), ("correct", LATER)], 0),
}


@pytest.mark.parametrize(("story", "counted"), MOVEMENTS.values(), ids=MOVEMENTS)
def test_what_counts_as_a_dropout_at_the_cut_off(class_a, class_b, county, story, counted):
    pupil, _ = make_pupil(class_a), make_pupil(class_a)
    for kind, on in story:
        change(pupil, kind, on, **({"to_class": class_b} if kind == "transfer_in" else {}))
    assert counts(county, as_of=CUT_OFF) == (counted, 2)


def test_suspension_from_class_is_no_dropout(class_a, county, principal):
    pupil = make_pupil(class_a)
    write_suspension(pupil, first_day=GONE, last_day=GONE, reason="惩戒决定", by=principal)
    assert counts(county, as_of=CUT_OFF) == (0, 1)


def test_who_dropped_out_before_the_census_is_in_the_stock_and_not_in_this_years_rate(class_a, county):
    pupil = make_pupil(class_a, starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 5, 11))
    make_pupil(class_a)
    assert counts(county, as_of=date(2026, 8, 31)) == (1, 1)
    assert counts(county, as_of=CUT_OFF) == (0, 1)
    assert counts(county, as_of=CUT_OFF, formula="dropout_stock") == (1, 2)


@pytest.mark.parametrize("formula", ["dropout_rate", "dropout_rate_gross"])
def test_a_relapse_counts_once(class_a, county, formula):
    pupil, _ = make_pupil(class_a), make_pupil(class_a)
    for kind, on in MOVEMENTS["辍学,返校,又辍学"][0]:
        change(pupil, kind, on)
    assert counts(county, as_of=CUT_OFF, formula=formula) == (1, 2)


def test_the_gross_rate_keeps_who_came_back(class_a, county):
    pupil, _ = make_pupil(class_a), make_pupil(class_a)
    for kind, on in MOVEMENTS["辍学,劝返"][0]:
        change(pupil, kind, on)
    assert counts(county, as_of=CUT_OFF, formula="dropout_rate_gross") == (1, 2)
    assert counts(county, as_of=LATER, formula="dropout_rate") == (0, 2)
    assert counts(county, as_of=date(2026, 11, 1), formula="dropout_rate") == (1, 2)


def test_who_moved_from_a_to_b_and_dropped_out_from_b_counts_for_b_and_stands_in_as_opening(
    class_a, class_b, school_a, school_b, township
):
    pupil = make_pupil(class_a)
    make_pupil(class_b)
    change(pupil, "transfer_out", GONE)
    change(pupil, "transfer_in", GONE, to_class=class_b)
    change(pupil, "drop_out", LATER)
    assert counts(school_a, as_of=CUT_OFF) == (0, 1)
    assert counts(school_b, as_of=CUT_OFF) == (1, 1)
    assert counts(township, as_of=CUT_OFF) == (1, 2)


@pytest.mark.parametrize("alone", [True, False])
def test_who_dropped_out_twice_at_two_schools_counts_where_it_happened_last_however_it_is_asked(
    class_a, class_b, school_a, school_b, county, alone
):
    pupil = make_pupil(class_a)
    change(pupil, "drop_out", date(2026, 9, 14))
    change(pupil, "return", date(2026, 9, 28))
    change(pupil, "transfer_out", GONE)
    change(pupil, "transfer_in", GONE, to_class=class_b)
    change(pupil, "drop_out", LATER)
    root = None if alone else county
    for formula in ("dropout_rate", "dropout_rate_gross"):
        assert counts(school_a, as_of=CUT_OFF, formula=formula, root=root) == (0, 1)
        assert counts(school_b, as_of=CUT_OFF, formula=formula, root=root) == (1, 0)


@pytest.mark.parametrize(
    ("status", "due"),
    [("in_school", 1), ("home_teaching", 1), ("suspended", 0), ("deferred", 0), ("dropped_out", 0)],
)
def test_who_stands_in_the_opening(class_a, county, status, due):
    make_pupil(class_a, starts=date(2026, 3, 2), status=status)
    make_pupil(class_a)
    assert counts(county, as_of=CUT_OFF)[1] == 1 + due


def test_a_dropout_that_begins_on_the_census_day_stands_in_the_opening_and_counts(class_a, county):
    pupil = make_pupil(class_a, starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 7, 10))
    assert pupil.enrolments.get(status="dropped_out").starts == CENSUS
    assert counts(county, as_of=CUT_OFF) == (1, 1)
    assert counts(county, as_of=CUT_OFF, formula="dropout_rate_net_flow") == (1, 1)


def test_a_change_of_class_on_the_ledger_begins_no_dropout_not_even_on_the_census_day(class_a, school_a, county):
    pupil = make_pupil(class_a, starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 5, 11))
    change(pupil, "move_class", CENSUS, to_class=make_class(school_a, number=2))
    assert counts(county, as_of=CUT_OFF) == (0, 0)
    assert counts(county, as_of=CUT_OFF, formula="dropout_stock") == (1, 1)


def test_who_comes_back_on_the_census_day_stands_in_the_opening(class_a, county):
    pupil = make_pupil(class_a, starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 5, 11))
    change(pupil, "return", CENSUS)
    assert counts(county, as_of=CUT_OFF) == (0, 1)


def test_who_was_entered_after_the_census_is_in_no_opening(class_a, county):
    pupil = make_pupil(class_a, starts=date(2026, 9, 2))
    make_pupil(class_a)
    change(pupil, "drop_out", GONE)
    assert counts(county, as_of=CUT_OFF) == (1, 1)


def test_the_last_day_of_a_school_year_and_the_first_of_the_next(class_a, county):
    pupil = make_pupil(class_a, starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 7, 9))
    assert counts(county, as_of=date(2026, 8, 31)) == (1, 1)
    assert counts(county, as_of=CENSUS) == (0, 0)


NET_FLOW = {
    "休学": ([("suspend", GONE)], 1),
    "缓学": ([("defer", GONE)], 1),
    "辍学": ([("drop_out", GONE)], 1),
    "死亡": ([("die", GONE)], 1),
    "转出": ([("transfer_out", GONE)], 1),
    "出国境": ([("go_abroad", GONE)], 1),
    "毕业不是流失": ([("graduate", GONE)], 0),
    "结业不是流失": ([("complete", GONE)], 0),
    "送教上门": ([("home_teaching", GONE)], 0),
    "休学又复学": ([("suspend", GONE), ("resume", LATER)], 0),
    "辍学又劝返": ([("drop_out", GONE), ("return", LATER)], 0),
    "县内转学": ([("transfer_out", GONE), ("transfer_in", LATER)], 0),
}


@pytest.mark.parametrize(("story", "flow"), NET_FLOW.values(), ids=NET_FLOW)
def test_what_flows_out_by_the_formula_of_the_two_basics(class_a, class_b, county, story, flow):
    pupil = make_pupil(class_a)
    for kind, on in story:
        change(pupil, kind, on, **({"to_class": class_b} if kind == "transfer_in" else {}))
    assert counts(county, as_of=CUT_OFF, formula="dropout_rate_net_flow") == (flow, 1)


def test_the_net_flow_may_be_negative_and_a_new_entrant_is_no_flow(class_a, county):
    newcomer, pupil = make_pupil(class_a), make_pupil(class_a)
    for one in (newcomer, pupil):
        one.enrolments.all().delete()
    make_pupil(class_a)
    change(newcomer, "transfer_in", GONE, to_class=class_a)
    change(pupil, "enrol", GONE, to_class=class_a)
    assert counts(county, as_of=CUT_OFF, formula="dropout_rate_net_flow") == (-1, 1)


def test_grade_six_is_junior_where_the_system_is_five_four(township):
    school = make_school(township, "2152000555", system=SchoolSystem.FIVE_FOUR)
    make_pupil(make_class(school, stage=Stage.JUNIOR, entered=2026))  # grade 6
    make_pupil(make_class(school, stage=Stage.PRIMARY, entered=2022))  # grade 5
    assert counts(school, as_of=CUT_OFF, stage="junior") == (0, 1)
    assert counts(school, as_of=CUT_OFF, stage="primary") == (0, 1)
    assert counts(school, as_of=CUT_OFF, stage="all") == (0, 2)


def test_a_class_past_its_last_grade_is_in_no_opening_but_keeps_its_ledger(school_a, county):
    left = make_class(school_a, entered=2023)  # grade 9 until summer
    make_pupil(left, starts=date(2025, 9, 1))
    out = make_pupil(left, starts=date(2025, 9, 1))
    change(out, "drop_out", date(2026, 5, 11))
    assert counts(county, as_of=CUT_OFF) == (0, 0)
    assert counts(county, as_of=CUT_OFF, formula="dropout_stock") == (1, 1)


def test_a_child_who_finished_primary_school_and_went_nowhere_counts_for_the_sending_school(school_a, county):
    """The sending school answers for it (procedures §6), though the child is in nobody's opening."""
    finished = make_class(school_a, stage=Stage.PRIMARY, entered=2020)
    pupil = make_pupil(finished, starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 7, 10))
    assert counts(county, as_of=CUT_OFF, stage="primary") == (1, 0)


def test_who_finished_grade_nine_is_due_nowhere(school_a, county):
    pupil = make_pupil(make_class(school_a, entered=2023), starts=date(2025, 9, 1))
    change(pupil, "drop_out", date(2026, 7, 10))
    assert counts(county, as_of=CUT_OFF) == (0, 0)


@pytest.mark.parametrize(
    ("numerator", "denominator", "stage", "state"),
    [
        (6, 1000, "primary", "near"),
        (7, 1000, "primary", "over"),
        (18, 1000, "junior", "near"),
        (19, 1000, "junior", "over"),
        (24, 5000, "primary", "near"),  # exactly 80 %
        (23, 5000, "primary", "within"),
        (72, 5000, "junior", "near"),
        (71, 5000, "junior", "within"),
        (0, 1, "primary", "within"),
        (1, 166, "primary", "over"),
        (1, 167, "primary", "near"),
        (0, 0, "primary", "none"),
        (1, 0, "primary", "none"),
        (900, 1000, "all", "none"),
        (10**15 * 6, 10**18, "primary", "near"),
        (10**15 * 6 + 1, 10**18, "primary", "over"),
    ],
)
def test_a_rate_is_judged_exactly_at_the_border(numerator, denominator, stage, state):
    judged = judge(numerator, denominator, stage=stage, formula="dropout_rate", thresholds=Thresholds())
    assert judged.state == state
    assert (judged.threshold is None) == (stage == "all")
    assert (judged.rate is None) == (denominator == 0)


def test_only_the_formula_in_force_has_a_limit():
    gross = Thresholds(formula="dropout_rate_gross")
    arguments = {"stage": "junior", "thresholds": gross}
    assert judge(900, 1000, formula="dropout_rate", **arguments).state == "none"
    assert judge(900, 1000, formula="dropout_rate_gross", **arguments).state == "over"
    assert judge(900, 1000, formula="dropout_stock", **arguments).threshold is None


def test_the_provinces_own_limit_binds():
    own = Thresholds(provincial_junior_permille=Decimal("2.5"))
    assert judge(3, 1000, stage="junior", formula="dropout_rate", thresholds=own).state == "over"
    assert judge(3, 1000, stage="junior", formula="dropout_rate", thresholds=own).threshold == Decimal("0.0025")
    assert judge(6, 1000, stage="primary", formula="dropout_rate", thresholds=own).state == "near"


@pytest.mark.parametrize(("numerator", "denominator", "more"), [(0, 120, 1), (1, 120, 0), (0, 1000, 7), (6, 1000, 1)])
def test_how_many_more_children_put_a_unit_over(numerator, denominator, more):
    assert children_until_over(numerator, denominator, Decimal(6)) == more


def test_each_unit_is_judged_by_its_own_regulation_on_the_cut_off_day(class_a, school_a, county, bureau_head):
    Regulation.objects.create(
        unit=county,
        version=1,
        effective_from=date(2026, 11, 1),
        state="filed",
        title="县制度",
        rules={"thresholds": {"junior_permille": "500"}},
        drafted_by=bureau_head,
    )
    change(make_pupil(class_a), "drop_out", GONE)
    make_pupil(class_a)
    states = {}
    for as_of in (date(2026, 10, 31), CUT_OFF):
        figures = compute(county, as_of=as_of).figures
        (found,) = [f for f in figures if f.unit == school_a and f.stage == "junior" and f.formula == "dropout_rate"]
        states[as_of] = (found.state, found.threshold, len(found.digest))
    assert states == {
        date(2026, 10, 31): ("over", Decimal("0.018"), 16),
        CUT_OFF: ("near", Decimal("0.5"), 16),
    }


def test_a_spell_of_another_county_counts_nowhere_else(class_a, county, other_clerk):
    other = other_clerk.posts.get().unit
    elsewhere = make_class(make_school(other, "2152300001"))
    change(make_pupil(elsewhere), "drop_out", GONE)
    make_spell(make_pupil(class_a), elsewhere, starts=date(2025, 9, 1), ends=date(2026, 7, 1))
    assert counts(county, as_of=CUT_OFF) == (0, 1)
    assert counts(other, as_of=CUT_OFF) == (1, 1)
