"""The three ledgers of a county (F68, P28): 适龄儿童, 疑似辍学, 辍学 — kept by the records themselves, so always current."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from casework.enums import OUT_OF_SCHOOL, CaseState, Cause
from casework.enums.household import TO_DECIDE, CompareResult, ListKind
from casework.models import Case, Duty, HouseholdRow
from casework.rules.household import school_age_births
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.rules.paths import STEP, ancestors, at_or_below
from organisation.sealing import masked
from students.models import Enrolment, Pupil

COLUMNS = (
    "序号", "县", "乡镇", "学校", "年级", "班级", "姓名", "性别", "民族", "身份证号", "村组", "监护人", "关系", "电话", "特殊群体",
    "最后到校日", "类别", "原因", "去向", "发现方式", "劝返次数", "最近劝返日期", "教育线责任人", "政府线责任人", "措施", "状态",
    "复学日期", "安置方式", "销号日期", "销号依据", "国家平台录入日期", "备注",
)  # fmt: skip
GROUPS = {
    "is_orphan": "孤儿",
    "is_unsupported": "事实无人抚养",
    "is_in_hardship": "困境",
    "is_left_behind": "留守",
    "is_migrant": "随迁",
    "is_disabled": "残疾",
    "is_poor": "脱贫/监测",
}
NO_TOWNSHIP = "none"  # cases of county schools whose children's residence nobody has entered
OF_CHILDREN = (ListKind.HOUSEHOLD, ListKind.SURVEY)


def case_rows(person, *, on, out: bool):
    """The cases of a ledger that a person sees: confirmed and not back, or still suspected."""
    visible = Case.objects.visible_to(person, on=on)
    return visible.out_of_school() if out else visible.suspected()


def filter_cases(rows, asked, *, at):
    """As the address asks: township, village, school, cause, state, late, poor households; unknown words change nothing."""
    if asked.get("township") == NO_TOWNSHIP:
        rows = rows.filter(township=None)
    elif asked.get("township"):
        rows = rows.filter(township__code=asked["township"][:24])
    if asked.get("village"):
        rows = rows.filter(pupil__village__contains=asked["village"][:80])
    if asked.get("school"):
        school = Unit.objects.filter(code=asked["school"][:24], kind=UnitKind.SCHOOL).first()
        rows = rows.below(school.path) if school else rows.none()
    if asked.get("cause") in Cause.values:
        rows = rows.filter(causes__cause=asked["cause"])
    if asked.get("state") in CaseState.values:
        rows = rows.filter(state=asked["state"])
    if asked.get("late") == "1":
        late = Duty.objects.overdue(at=at).filter(key__startswith="case:").values("about")
        rows = rows.filter(pk__in=late)
    if asked.get("poor") == "1":
        rows = rows.filter(Q(pupil__is_poor=True) | Q(Exists(of_poor_household("pupil"))))
    return rows


def of_poor_household(field):
    """Rows of the current 脱贫/监测 lists that mean the pupil of an outer row."""
    return HouseholdRow.objects.current().filter(batch__kind=ListKind.POVERTY, pupil=OuterRef(field))


def schools_of_cases(person, *, on) -> list[Unit]:
    """The schools that have a case in scope, down the tree."""
    paths = Case.objects.visible_to(person, on=on).order_by().values_list("path", flat=True).distinct()
    above = {path for one in paths for path in ancestors(one)}
    return list(Unit.objects.filter(path__in=above, kind=UnitKind.SCHOOL).order_by("path"))


def listed_children(person, *, on):
    """Children of school age by the current lists of households and of the village survey."""
    rows = HouseholdRow.objects.visible_to(person, on=on).current().filter(batch__kind__in=OF_CHILDREN)
    return rows.exclude(result=CompareResult.OUT_OF_AGE)


def registered_children(person, *, on):
    """Children of school age whom the register has today, as far as the person sees their files."""
    counties = {post.unit.path[:COUNTY_LENGTH] for post in person.posts_on(on)}
    county = min(counties, default="")
    first, last = school_age_births(on, rule_book(county).rules(county, on=on).compare)
    current = Enrolment.objects.current(on=on).filter(pupil=OuterRef("pk"))
    return Pupil.objects.visible_to(person, on=on).filter(Exists(current), born_on__range=(first, last))


def summary(person, *, on) -> list[dict]:
    """One line a township in scope, and their sum: children by the lists, how many of them are where, suspected, dropped out."""
    rows = listed_children(person, on=on).order_by()
    counted = rows.values("township").annotate(
        listed=Count("pk"),
        here=Count("pk", filter=Q(result__in=[CompareResult.IN_SCHOOL, CompareResult.DROPPED_OUT])),
        elsewhere=Count("pk", filter=Q(result=CompareResult.ELSEWHERE) | Q(decision="elsewhere")),
        waiting=Count("pk", filter=Q(result__in=TO_DECIDE, decision="")),
    )
    cases = Case.objects.visible_to(person, on=on).order_by()
    of_cases = cases.values("township").annotate(
        suspected=Count("pk", filter=Q(state=CaseState.SUSPECTED)),
        dropouts=Count("pk", filter=Q(state__in=OUT_OF_SCHOOL)),
    )
    lines: dict[int, dict] = defaultdict(
        lambda: dict.fromkeys(("listed", "here", "elsewhere", "waiting", "suspected", "dropouts"), 0)
    )
    for found in (*counted, *of_cases):
        lines[found["township"]] |= {name: number for name, number in found.items() if name != "township"}
    units = Unit.objects.filter(Q(pk__in=lines) | at_or_below("path", person.paths(on=on)), kind=UnitKind.TOWNSHIP)
    found = [{"township": unit, **lines[unit.pk]} for unit in units]
    return [*found, {"township": None, **lines[None]}] if None in lines else found


def totals(lines: Iterable[dict]) -> dict[str, int]:
    lines = list(lines)
    keys = ("listed", "here", "elsewhere", "waiting", "suspected", "dropouts")
    return {key: sum(line[key] for line in lines) for key in keys}


def with_ledger_parts(cases):
    """Cases with what a ledger's line says of them, in as many statements for many as for one."""
    return cases.select_related(
        "pupil__school_class", "township", "education_line", "government_line"
    ).prefetch_related("causes", "episodes", "visits", "steps", "placements", "approvals", "pupil__guardians")


