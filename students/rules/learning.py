"""Marks and incidents as people type them (F06): bands, or numbers that the regulation makes bands of. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from organisation.rules.regulation import MarkRules
from students.enums import Band, IncidentKind, Subject
from students.rules.roster import date_of, name_of, text_of

FULL_MARKS = (100, 120, 150)
WORDS = {
    Band.EXCELLENT: ("优", "优秀", "A"),
    Band.GOOD: ("良", "良好", "B"),
    Band.PASS: ("合格", "及格", "中", "C"),
    Band.FAIL: ("不合格", "不及格", "待合格", "差", "D"),
}
BANDS = {word: band for band, words in WORDS.items() for word in words}
SUBJECTS = {subject.label: subject for subject in Subject} | {"英语": Subject.ENGLISH, "体育": Subject.SPORTS}
INCIDENTS = {kind.label: kind for kind in IncidentKind} | {
    "迟到": IncidentKind.LATE,
    "早退": IncidentKind.EARLY_LEAVE,
}
WHO = ("编号", "学籍号", "班级代码", "姓名")
MARK_HEADINGS = (*WHO, *(subject.label for subject in Subject))
INCIDENT_HEADINGS = (*WHO, "日期", "类别", "情况")
MESSAGES = {
    "missing": "必填",
    "unknown_student": "没有这名学生,或不在您任教的班级",
    "same_name": "班里有同名学生,请填写编号或学籍号",
    "bad_band": "看不懂:请填优、良、合格、不合格",
    "bad_score": "分数应在 0 和满分之间",
    "number_in_primary": "小学只登记等级,不填分数",
    "score_needs_full": "填分数时,请在上传页面选择满分",
    "not_yours": "这一科由别的教师登记,请教导主任更正",
    "bad_date": "日期看不懂,或晚于今天、早于本学年",
    "unknown_kind": "没有这种类别",
    "too_long": "情况最多 300 字",
    "duplicate_in_file": "与表中前面的行重复",
    "unknown_heading": "不认识的栏目,已忽略",
}


@dataclass(frozen=True)
class Finding:
    """What is wrong with one cell."""

    row: int
    column: str
    code: str

    @property
    def message(self) -> str:
        return MESSAGES[self.code]

    def as_dict(self) -> dict:
        return {"row": self.row, "column": self.column, "code": self.code, "message": self.message}


def band_of(score: Decimal, full: int, rules: MarkRules) -> Band:
    """The band of a number by the share of the full marks that it reaches."""
    percent = score * 100
    for band, least in (
        (Band.EXCELLENT, rules.excellent_from),
        (Band.GOOD, rules.good_from),
        (Band.PASS, rules.pass_from),
    ):
        if percent >= least * full:
            return band
    return Band.FAIL


def read_band(text: str, *, full: int | None, is_primary: bool, rules: MarkRules) -> tuple[Band | None, str]:
    """(band, "") of what stands in a cell, or (None, code of what is wrong with it)."""
    if text.upper() in BANDS:
        return BANDS[text.upper()], ""
    if not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", text):
        return None, "bad_band"
    if is_primary:
        return None, "number_in_primary"
    if full is None:
        return None, "score_needs_full"
    try:
        score = Decimal(text)
    except InvalidOperation:
        return None, "bad_score"
    return (None, "bad_score") if score > full else (band_of(score, full, rules), "")


@dataclass(frozen=True)
class Who:
    """How a row names its pupil: by public number, registry number, or class and name."""

    number: str = ""
    registry_number: str = ""
    class_code: str = ""
    name: str = ""


def who_of(cells: Mapping[str, object]) -> Who:
    texts = {heading: text_of(cells.get(heading)) for heading in WHO}
    return Who(
        texts["编号"].lower(), texts["学籍号"].upper().replace(" ", ""), texts["班级代码"], name_of(cells.get("姓名"))
    )


@dataclass
class IncidentRow:
    """What an incident's row says besides whom it is about."""

    on: date | None = None
    kind: str = ""
    text: str = ""
    errors: list[Finding] = field(default_factory=list)


def read_incident(row: int, cells: Mapping[str, object], *, may_be: Callable[[date], bool]) -> IncidentRow:
    """`may_be` says whether an incident may lie on a day: not in the future, not before this school year."""
    texts = {heading: text_of(cells.get(heading)) for heading in ("日期", "类别", "情况")}
    found = IncidentRow(date_of(cells.get("日期")), INCIDENTS.get(texts["类别"], ""), texts["情况"])
    for heading, text in texts.items():
        if not text:
            found.errors.append(Finding(row, heading, "missing"))
    if texts["日期"] and (found.on is None or not may_be(found.on)):
        found.errors.append(Finding(row, "日期", "bad_date"))
    if texts["类别"] and not found.kind:
        found.errors.append(Finding(row, "类别", "unknown_kind"))
    if len(found.text) > 300:
        found.errors.append(Finding(row, "情况", "too_long"))
    return found
