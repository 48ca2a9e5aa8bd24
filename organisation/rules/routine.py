"""Commitments and routine work in the regulation (F40, F41): what is promised, what is due when, what a school checks of
itself. Sentences and cadences from D1 D5 D8 D9 D12 D15 D16 D18; what they leave open is set here and may be changed."""

from typing import Literal

from pydantic import Field

from organisation.rules.section import Section


class CommitmentRules(Section):
    """F40: what each kind of commitment says, and in how many school days (offices: working days) it is to be signed."""

    staff_sign_days: int = Field(10, ge=1, le=60)
    guardian_sign_days: int = Field(20, ge=1, le=60)
    link_days: int = Field(14, ge=1, le=60)
    township: tuple[str, ...] = Field(
        (
            "组织、督促适龄儿童少年按时入学,防止辍学,承担控辍保学属地责任。",
            "接到学校的辍学报告后,在规定时间内向监护人送达返校通知书,并依法采取措施。",
            "每次劝返明确一名责任人,与学校共同走访,做好记录。",
            "落实困难家庭、留守儿童的关爱帮扶,配合查处违法使用童工。",
            "如实报送情况,不隐瞒、不虚报。",
        ),
        min_length=1,
    )
    principal: tuple[str, ...] = Field(
        (
            "校长是本校控辍保学工作的第一责任人,成立领导小组,制定年度计划和目标。",
            "与班主任、教师签订责任书,把控辍指标落实到班、到人。",
            "严格学籍管理,每月如实报送控辍报表,发现辍学按时限书面报告。",
            "开齐课程,开足课时,平行编班,不排名次,不歧视、不体罚学生,不以任何方式要求学生退学、转学、休学。",
            "落实学困生、特殊家庭学生和留守儿童的帮扶,组织教师家访和劝返。",
            "宣传义务教育法律法规,师生知晓率达到规定要求。",
        ),
        min_length=1,
    )
    teacher: tuple[str, ...] = Field(
        (
            "每天如实点名,学生未到校及时核实并告知家长。",
            "发现辍学或辍学苗头及时家访劝返,做好跟踪记录;一周劝返无效的填写辍学报告单。",
            "每周召开班会,按时召开家长会,每学年与每名学生家庭联系至少一次。",
            "对学习困难、家庭困难和留守学生有具体帮扶措施。",
            "尊重学生,不体罚、不变相体罚,不驱赶或变相驱赶学生。",
        ),
        min_length=1,
    )
    guardian: tuple[str, ...] = Field(
        (
            "依法保证孩子按时入学,读完九年义务教育,不让孩子中途辍学、外出务工。",
            "督促孩子每天按时到校;有事有病提前向班主任请假。",
            "保持联系方式畅通,外出务工的委托好照护人并告知学校。",
            "配合学校家访、家长会和帮扶,有困难及时提出。",
        ),
        min_length=1,
    )


class Routine(Section):
    """How often something is done, by which school day of the period (0: by its last one), and from how many school
    days before that day on it stands in the inbox (0: from the period's first)."""

    every: Literal["week", "month", "term", "year", "never"]
    within: int = Field(0, ge=0, le=220)
    notice: int = Field(0, ge=0, le=220)


class YearRoutine(Routine):
    """Of what stands on record once a school year; it may be waived, not asked for more often."""

    every: Literal["year", "never"]


def _each(every, within=0, notice=0) -> Routine:
    return Routine(every=every, within=within, notice=notice)


def _yearly(within=0, notice=0) -> YearRoutine:
    return YearRoutine(every="year", within=within, notice=notice)


class CheckItem(Section):
    """One point of the self-inspection, and where the regulations say it (D5, D12, D16)."""

    key: str = Field(pattern=r"^[a-z_]{2,30}$")
    text: str
    source: str = ""


CHECKLIST = (
    CheckItem(key="parallel_classes", text="平行编班,没有分设重点班与非重点班", source="优教控辍管理制度第3条"),
    CheckItem(key="full_curriculum", text="执行国家课程计划,开齐课程,开足课时", source="优教控辍管理制度第2条"),
    CheckItem(key="no_ranking", text="小学成绩实行等级制,初中成绩不排名", source="优教控辍管理制度第5条"),
    CheckItem(key="no_pushing_out", text="没有要求或变相要求学困生退学、转学、休学", source="优教控辍管理制度第6条"),
    CheckItem(key="no_humiliation", text="没有歧视、羞辱、体罚或变相体罚学生", source="优教控辍管理制度第4条"),
    CheckItem(key="commitments", text="责任书签到班主任、教师和家长", source="学校控辍保学工作制度一"),
    CheckItem(key="reports", text="辍学及时报告,月报按时、真实,零报告不漏", source="学校控辍保学工作制度二"),
    CheckItem(key="register", text="学籍档案规范,转入转出、休学手续齐全", source="学校控辍保学工作制度三"),
    CheckItem(key="tracking", text="辍学和有辍学苗头的学生有跟踪、家访记录", source="学校控辍保学工作制度四"),
    CheckItem(key="support", text="学困生、特殊家庭、留守儿童帮扶有具体措施", source="责任追究制度三(4)"),
    CheckItem(key="publicity", text="法律法规宣传到位,师生知晓率达到要求", source="责任追究制度三(1)"),
)


class RoutineRules(Section):
    """F41: the schedule of routine work, the checklist of the self-inspection, and the clocks of what follows from it."""

    class_meeting: Routine = _each("week")  # D9, D22 第十条
    guardians_meeting: Routine = _each("term", 40, 20)  # D6 第九条
    group_meeting: Routine = _each("month")  # D15 第五条
    consultation: Routine = _each("term", 40, 20)  # D8 第二条
    publicity: Routine = _each("term", 40, 20)  # D5 第三条
    guardians_opinion: Routine = _each("term", 0, 20)  # D18 第三条
    experience: Routine = _each("term", 0, 20)  # D12 第一条
    motivation: Routine = _each("term", 0, 20)  # D22 第十三条
    mental_health: Routine = _each("term", 0, 20)  # D22 第十三条
    training: Routine = _each("year", 0, 20)  # D9 第十条
    study_exchange: Routine = _each("term", 0, 20)  # D1 第五章
    leading_group: YearRoutine = _yearly(10)  # D15 第三条
    year_plan: YearRoutine = _yearly(20)  # D9 第十条
    commitments: YearRoutine = _yearly(10)  # D12 第一条, D16 第二条
    awareness: YearRoutine = _yearly(80, 20)  # D5 第三条
    self_inspection: Routine = _each("term", 60, 20)  # D5 第三条
    home_contacts: YearRoutine = _yearly(0, 40)  # P9
    checklist: tuple[CheckItem, ...] = Field(CHECKLIST, min_length=1)
    late_start_days: int = Field(10, ge=1, le=60)  # school days for what had fallen due before anybody was told
    correction_days: int = Field(15, ge=1, le=60)
    check_days: int = Field(5, ge=1, le=30)
    plan_item_notice_days: int = Field(5, ge=0, le=60)
    aware_from_percent: int = Field(80, ge=50, le=100)
    survey_days: int = Field(14, ge=1, le=60)
    raise_awareness_days: int = Field(20, ge=5, le=80)
    orange_contact_days: int = Field(5, ge=1, le=30)  # P9

    def of(self, name: str) -> Routine:
        """The schedule of a routine."""
        return getattr(self, name)
