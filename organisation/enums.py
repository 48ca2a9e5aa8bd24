"""Kinds and states of the organisation, and which post sits on which kind of unit."""

from django.db import models


class UnitKind(models.TextChoices):
    PROVINCE = "province", "省"
    PREFECTURE = "prefecture", "市(州)"
    COUNTY = "county", "县(区)"
    TOWNSHIP = "township", "乡镇"
    SCHOOL = "school", "学校"
    COHORT = "cohort", "年级"
    CLASS = "class", "班级"


PARENT_KINDS = {
    UnitKind.PROVINCE: (),
    UnitKind.PREFECTURE: (UnitKind.PROVINCE,),
    UnitKind.COUNTY: (UnitKind.PREFECTURE,),
    UnitKind.TOWNSHIP: (UnitKind.COUNTY,),
    UnitKind.SCHOOL: (UnitKind.TOWNSHIP, UnitKind.COUNTY),
    UnitKind.COHORT: (UnitKind.SCHOOL,),
    UnitKind.CLASS: (UnitKind.COHORT,),
}


class SchoolKind(models.TextChoices):
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"
    NINE_YEAR = "nine_year", "九年一贯制"
    TEACHING_POINT = "teaching_point", "教学点"
    SPECIAL = "special", "特殊教育"


class SchoolSystem(models.TextChoices):
    SIX_THREE = "6-3", "六三制"
    FIVE_FOUR = "5-4", "五四制"


class Stage(models.TextChoices):
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"


class Session(models.TextChoices):
    """A roll is called once in each session of a school day."""

    AM = "am", "上午"
    PM = "pm", "下午"
    EVENING = "evening", "晚自习"


class PostKind(models.TextChoices):
    CLASS_TEACHER = "class_teacher", "班主任"
    SUBJECT_TEACHER = "subject_teacher", "任课教师"
    GRADE_HEAD = "grade_head", "年级组长"
    HEAD_OF_TEACHING = "head_of_teaching", "教导主任"
    COUNSELLOR = "counsellor", "心理辅导员"
    REGISTRAR = "registrar", "学籍管理员"
    DROPOUT_OFFICER = "dropout_officer", "控辍专干"
    DEPUTY_PRINCIPAL = "deputy_principal", "副校长"
    PRINCIPAL = "principal", "校长"
    CENTRAL_HEAD = "central_head", "中心校长"
    VILLAGE_OFFICER = "village_officer", "村干部"
    TOWNSHIP_OFFICER = "township_officer", "乡镇干部"
    COUNTY_CLERK = "county_clerk", "教育局工作人员"
    BUREAU_HEAD = "bureau_head", "教育局局长"
    INSPECTOR = "inspector", "督学"
    LABOUR_OFFICER = "labour_officer", "人社专员"
    PERSONNEL = "personnel", "人事干部"
    COUNTY_LEADER = "county_leader", "县领导"
    PREFECTURE_OFFICER = "prefecture_officer", "市(州)教育局工作人员"
    PREFECTURE_LEADER = "prefecture_leader", "市(州)领导"
    PROVINCE_OFFICER = "province_officer", "省教育厅工作人员"


POST_UNITS = {
    PostKind.CLASS_TEACHER: (UnitKind.CLASS,),
    PostKind.SUBJECT_TEACHER: (UnitKind.CLASS,),
    PostKind.GRADE_HEAD: (UnitKind.COHORT,),
    PostKind.HEAD_OF_TEACHING: (UnitKind.SCHOOL,),
    PostKind.COUNSELLOR: (UnitKind.SCHOOL,),
    PostKind.REGISTRAR: (UnitKind.SCHOOL,),
    PostKind.DROPOUT_OFFICER: (UnitKind.SCHOOL,),
    PostKind.DEPUTY_PRINCIPAL: (UnitKind.SCHOOL,),
    PostKind.PRINCIPAL: (UnitKind.SCHOOL,),
    PostKind.CENTRAL_HEAD: (UnitKind.TOWNSHIP,),
    PostKind.VILLAGE_OFFICER: (UnitKind.TOWNSHIP,),
    PostKind.TOWNSHIP_OFFICER: (UnitKind.TOWNSHIP,),
    PostKind.COUNTY_CLERK: (UnitKind.COUNTY,),
    PostKind.BUREAU_HEAD: (UnitKind.COUNTY,),
    PostKind.INSPECTOR: (UnitKind.COUNTY,),
    PostKind.LABOUR_OFFICER: (UnitKind.COUNTY,),
    PostKind.PERSONNEL: (UnitKind.COUNTY,),
    PostKind.COUNTY_LEADER: (UnitKind.COUNTY,),
    PostKind.PREFECTURE_OFFICER: (UnitKind.PREFECTURE,),
    PostKind.PREFECTURE_LEADER: (UnitKind.PREFECTURE,),
    PostKind.PROVINCE_OFFICER: (UnitKind.PROVINCE,),
}

