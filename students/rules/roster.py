"""One row of a roster, from what people type to what is meant (interfaces.md, Workbooks). Pure.

Harmless mess is put right (stray spaces, full-width digits, `·` variants, date spellings); what cannot be meant is an
error with its row, column, code and a sentence. Nothing is guessed: a number that Excel has rounded is an error.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.seg.mmseg import seg as words
from stdnum.cn import ric

from organisation.enums import SchoolKind, Stage
from organisation.rules.cells import code_of, date_of, text_of, texts_of
from organisation.rules.grades import first_grade, last_grade, stage_of
from students.enums import Sex

REQUIRED = (
    "学校代码", "姓名", "性别", "身份证件类型", "身份证件号", "出生日期", "民族", "年级", "班级", "学籍号",
    "入学年月", "监护人姓名", "监护人关系", "监护人电话",
)  # fmt: skip
YES_NO = {
    "是否留守儿童": "is_left_behind",
    "是否随迁子女": "is_migrant",
    "是否孤儿": "is_orphan",
    "是否残疾": "is_disabled",
    "是否脱贫户或监测户": "is_poor",
    "是否特殊家庭": "is_special_family",
    "是否学困生": "has_learning_difficulty",
}
TEXTS = {"家庭住址": "address", "户籍所在地": "household_place", "健康状况": "health", "备注": "note"}
OPTIONAL = (*TEXTS, *YES_NO, "居住乡镇代码", "就读方式", "监护人2姓名", "监护人2关系", "监护人2电话")
HEADINGS = frozenset((*REQUIRED, *OPTIONAL))
MAY_BE_EMPTY = ("身份证件号", "学籍号")
ETHNICITIES = frozenset(
    [
        "汉",
        "蒙古",
        "回",
        "藏",
        "维吾尔",
        "苗",
        "彝",
        "壮",
        "布依",
        "朝鲜",
        "满",
        "侗",
        "瑶",
        "白",
        "土家",
        "哈尼",
        "哈萨克",
        "傣",
        "黎",
        "傈僳",
        "佤",
        "畲",
        "高山",
        "拉祜",
        "水",
        "东乡",
        "纳西",
        "景颇",
        "柯尔克孜",
        "土",
        "达斡尔",
        "仫佬",
        "羌",
        "布朗",
        "撒拉",
        "毛南",
        "仡佬",
        "锡伯",
        "阿昌",
        "普米",
        "塔吉克",
        "怒",
        "乌孜别克",
        "俄罗斯",
        "鄂温克",
        "德昂",
        "保安",
        "裕固",
        "京",
        "塔塔尔",
        "独龙",
        "鄂伦春",
        "赫哲",
        "门巴",
        "珞巴",
        "基诺",
    ]  # noqa: SIM905
)
OTHER_ETHNICITIES = frozenset({"穿青人", "革家人", "未识别民族", "其他", "外国血统中国籍人士"})
SEXES = {"男": Sex.MALE, "女": Sex.FEMALE, "男性": Sex.MALE, "女性": Sex.FEMALE}
NO = ("否", "不", "无", "没", "非", "N", "n", "0", "F", "f", "×")  # how a no begins
LENGTHS = {"health": 80}
PROSE = frozenset(("姓名", "监护人姓名", "监护人2姓名", *TEXTS))
CHINESE = re.compile("[\u4e00-\u9fff]*")
ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+")
IDENTITY = re.compile("[0-9]{17}[0-9X]")
ABROAD = re.compile(r"^\+?86(?=1\d{10}$)")
PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}")
EARLIEST = date(1990, 1, 1)
IDENTITY_CARD = "居民身份证"
NO_PAPERS = "无"
DIGITS = {char: number for number, char in enumerate("一二三四五六七八九", start=1)}
MESSAGES = {
    "missing": "必填",
    "bad_id_checksum": "身份证号校验位不对,请核对原件",
    "id_birth_mismatch": "出生日期与身份证号不一致",
    "id_sex_mismatch": "性别与身份证号不一致",
    "numeric_identity": "这一格是数字格式,18 位号码的末几位已经丢失,请改为文本格式后重新填写",
    "bad_date": "日期看不懂,请写成 2012-09-01",
    "unknown_school": "没有这所学校,或不在您的管理范围内",
    "unknown_grade": "年级或班级看不懂,或这所学校没有这个年级",
    "unknown_ethnicity": "没有这个民族",
    "duplicate_in_file": "与表中前面的行重复",
    "duplicate_id": "身份证件号与学籍号分别属于两名学生",
    "elsewhere_enrolled": "该生在别的学校在籍,请办理转学,不能用名册导入",
    "later_changes": "该生在名册日期之后已有学籍异动,不能按这份名册调班,请核对名册日期",
    "wrong_state": "该生现在的学籍状态不能调班,请先办理学籍异动",
    "age_out_of_range": "年龄与年级相差较大,请核对",
    "bad_phone": "电话号码不像有效号码",
    "no_identity": "没有身份证件,请尽快补办",
    "unknown_heading": "不认识的栏目,已忽略",
    "same_name_in_class": "同班有同名学生,请核对",
    "bad_file": "工作簿打不开:请另存为不加密、不含宏的 .xlsx",
    "no_headings": "没有找到名册的栏目,请确认第一张工作表是学生名册",
}


@dataclass(frozen=True)
class Finding:
    """An error or a warning about one cell."""

    row: int
    column: str
    code: str
    said: str = ""

    @property
    def message(self) -> str:
        return self.said or MESSAGES[self.code]

    def as_dict(self) -> dict:
        return {"row": self.row, "column": self.column, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class GuardianEntry:
    order: int
    name: str
    relation: str
    phone: str

    def as_dict(self) -> dict:
        return {"order": self.order, "name": self.name, "relation": self.relation, "phone": self.phone}


@dataclass(slots=True)
class RosterRow:
    """What a row means: the school, grade and class number, and the pupil's columns by field name."""

    row: int
    school_code: str = ""
    grade: int = 0
    class_number: int = 0
    values: dict = field(default_factory=dict)
    residence_code: str = ""
    guardians: list[GuardianEntry] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def name_of(cell) -> str:
    """A name: no spaces between Chinese characters, one `·` for all its spellings (P2)."""
    text = text_of(cell)
    if text.isalnum():
        return text
    text = re.sub(r"\s*[·•・‧∙⋅.]\s*", "·", text)
    return re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", text)


