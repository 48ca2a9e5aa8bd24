"""The units, people and posts of the demo: a county with eight townships, and a neighbour with one school."""

from dataclasses import dataclass, field
from datetime import date
from random import Random

from django.contrib.auth.hashers import make_password

from kongchuo.demo.names import adult
from organisation.actions.bulk import create_with_history
from organisation.actions.classes import ensure_class
from organisation.enums import PostKind, SchoolKind, SchoolSystem, Stage, UnitKind
from organisation.models import Person, Post, Unit
from organisation.rules.grades import entry_year, last_grade, school_year, stage_of

PASSWORD = "kongchuo-demo"
TOWNSHIPS = ("云岭镇", "么站镇", "大水乡", "花溪镇", "石板乡", "黑土镇", "白果乡", "青龙镇")
CLASS_SIZE = 48
MULTI_GRADE = "石板乡岩脚教学点"
POST_START = date(2024, 9, 1)
K, S = SchoolKind, SchoolSystem


@dataclass(frozen=True)
class SchoolPlan:
    """A school to be: where it lies (township number, 0 the county itself) and its share of the pupils."""

    name: str
    kind: SchoolKind
    township: int
    share: float
    system: SchoolSystem = S.SIX_THREE
    boarding: bool = False

    @property
    def grades(self) -> range:
        last = last_grade(Stage.PRIMARY, self.system)
        return {
            K.PRIMARY: range(1, last + 1),
            K.TEACHING_POINT: range(1, 4),
            K.JUNIOR: range(last + 1, 10),
        }.get(self.kind, range(1, 10))


SCHOOLS = (
    SchoolPlan("么站镇九年一贯制学校", K.NINE_YEAR, 2, 14.4),
    SchoolPlan("县第一小学", K.PRIMARY, 0, 11),
    SchoolPlan("县第二小学", K.PRIMARY, 0, 8),
    SchoolPlan("县第一初级中学", K.JUNIOR, 0, 10),
    SchoolPlan("县特殊教育学校", K.SPECIAL, 0, 0.8),
    SchoolPlan("云岭镇中心小学", K.PRIMARY, 1, 7),
    SchoolPlan("云岭镇初级中学", K.JUNIOR, 1, 6),
    SchoolPlan("大水乡寄宿制初级中学", K.JUNIOR, 3, 6, boarding=True),
    SchoolPlan("大水乡中心小学", K.PRIMARY, 3, 6),
    SchoolPlan("花溪镇五四制学校", K.NINE_YEAR, 4, 8, S.FIVE_FOUR),
    SchoolPlan("石板乡中心小学", K.PRIMARY, 5, 5),
    SchoolPlan("石板乡岩脚教学点", K.TEACHING_POINT, 5, 0.5),
    SchoolPlan("黑土镇中心小学", K.PRIMARY, 6, 5),
    SchoolPlan("黑土镇初级中学", K.JUNIOR, 6, 4, boarding=True),
    SchoolPlan("白果乡中心小学", K.PRIMARY, 7, 4.5),
    SchoolPlan("青龙镇九年一贯制学校", K.NINE_YEAR, 8, 7),
    SchoolPlan("青龙镇高山教学点", K.TEACHING_POINT, 8, 0.4),
)

# login: post, and whether it sits at the main school (M), its class (C), a class taught (T) or elsewhere.
LOGINS = {
    "banzhuren": "班主任",
    "fushi": "教学点复式班班主任",
    "renke": "任课教师",
    "nianji": "年级组长",
    "jiaodao": "教导主任",
    "xinli": "心理辅导员",
    "xueji": "学籍管理员",
    "zhuangan": "控辍专干",
    "fuxiaozhang": "副校长",
    "xiaozhang": "校长",
    "xiangzhen": "乡镇干部",
    "jiaoyuju": "教育局工作人员",
    "juzhang": "教育局局长",
    "dudao": "督学",
    "renshe": "人社专员",
    "shiji": "市(州)教育局",
    "shengji": "省教育厅",
    "admin": "系统管理员",
    "waixiao": "外校班主任",
    "waixian": "外县教育局工作人员",
}


@dataclass
class County:
    """What was built, for those who fill it with pupils."""

    root: Unit
    county: Unit
    classes: list[tuple[Unit, SchoolPlan, int]] = field(default_factory=list)  # class, its school, pupils to be
    main_class: Unit = None
    townships: list[Unit] = field(default_factory=list)
    schools: list[Unit] = field(default_factory=list)


class Staff:
    """Makes people and their posts; the demo logins share one hash of the demo password."""

    def __init__(self, random: Random):
        self.random = random
        self.password = make_password(PASSWORD)
        self.unusable = make_password(None)
        self.people: list[Person] = []
        self.posts: list[tuple[int, str, Unit]] = []

    def hold(self, kind, unit, login=""):
        """One person more, on one post."""
        number = len(self.people) + 1
        self.people.append(
            Person(
                login=login or f"t{number:05d}",
                name=adult(self.random),
                phone=f"199{self.random.randrange(10**8):08d}",
                staff_number=f"T{number:05d}",
                password=self.password if login else self.unusable,
            )
        )
        self.posts.append((number - 1, kind, unit))

    def hold_too(self, kind, unit):
        """One post more for the person who came last."""
        self.posts.append((len(self.people) - 1, kind, unit))

    def save(self):
        people = create_with_history(Person, self.people)
        create_with_history(
            Post, [Post(person=people[n], kind=kind, unit=unit, first_day=POST_START) for n, kind, unit in self.posts]
        )


