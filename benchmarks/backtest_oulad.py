"""`python -m benchmarks.backtest_oulad FOLDER [--json]`: the warning's rules and their evaluation on real, dated records.

FOLDER holds the tables of the Open University Learning Analytics Dataset for 2013. Due assignments stand for roll calls: in
time is present, late is late, not handed in by the day that is looked at is truant; unregistering is leaving. The
presentation that began in February is learnt from, the one that began in October is the test. Nothing is kept of the data.
"""

import argparse
import csv
import gzip
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from casework.enums import Method, Tier
from casework.rules import logistic
from casework.rules.away import RollDay
from casework.rules.backtest import Sample, outcome, report, scores_of, split_by_term
from casework.rules.signals import Called, Period, PupilFacts, signals_of
from casework.rules.warnings import assess
from organisation.rules.regulation import Rules
from students.enums import MarkKind

BEGINS = {"2013B": date(2013, 2, 1), "2013J": date(2013, 10, 1)}
FIRST_DAY, EVERY = 40, 30  # a month holds about one due assignment
CLASS_SIZE = 45  # as many pupils as a large Chinese class: how many teachers there would be
RULES = Rules()
BASELINES = (Method.TIERS, Method.THREE_DAYS, Method.BELOW_90, Method.TRUANTS)


@dataclass
class Student:
    """One student in one course."""

    key: int
    number: str
    course: tuple[str, str]
    registered: date
    left: date | None = None
    handed_in: dict[str, date] = field(default_factory=dict)
    groups: tuple = ()


@dataclass
class Records:
    """What the folder says, with days made dates."""

    due: dict[tuple, list[tuple[date, str]]]  # {course: [(due, assignment)]}, in order
    lengths: dict[tuple, int]
    students: list[Student]


def rows(folder: Path, name: str):
    """A table, plain or gzipped."""
    plain = folder / f"{name}.csv"
    data = plain.read_bytes() if plain.exists() else gzip.decompress(Path(f"{plain}.gz").read_bytes())
    yield from csv.DictReader(data.decode().splitlines())


def course_of(row) -> tuple[str, str]:
    return row["code_module"], row["code_presentation"]


def day_of(course, days: str) -> date | None:
    return BEGINS[course[1]] + timedelta(days=int(float(days))) if days not in ("", "?") else None


def read(folder: Path) -> Records:
    due, places = defaultdict(list), {}
    for row in rows(folder, "assessment"):
        course = course_of(row)
        day = day_of(course, row["date"])
        if day:
            due[course].append((day, row["id_assessment"]))
            places[row["id_assessment"]] = course
    known = {}
    for row in rows(folder, "student_registration"):
        course = course_of(row)
        began = day_of(course, row["date_registration"]) or BEGINS[course[1]]
        left = day_of(course, row["date_unregistration"])
        known[row["id_student"], course] = Student(len(known), row["id_student"], course, began, left)
    for row in rows(folder, "student"):
        found = known.get((row["id_student"], course_of(row)))
        if found:
            found.groups = (("sex", row["gender"]), ("disability", row["disability"]))
    for row in rows(folder, "student_assessment"):
        course = places.get(row["id_assessment"])
        found = known.get((row["id_student"], course))
        if found:
            banked = row["is_banked"] in ("1", "True")
            found.handed_in[row["id_assessment"]] = (
                found.registered if banked else day_of(course, row["date_submitted"])
            )
    lengths = {course_of(row): int(row["module_presentation_length"]) for row in rows(folder, "course")}
    return Records({course: sorted(days) for course, days in due.items()}, lengths, list(known.values()))


def evaluation_days(records: Records, presentation: str) -> list[date]:
    """Every month of a presentation, beginning when a first assignment has been due."""
    longest = max(length for course, length in records.lengths.items() if course[1] == presentation)
    return [BEGINS[presentation] + timedelta(days=n) for n in range(FIRST_DAY, longest, EVERY)]


def kind_on(student: Student, assignment: str, due: date, on: date) -> str:
    """As it could be known that day: what was handed in later counts as missing."""
    handed_in = student.handed_in.get(assignment)
    if handed_in is None or handed_in > on:
        return MarkKind.TRUANT
    return MarkKind.LATE if handed_in > due else ""


def facts_on(student: Student, due, on: date) -> PupilFacts:
    kinds = defaultdict(list)
    for day, assignment in due:
        if student.registered <= day <= on:
            kinds[day].append(kind_on(student, assignment, day, on))
    marked = {day: RollDay(day, tuple(of_day)) for day, of_day in kinds.items() if any(of_day)}
    return PupilFacts(marked=marked, called=Called.of({day: len(of_day) for day, of_day in kinds.items()}))


