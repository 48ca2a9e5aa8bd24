"""What happened to one child, newest first: what was written into the timeline, and the absences out of the rolls."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from organisation.rules.grades import school_year, school_year_start
from students.models import Mark, Pupil

ENTRIES = 100


@dataclass(frozen=True)
class Happened:
    """One line of the story: the day, who wrote it down, what it was, where it can be read."""

    on: date
    kind: str
    text: str
    by: str
    link: str


def story_of(pupil: Pupil, person, *, on: date, with_marks=True) -> list[Happened]:
    """Timeline entries that the person may read and, for who sees rolls, this school year's marks by day; two statements."""
    entries = pupil.timeline.visible_to(person, on=on).select_related("by")[:ENTRIES]
    lines = [Happened(e.on, e.kind, e.text, e.by.name if e.by else "", e.link) for e in entries]
    lines += _absences(pupil, on) if with_marks else []
    return sorted(lines, key=lambda line: line.on, reverse=True)[:ENTRIES]


def _absences(pupil, on):
    """Days with marks; a day's sessions stand together. They are read from the rolls, never copied."""
    since = school_year_start(school_year(on))
    marks = Mark.objects.filter(pupil=pupil, date__range=(since, on))
    by_day: dict[date, list[Mark]] = {}
    for mark in marks.select_related("roll__school_class", "roll__submitted_by", "slip").order_by("date", "pk"):
        by_day.setdefault(mark.date, []).append(mark)
    return [_absence(day, of_day) for day, of_day in by_day.items()]


def _absence(day, marks):
    sessions: dict[str, list[str]] = {}
    for mark in marks:
        sessions.setdefault(mark.get_kind_display(), []).append(mark.roll.get_session_display())
    text = ",".join(f"{kind}({'、'.join(found)})" for kind, found in sessions.items())
    notes = dict.fromkeys(mark.note for mark in marks if mark.note)
    roll = marks[0].roll
    link = reverse("roll", args=[roll.school_class.code, day.isoformat(), roll.session])
    return Happened(
        day, marks[0].effective_kind, text + "".join(f":{note}" for note in notes), roll.submitted_by.name, link
    )
