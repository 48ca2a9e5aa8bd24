"""Random counties with random registers: every figure and every return equals what the spells and a diary say in plain Python."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organisation.models import Unit
from reports.actions.rates import compute_rates
from reports.enums import Formula
from reports.models import Snapshot, SnapshotPupil
from reports.queries.monthly import COLUMNS, DECREASES, INCREASES, fill
from reports.queries.rates import compute
from reports.queries.shown import denominator_holds, denominator_of, numerator_of
from reports.tests.factories import TAUGHT, Diary, children, counts, make_schools
from students.enums import CHANGE_EFFECTS, ChangeKind
from students.models import Enrolment

FIRST, TODAY = date(2025, 8, 20), date(2026, 11, 23)
TURNS = [date(2025, 9, 1), date(2026, 7, 9), date(2026, 7, 10), date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)]
histories = st.integers(0, 10**9).map(Random)
example = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
PUPILS, CHANGES = 8, 44


@pytest.fixture
def classes(county, township):
    return make_schools(county, township)


def live(classes, random):
    """Let a history happen: everybody enters early or late, then changes in the order of their days, most of them apt."""
    pupils, diary = children(classes, PUPILS), Diary()
    for pupil in pupils:
        on = random.choice([TURNS[0], TURNS[0], TURNS[0], date(2026, 3, 2), *TURNS])
        diary.happen(pupil, "enrol", on, random.choice([one for one in classes if one.is_at_stage(on=on)]))
    span = (TODAY - FIRST).days
    turns = [random.choice(TURNS) for _ in range(CHANGES // 4)]
    turns += [FIRST + timedelta(days=random.randrange(span)) for _ in range(CHANGES - len(turns))]
    for on in sorted(turns):
        pupil = random.choice(pupils)
        kind = random.choice(_apt(pupil))
        diary.happen(pupil, kind, on, random.choice(_places(classes, pupil, kind, on)))
    return diary


def _places(classes, pupil, kind, on):
    """Classes that take pupils that day; of the own school for a change of class."""
    place = pupil.enrolments.order_by("starts").last().school_class
    inside = kind == ChangeKind.MOVE_CLASS
    open_now = [
        one for one in classes if one.is_at_stage(on=on) and (not inside or one.school_code == place.school_code)
    ]
    return open_now or classes


def _apt(pupil):
    """The kinds that the pupil's state allows; leaving for good is rarer than what one comes back from."""
    status = pupil.enrolments.filter(ends__isnull=True).values_list("status", flat=True).first()
    fits = [kind for kind, effect in CHANGE_EFFECTS.items() if (status in effect.before) == (status is not None)]
    often = [ChangeKind.DROP_OUT, ChangeKind.RETURN, ChangeKind.TRANSFER_IN, ChangeKind.MOVE_CLASS, ChangeKind.RESUME]
    return fits + [kind for kind in often if kind in fits] * 4


def year_of(day):
    return day.year if day.month >= 9 else day.year - 1


