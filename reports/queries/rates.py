"""All rates of a unit and of everything below it, from five statements whatever the number of schools (F60, F61)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

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
from students.queries.figures import ClassCount, class_counts, covering, dropouts, movements

ONE_DAY = timedelta(days=1)
# Who enters school or finishes it neither flows in nor out (figures.md, `dropout_rate_net_flow`).
NO_FLOW = (ChangeKind.ENROL, ChangeKind.GRADUATE, ChangeKind.COMPLETE)


@dataclass
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
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def open(self, count: ClassCount):
        """A class at its stage on the census date; who drops out that very day is in the opening and flows out of it."""
        self.opening += count.opening
        self.fingerprint += count.fingerprint
        self.net_out += count.missed

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

    def counts(self, formula) -> tuple[int, int]:
        """Numerator and denominator."""
        return {
            Formula.DROPOUT_RATE: (self.out, self.opening),
            Formula.DROPOUT_RATE_GROSS: (self.out_gross, self.opening),
            Formula.DROPOUT_RATE_NET_FLOW: (self.net_out, self.opening),
            Formula.DROPOUT_STOCK: (self.ledger, self.enrolled),
        }[formula]

    def denominator_hash(self, formula) -> str:
        if formula == Formula.DROPOUT_STOCK:
            return hash_of(self.enrolled, self.enrolled_fingerprint)
        return hash_of(self.opening, self.fingerprint)


@dataclass(frozen=True)
class Figure:
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
    for one in dropouts(unit.path, as_of=as_of):
        if units[one.school_class].is_compulsory(on=one.starts):
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
    """Levels above sum numerators and denominators of classes, never rates."""
    sums: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for (path, stage), tally in tallies.items():
        for end in range(len(root.path), len(path) + 1, STEP):
            sums[path[:end], stage].add(tally)
            sums[path[:end], StageOf.ALL].add(tally)
    book = RegulationBook(root.path)
    for unit in sorted(units.values(), key=lambda unit: unit.path):
        rules = book.of(unit.path, on=as_of)
        for stage in StageOf:
            if (unit.path, stage) in sums:
                computed.figures += _figures(unit, stage, sums[unit.path, stage], rules)


def _figures(unit, stage, tally: Tally, rules: Rules) -> list[Figure]:
    found = []
    for formula in Formula:
        numerator, denominator = tally.counts(formula)
        judged = judge(numerator, denominator, stage=stage, formula=formula, thresholds=rules.thresholds)
        found.append(
            Figure(
                unit,
                str(stage),
                str(formula),
                numerator,
                denominator,
                tally.denominator_hash(formula),
                rules.digest,
                judged.rate,
                judged.threshold,
                judged.state,
            )
        )
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
