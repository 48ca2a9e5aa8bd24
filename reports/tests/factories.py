"""Register histories for the figures: a pupil's changes as the register's own verb makes them, and a diary of them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from organisation.enums import SchoolSystem, Stage
from organisation.errors import Refused
from organisation.models import Unit
from organisation.tests.factories import make_class, make_school
from reports.queries.rates import compute
from students.actions.register import change_register
from students.enums import CHANGE_EFFECTS, ChangeKind, Sex
from students.tests.factories import make_pupil

TAUGHT = ("in_school", "home_teaching")
GIVEN = {"reason": "原因", "to_school": "外县学校", "until": date(2027, 6, 30)}


def change(pupil, kind, on, **more):
    """A register change with whatever papers its kind needs; `on` is the day given."""
    needed = {name: GIVEN[name] for name in CHANGE_EFFECTS[ChangeKind(kind)].needs if name in GIVEN}
    return change_register(pupil, kind, date=on, by=None, **needed | more)


def entered(school_class, on=date(2026, 9, 1), **fields):
    """A pupil who entered by the register, so that the entry is a movement of its month."""
    pupil = make_pupil(school_class, **fields)
    pupil.enrolments.all().delete()
    change(pupil, "enrol", on, to_class=school_class)
    return pupil


def counts(unit, *, as_of, formula="dropout_rate", stage="junior", root=None):
    """(numerator, denominator) of a figure of `unit`, computed for `root` or for the unit itself; None where it has none."""
    figures = compute(Unit.objects.get(pk=(root or unit).pk), as_of=as_of).figures
    wanted = (unit.pk, stage, formula)
    return next(((f.numerator, f.denominator) for f in figures if (f.unit.pk, f.stage, f.formula) == wanted), None)


@dataclass(frozen=True)
class Entry:
    """What one change did: the class and status of a pupil before and after it, None where not on the register."""

    pupil: int
    kind: str
    day: date
    before: tuple[int, str] | None
    after: tuple[int, str] | None

    @property
    def was_in(self):
        return self.before is not None and self.before[1] in TAUGHT

    @property
    def is_in(self):
        return self.after is not None and self.after[1] in TAUGHT


@dataclass
class Diary:
    """Makes changes and writes down beside the register what each did; a correction tears out the last page."""

    pages: dict = field(default_factory=lambda: defaultdict(list))
    refused: int = 0

    def happen(self, pupil, kind, on, to_class):
        before = _now(pupil)
        try:
            made = change(pupil, kind, on, **({"to_class": to_class} if _takes_class(kind) else {}))
        except Refused:
            self.refused += 1
            return
        if kind == "correct":
            self.pages[pupil.pk].pop()
        else:
            self.pages[pupil.pk].append(Entry(pupil.pk, kind, made.effective_on, before, _now(pupil)))

    def between(self, first, last):
        return [entry for page in self.pages.values() for entry in page if first <= entry.day <= last]


def _takes_class(kind):
    return kind in ("enrol", "transfer_in", "move_class")


def _now(pupil):
    return pupil.enrolments.filter(ends__isnull=True).values_list("school_class", "status").first()


def make_schools(county, township):
    """Nine-year schools of both systems in a township, and one right under the county; classes on both sides of an age."""
    six = make_school(township, "2152000123")
    five = make_school(township, "2152000456", system=SchoolSystem.FIVE_FOUR)
    direct = make_school(county, "2152000789")
    wanted = [
        (six, Stage.PRIMARY, 2020, 1),
        (six, Stage.PRIMARY, 2021, 1),
        (six, Stage.PRIMARY, 2021, 2),
        (six, Stage.JUNIOR, 2023, 1),
        (six, Stage.JUNIOR, 2024, 1),
        (six, Stage.JUNIOR, 2026, 1),
        (five, Stage.PRIMARY, 2021, 1),
        (five, Stage.PRIMARY, 2022, 1),
        (five, Stage.JUNIOR, 2025, 1),
        (five, Stage.JUNIOR, 2026, 1),
        (direct, Stage.PRIMARY, 2022, 1),
        (direct, Stage.JUNIOR, 2025, 1),
    ]
    return [make_class(school, stage=stage, entered=year, number=n) for school, stage, year, n in wanted]


def children(school_classes, number):
    """Children of every group of the return, not on the register yet."""
    made = [
        make_pupil(
            school_classes[0],
            sex=Sex.FEMALE if n % 2 else Sex.MALE,
            is_boarder=n % 3 == 0,
            is_left_behind=n % 2 == 0,
            is_poor=n == 1,
        )
        for n in range(number)
    ]
    for pupil in made:
        pupil.enrolments.all().delete()
    return made
