"""All rates of a unit and of everything below it, from five statements whatever the number of schools (F60, F61)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from django.db.models import Max

from organisation.models import Unit
from organisation.queries.regulations import RegulationBook
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import STEP, at_or_below
from organisation.rules.regulation import Rules
from reports.enums import Formula, RateState, StageOf
from reports.models import Snapshot
from reports.rules.rates import fraction, hash_of, judge
from students.enums import ChangeKind, EnrolmentStatus
from students.models import Enrolment
from students.queries.figures import ClassCount, Dropout, begun_dropouts, class_counts, covering, movements

ONE_DAY = timedelta(days=1)
STAGES = tuple(StageOf.values)
# Who enters school or finishes it neither flows in nor out (figures.md, `dropout_rate_net_flow`).
NO_FLOW = (ChangeKind.ENROL, ChangeKind.GRADUATE, ChangeKind.COMPLETE)


@dataclass(slots=True)
class Tally:
    """What one unit and stage add up to."""

    opening: int = 0
    fingerprint: int = 0
    enrolled: int = 0
    enrolled_fingerprint: int = 0
    ledger: int = 0
    out: int = 0
    out_gross: int = 0
    net_out: int = 0

    def add(self, other: "Tally"):
        self.opening += other.opening
        self.fingerprint += other.fingerprint
        self.enrolled += other.enrolled
        self.enrolled_fingerprint += other.enrolled_fingerprint
        self.ledger += other.ledger
        self.out += other.out
        self.out_gross += other.out_gross
        self.net_out += other.net_out

    def open(self, count: ClassCount):
        """A class at its stage on the census date."""
        self.opening += count.taught
        self.fingerprint += count.fingerprint

    def miss(self, one: Dropout):
        """Who drops out on the census date itself is in the opening and flows out of it."""
        self.opening += 1
        self.fingerprint += one.fingerprint
        self.net_out += 1

    def enrol(self, count: ClassCount):
        """A class at its stage on the cut-off."""
        self.enrolled += count.enrolled
        self.enrolled_fingerprint += count.enrolled_fingerprint
        self.ledger += count.ledger

    def keep(self, count: ClassCount):
        """A class past its last grade: who is on its ledger stays there (P14), nobody else counts."""
        self.enrolled += count.ledger
        self.enrolled_fingerprint += count.ledger_fingerprint
        self.ledger += count.ledger

    def fractions(self) -> tuple[tuple[str, int, int, str], ...]:
        """(formula, numerator, denominator, hash of the denominator) of every formula."""
        opening, of_opening = self.opening, hash_of(self.opening, self.fingerprint)
        of_stock = hash_of(self.enrolled, self.enrolled_fingerprint)
        return (
            (Formula.DROPOUT_RATE.value, self.out, opening, of_opening),
            (Formula.DROPOUT_RATE_GROSS.value, self.out_gross, opening, of_opening),
            (Formula.DROPOUT_RATE_NET_FLOW.value, self.net_out, opening, of_opening),
            (Formula.DROPOUT_STOCK.value, self.ledger, self.enrolled, of_stock),
        )


class Figure(NamedTuple):
    """One figure of one unit and stage, judged against the limit in force there."""

    unit: Unit
    stage: str
    formula: str
    numerator: int
    denominator: int
    denominator_hash: str
    digest: str
    rate: Decimal | None
    threshold: Decimal | None
    state: RateState

    def as_dict(self) -> dict:
        return {
            "unit": self.unit.code,
            "stage": self.stage,
            "formula": self.formula,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "rate": fraction(self.rate),
            "threshold": fraction(self.threshold),
            "state": str(self.state),
        }


@dataclass
class Computed:
    """All figures at or below a unit on a cut-off day, and the pupils of the numerators by class."""

    as_of: date
    figures: list[Figure] = field(default_factory=list)
    named: list[tuple] = field(default_factory=list)  # (formula, stage, class path, pupil, since)

    @property
    def year(self) -> int:
        return school_year(self.as_of)


def compute(unit: Unit, *, as_of: date) -> Computed:
    """Every figure of `unit` and of all below it."""
    census = school_year_start(school_year(as_of))
    units = {found.pk: found for found in Unit.objects.below(unit)}
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    named: list[tuple] = []

    def tally(key) -> Tally:
        return tallies[units[key].path, units[key].stage]

    for count in class_counts(unit.path, census=census, as_of=as_of):
        school_class = units[count.school_class]
        if school_class.is_at_stage(on=census):
            tally(school_class.pk).open(count)
        if school_class.is_at_stage(on=as_of):
            tally(school_class.pk).enrol(count)
        elif count.ledger:
            tally(school_class.pk).keep(count)
    for one in begun_dropouts(unit.path, as_of=as_of):
        if one.starts == census and units[one.school_class].is_at_stage(on=census):
            tally(one.school_class).miss(one)
        if one.is_latest and units[one.school_class].is_compulsory(on=one.starts):
            stage = units[one.school_class].stage
            tally(one.school_class).out_gross += 1
            tally(one.school_class).out += one.still_out
            named.append((Formula.DROPOUT_RATE_GROSS, stage, one.path, one.pupil, one.starts))
            if one.still_out:
                named.append((Formula.DROPOUT_RATE, stage, one.path, one.pupil, one.starts))
    for move in movements(unit.path, first=census + ONE_DAY, last=as_of):
        flows = move.kind not in NO_FLOW and not move.stays
        if flows and units[move.school_class].is_at_stage(on=move.day):
            tally(move.school_class).net_out -= move.change
    computed = Computed(as_of, named=named)
    _add_up(computed, unit, units, tallies, as_of)
    return computed


def _add_up(computed, root, units, tallies, as_of):
    sums = _sums(root, tallies)
    book = RegulationBook(root.path)
    for unit in sorted(units.values(), key=attrgetter("path")):
        if unit.path in sums:
            rules = book.of(unit.path, on=as_of)
            of_unit = sums[unit.path]
            for stage in STAGES:
                if stage in of_unit:
                    computed.figures += _figures(unit, stage, of_unit[stage], rules)


def _sums(root, tallies) -> dict[str, dict[str, Tally]]:
    """{path: {stage: what it adds up to}}: levels above sum numerators and denominators of classes, never rates."""
    sums: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    by_length: dict[int, set[str]] = defaultdict(set)
    for (path, stage), tally in tallies.items():
        by_length[len(path)].add(path)
        sums[path][stage].add(tally)
        sums[path][StageOf.ALL.value].add(tally)
    for length in range(max(by_length, default=0), len(root.path), -STEP):
        for path in by_length[length]:
            above = path[:-STEP]
            by_length[len(above)].add(above)
            for stage, tally in sums[path].items():
                sums[above][stage].add(tally)
    return sums


def _figures(unit, stage, tally: Tally, rules: Rules) -> list[Figure]:
    thresholds, digest = rules.thresholds, rules.digest
    found = []
    for formula, numerator, denominator, denominator_hash in tally.fractions():
        judged = judge(numerator, denominator, stage=stage, formula=formula, thresholds=thresholds)
        found.append(Figure(unit, stage, formula, numerator, denominator, denominator_hash, digest, *judged))
    return found


def ledger_pupils(path: str, *, as_of: date):
    """Who is on the ledger on a day: (pupil, class path, first missed day, stage); a change of class keeps that day."""
    out = Enrolment.objects.filter(status=EnrolmentStatus.DROPPED_OUT)
    now = out.filter(at_or_below("path", [path]), covering(as_of))
    ended = out.filter(pupil__in=now.values("pupil"), ends__isnull=False)
    starts = {(pupil, ends): begun for pupil, ends, begun in ended.values_list("pupil", "ends", "starts")}
    for pupil, class_path, since, stage in now.values_list("pupil", "path", "starts", "school_class__stage"):
        while (pupil, since) in starts:
            since = starts[pupil, since]
        yield pupil, class_path, since, stage


def latest_day(path: str) -> date | None:
    """The last cut-off for which the unit has figures."""
    return Snapshot.objects.filter(path=path).aggregate(day=Max("as_of"))["day"]