def period_on(course, due, on: date) -> Period:
    """The course's due days are its school days: windows are counted in them."""
    begins = BEGINS[course[1]]
    days = sorted({day for day, _ in due if day <= on})
    window = days[-RULES.warning.window_days :]
    return Period(
        on=on,
        window_from=window[0] if window else begins,
        report_from=on,
        term_from=begins,
        term_days=tuple(days[: RULES.warning.back_by_term_day]),
        before_from=begins,
        before_last=begins,
    )


def missed_before(records: Records) -> dict[str, int]:
    """{student: assignments of the earlier presentation that were never handed in before its end}."""
    found = defaultdict(int)
    for student in records.students:
        if student.course[1] == "2013B":
            ends = BEGINS["2013J"]
            gone = student.left or ends
            due = [one for one in records.due[student.course] if student.registered <= one[0] < gone]
            found[student.number] += sum(kind_on(student, one, day, ends) == MarkKind.TRUANT for day, one in due)
    return found


def there(records: Records, on: date):
    """Who is registered and has not left, of the courses that run."""
    for student in records.students:
        ends = BEGINS[student.course[1]] + timedelta(days=records.lengths[student.course])
        if (
            student.registered <= on < ends
            and BEGINS[student.course[1]] <= on
            and not (student.left and student.left <= on)
        ):
            yield student


def assessed(records: Records, student: Student, on: date):
    due = records.due[student.course]
    facts, period = facts_on(student, due, on), period_on(student.course, due, on)
    return facts, period, assess(signals_of(facts, period, RULES.warning), RULES.warning)


def left_after(student: Student, on: date) -> date | None:
    return outcome([student.left] if student.left else [], on, RULES.backtest.horizon_days)


def learnt(records: Records, days):
    """The regression from the earlier presentation; nothing where scikit-learn is not installed."""
    if not logistic.is_installed():
        return None
    learner = logistic.Learner()
    for day in days:
        for student in there(records, day):
            *_, found = assessed(records, student, day)
            learner.add(logistic.features_of(found.signals), left_after(student, day) is not None)
    return learner.learn()


def run(folder: Path) -> dict:
    """The same document as `backtest_warnings --json`."""
    records = read(folder)
    horizon = RULES.backtest.horizon_days
    as_of = max(BEGINS[course[1]] + timedelta(days=length) for course, length in records.lengths.items())
    split = split_by_term([evaluation_days(records, name) for name in BEGINS], as_of=as_of, horizon=horizon)
    predict, before = learnt(records, split.training), missed_before(records)
    samples, features = [], []
    for day in split.test:
        for student in there(records, day):
            facts, period, found = assessed(records, student, day)
            truant = before.get(student.number, 0)
            scores = scores_of(facts, period, tier=str(found.tier), points=found.points, truant_before=truant)
            left = left_after(student, day)
            samples.append(Sample(student.key, day, scores, str(found.tier), left, student.groups))
            features.append(logistic.features_of(found.signals))
    for sample, chance in zip(samples, predict(features) if predict else (), strict=bool(predict)):
        sample.scores[Method.LEARNED] = chance
    names = (*BASELINES, Method.LEARNED) if predict else BASELINES
    first = sum(sample.day == split.test[0] for sample in samples)
    k = RULES.warning.shown_per_class_teacher * -(-first // CLASS_SIZE)
    return {"as_of": as_of.isoformat(), "horizon_days": horizon, **report(samples, names, k, RULES.backtest)}


def tell(figures, out):
    print(f"n {figures['n']}, base rate {figures['base_rate']}, k {figures['methods'][0]['k']} a day", file=out)
    names = ("auc", "precision_at_k", "recall_at_k", "lead_days_median")
    print("  ".join(f"{name:<20}" for name in ("method", *names)), file=out)
    for one in figures["methods"]:
        print("  ".join(f"{one[name]!s:<20}" for name in ("name", *names)), file=out)
    for row in figures["methods"][0]["tiers"]:
        print(f"of 100 in {Tier(row['tier'])}: {row['left_of_100']} left ({row['left']} of {row['n']})", file=out)
    for row in figures["methods"][0]["groups"]:
        line = f"{row['group']} {row['value']}: n {row['n']}, left {row['left']}, auc {row['auc']}"
        print(f"{line}, precision {row['precision_at_k']}, recall {row['recall_at_k']}", file=out)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest_oulad", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, the table on error")
    arguments = parser.parse_args()
    figures = run(arguments.folder)
    tell(figures, sys.stderr if arguments.json else sys.stdout)
    if arguments.json:
        json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