class Places:
    """County, township, school, grade and class of many paths, in one statement."""

    def __init__(self, paths, *, on):
        self.on = on
        above = {path[:end] for path in paths for end in range(STEP, len(path) + 1, STEP)}
        self._units = {unit.path: unit for unit in Unit.objects.filter(path__in=above)}

    def of(self, path) -> dict[str, str]:
        line = [self._units.get(path[:end]) for end in range(STEP, len(path) + 1, STEP)]
        named = {unit.kind: unit.label(on=self.on) for unit in line if unit is not None}
        kinds = {"县": "county", "乡镇": "township", "学校": "school", "年级": "cohort", "班级": "class"}
        return {heading: named.get(kind, "") for heading, kind in kinds.items()}


def lines_of_cases(cases, *, on, full=False) -> list[list[str]]:
    """The P28 columns of each case; identity numbers and phones masked unless `full`."""
    cases = list(cases)
    places = Places({case.path for case in cases}, on=on)
    return [_line(number, _of_case(case, places, full)) for number, case in enumerate(cases, start=1)]


def _line(number, values) -> list[str]:
    values["序号"] = str(number)
    return [str(values.get(heading) or "") for heading in COLUMNS]


def _of_case(case, places, full) -> dict:
    episodes = sorted(case.episodes.all(), key=lambda one: one.number)
    episode = episodes[-1]
    visits = sorted((visit for visit in case.visits.all() if visit.episode_id == episode.pk), key=lambda one: one.at)
    placement = next(iter(case.placements.all()), None)
    approval = next((one for one in case.approvals.all() if one.granted and one.kind == "close"), None)
    causes = [cause.get_cause_display() for cause in case.causes.all()]
    found = {
        **places.of(case.path),
        **_of_pupil(case.pupil, full),
        "最后到校日": episode.last_attended,
        "类别": "疑似辍学" if case.state == CaseState.SUSPECTED else "辍学",
        "原因": "、".join(causes),
        "去向": case.get_whereabouts_display() + (f":{case.whereabouts_text}" if case.whereabouts_text else ""),
        "发现方式": case.get_source_display(),
        "劝返次数": len(visits),
        "最近劝返日期": timezone.localdate(visits[-1].at) if visits else "",
        "教育线责任人": case.education_line and case.education_line.name,
        "政府线责任人": case.government_line and case.government_line.name,
        "措施": "、".join(step.get_kind_display() for step in case.steps.all() if step.episode_id == episode.pk),
        "状态": case.get_state_display(),
        "复学日期": episode.returned_on,
        "安置方式": placement and placement.get_kind_display(),
        "销号日期": case.ended_on if case.state == CaseState.CLOSED else "",
        "销号依据": approval and approval.text,
        "国家平台录入日期": case.platform_on,
        "备注": case.note,
    }
    found["乡镇"] = case.township.name if case.township else found["乡镇"]
    return found


def _of_pupil(pupil, full) -> dict:
    guardian = next(iter(pupil.guardians.all()), None)
    return {
        "姓名": pupil.name,
        "性别": pupil.get_sex_display(),
        "民族": pupil.ethnicity,
        "身份证号": pupil.identity_number if full else pupil.masked_identity_number,
        "村组": pupil.village,
        "监护人": guardian and guardian.name,
        "关系": guardian and guardian.relation,
        "电话": guardian and (guardian.phone if full else guardian.masked_phone),
        "特殊群体": "、".join(label for name, label in GROUPS.items() if getattr(pupil, name)),
    }


def lines_of_pupils(pupils, *, on, full=False) -> list[list[str]]:
    pupils = list(pupils.select_related("residence").prefetch_related("guardians"))
    places = Places({pupil.path for pupil in pupils}, on=on)
    lines = []
    for number, pupil in enumerate(pupils, start=1):
        values = {**places.of(pupil.path), **_of_pupil(pupil, full), "类别": "适龄儿童", "状态": "在籍"}
        values["乡镇"] = pupil.residence.name if pupil.residence else values["乡镇"]
        lines.append(_line(number, values))
    return lines


def lines_of_rows(rows, *, on, full=False) -> list[list[str]]:
    """Children of a list; what the register knows of them beside what the list says."""
    rows = list(rows.select_related("township", "pupil"))
    places = Places({row.pupil.path for row in rows if row.pupil} | {row.path for row in rows}, on=on)
    lines = []
    for number, row in enumerate(rows, start=1):
        values = {
            **places.of(row.pupil.path if row.pupil else row.path),
            "县": places.of(row.path)["县"],
            "乡镇": row.township.name,
            "姓名": row.name,
            "性别": row.get_sex_display(),
            "民族": row.ethnicity,
            "身份证号": row.identity_number if full else masked(row.identity_number),
            "村组": row.village,
            "监护人": row.guardian_name,
            "电话": row.guardian_phone if full else row.masked_phone,
            "类别": "适龄儿童",
            "状态": row.get_decision_display() or row.get_result_display(),
            "备注": row.note,
        }
        lines.append(_line(number, values))
    return lines