@lru_cache(maxsize=1000)
def grade_of(text: str, system: str) -> int | None:
    """一年级…九年级, 1…9, 初一 or 初中一年级 = the first junior grade of the school's system."""
    text = re.sub(r"[年级]", "", text)
    stage, number = re.fullmatch(r"(初中?|小学?|)(.*)", text, re.DOTALL).groups()
    grade = DIGITS.get(number) or (int(number) if re.fullmatch(r"0?[1-9]", number) else 0)
    if not grade:
        return None
    if stage.startswith("初"):
        grade += first_grade(Stage.JUNIOR, system) - 1
        return grade if grade <= last_grade(Stage.JUNIOR, system) else None
    return None if stage and grade > last_grade(Stage.PRIMARY, system) else grade


@lru_cache(maxsize=1000)
def class_number_of(text: str) -> int | None:
    """3, 03, (3)班, 三班, 3班; 十一班 and 二十三班, 七(3)班 and 七年级3班 too."""
    text = re.sub(r"^.{0,3}年级|^(初|小|)[一二三四五六七八九1-9](?=\()", "", text)
    text = text.removesuffix("班").strip("()")
    if re.fullmatch(r"[0-9]{1,3}", text):
        number = int(text)
    elif found := re.fullmatch(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)", text):
        number = 10 * DIGITS.get(found[1], 1) + DIGITS.get(found[2], 0)
    else:
        number = DIGITS.get(text, 0)
    return number if 1 <= number <= 99 else None