def build(random: Random, pupils: int, on: date) -> County:
    """The tree, the people, the posts; and how many pupils each class is to have."""
    staff = Staff(random)
    province = Unit.objects.add_root({"kind": UnitKind.PROVINCE, "code": "52", "name": "贵州省(演示)"})
    prefecture = _under(province, UnitKind.PREFECTURE, "5205", "毕节市(演示)")
    county = _under(prefecture, UnitKind.COUNTY, "520502", "云山县(演示)")
    built = County(province, county)
    for number, name in enumerate(TOWNSHIPS, start=1):
        built.townships.append(_under(county, UnitKind.TOWNSHIP, f"520502{100 + number}", name))
    total = sum(plan.share for plan in SCHOOLS)
    for number, plan in enumerate(SCHOOLS, start=1):
        parent = built.townships[plan.township - 1] if plan.township else county
        school = _school(parent, f"21520001{number:02d}", plan)
        built.schools.append(school)
        _fill_school(built, school, plan, round(pupils * plan.share / total), staff, on, main=number == 1)
    _offices(staff, province, prefecture, county, built.townships)
    other = _under(prefecture, UnitKind.COUNTY, "520523", "金河县(演示)")
    staff.hold(PostKind.COUNTY_CLERK, other, "waixian")
    far_township = _under(other, UnitKind.TOWNSHIP, "520523101", "金河镇")
    plan = SchoolPlan("金河镇中心小学", K.PRIMARY, 1, 1)
    _fill_school(built, _school(far_township, "2152000901", plan), plan, max(30, pupils // 50), staff, on)
    staff.save()
    admin = Person(login="admin", name="系统管理员", is_staff=True, is_superuser=True, password=staff.password)
    create_with_history(Person, [admin])
    return built


def _under(parent, kind, code, name, **fields):
    return Unit.objects.add_child(Unit.objects.get(pk=parent.pk), {"kind": kind, "code": code, "name": name, **fields})


def _school(parent, code, plan):
    fields = {"school_kind": plan.kind, "system": plan.system, "is_boarding": plan.boarding}
    return _under(parent, UnitKind.SCHOOL, code, plan.name, **fields)


def _fill_school(built, school, plan, pupils, staff, on, *, main=False):
    per_grade = max(3, round(pupils / len(plan.grades)))
    year = school_year(on)
    for grade in plan.grades:
        stage = stage_of(grade, plan.system)
        number_of_classes = max(1, -(-per_grade // CLASS_SIZE))
        for number in range(1, number_of_classes + 1):
            made = ensure_class(school, stage, entry_year(grade, stage, plan.system, year), number)
            size = per_grade // number_of_classes + (number <= per_grade % number_of_classes)
            is_main = main and grade == 8 and number == 1
            built.classes.append((made, plan, CLASS_SIZE if is_main else size))
            outside = plan.name == "县第一初级中学" and grade == 8 and number == 1
            login = (
                "banzhuren"
                if is_main
                else "waixiao"
                if outside
                else "fushi"
                if plan.name == MULTI_GRADE and number == 1
                else ""
            )
            if plan.kind == K.TEACHING_POINT and grade > plan.grades[0]:  # one teacher, several grades in one room
                staff.hold_too(PostKind.CLASS_TEACHER, made)
            else:
                staff.hold(PostKind.CLASS_TEACHER, made, login)
            if is_main:
                built.main_class = made
                staff.hold(PostKind.SUBJECT_TEACHER, made, "renke")
        if plan.kind != K.TEACHING_POINT:
            cohort = Unit.objects.get(path=made.path[:-4])
            staff.hold(PostKind.GRADE_HEAD, cohort, "nianji" if main and grade == 8 else "")
    posts = [(PostKind.PRINCIPAL, "xiaozhang")]
    if plan.kind != K.TEACHING_POINT:
        posts += [
            (PostKind.HEAD_OF_TEACHING, "jiaodao"),
            (PostKind.REGISTRAR, "xueji"),
            (PostKind.DROPOUT_OFFICER, "zhuangan"),
        ]
    if plan.share > 5:
        posts += [(PostKind.DEPUTY_PRINCIPAL, "fuxiaozhang"), (PostKind.COUNSELLOR, "xinli")]
    for kind, login in posts:
        staff.hold(kind, school, login if main else "")


def _offices(staff, province, prefecture, county, townships):
    staff.hold(PostKind.PROVINCE_OFFICER, province, "shengji")
    staff.hold(PostKind.PREFECTURE_OFFICER, prefecture, "shiji")
    staff.hold(PostKind.PREFECTURE_LEADER, prefecture)
    for kind, login in (
        (PostKind.COUNTY_CLERK, "jiaoyuju"),
        (PostKind.BUREAU_HEAD, "juzhang"),
        (PostKind.INSPECTOR, "dudao"),
        (PostKind.LABOUR_OFFICER, "renshe"),
        (PostKind.COUNTY_LEADER, ""),
    ):
        staff.hold(kind, county, login)
    for number, township in enumerate(townships, start=1):
        staff.hold(PostKind.TOWNSHIP_OFFICER, township, "xiangzhen" if number == 2 else "")
        staff.hold(PostKind.CENTRAL_HEAD, township)
