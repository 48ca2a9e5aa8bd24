"""Grounds of accountability (practice P22), states of a lead, and who screens whom (P23)."""

from django.db import models

from organisation.enums import PostKind


class Ground(models.TextChoices):
    G1 = "G1", "宣传教育不到位"
    G2 = "G2", "上级控辍措施不落实"
    G3 = "G3", "管理不规范,自查报告不及时"
    G4 = "G4", "帮扶劝返不落实"
    G5 = "G5", "驱赶或变相驱赶学生"
    G6 = "G6", "体罚致学生辍学"
    G7 = "G7", "开除或劝退学生"
    G8 = "G8", "检查中隐瞒、弄虚作假"
    G9 = "G9", "报表材料失实、敷衍"
    G10 = "G10", "其他"


class LeadState(models.TextChoices):
    SCREENING = "screening", "待初核"
    KEPT = "kept", "保留,待立案"
    DISMISSED = "dismissed", "不予立案"


LEAD_MOVES = {
    LeadState.SCREENING: {LeadState.KEPT, LeadState.DISMISSED},
    LeadState.KEPT: {LeadState.DISMISSED},
    LeadState.DISMISSED: set(),
}

# A principal's matter goes to the county bureau, a bureau's to the prefecture, a township's to the county (P23).
SCREENED_BY = {
    PostKind.PRINCIPAL: PostKind.BUREAU_HEAD,
    PostKind.DEPUTY_PRINCIPAL: PostKind.PRINCIPAL,
    PostKind.CENTRAL_HEAD: PostKind.BUREAU_HEAD,
    PostKind.COUNTY_CLERK: PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR: PostKind.BUREAU_HEAD,
    PostKind.BUREAU_HEAD: PostKind.PREFECTURE_LEADER,
    PostKind.TOWNSHIP_OFFICER: PostKind.COUNTY_LEADER,
    PostKind.VILLAGE_OFFICER: PostKind.COUNTY_LEADER,
    PostKind.COUNTY_LEADER: PostKind.PREFECTURE_LEADER,
    PostKind.PREFECTURE_OFFICER: PostKind.PREFECTURE_LEADER,
    PostKind.PREFECTURE_LEADER: PostKind.PROVINCE_OFFICER,
    PostKind.PROVINCE_OFFICER: PostKind.PROVINCE_OFFICER,
    PostKind.LABOUR_OFFICER: PostKind.COUNTY_LEADER,
    PostKind.PERSONNEL: PostKind.COUNTY_LEADER,
}

# Where a screening seat is empty: the governments' seats go to the bureau of the same level, and then one level up.
SCREENS_NEXT = {
    PostKind.PREFECTURE_LEADER: PostKind.PREFECTURE_OFFICER,
    PostKind.PREFECTURE_OFFICER: PostKind.PROVINCE_OFFICER,
}