# Whose place a vacant post falls to, step by step up the tree (procedures §7, P4).
NEXT_POST = {
    PostKind.SUBJECT_TEACHER: PostKind.CLASS_TEACHER,
    PostKind.CLASS_TEACHER: PostKind.GRADE_HEAD,
    PostKind.GRADE_HEAD: PostKind.HEAD_OF_TEACHING,
    PostKind.COUNSELLOR: PostKind.HEAD_OF_TEACHING,
    PostKind.REGISTRAR: PostKind.HEAD_OF_TEACHING,
    PostKind.DROPOUT_OFFICER: PostKind.HEAD_OF_TEACHING,
    PostKind.HEAD_OF_TEACHING: PostKind.DEPUTY_PRINCIPAL,
    PostKind.DEPUTY_PRINCIPAL: PostKind.PRINCIPAL,
    PostKind.PRINCIPAL: PostKind.CENTRAL_HEAD,
    PostKind.CENTRAL_HEAD: PostKind.COUNTY_CLERK,
    PostKind.VILLAGE_OFFICER: PostKind.TOWNSHIP_OFFICER,
    PostKind.TOWNSHIP_OFFICER: PostKind.COUNTY_CLERK,
    PostKind.LABOUR_OFFICER: PostKind.COUNTY_CLERK,
    PostKind.INSPECTOR: PostKind.COUNTY_CLERK,
    PostKind.PERSONNEL: PostKind.COUNTY_CLERK,
    PostKind.COUNTY_CLERK: PostKind.BUREAU_HEAD,
    PostKind.BUREAU_HEAD: PostKind.PREFECTURE_LEADER,
    PostKind.COUNTY_LEADER: PostKind.PREFECTURE_LEADER,
}

# Posts that see the pupils at or below their unit (roles.md).
PUPIL_POSTS = (
    PostKind.CLASS_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.REGISTRAR,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
    PostKind.CENTRAL_HEAD,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
)
# A subject teacher sees names and rolls of the classes taught, and no file.
ROLL_POSTS = (*PUPIL_POSTS, PostKind.SUBJECT_TEACHER)
# Who sees who looked at a child's file: the people in charge (未成年人网络保护条例 36).
ACCESS_POSTS = (PostKind.PRINCIPAL, PostKind.COUNTY_CLERK)
# Posts that see figures but no names behind them.
FIGURE_ONLY_POSTS = (
    PostKind.COUNTY_LEADER,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PREFECTURE_LEADER,
    PostKind.PROVINCE_OFFICER,
)
# Posts of a school.
SCHOOL_POSTS = tuple(
    kind for kind, units in POST_UNITS.items() if {*units} <= {UnitKind.SCHOOL, UnitKind.COHORT, UnitKind.CLASS}
)

# Who may add or strike school days of a unit (P8).
CALENDAR_POSTS = {
    UnitKind.SCHOOL: (PostKind.HEAD_OF_TEACHING, PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL),
    UnitKind.COUNTY: (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD),
}


class RegulationState(models.TextChoices):
    DRAFT = "draft", "草案"
    APPROVED = "approved", "已批准"
    FILED = "filed", "已备案"


class JobState(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未成功"


class AccessAction(models.TextChoices):
    VIEW = "view", "查看"
    REVEAL = "reveal", "查看完整信息"
    EXPORT = "export", "导出"
    PRINT = "print", "打印"
    DOWNLOAD = "download", "打开文件"


# Who reads the digests of a county's sealed history, to keep them where nobody of the county can change them.
SEAL_POSTS = (
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
    PostKind.COUNTY_LEADER,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PREFECTURE_LEADER,
    PostKind.PROVINCE_OFFICER,
)


class TombstoneKind(models.TextChoices):
    PURGED = "purged", "依法清除"
    CHANGED = "changed", "依法变更"
