"""One row of a county's list, and what tells a wrong digit from another child (F68, P2). Pure.

Harmless mess is put right as in a roster. A number that does not add up is no reason to refuse a list: it is what the
comparison looks for. A number that Excel has rounded is an error, as ever.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from casework.enums.household import ListKind
from organisation.rules.cells import code_of, date_of, texts_of
from organisation.rules.grades import school_year
from organisation.rules.regulation import CompareRules
from students.rules.roster import SEXES, Finding, ethnicity_of, has_valid_checksum, name_of

REQUIRED = ("姓名", "性别", "出生日期", "身份证件号", "监护人", "村组", "居住乡镇代码")
OPTIONAL = ("监护人电话", "民族", "住址", "备注")
HEADINGS = frozenset((*REQUIRED, *OPTIONAL))
MAY_BE_EMPTY = ("身份证件号", "监护人", "村组")
PROSE = ("姓名", "监护人", "村组", "住址", "备注")
LENGTHS = {"村组": 80, "住址": 200, "备注": 200}
EARLIEST = date(1990, 1, 1)
MESSAGES = {
    "unknown_township": "没有这个乡镇,或不在本县",
    "bad_id_checksum": "身份证号校验位不对,仍会按姓名比对",
    "no_identity": "没有身份证件号,按姓名、出生日期和监护人比对",
}
NEAR = 2  # digits that may differ in one wrong number
SEQUENCE = 14  # what follows is the serial of the day and the check digit: it tells twins apart


@dataclass
class ListRow:
    """What a row of a list means."""

    row: int
    values: dict = field(default_factory=dict)
    township_code: str = ""
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def headings_of(cells) -> list[str]:
    """The headings of a list; what stands in brackets behind a known one explains it."""
    found = [code_of(cell).replace("*", "") for cell in cells]
    return [bare if (bare := re.sub(r"\(.*\)$", "", name)) in HEADINGS else name for name in found]


def read_row(number: int, cells: Mapping[str, object], townships: Mapping[str, object], *, on: date) -> ListRow:
    """What one row means; `townships` are those of the county by code, `on` the list's day."""
    row = ListRow(number)

    def wrong(column, code):
        row.errors.append(Finding(number, column, code, MESSAGES.get(code, "")))

    def odd(column, code):
        row.warnings.append(Finding(number, column, code, MESSAGES.get(code, "")))

    texts = texts_of(cells, PROSE)
    for heading in REQUIRED:
        if heading not in MAY_BE_EMPTY and not texts.get(heading):
            wrong(heading, "missing")
    born_on = date_of(cells.get("出生日期"))
    if texts.get("出生日期") and (born_on is None or not EARLIEST <= born_on <= on):
        wrong("出生日期", "bad_date")
    sex = SEXES.get(texts.get("性别", ""), "")
    if texts.get("性别") and not sex:
        wrong("性别", "missing")
    row.township_code = texts.get("居住乡镇代码", "")
    if row.township_code and row.township_code not in townships:
        wrong("居住乡镇代码", "unknown_township")
    row.values = {
        "name": name_of(cells.get("姓名"))[:80],
        "sex": sex,
        "born_on": born_on,
        "ethnicity": (ethnicity_of(texts.get("民族", "")) or texts.get("民族", ""))[:20],
        "identity_number": _number(cells.get("身份证件号"), texts.get("身份证件号", "").upper(), wrong, odd),
        "guardian_name": name_of(cells.get("监护人"))[:80],
        "guardian_phone": texts.get("监护人电话", "").replace("-", "")[:20],
    }
    row.values |= {
        column: texts.get(heading, "")[: LENGTHS[heading]]
        for column, heading in (("village", "村组"), ("address", "住址"), ("note", "备注"))
    }
    return row


def _number(cell, number, wrong, odd) -> str:
    numeric = (
        not isinstance(cell, str)
        and isinstance(cell, int | float)
        and not isinstance(cell, bool)
        and abs(cell) >= 10**14
    )
    if numeric or re.fullmatch(r"\d(\.\d+)?E\+\d+", number):
        wrong("身份证件号", "numeric_identity")
        return ""
    if not number:
        odd("身份证件号", "no_identity")
    elif not has_valid_checksum(number):
        odd("身份证件号", "bad_id_checksum")
    return number[:40]


def asks_for_number(kind: str) -> bool:
    """A village survey looks for those who have no papers at all."""
    return kind != ListKind.SURVEY


def is_near(one: str, other: str) -> bool:
    """Whether one number may be the other with a wrong digit or two, or two neighbours exchanged (P2)."""
    if not one or len(one) != len(other) or one == other:
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) <= NEAR


def is_wrong_digit(one: str, other: str, *, has_twin: bool) -> bool:
    """Near numbers of one name; twins' neighbouring numbers are never a wrong digit, they are two children."""
    if not is_near(one, other):
        return False
    return not (has_twin and one[:SEQUENCE] == other[:SEQUENCE])


def school_age_births(on: date, rules: CompareRules) -> tuple[date, date]:
    """The first and the last birthday of those of school age: complete years on 31 August of the school year (义务教育法 11)."""
    year = school_year(on)
    return date(year - rules.age_to - 1, 9, 1), date(year - rules.age_from, 8, 31)


def age_on(born_on: date, day: date) -> int:
    """Complete years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def grade_by_age(born_on: date, on: date, rules: CompareRules) -> int:
    """The grade of a child who entered school at the age that the regulation names."""
    year = school_year(on)
    started = born_on.year + rules.age_from + ((born_on.month, born_on.day) > (8, 31))
    return min(max(year - started + 1, 1), 9)
