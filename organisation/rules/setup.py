"""The words of a county's set-up workbook: kinds of units, schools and posts as people write them. Pure."""

import re
from datetime import date

from organisation.enums import PostKind, SchoolKind, SchoolSystem, UnitKind
from organisation.rules.cells import text_of

# Brackets and strokes are left out before the look-up: 市(州), 市州 and 市/州 are one.
UNIT_KINDS = {
    UnitKind.PROVINCE: ("省", "省级", "自治区", "直辖市"),
    UnitKind.PREFECTURE: ("市", "州", "市州", "地市", "地级市", "市级", "自治州", "地区", "盟"),
    UnitKind.COUNTY: ("县", "区", "县区", "区县", "市辖区", "县级市", "县级", "自治县", "旗", "特区"),
    UnitKind.TOWNSHIP: ("乡镇", "乡", "镇", "街道", "乡镇街道", "街道办", "街道办事处", "民族乡", "乡级", "镇级"),
}
SCHOOL_KINDS = {
    SchoolKind.PRIMARY: ("小学", "完全小学", "完小", "中心小学", "中心校", "村小", "村完小", "初级小学"),
    SchoolKind.JUNIOR: ("初中", "初级中学", "中学", "完中", "完全中学", "职业初中", "附设初中班"),
    SchoolKind.NINE_YEAR: ("九年一贯制", "九年一贯", "九年制", "十二年一贯制", "学校"),
    SchoolKind.TEACHING_POINT: ("教学点", "小学教学点", "村教学点"),
    SchoolKind.SPECIAL: ("特殊教育", "特教", "特校", "盲人学校", "聋人学校", "培智学校", "盲校", "聋校"),
}
SIX, FIVE = ("6", "六"), ("5", "五")
THREE, FOUR = ("3", "三"), ("4", "四")
SYSTEMS = {a + b: SchoolSystem.SIX_THREE for a in SIX for b in THREE} | {
    a + b: SchoolSystem.FIVE_FOUR for a in FIVE for b in FOUR
}
POSTS = {kind.label: kind for kind in PostKind} | {
    "科任教师": PostKind.SUBJECT_TEACHER,
    "年级主任": PostKind.GRADE_HEAD,
    "教务主任": PostKind.HEAD_OF_TEACHING,
    "心理教师": PostKind.COUNSELLOR,
    "心理健康教师": PostKind.COUNSELLOR,
    "学籍员": PostKind.REGISTRAR,
    "控辍保学专干": PostKind.DROPOUT_OFFICER,
    "中心校校长": PostKind.CENTRAL_HEAD,
    "村干": PostKind.VILLAGE_OFFICER,
    "乡镇": PostKind.TOWNSHIP_OFFICER,
    "乡镇工作人员": PostKind.TOWNSHIP_OFFICER,
    "教育局": PostKind.COUNTY_CLERK,
    "教育局办事员": PostKind.COUNTY_CLERK,
    "局长": PostKind.BUREAU_HEAD,
    "人社": PostKind.LABOUR_OFFICER,
    "人社干部": PostKind.LABOUR_OFFICER,
    "人事": PostKind.PERSONNEL,
    "市教育局工作人员": PostKind.PREFECTURE_OFFICER,
    "州教育局工作人员": PostKind.PREFECTURE_OFFICER,
    "省教育厅": PostKind.PROVINCE_OFFICER,
}
OPEN = dict.fromkeys(("上课", "上学", "上班", "补课", "是"), True) | dict.fromkeys(
    ("放假", "休息", "停课", "否"), False
)
SEMESTERS = {"1": 1, "一": 1, "上": 1, "秋": 1, "2": 2, "二": 2, "下": 2, "春": 2}


def kind_in(table, label):
    """The kind whose words `label` is one of; None for none's."""
    bare = re.sub(r"[()/、·]", "", label)
    return next((kind for kind, words in table.items() if bare in words or bare.removesuffix("学校") in words), None)


def system_of(cell) -> SchoolSystem | None:
    """6-3, 六三制, 五四学制 …; 6-3 where nothing is said. Excel likes to read 6-3 as the third of June."""
    if isinstance(cell, date):
        return SYSTEMS.get(f"{cell.month}{cell.day}")
    text = "".join(re.findall(r"[3-6三四五六]", text_of(cell)))
    return SYSTEMS.get(text) if text_of(cell) else SchoolSystem.SIX_THREE


def term_of(text) -> tuple[int, int] | None:
    """2026-2027-1, 2026-2027学年第一学期, 2026-2027上: the year and which of its two terms."""
    found = re.fullmatch(r"(\d{4})[-—–~至]+(\d{4})(?:学年)?(?:度)?[-—–]?第?([12一二上下秋春])(?:学期|季|季学期)?", text)
    return (int(found[1]), SEMESTERS[found[3]]) if found and int(found[2]) == int(found[1]) + 1 else None
