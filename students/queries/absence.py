"""What the rolls say about one child, day by day (F05): attended, away, truant, or unknown where no roll was called."""

import calendar as months
from dataclasses import dataclass
from datetime import date, timedelta

from organisation.queries.edition import rule_book
from students.enums import ABSENT, EnrolmentStatus, MarkKind
from students.models import Enrolment, Mark, Roll

SHORT = {
    MarkKind.TRUANT: "旷",
    MarkKind.UNVERIFIED: "待",
    MarkKind.SICK: "病",
    MarkKind.PERSONAL: "事",
    MarkKind.OFFICIAL: "公",
    MarkKind.LATE: "迟",
    MarkKind.EARLY_LEAVE: "早",
    "suspension": "停",
}


@dataclass(frozen=True)
class Day:
    """One cell: `state` is none, gap, full, part, away or truant; `text` the marks in one character each."""

    date: date
    state: str
    text: str
    title: str


@dataclass(frozen=True)
class AbsenceCalendar:
    """A term of one child in months of weeks, with its sums in sessions and days."""

    name: str
    months: list[tuple[str, list[list[Day | None]]]]
    called: int
    absent: int
    truant_days: int
    gaps: int

    @property
    def share(self):
        return self.absent / self.called if self.called else None


def absence_calendar(pupil, *, on: date) -> AbsenceCalendar:
    """The term that `on` lies in, up to `on`; three statements besides the calendar's."""
    calendar = rule_book(pupil.path).calendar(pupil.path)
    term = calendar.semester_of(on)
    last = min(term.last_day, on)
    spells = list(
        Enrolment.objects.filter(pupil=pupil, starts__lte=last).values("school_class", "status", "starts", "ends")
    )
    classes = {spell["school_class"] for spell in spells}
    rolls = Roll.objects.filter(school_class__in=classes, date__range=(term.first_day, last))
    called: dict[tuple, list] = {}
    for school_class, day, session, at in rolls.values_list("school_class", "date", "session", "submitted_at"):
        called.setdefault((school_class, day), []).append((session, at))
    marks: dict[date, dict[str, Mark]] = {}
    found = Mark.objects.filter(pupil=pupil, date__range=(term.first_day, last)).select_related("roll", "slip")
    for mark in found:
        marks.setdefault(mark.date, {})[mark.roll.session] = mark
    days = [
        _day(term.first_day + timedelta(days=n), calendar, spells, called, marks)
        for n in range((last - term.first_day).days + 1)
    ]
    sessions = sum(
        len(called.get((spell["school_class"], day.date), ()))
        for day in days
        for spell in spells
        if spell["status"] == EnrolmentStatus.IN_SCHOOL and _covers(spell, day.date)
    )
    absent = sum(mark.effective_kind in ABSENT for of_day in marks.values() for mark in of_day.values())
    return AbsenceCalendar(
        term.name,
        _months(days),
        sessions,
        absent,
        sum(day.state == "truant" for day in days),
        sum(day.state == "gap" for day in days),
    )


def _covers(spell, day):
    return spell["starts"] <= day and (spell["ends"] is None or day < spell["ends"])


def _day(day, calendar, spells, called, marks) -> Day:
    spell = next((spell for spell in spells if _covers(spell, day)), None)
    if not calendar.is_school_day(day):
        return Day(day, "none", "", "不上课")
    if spell is None or spell["status"] != EnrolmentStatus.IN_SCHOOL:
        label = EnrolmentStatus(spell["status"]).label if spell else "不在册"
        return Day(day, "none", "", label)
    sessions = called.get((spell["school_class"], day), [])
    if not sessions:
        return Day(day, "gap", "?", "没有点名")
    own = marks.get(day, {})
    if not own:
        return Day(day, "full", "", "到校")
    kinds = [mark.effective_kind for mark in own.values()]
    text = "".join(SHORT.get(kind, "") for kind in dict.fromkeys(kinds))
    title = "、".join(f"{mark.roll.get_session_display()}{mark.get_kind_display()}" for mark in own.values())
    if any(kind in (MarkKind.TRUANT, MarkKind.UNVERIFIED) for kind in kinds):
        return Day(day, "truant", text, title)
    away = len([kind for kind in kinds if kind in ABSENT]) == len(sessions)
    return Day(day, "away" if away else "part", text, title)


def _months(days):
    by_month: dict[tuple[int, int], dict[date, Day]] = {}
    for day in days:
        by_month.setdefault((day.date.year, day.date.month), {})[day.date] = day
    built = []
    for (year, month), found in by_month.items():
        weeks = months.Calendar().monthdatescalendar(year, month)
        built.append(
            (f"{year}年{month}月", [[found.get(d) if d.month == month else None for d in week] for week in weeks])
        )
    return built