class Plain:
    """The definitions of figures.md in plain Python, from the spells and the diary."""

    def __init__(self, diary, as_of):
        self.diary, self.as_of, self.census = diary, as_of, date(year_of(as_of), 9, 1)
        self.classes = {unit.pk: unit for unit in Unit.objects.filter(kind="class")}
        self.spells = {}
        columns = ("pupil", "school_class", "status", "starts", "ends", "ended_by__kind")
        for pupil, *spell in Enrolment.objects.order_by("starts").values_list(*columns):
            self.spells.setdefault(pupil, []).append(spell)

    def grade(self, school_class, day):
        unit = self.classes[school_class]
        return year_of(day) - unit.entry_year + unit.first_grade

    def at_stage(self, school_class, day):
        unit = self.classes[school_class]
        last = 9 if unit.stage == "junior" else {"6-3": 6, "5-4": 5}[unit.system]
        return unit.first_grade <= self.grade(school_class, day) <= last

    def on(self, day):
        """(pupil, class, status, began today, goes on from another dropout) of who is on the register on a day."""
        for pupil, spells in self.spells.items():
            for number, (school_class, status, starts, ends, _) in enumerate(spells):
                if starts <= day and (ends is None or day < ends):
                    yield pupil, school_class, status, starts == day, self.goes_on(spells, number)

    @staticmethod
    def goes_on(spells, number):
        return number > 0 and spells[number - 1][1] == "dropped_out" and spells[number - 1][3] == spells[number][2]

    def opening(self):
        return {
            pupil: school_class
            for pupil, school_class, status, began, goes_on in self.on(self.census)
            if self.at_stage(school_class, self.census)
            and (status in TAUGHT or (status == "dropped_out" and began and not goes_on))
        }

    def dropouts(self):
        """{pupil: (class of the last dropout of the year, still out)}."""
        found = {}
        for pupil, spells in self.spells.items():
            known = [spell for spell in spells if spell[2] <= self.as_of]
            begun = [
                spell[0]
                for number, spell in enumerate(known)
                if spell[1] == "dropped_out"
                and not self.goes_on(known, number)
                and spell[2] >= self.census
                and self.grade(spell[0], spell[2]) <= 9
            ]
            if begun:
                *_, status, _, ends, ended_by = known[-1]
                is_out = status == "dropped_out"
                left = ends is not None and ends <= self.as_of
                found[pupil] = (begun[-1], is_out and (not left or ended_by == "transfer_out"))
        return found

    def numerator(self, formula):
        """{pupil: class}."""
        if formula == "dropout_stock":
            return {pupil: place for pupil, place, status, *_ in self.on(self.as_of) if status == "dropped_out"}
        gross = formula == "dropout_rate_gross"
        return {pupil: place for pupil, (place, out) in self.dropouts().items() if out or gross}

    def denominator(self, formula):
        if formula != "dropout_stock":
            return self.opening()
        return {
            pupil: place
            for pupil, place, status, *_ in self.on(self.as_of)
            if status == "dropped_out" or self.at_stage(place, self.as_of)
        }

    def only_moves_class(self, entry):
        """Inside one school and stage."""
        if not (entry.was_in and entry.is_in):
            return False
        before, after = self.classes[entry.before[0]], self.classes[entry.after[0]]
        return (before.school_code, before.stage) == (after.school_code, after.stage)

    def net_flow(self):
        """{class: who went out less who came in after the census date}, and who of the opening was gone that very day."""
        flow = Counter()
        for pupil, place in self.opening().items():
            gone = next(status for who, _, status, *_ in self.on(self.census) if who == pupil) == "dropped_out"
            flow[place] += gone
        for entry in self.diary.between(self.census + timedelta(days=1), self.as_of):
            if entry.kind in ("enrol", "graduate", "complete") or self.only_moves_class(entry):
                continue
            if entry.was_in and self.at_stage(entry.before[0], entry.day):
                flow[entry.before[0]] += 1
            if entry.is_in and self.at_stage(entry.after[0], entry.day):
                flow[entry.after[0]] -= 1
        return flow

    def of(self, unit, stage, formula):
        """(numerator, denominator) of a unit and stage."""

        def inside(place):
            school_class = self.classes[place]
            return school_class.path.startswith(unit.path) and stage in (school_class.stage, "all")

        whole = sum(inside(place) for place in self.denominator(formula).values())
        if formula == "dropout_rate_net_flow":
            return sum(number for place, number in self.net_flow().items() if inside(place)), whole
        return sum(inside(place) for place in self.numerator(formula).values()), whole


@example
@given(random=histories, as_of=st.one_of(st.dates(date(2025, 9, 1), TODAY), st.sampled_from(TURNS)))
def test_every_figure_equals_what_the_spells_say(classes, county, random, as_of):
    with transaction.atomic():
        plain = Plain(live(classes, random), as_of)
        figures = compute(county, as_of=as_of).figures
        found = {(f.unit.code, f.stage, f.formula): (f.numerator, f.denominator) for f in figures}
        for unit in Unit.objects.below(county):
            for stage in ("primary", "junior", "all"):
                for formula in Formula.values:
                    key = (unit.code, stage, formula)
                    assert found.get(key, (0, 0)) == plain.of(unit, stage, formula), key
        transaction.set_rollback(True)


@example
@given(random=histories, as_of=st.dates(date(2025, 9, 1), TODAY))
def test_children_sum_to_their_parents_and_schools_asked_alone_say_the_same(classes, county, random, as_of):
    with transaction.atomic():
        live(classes, random)
        figures = compute(county, as_of=as_of).figures
        found = {(f.unit.path, f.stage, f.formula): (f.numerator, f.denominator) for f in figures}
        for unit in Unit.objects.below(county).exclude(kind="class"):
            below = [child.path for child in Unit.objects.get_children(unit)]
            for stage in ("primary", "junior", "all"):
                for formula in Formula.values:
                    parts = [found.get((path, stage, formula), (0, 0)) for path in below]
                    whole = tuple(map(sum, zip(*parts, strict=True)))
                    assert found.get((unit.path, stage, formula), (0, 0)) == whole
        for school in Unit.objects.below(county).of_kind("school"):
            for formula in Formula.values:
                expected = found.get((school.path, "all", formula))
                assert counts(school, as_of=as_of, formula=formula, stage="all") == expected
        transaction.set_rollback(True)


@example
@given(random=histories, as_of=st.dates(date(2026, 9, 1), TODAY))
def test_stored_twice_it_is_the_same_rows_with_the_same_pupils_behind_them(classes, county, random, as_of):
    with transaction.atomic():
        plain = Plain(live(classes, random), as_of)
        compute_rates(county, as_of=as_of)
        before = _stored()
        compute_rates(county, as_of=as_of)
        assert _stored() == before
        for snapshot in Snapshot.objects.select_related("unit"):
            assert denominator_of(snapshot).count() == snapshot.denominator
            assert denominator_holds(snapshot)
            if snapshot.formula != "dropout_rate_net_flow":
                named = {row.pupil_id for row in numerator_of(snapshot)}
                assert len(named) == snapshot.numerator
                assert named <= set(plain.numerator(snapshot.formula))
        transaction.set_rollback(True)


