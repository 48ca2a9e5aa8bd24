"""What the rolls say of many pupils day by day: a handful of statements for any number of them."""

from collections import defaultdict
from datetime import date, timedelta

from casework.rules.away import RollDay, days_attended, run_away
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from students.enums import EnrolmentStatus
from students.models import Enrolment, Mark, Roll

LOOK_BACK = timedelta(days=120)  # a run of absence is found whatever holidays lie in it


def roll_days(pupil_ids, *, first: date, last: date) -> dict[int, list[RollDay]]:
    """{pupil: each school day between two days, both included} by rolls that attest the pupil; four statements.

    A pupil is attested by a roll of the class in which the register has the pupil in school that day, where the spell
    was recorded before the roll was submitted. An absence that an approved slip excuses counts as the slip's kind.
    """
    spells = list(
        Enrolment.objects.filter(pupil__in=pupil_ids, status=EnrolmentStatus.IN_SCHOOL, starts__lte=last)
        .exclude(ends__lte=first)
        .values_list("pupil", "school_class", "path", "starts", "ends", "recorded_at")
    )
    rolls: dict[tuple, list[tuple]] = defaultdict(list)
    called = Roll.objects.filter(school_class__in={spell[1] for spell in spells}, date__range=(first, last))
    for pk, school_class, day, at in called.values_list("pk", "school_class", "date", "submitted_at"):
        rolls[school_class, day].append((pk, at))
    marks = Mark.objects.filter(pupil__in=pupil_ids, date__range=(first, last)).select_related("slip")
    kinds = {(mark.roll_id, mark.pupil_id): mark.effective_kind for mark in marks}
    books = {county: rule_book(county) for county in {spell[2][:COUNTY_LENGTH] for spell in spells}}
    found: dict[int, list[RollDay]] = defaultdict(list)
    for pupil, school_class, path, starts, ends, recorded_at in spells:
        calendar = books[path[:COUNTY_LENGTH]].calendar(path)
        until = min(last, ends - timedelta(days=1)) if ends else last
        for day in calendar.school_days(max(first, starts), until):
            of_day = rolls.get((school_class, day), ())
            sessions = tuple(kinds.get((pk, pupil), "") for pk, at in of_day if recorded_at <= at)
            found[pupil].append(RollDay(day, sessions))
    return found


def runs_away(pupil_ids, *, on: date) -> dict[int, list[date]]:
    """{pupil: the days of the present run of absence without slip}; pupils without one are left out."""
    days = roll_days(pupil_ids, first=on - LOOK_BACK, last=on)
    return {pupil: run for pupil, of_pupil in days.items() if (run := run_away(of_pupil))}


def attended_since(pupil, since: date, *, on: date) -> int:
    """Attended days of one pupil from a day on, seen in the rolls."""
    return days_attended(roll_days([pupil.pk], first=since, last=on).get(pupil.pk, ()))
