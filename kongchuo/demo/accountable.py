"""The demo's leads beside late duties, complaints and commendations, made by the product's own verbs."""

import uuid

from accountability.actions.causes import open_leads_for_causes
from accountability.actions.commendations import confirm_commendation
from accountability.actions.complaints import file_complaint, find_complaint, lay_to, step_complaint
from accountability.actions.hand_leads import enter_lead
from accountability.queries.merits import candidates_of
from casework.actions.cases.verbs import set_causes
from casework.enums import Cause
from casework.models import Case
from organisation.models import Person, Unit
from organisation.rules.grades import school_year

COMPLAINTS = (
    ("school", "pushed_out", "孩子成绩不好,老师说不想读就回家,已经两周没去学校。", True, ""),
    ("school", "punished", "班上老师罚站一上午,孩子第二天不敢去。", False, "accept"),
    ("township", "not_looked_for", "村里有个孩子跟着父母打工回来,一直没上学,没人来问。", False, "answer"),
    ("bureau", "falsified", "检查前通知学校补点名。", False, ""),
)
ANSWER = "已核实并责成学校改正,孩子已返校。感谢反映。"


def fill(built, today):
    """A few of each, in the main school and its county."""
    people = {one.login: one for one in Person.objects.all()}
    clerk, inspector, principal = people["jiaoyuju"], people["dudao"], people["xiaozhang"]
    school = principal.posts.first().unit
    _causes(principal, school)
    enter_lead(
        school,
        request_id=uuid.UUID(int=1),
        title="开学后未组织自查",
        text="查阅资料,本学期没有控辍保学自查记录。",
        ground="G3",
        on=today,
        by=inspector,
    )
    _complaints(clerk, school, Unit.objects.get(pk=built.county.pk))
    _commend(principal, school, today)


def _causes(principal, school):
    """One child is said to have left for how it was taught."""
    case = Case.objects.out_of_school().below(school.path).order_by("pk").first()
    if case is not None:
        set_causes(case, [Cause.STUDY, Cause.TEACHING], by=principal)
    open_leads_for_causes()


def _complaints(clerk, school, county):
    for number, (against, kind, text, named, verb) in enumerate(COMPLAINTS):
        contact = {"name": "李女士", "phone": "13800000000"} if named else {"name": "", "phone": ""}
        said = {"against": against, "kind": kind, "place": school.name, "text": text, **contact}
        found = find_complaint(file_complaint(request_id=uuid.UUID(int=100 + number), county=county, **said))
        if verb:
            step_complaint(found, "accept", text="", by=clerk)
        if verb == "accept":
            lay_to(found, school, text="两名家长说法一致,转请初核。", by=clerk)
        if verb == "answer":
            step_complaint(found, "answer", text=ANSWER, by=clerk)


def _commend(principal, school, today):
    year = school_year(today)
    for one in [one for one in candidates_of(school, year, on=today) if one.is_open][:2]:
        if one.unit != school and one.subject != principal:
            confirm_commendation(school, one.key, year=year, by=principal)
