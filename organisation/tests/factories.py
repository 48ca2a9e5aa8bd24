"""Plain factories with fixed dates: units, people, posts."""

from datetime import date
from itertools import count

from organisation.enums import SchoolKind, SchoolSystem, Stage, UnitKind
from organisation.models import Person, Post, Unit
from organisation.rules.grades import class_code, cohort_code, first_grade

YEAR_START = date(2026, 9, 1)
PASSWORD = "Sheng-Xue-2026"
_logins = count(1)


def make_unit(parent, kind, code, name="", **fields):
    fields = {"kind": kind, "code": code, "name": name or code, **fields}
    if parent is None:
        return Unit.objects.add_root(fields)
    return Unit.objects.add_child(Unit.objects.get(pk=parent.pk), fields)


def make_county(code="520502"):
    """A county with the prefecture and province above it (made once)."""
    above = None
    for kind, length in ((UnitKind.PROVINCE, 2), (UnitKind.PREFECTURE, 4)):
        found = Unit.objects.filter(code=code[:length]).first()
        above = found or make_unit(above, kind, code[:length], f"{kind.label}{code[:length]}")
    return make_unit(above, UnitKind.COUNTY, code, f"县{code}")


def make_township(county, code):
    return make_unit(county, UnitKind.TOWNSHIP, code, f"镇{code}")


def make_school(parent, code, *, school_kind=SchoolKind.NINE_YEAR, system=SchoolSystem.SIX_THREE, **fields):
    return make_unit(parent, UnitKind.SCHOOL, code, f"学校{code}", school_kind=school_kind, system=system, **fields)


def make_class(school, *, stage=Stage.JUNIOR, entered=2025, number=1):
    """A class of a cohort; the cohort is made with its first class."""
    grades = {
        "stage": stage,
        "system": school.system,
        "entry_year": entered,
        "first_grade": first_grade(stage, school.system),
    }
    code = cohort_code(school.code, stage, entered)
    cohort = Unit.objects.filter(code=code).first() or make_unit(
        school, UnitKind.COHORT, code, f"{entered}级", **grades
    )
    return make_unit(
        cohort, UnitKind.CLASS, class_code(code, number), f"{entered}级{number}班", number=number, **grades
    )


def make_person(name="某人", *, login="", **fields):
    """Somebody with a login and without a usable password: tests sign in by force."""
    person = Person(login=login or f"p{next(_logins)}", name=name, **fields)
    person.set_unusable_password()
    person.save()
    return person


def make_post(person, kind, unit, *, first_day=YEAR_START, last_day=None, **fields):
    return Post.objects.create(person=person, kind=kind, unit=unit, first_day=first_day, last_day=last_day, **fields)


def make_holder(kind, unit, name="", **fields):
    """A new person who holds one post."""
    person = make_person(name or f"{unit.name}{kind}")
    make_post(person, kind, unit, **fields)
    return person