def _stored():
    figures = Snapshot.objects.order_by("pk").values_list(
        "pk", "unit", "stage", "formula", "numerator", "denominator", "denominator_hash", "digest"
    )
    names = SnapshotPupil.objects.order_by("formula", "pupil").values_list("formula", "stage", "path", "pupil", "since")
    return list(figures), list(names)


def test_no_figure_is_left_of_a_unit_that_has_no_pupil_any_more(class_a, county, pupils_a):
    compute_rates(county, as_of=TODAY)
    assert Snapshot.objects.filter(unit=class_a).exists()
    Enrolment.objects.all().delete()
    compute_rates(county, as_of=TODAY)
    assert not Snapshot.objects.exists()


PERIODS = ["2025-09", "2026-02", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
BY_KIND = {
    "transfer_in": "转入",
    "resume": "复学",
    "return": "复学",
    "enrol": "新入学",
    "transfer_out": "转出",
    "suspend": "休学",
    "drop_out": "辍学",
    "die": "死亡",
    "graduate": "毕结业",
    "complete": "毕结业",
}


def month(period):
    first = date.fromisoformat(f"{period}-01")
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def rows_of(unit, period):
    return {(row.stage, row.group): row for row in fill(Unit.objects.get(pk=unit.pk), period).rows}


@example
@given(random=histories, period=st.sampled_from(PERIODS))
def test_a_return_adds_up_in_every_row_and_goes_on_where_the_last_one_ended(classes, county, random, period):
    with transaction.atomic():
        diary = live(classes, random)
        units = Unit.objects.below(county).of_kind("school", "township", "county")
        returns = {unit.path: rows_of(unit, period) for unit in units}
        following = f"{month(period)[1] + timedelta(days=1):%Y-%m}"
        for unit in units:
            nexts = rows_of(unit, following)
            for key, row in returns[unit.path].items():
                assert row.balances, (unit.code, key, row.cells)
                assert nexts[key].cells["上月末在校"] == row.cells["本月末在校"]
            _stages_sum(returns[unit.path])
            _as_the_diary_says(returns[unit.path], diary, unit, *month(period))
            _as_the_figures_say(returns[unit.path], unit, month(period)[1])
        _schools_sum(returns, county)
        transaction.set_rollback(True)


def _stages_sum(rows):
    for (stage, group), row in rows.items():
        if stage == "合计":
            for name in COLUMNS[:18]:
                parts = rows["小学", group].cells[name] + rows["初中", group].cells[name]
                assert row.cells[name] == parts, name


def _schools_sum(returns, county):
    schools = [rows for path, rows in returns.items() if Unit.objects.get(path=path).kind == "school"]
    for key, row in returns[county.path].items():
        for name in COLUMNS[:18]:
            assert row.cells[name] == sum(rows[key].cells[name] for rows in schools), (key, name)


def _as_the_diary_says(rows, diary, unit, first, last):
    """Each movement column of 全体: a change of class inside a school and stage moves nobody."""
    classes = {found.pk: found for found in Unit.objects.below(unit).of_kind("class")}
    paths = {found.pk: found for found in Unit.objects.filter(kind="class")}
    expected = Counter()
    for entry in diary.between(first, last):
        if entry.was_in and entry.is_in:
            before, after = paths[entry.before[0]], paths[entry.after[0]]
            if (before.school_code, before.stage) == (after.school_code, after.stage):
                continue
        if entry.was_in and entry.before[0] in classes:
            named = BY_KIND.get(entry.kind)
            expected[named if named in DECREASES else "其他减少"] += 1
        if entry.is_in and entry.after[0] in classes:
            named = BY_KIND.get(entry.kind)
            expected[named if named in INCREASES else "其他增加"] += 1
            expected["本月劝返"] += entry.before is not None and entry.before[1] == "dropped_out"
    total = rows["合计", "全体"].cells
    assert {name: total[name] for name in (*INCREASES, *DECREASES, "本月劝返")} == {
        name: expected[name] for name in (*INCREASES, *DECREASES, "本月劝返")
    }


def _as_the_figures_say(rows, unit, last):
    for label, stage in (("小学", "primary"), ("初中", "junior")):
        cells = rows[label, "全体"].cells
        ledger, _ = counts(unit, as_of=last, formula="dropout_stock", stage=stage) or (0, 0)
        gross, opening = counts(unit, as_of=last, formula="dropout_rate_gross", stage=stage) or (0, 0)
        assert (cells["台账在册辍学"], cells["学年累计辍学"], cells["学年初在校"]) == (ledger, gross, opening)
