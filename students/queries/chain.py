"""Rolls as they are sealed: a roll is corrected, so it is its versions that never change, marks included.

The first version is sealed with the roll, each later one with the version that it took the place of (`RollVersion`).
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from django.db.models import Max

from organisation.chain import COUNTY_LENGTH, Row, guard, seal_history, seal_rows, seal_source
from students.models import (
    Enrolment,
    Guardian,
    Incident,
    LeaveSlip,
    Mark,
    Pupil,
    RegisterChange,
    Roll,
    RollVersion,
    StudyPlan,
    TermMark,
    TimelineEntry,
)

CHUNK = 500


def seal_students():
    """What this floor writes down and nobody may bend."""
    seal_rows(TimelineEntry, place="pupil__path")
    guard(TimelineEntry, free=("pupil",))  # two files of one child become one
    seal_source(FirstVersions())
    seal_source(LaterVersions())
    for model in (Pupil, Enrolment, LeaveSlip):
        seal_history(model)
    for model in (Guardian, RegisterChange, Incident, StudyPlan, TermMark):
        seal_history(model, place="pupil__path")


class FirstVersions:
    """What each roll said first."""

    table = Roll._meta.db_table
    label = "点名"

    def top(self) -> int:
        return Roll.objects.aggregate(top=Max("pk"))["top"] or 0

    def read(self, **keys) -> Iterator[Row]:
        rolls = Roll.objects.filter(**{f"pk__{name}": value for name, value in keys.items()}).order_by("pk")
        for chunk in _chunks(rolls.iterator(CHUNK)):
            said = _said([(roll, 1) for roll in chunk])
            for roll in chunk:
                yield Row(roll.pk, roll.path[:COUNTY_LENGTH], said[roll.pk, 1])


class LaterVersions:
    """What each correction put in the place of which version."""

    table = RollVersion._meta.db_table
    label = "点名更正"

    def top(self) -> int:
        return RollVersion.objects.aggregate(top=Max("pk"))["top"] or 0

    def read(self, **keys) -> Iterator[Row]:
        versions = RollVersion.objects.filter(**{f"pk__{name}": value for name, value in keys.items()})
        for chunk in _chunks(versions.select_related("roll").order_by("pk").iterator(CHUNK)):
            said = _said([(old.roll, old.version + step) for old in chunk for step in (0, 1)])
            for old in chunk:
                values = [said[old.roll_id, old.version], said[old.roll_id, old.version + 1]]
                yield Row(old.pk, old.roll.path[:COUNTY_LENGTH], values)


def _chunks(rows):
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _said(wanted) -> dict[tuple[int, int], list]:
    """{(roll, version): what that version said, its marks included}: the present one from the roll, others as kept."""
    rolls = {roll.pk: roll for roll, _ in wanted}
    said: dict[tuple[int, int], list] = {}
    for old in RollVersion.objects.filter(roll__in=rolls):
        said[old.roll_id, old.version] = _values(rolls[old.roll_id], old, [list(mark) for mark in old.marks])
    marks = defaultdict(list)
    present = [roll.pk for roll, version in wanted if roll.version == version]
    columns = ("roll", "pupil__number", "kind", "note")
    for roll, *mark in Mark.objects.filter(roll__in=present).order_by().values_list(*columns):
        marks[roll].append(mark)
    for pk in present:
        said[pk, rolls[pk].version] = _values(rolls[pk], rolls[pk], marks[pk])
    return {(roll.pk, version): said.get((roll.pk, version), []) for roll, version in wanted}


def _values(roll, version, marks) -> list:
    place = [roll.pk, roll.school_class_id, roll.date, roll.session, version.version]
    when = [version.submitted_by_id, version.submitted_at, version.called_at, version.reason]
    return [*place, *when, sorted(marks)]
