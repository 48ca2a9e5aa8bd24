"""A year of rolls in the demo: weekdays and seasons, waves of illness, a few truants, some who vanish."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from kongchuo.demo.pupils import Child, moment
from organisation.models import Person, Post
from organisation.rules.grades import school_year, school_year_start
from students.enums import MarkKind, SlipKind, SlipState
from students.models import LeaveSlip, Mark, Roll

WEEKDAY = (1.25, 0.95, 0.9, 0.95, 1.2, 1.0, 1.0)
SEASON = {1: 1.7, 2: 1.2, 3: 1.1, 4: 0.9, 5: 0.8, 6: 0.8, 9: 0.7, 10: 0.9, 11: 1.2, 12: 1.7}
SYMPTOMS = ("发热", "咳嗽", "腹痛", "感冒", "")
BATCH = 5000


@dataclass
class Fates:
    """Who stands out: who plays truant now and then, and who is gone since when."""

    truants: dict[int, float] = field(default_factory=dict)
    gone: dict[int, date] = field(default_factory=dict)


def draw_fates(random: Random, children: list[Child], days: list[date], main_class) -> Fates:
    """One in a hundred is often truant; a few vanish during the year, most of them juniors."""
    fates = Fates()
    this_year = [day for day in days if day >= school_year_start(school_year(days[-1]))]
    for child in children:
        junior = child.pupil.school_class.stage == "junior"
        if random.random() < (0.02 if junior else 0.006):
            fates.truants[child.pupil.pk] = random.uniform(0.01, 0.06)
        if random.random() < (0.016 if junior else 0.0025):
            fates.gone[child.pupil.pk] = random.choice(this_year[5:-1] or days)
    own = [child.pupil.pk for child in children if child.pupil.school_class_id == main_class.pk]
    for key in own[:2]:
        fates.truants[key] = 0.12
        fates.gone.pop(key, None)
    return fates


def call(random: Random, children: list[Child], days: list[date], fates: Fates, main_class, today: date):
    """Roll by roll, what happened; today's roll of the main class waits to be called."""
    teachers = dict(Post.objects.filter(kind="class_teacher").values_list("unit", "person"))
    fallback = Person.objects.order_by("pk").values_list("pk", flat=True).first()
    classes = defaultdict(list)
    for child in children:
        classes[child.pupil.school_class].append(child)
    waves = {school: _waves(random, days) for school in sorted({found.path[:-8] for found in classes})}
    rolls, marks, slips = [], [], []
    for school_class, members in classes.items():
        first = min(child.spell.starts for child in members)
        teacher = teachers.get(school_class.pk, fallback)
        for day in days:
            if day < first or (day != today and random.random() < 0.004):
                continue
            if day == today and (school_class.pk == main_class.pk or random.random() < 0.1):
                continue
            wave = 3.0 if day in waves[school_class.path[:-8]] else 1.0
            of_day = _day(random, members, day, fates, wave, teacher, slips)
            for session in ("am",) if day == today else ("am", "pm"):
                rolls.append(_roll(random, school_class, members, day, session, of_day, teacher, marks))
        if len(rolls) > BATCH:
            _save(rolls, marks, slips)
    _save(rolls, marks, slips)


def _waves(random, days) -> set[date]:
    found = set()
    for _ in range(2):
        start = random.choice(days)
        found |= {start + timedelta(days=n) for n in range(10)}
    return found


def _day(random, members, day, fates, wave, teacher, slips) -> dict[int, tuple]:
    """{pupil: (kind, note, slip, sessions)} of one class and day."""
    load = WEEKDAY[day.weekday()] * SEASON.get(day.month, 1.0)
    found = {}
    for child in members:
        key = child.pupil.pk
        if fates.gone.get(key, date.max) <= day:
            found[key] = (MarkKind.TRUANT, "", None, ("am", "pm"))
            continue
        chance = random.random()
        if key in fates.truants and chance < fates.truants[key] * load:
            sessions = random.choice((("am", "pm"), ("pm",), ("am",)))
            found[key] = (MarkKind.TRUANT, "", None, sessions)
        elif chance < 0.009 * load * wave:
            slip = _slip(child, day, teacher) if random.random() < 0.5 else None
            slips += [slip] if slip else []
            found[key] = (MarkKind.SICK, random.choice(SYMPTOMS), slip, ("am", "pm"))
        elif chance < (0.009 * wave + 0.005) * load:
            found[key] = (MarkKind.PERSONAL, "", None, random.choice((("am", "pm"), ("pm",))))
        elif chance < (0.009 * wave + 0.012) * load:
            found[key] = (MarkKind.LATE, "", None, ("am",))
        elif chance < (0.009 * wave + 0.0125) * load:
            found[key] = (MarkKind.EARLY_LEAVE, "", None, ("pm",))
    return found


def _slip(child, day, teacher) -> LeaveSlip:
    return LeaveSlip(
        pupil=child.pupil,
        path=child.pupil.path,
        kind=SlipKind.SICK,
        first_day=day,
        last_day=day,
        applied_by="家长",
        reason="身体不适",
        state=SlipState.APPROVED,
        entered_by_id=teacher,
        entered_at=moment(day, 7, 50),
        decided_by_id=teacher,
        decided_at=moment(day, 7, 50),
    )


def _roll(random, school_class, members, day, session, of_day, teacher, marks) -> Roll:
    at = moment(day, 8 if session == "am" else 14, random.randrange(0, 45))
    listed = [child for child in members if child.spell.starts <= day]
    here = {key: mark for key, mark in of_day.items() if session in mark[3]}
    absent = sum(mark[0] in (MarkKind.TRUANT, MarkKind.SICK, MarkKind.PERSONAL) for mark in here.values())
    roll = Roll(
        school_class=school_class,
        path=school_class.path,
        date=day,
        session=session,
        expected=len(listed),
        present=len(listed) - absent,
        submitted_by_id=teacher,
        first_submitted_at=at,
        submitted_at=at,
        called_at=at,
    )
    marks += [
        Mark(roll=roll, pupil_id=key, date=day, kind=kind, note=note, slip=slip)
        for key, (kind, note, slip, _) in here.items()
    ]
    return roll


def _save(rolls, marks, slips):
    LeaveSlip.objects.bulk_create(slips, batch_size=1000)
    Roll.objects.bulk_create(rolls, batch_size=1000)
    for mark in marks:
        mark.roll_id = mark.roll.pk
        mark.slip_id = mark.slip.pk if mark.slip else None
    Mark.objects.bulk_create(marks, batch_size=2000)
    rolls.clear()
    marks.clear()
    slips.clear()
