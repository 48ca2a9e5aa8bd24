"""A county's first roster, against reading the sheet and copying its rows and their history in unchecked."""

import subprocess
import sys
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from random import Random

from django.db import connection

from benchmarks.measure import TIMES, Line, side_by_side
from benchmarks.roster_floor import take_in
from benchmarks.sheets import write_sheet
from kongchuo.demo.names import adult, name
from kongchuo.demo.pupils import LETTERS, WEIGHTS
from organisation import clock
from organisation.enums import SchoolKind, SchoolSystem, UnitKind
from organisation.models import Unit
from organisation.rules.grades import school_year
from students.actions.roster import import_roster
from students.rules.roster import REQUIRED, YES_NO

HEADINGS = (*REQUIRED, "家庭住址", "居住乡镇代码", "就读方式", *YES_NO)
GRADES, CLASSES_A_GRADE, A_CLASS = 9, 4, 50
AREAS = ("520102", "520103", "520111", "520112", "520113", "520121", "520122")  # a take's children were born in one
A_SCHOOL = GRADES * CLASSES_A_GRADE * A_CLASS
IMPORT = """
import io, re, sys
from pathlib import Path
import django
from django.core.management import call_command
django.setup()
call_command("import_roster", sys.argv[1], "--json", stdout=io.StringIO())
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def measure(world):
    """Each take brings other children to other schools, so that each one is a county's first roster."""
    files = [_roster(world, take) for take in range(2 * TIMES + 1)]
    own, others = iter(files[:TIMES]), iter(files[TIMES:])
    ours, floor = side_by_side(lambda: _import(next(own)), lambda: take_in(next(others)))
    reach = "≥ 60 %" if connection.vendor == "postgresql" else "≥ 20 %"
    also = {"MB at peak": _peak_megabytes(next(others)), "columns": len(HEADINGS)}
    line = {"is_rate": True, "reach": f"{reach}, ≤ 400 MB", "also": also}
    yield Line("import a roster", world.pupils, "rows/s", world.pupils / ours, world.pupils / floor, **line)


def _import(path):
    plan = import_roster(path)
    if plan.errors:
        raise RuntimeError(f"the roster was refused: {plan.errors[:3]}")


def _peak_megabytes(path) -> float:
    """Of the import in a process of its own, as that process says: what the system tells of a child counts the parent it came from."""
    done = subprocess.run([sys.executable, "-c", IMPORT, str(path)], stdout=subprocess.PIPE, check=True, text=True)
    return int(done.stdout.split()[-1]) / 1024


def _roster(world, take) -> Path:
    random = Random(take)
    schools, taken = _schools(world, take), set()
    path = world.folder / f"roster-{world.pupils}-{take}.xlsx"
    rows = (_row(random, schools, AREAS[take], serial, taken) for serial in range(world.pupils))
    write_sheet(path, chain([HEADINGS], rows))
    return path


def _schools(world, take) -> list[str]:
    codes = [f"2153{take:02d}{number:04d}" for number in range(-(-world.pupils // A_SCHOOL))]
    for code in codes:
        fields = {"kind": UnitKind.SCHOOL, "school_kind": SchoolKind.NINE_YEAR, "system": SchoolSystem.SIX_THREE}
        Unit.objects.add_child(Unit.objects.get(pk=world.county.pk), {"code": code, "name": f"学校{code}", **fields})
    return codes


def _row(random, schools, area, serial, taken) -> list[str]:
    place = serial % A_SCHOOL
    grade = place // A_CLASS % GRADES + 1
    sex = random.choice(("male", "female"))
    born_on, number = _born(random, area, grade, sex, taken)
    return [
        schools[serial // A_SCHOOL],
        name(random, sex, "汉族"),
        "男" if sex == "male" else "女",
        "居民身份证",
        number,
        born_on.isoformat(),
        random.choice(("汉族", "苗族", "彝族")),
        str(grade),
        str(place // A_CLASS // GRADES + 1),
        f"G{number}",
        f"{school_year(clock.today()) - (grade - 1) % 6}-09",
        adult(random),
        random.choice(("父亲", "母亲")),
        f"199{random.randrange(10**8):08d}",
        f"新村{random.randrange(1, 12)}组",
        "520502101",
        random.choice(("走读", "住校")),
        *(random.choice(("是", "否", "否", "否")) for _ in YES_NO),
    ]


def _born(random, area, grade, sex, taken) -> tuple[date, str]:
    """A birthday and an identity number that no other row of any take has."""
    born_on = date(school_year(clock.today()) - 6 - grade, 9, 1) + timedelta(days=random.randrange(365))
    head = f"{area}{born_on:%Y%m%d}{random.randrange(500) * 2 + (sex == 'male'):03d}"
    if head in taken:
        return _born(random, area, grade, sex, taken)
    taken.add(head)
    return born_on, head + LETTERS[sum(int(digit) * weight for digit, weight in zip(head, WEIGHTS, strict=True)) % 11]
