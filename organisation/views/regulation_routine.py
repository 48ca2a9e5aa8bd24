"""What the regulation says of commitments and routine work (F40, F41), as sentences."""

ROUTINES = {
    "class_meeting": "班会",
    "guardians_meeting": "家长会",
    "group_meeting": "领导小组会",
    "consultation": "会商会议",
    "publicity": "法律宣传",
    "guardians_opinion": "听取家长意见",
    "experience": "经验交流会",
    "motivation": "励志教育",
    "mental_health": "心理健康教育",
    "training": "教师培训",
    "study_exchange": "学习经验交流会",
    "leading_group": "成立领导小组",
    "year_plan": "年度计划",
    "commitments": "制发责任书",
    "awareness": "知晓率测评",
    "self_inspection": "学校自查",
    "home_contacts": "每名学生家访或电话联系一次",
}
PERIODS = {"week": "每周", "month": "每月", "term": "每学期", "year": "每学年"}


def commitment_lines(commitment) -> list[str]:
    """When they are signed, and what each side promises."""
    lines = [
        f"每学年签订。教师、校长的责任书制发后 {commitment.staff_sign_days} 天内签订(教育局、乡镇按工作日),"
        f"家长的 {commitment.guardian_sign_days} 个上课日内;家长签字链接 {commitment.link_days} 天内有效,也可以签在纸上。"
    ]
    for label, clauses in (
        ("乡镇", commitment.township),
        ("校长", commitment.principal),
        ("教师", commitment.teacher),
        ("家长", commitment.guardian),
    ):
        lines.append(f"{label}责任:{''.join(clauses)}")
    return lines


def routine_lines(routine) -> list[str]:
    """Every routine with its cadence, then the checklist and the clocks."""
    lines = []
    for name, label in ROUTINES.items():
        rule = routine.of(name)
        if rule.every == "never":
            lines.append(f"{label}:不要求。")
        else:
            by = f"第 {rule.within} 个上课日前" if rule.within else "最后一个上课日止"
            lines.append(f"{label}:{PERIODS[rule.every]}{by}。")
    points = ";".join(item.text for item in routine.checklist)
    return [
        *lines,
        f"没有开展的如实记录原因;启用系统或制度时已过期限的,从知道之日起另给 {routine.late_start_days} 个上课日。",
        f"学校自查逐项对照:{points}。不符合的最迟 {routine.correction_days} 个上课日内整改,{routine.check_days} 天内由另一个人复查。",
        f"问卷答对 {routine.aware_from_percent}% 以上的算知晓;低于目标的 {routine.raise_awareness_days} 个上课日内再宣传、复测。",
        f"橙色预警的学生 {routine.orange_contact_days} 个上课日内家访或联系。",
    ]
