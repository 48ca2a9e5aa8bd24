"""The children of the demo, their guardians and their spells."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from kongchuo.demo.names import ETHNICITIES, RELATIONS, VILLAGES, adult, name, pick
from organisation.actions.bulk import create_with_history
from organisation.enums import SchoolKind
from organisation.rules.grades import school_year, school_year_start
from students.enums import ChangeKind, EnrolmentStatus
from students.models import Enrolment, Guardian, Pupil, RegisterChange
from students.models.pupil import ALPHABET
from students.rules.roster import initials_of, sort_key_of

WEIGHTS, LETTERS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
BATCH = 5000


@dataclass
class Child:
    """A pupil with the spell that began the time in the demo."""

    pupil: Pupil
    spell: Enrolment
    boards: bool


def moment(day: date, hour=8, minute=0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def identity_number(random: Random, born_on: date, sex: str) -> str:
    """A number with a right check letter that belongs to nobody."""
    serial = random.randrange(0, 500) * 2 + (sex == "male")
    head = f"520502{born_on:%Y%m%d}{serial:03d}"
    return head + LETTERS[sum(int(digit) * weight for digit, weight in zip(head, WEIGHTS, strict=True)) % 11]


def enrol(random: Random, built, on: date, since: date) -> list[Child]:
    """Everybody on the register: since the class began, or since the demo's first day if that is later."""
    children, taken = [], set()
    for school_class, plan, size in built.classes:
        grade = school_class.grade(on=on)
        starts = max(school_year_start(school_class.entry_year), school_year_start(school_year(since)))
        for _ in range(size):
            pupil = _pupil(random, school_class, plan, grade, on, built.townships, taken)
            spell = Enrolment(
                school_class=school_class,
                path=school_class.path,
                status=EnrolmentStatus.IN_SCHOOL,
                starts=starts,
                recorded_at=moment(starts, 0),
            )
            children.append(Child(pupil, spell, pupil.is_boarder))
    for start in range(0, len(children), BATCH):
        _save(random, children[start : start + BATCH])
    return children


def _pupil(random, school_class, plan, grade, on, townships, taken) -> Pupil:
    sex = random.choice(("male", "female"))
    ethnicity = pick(random, ETHNICITIES)
    born_on = date(school_year(on) - 6 - grade, 9, 1) + timedelta(days=random.randrange(365))
    full_name = name(random, sex, ethnicity)
    number = identity_number(random, born_on, sex)
    while number in taken:
        number = identity_number(random, born_on, sex)
    taken.add(number)
    has_papers = random.random() > 0.004
    village = f"{random.choice(VILLAGES)}{random.randrange(1, 12)}组"
    pupil = Pupil(
        number="".join(random.choice(ALPHABET) for _ in range(10)),
        name=full_name,
        initials=initials_of(full_name),
        sort_key=sort_key_of(full_name),
        sex=sex,
        born_on=born_on,
        ethnicity=ethnicity,
        identity_type="居民身份证" if has_papers else "无",
        identity_number=number if has_papers else "",
        registry_number=f"G{number}" if has_papers else f"L{number[:17]}",
        school_class=school_class,
        path=school_class.path,
        residence=random.choice(townships),
        address=village,
        village=village,
        entered_on=date(school_class.entry_year, 9, 1),
        is_boarder=plan.boarding or (grade > 6 and random.random() < 0.35),
        is_left_behind=random.random() < 0.22,
        is_migrant=random.random() < 0.05,
        is_orphan=random.random() < 0.006,
        is_disabled=plan.kind == SchoolKind.SPECIAL or random.random() < 0.008,
        is_poor=random.random() < 0.14,
        is_special_family=random.random() < 0.05,
        has_learning_difficulty=random.random() < 0.06,
    )
    pupil.prepare()
    return pupil


def _save(random, children):
    create_with_history(Pupil, [child.pupil for child in children])
    changes = [
        RegisterChange(
            pupil=child.pupil,
            kind=ChangeKind.ENROL,
            date=child.spell.starts,
            effective_on=child.spell.starts,
            to_class=child.spell.school_class,
            at=child.spell.recorded_at,
        )
        for child in children
    ]
    for child, change in zip(children, create_with_history(RegisterChange, changes), strict=True):
        child.spell.pupil, child.spell.began_by = child.pupil, change
    create_with_history(Enrolment, [child.spell for child in children])
    guardians = [
        Guardian(
            pupil=child.pupil,
            order=1,
            name=adult(random),
            relation=pick(random, RELATIONS),
            phone=f"199{random.randrange(10**8):08d}",
        )
        for child in children
    ]
    for guardian in guardians:
        guardian.prepare()
    create_with_history(Guardian, guardians)
