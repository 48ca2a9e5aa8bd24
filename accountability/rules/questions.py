"""The questions by which awareness of the law is measured (P22 G1): five for each audience, one right answer each. Pure."""

from dataclasses import dataclass

from accountability.enums import Audience


@dataclass(frozen=True)
class Question:
    key: str
    text: str
    options: tuple[str, ...]
    right: int
    source: str


YEARS = Question("years", "国家实行几年义务教育?", ("六年", "九年", "十二年"), 1, "义务教育法第二条")
WHO_SENDS = Question(
    "who",
    "谁应当保证孩子按时入学、读完义务教育?",
    ("只有学校", "父母或其他监护人", "村干部"),
    1,
    "义务教育法第五条",
)
FEES = Question("fees", "义务教育收不收学费、杂费?", ("收学费", "只收杂费", "都不收"), 2, "义务教育法第二条")
EXPEL = Question(
    "expel",
    "学生成绩差或违反纪律,学校能开除或劝退吗?",
    ("不能,应当批评教育", "能开除", "能劝其退学"),
    0,
    "义务教育法第二十七条",
)
WORK = Question(
    "work",
    "未满十六周岁的孩子能外出打工吗?",
    ("家里同意就能", "不能,任何单位不得招用", "假期里能"),
    1,
    "义务教育法第十四条",
)
REPORT = Question(
    "report",
    "学生辍学,学校劝返无效时怎么办?",
    ("等学生自己回来", "注销学籍", "及时书面报告教育行政部门"),
    2,
    "未成年人保护法第二十八条",
)
RANKING = Question(
    "ranking",
    "初中学生的考试成绩可以公开排名吗?",
    ("期末可以", "不可以", "家长同意就可以"),
    1,
    "潆溪镇优教控辍管理制度第5条",
)
HELP = Question(
    "help",
    "上学遇到困难,应当怎么办?",
    ("不上学了", "告诉老师和家长,请学校帮助", "自己去打工"),
    1,
    "未成年人保护法第二十八条",
)
QUESTIONS = {
    Audience.TEACHERS: (YEARS, EXPEL, REPORT, RANKING, WORK),
    Audience.PUPILS: (YEARS, WHO_SENDS, EXPEL, WORK, HELP),
    Audience.GUARDIANS: (YEARS, WHO_SENDS, FEES, EXPEL, WORK),
}


def right_answers(audience, given: dict[str, int]) -> int:
    """How many of an audience's questions are answered right; `given` says each answer's place by the question's key."""
    return sum(given.get(question.key) == question.right for question in QUESTIONS[Audience(audience)])


def needed_right(audience, percent: int) -> int:
    """From how many right answers on somebody knows the law; a started question counts whole."""
    return -(-len(QUESTIONS[Audience(audience)]) * percent // 100)
