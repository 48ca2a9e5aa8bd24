"""Which support is due to a child, whatever its warning says (F23): these facts give no points. Pure."""

DUE = {
    "is_left_behind": "留守儿童:明确实际照护人,定期与父母视频,落实关爱责任教师",
    "is_poor": "脱贫户(监测户):核对资助是否应享尽享",
    "is_orphan": "孤儿:与民政对接基本生活保障",
    "is_unsupported": "事实无人抚养:与民政对接保障和监护",
    "is_in_hardship": "困境儿童:与民政、妇联对接关爱",
    "is_disabled": "残疾:个别化教育方案,无障碍和送教评估",
    "is_special_family": "特殊家庭:与实际照护人保持联系,由教师陪伴",
    "is_migrant": "随迁子女:核对入学手续,帮助融入",
    "has_learning_difficulty": "学习困难:学习计划和学业辅导",
}
GROUPS = {
    "is_left_behind": "留守儿童",
    "is_poor": "脱贫户(监测户)",
    "is_orphan": "孤儿",
    "is_unsupported": "事实无人抚养",
    "is_in_hardship": "困境儿童",
    "is_disabled": "残疾",
    "is_special_family": "特殊家庭",
    "is_migrant": "随迁子女",
    "has_learning_difficulty": "学困生",
}
MAJORITY = "汉族"


def support_due(pupil) -> list[str]:
    """What stands beside a warning: the support that the child's situation asks for."""
    due = [text for name, text in DUE.items() if getattr(pupil, name)]
    if pupil.ethnicity and pupil.ethnicity != MAJORITY:
        due.append(f"{pupil.ethnicity}:需要时用本民族语言沟通,提供双语辅导")
    return due


def groups_of(pupil) -> list[str]:
    return [label for name, label in GROUPS.items() if getattr(pupil, name)]