def offers(school_kind: str, system: str, grade: int) -> bool:
    """Whether a school of this kind has that grade."""
    stage = stage_of(grade, system)
    if grade > last_grade(Stage.JUNIOR, system):
        return False
    if school_kind in (SchoolKind.PRIMARY, SchoolKind.TEACHING_POINT):
        return stage == Stage.PRIMARY
    return stage == Stage.JUNIOR if school_kind == SchoolKind.JUNIOR else True


@lru_cache(maxsize=20000)
def initials_of(name: str) -> str:
    """Pinyin initials for the search, all readings of the first character: 曾 is zeng and ceng."""
    if not name:
        return ""
    rest = "".join(part[0] for part in _readings(name[1:]) if part and part[0].isalnum()).lower()
    return " ".join(head + rest for head in _heads(name[0]))[:60]


@lru_cache(maxsize=20000)
def sort_key_of(name: str) -> str:
    """Sorts a class list by pinyin, as class lists are."""
    return f"{''.join(_readings(name))} {name}".lower()[:120]


@lru_cache(maxsize=20000)
def _heads(character: str) -> list[str]:
    readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    return list(dict.fromkeys(reading[0].lower() for reading in readings if reading))


def _readings(text: str) -> list[str]:
    """The pinyin of each character; word by word, because the same words come again in many names."""
    if not CHINESE.fullmatch(text):
        return lazy_pinyin(text)
    return [reading for word in words.cut(text) for reading in _readings_of_word(word)]


@lru_cache(maxsize=20000)
def _readings_of_word(word: str) -> list[str]:
    return lazy_pinyin(word)


def headings_of(cells) -> list[str]:
    """The headings of a roster; what stands in brackets behind a known one explains it."""
    found = [code_of(cell).replace("*", "") for cell in cells]
    return [bare if (bare := re.sub(r"\(.*\)$", "", name)) in HEADINGS else name for name in found]


def read_row(number: int, cells: Mapping[str, object], schools: Mapping[str, object], *, on: date, until=None):
    """What one row means, as a RosterRow. `schools` are the units by code that may be imported to.

    `on` is the roster's day; nobody in it entered after `until` (default the same day).
    """
    row = RosterRow(number)

    def wrong(column, code):
        row.errors.append(Finding(number, column, code))

    def odd(column, code):
        row.warnings.append(Finding(number, column, code))

    texts = texts_of(cells, PROSE)
    for heading in REQUIRED:
        if heading not in MAY_BE_EMPTY and not texts.get(heading):
            wrong(heading, "missing")
    _read_class(row, texts, schools, wrong)
    row.residence_code = texts.get("居住乡镇代码", "")
    row.guardians = _read_guardians(cells, texts, odd)
    row.values = _read_child(cells, texts, {"出生日期": on, "入学年月": until or on}, wrong)
    sex, born_on = row.values["sex"], row.values["born_on"]
    row.values |= _read_numbers(cells, texts, sex, born_on, wrong, odd)
    row.values |= _read_optional(texts)
    if born_on and row.grade and not row.grade + 4 <= on.year - born_on.year <= row.grade + 9:
        odd("出生日期", "age_out_of_range")
    return row


def _read_child(cells, texts, latest, wrong):
    name = name_of(cells.get("姓名"))[:80]
    sex = SEXES.get(texts.get("性别", ""), "")
    if not sex and texts.get("性别"):
        wrong("性别", "missing")
    dates = {heading: date_of(cells.get(heading)) for heading in latest}
    for heading, found in [*dates.items()]:
        if texts.get(heading) and (found is None or not EARLIEST <= found <= latest[heading]):
            wrong(heading, "bad_date")
            dates[heading] = None
    ethnicity = ethnicity_of(texts.get("民族", ""))
    if ethnicity is None:
        wrong("民族", "unknown_ethnicity")
    return {
        "name": name,
        "initials": initials_of(name),
        "sort_key": sort_key_of(name),
        "sex": sex,
        "born_on": dates["出生日期"],
        "ethnicity": ethnicity or "",
        "entered_on": dates["入学年月"],
    }


