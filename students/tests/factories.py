"""Plain factories with fixed dates: pupils, spells, rolls."""

from datetime import date, datetime, time
from itertools import count

from django.utils import timezone
from openpyxl import Workbook

from students.enums import EnrolmentStatus, MarkKind, Sex
from students.models import Enrolment, Guardian, Mark, Pupil, Roll
from students.rules.roster import REQUIRED

YEAR_START = date(2026, 9, 1)
_pupils = count(1)


def moment(day, hour=8):
    return timezone.make_aware(datetime.combine(day, time(hour)))


def make_pupil(
    school_class, name="", *, starts=YEAR_START, recorded_at=None, status=EnrolmentStatus.IN_SCHOOL, **fields
):
    """A pupil with one open spell in the class, recorded on its first day."""
    serial = next(_pupils)
    name = name or f"学生{serial}"
    pupil = Pupil.objects.create(
        **{
            "number": f"p{serial:09d}",
            "name": name,
            "initials": f"xs{serial}",
            "sort_key": f"xs{serial:06d}",
            "sex": Sex.MALE,
            "born_on": date(2013, 4, 1),
            "ethnicity": "汉族",
            "identity_type": "居民身份证",
            "school_class": school_class,
            "path": school_class.path,
            **fields,
        }
    )
    make_spell(pupil, school_class, starts=starts, status=status, recorded_at=recorded_at)
    return pupil


def make_spell(
    pupil, school_class, *, starts=YEAR_START, ends=None, status=EnrolmentStatus.IN_SCHOOL, recorded_at=None
):
    return Enrolment.objects.create(
        pupil=pupil,
        school_class=school_class,
        path=school_class.path,
        starts=starts,
        ends=ends,
        status=status,
        recorded_at=recorded_at or moment(starts, 0),
    )


def make_guardian(pupil, name="监护人", **fields):
    return Guardian.objects.create(
        **{"pupil": pupil, "name": name, "relation": "父亲", "phone": "13900000000", **fields}
    )


def make_roll(school_class, day, session="am", *, by, marks=None, expected=None, at=None):
    """A submitted roll; `marks` is {pupil: kind}."""
    marks = marks or {}
    if expected is None:
        spells = Enrolment.objects.filter(school_class=school_class).current(on=day)
        expected = spells.with_status(EnrolmentStatus.IN_SCHOOL).count()
    absent = sum(kind in ("truant", "unverified", "sick", "personal") for kind in marks.values())
    at = at or moment(day)
    roll = Roll.objects.create(
        school_class=school_class,
        path=school_class.path,
        date=day,
        session=session,
        expected=expected,
        present=expected - absent,
        submitted_by=by,
        first_submitted_at=at,
        submitted_at=at,
        called_at=at,
    )
    Mark.objects.bulk_create(
        Mark(roll=roll, pupil=pupil, date=day, kind=MarkKind(kind)) for pupil, kind in marks.items()
    )
    return roll


def identity_number(serial):
    """A boy's, born on 1 April 2013, with its check digit (GB 11643)."""
    body = f"52050220130401{serial * 2 + 1:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def write_roster(path, school, names, *, grade="八年级"):
    """A roster workbook of class 1 of a grade, one boy a name."""
    book = Workbook()
    book.active.append(list(REQUIRED))
    for serial, name in enumerate(names):
        number = identity_number(serial)
        cells = {
            "学校代码": school.code,
            "姓名": name,
            "性别": "男",
            "身份证件类型": "居民身份证",
            "身份证件号": number,
        }
        cells |= {"出生日期": "2013-04-01", "民族": "汉族", "年级": grade, "班级": "1", "学籍号": f"G{number}"}
        cells |= {"入学年月": "2025-09", "监护人姓名": "马某", "监护人关系": "父亲", "监护人电话": "13900000000"}
        book.active.append([cells[heading] for heading in REQUIRED])
    book.save(path)
    return path