def _read_optional(texts):
    """An empty cell says nothing: what the register knows stays."""
    values = {
        column: texts[heading][: LENGTHS.get(column, 200)] for heading, column in TEXTS.items() if texts.get(heading)
    }
    values |= {column: not texts[heading].startswith(NO) for heading, column in YES_NO.items() if texts.get(heading)}
    lives = texts.get("就读方式")
    return values | ({"is_boarder": "住" in lives or "寄" in lives} if lives else {})


def _read_class(row, texts, schools, wrong):
    row.school_code = texts.get("学校代码", "")
    school = schools.get(row.school_code)
    if school is None and row.school_code:
        wrong("学校代码", "unknown_school")
    grade = class_number = None
    if texts.get("年级") and school is not None:
        grade = grade_of(texts["年级"], school.system)
        if grade is None or not offers(school.school_kind, school.system, grade):
            wrong("年级", "unknown_grade")
    if texts.get("班级"):
        class_number = class_number_of(texts["班级"])
        if class_number is None:
            wrong("班级", "unknown_grade")
    row.grade, row.class_number = grade or 0, class_number or 0


def ethnicity_of(text) -> str | None:
    if text in OTHER_ETHNICITIES or not text:
        return text
    bare = text.removesuffix("族")
    return f"{bare}族" if bare in ETHNICITIES else None


def _read_numbers(cells, texts, sex, born_on, wrong, odd):
    identity_type = texts.get("身份证件类型", "")
    identity = texts.get("身份证件号", "").upper()
    registry = texts.get("学籍号", "").upper()
    for heading, text in (("身份证件号", identity), ("学籍号", registry)):
        if _lost_digits(cells.get(heading), text):
            wrong(heading, "numeric_identity")
            return {"identity_type": identity_type[:30], "identity_number": "", "registry_number": registry}
    if identity_type in (IDENTITY_CARD, "身份证"):
        identity_type = IDENTITY_CARD
        if not identity:
            wrong("身份证件号", "missing")
        else:
            check_identity(identity, sex, born_on, wrong)
    elif identity_type == NO_PAPERS and not identity:
        odd("身份证件号", "no_identity")
    elif identity_type and not identity:
        wrong("身份证件号", "missing")
    if not registry and identity_type != NO_PAPERS:
        wrong("学籍号", "missing")
    return {"identity_type": identity_type[:30], "identity_number": identity, "registry_number": registry}


def _lost_digits(cell, text) -> bool:
    """A number in a numeric cell has kept fifteen digits at most."""
    numeric = (
        not isinstance(cell, str)
        and isinstance(cell, int | float)
        and not isinstance(cell, bool)
        and abs(cell) >= 10**14
    )
    return numeric or ROUNDED.fullmatch(text) is not None


def has_valid_checksum(identity: str) -> bool:
    """Whether an identity number of eighteen places ends with the letter that the others ask for."""
    return bool(IDENTITY.fullmatch(identity)) and ric.calc_check_digit(identity) == identity[-1]


def check_identity(identity, sex, born_on, wrong):
    """Tell `wrong(heading, code)` what does not fit an identity number."""
    if not has_valid_checksum(identity):
        wrong("身份证件号", "bad_id_checksum")
        return
    if born_on and identity[6:14] != f"{born_on:%Y%m%d}":
        wrong("出生日期", "id_birth_mismatch")
    if sex and (Sex.MALE if int(identity[16]) % 2 else Sex.FEMALE) != sex:
        wrong("性别", "id_sex_mismatch")


def _read_guardians(cells, texts, odd):
    found = []
    for order, prefix in ((1, "监护人"), (2, "监护人2")):
        name = name_of(cells.get(f"{prefix}姓名"))
        if not name:
            continue
        phone = ABROAD.sub("", texts.get(f"{prefix}电话", "").replace("-", ""))
        if phone and not PHONE.fullmatch(phone):
            odd(f"{prefix}电话", "bad_phone")
        found.append(GuardianEntry(order, name[:80], texts.get(f"{prefix}关系", "")[:30], phone[:20]))
    return found
