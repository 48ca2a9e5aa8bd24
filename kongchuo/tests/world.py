"""Two counties with three fully staffed schools and one of everything in each, for tests that walk all routes."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from django.db import transaction
from django.test import Client, override_settings
from openpyxl import Workbook

from accountability.actions.commitments.making import make_commitments
from accountability.actions.findings.team import add_evidence
from accountability.enums import Ground
from accountability.models import (
    Activity,
    AwarenessSurvey,
    Commendation,
    Commitment,
    Complaint,
    Deficiency,
    Exhibit,
    Finding,
    GuardianAbsence,
    HomeContact,
    InspectionAnswer,
    Lead,
    LeadingGroup,
    PlanItem,
    SelfInspection,
    TruthHit,
    YearPlan,
)
from accountability.tests import matters
from accountability.tests.factories import make_complaint
from casework.actions.cases.verbs import set_causes
from casework.actions.letters import issue_letter
from casework.actions.referrals import refer_labour, refer_restricted
from casework.enums import LetterKind
from casework.models import (
    Appeal,
    Case,
    Conference,
    Duty,
    Episode,
    Escalation,
    HouseholdBatch,
    HouseholdRow,
    LabourReferral,
    Lapse,
    Letter,
    Measure,
    RatioStep,
    Reminder,
    RestrictedReferral,
    RiskWarning,
    SupportPlan,
    TalkRecord,
    TruancyInquiry,
    Visit,
)
from organisation.actions.access import log_access
from organisation.enums import POST_UNITS, JobState, PostKind, UnitKind
from organisation.models import Job, Person, Post, Regulation, SchoolDay, Unit
from organisation.queries.edition import forget_rule_books
from organisation.tests.factories import make_class, make_county, make_holder, make_person, make_school, make_township
from reports.actions.rates import compute_rates
from reports.actions.returns import make_return
from reports.models import MonthlyReturn, Snapshot
from students.actions.attachments import file_of
from students.actions.register import change_register
from students.models import (
    ArrivalExpectation,
    Attachment,
    Incident,
    LeaveSlip,
    Pupil,
    RegisterChange,
    RollVersion,
    TimelineEntry,
    Transfer,
)
from students.tests.factories import make_guardian, make_pupil, make_roll, moment

DAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 20)
MONTH = "2026-10"
SCRIPT = "<script>alert(1)</script>"

# The demo logins (interfaces.md) and the posts they hold at the first place.
LOGINS = {
    "banzhuren": PostKind.CLASS_TEACHER,
    "renke": PostKind.SUBJECT_TEACHER,
    "nianji": PostKind.GRADE_HEAD,
    "jiaodao": PostKind.HEAD_OF_TEACHING,
    "xinli": PostKind.COUNSELLOR,
    "xueji": PostKind.REGISTRAR,
    "zhuangan": PostKind.DROPOUT_OFFICER,
    "fuxiaozhang": PostKind.DEPUTY_PRINCIPAL,
    "xiaozhang": PostKind.PRINCIPAL,
    "xiangzhen": PostKind.TOWNSHIP_OFFICER,
    "jiaoyuju": PostKind.COUNTY_CLERK,
    "juzhang": PostKind.BUREAU_HEAD,
    "dudao": PostKind.INSPECTOR,
    "renshe": PostKind.LABOUR_OFFICER,
    "shiji": PostKind.PREFECTURE_OFFICER,
    "shengji": PostKind.PROVINCE_OFFICER,
}
BY_KIND = {kind: login for login, kind in LOGINS.items()}
PLACES = ("own", "other_school", "other_county")


@dataclass
class Place:
    """One school of the world with one of everything that an address may name."""

    school_class: Unit
    school: Unit
    county: Unit
    staff: dict[str, Person] = field(default_factory=dict)
    pupil: Pupil = None
    gone: Pupil = None
    slip: LeaveSlip = None
    paper: Attachment = None
    duty: Duty = None
    escalation: Escalation = None
    lead: Lead = None
    hit: TruthHit = None
    finding: Finding = None
    figure: Snapshot = None
    filled: MonthlyReturn = None
    job: Job = None
    checked: Job = None
    said: SchoolDay = None
    talk: TalkRecord = None
    case: Case = None
    visit: Visit = None
    ratio: RatioStep = None
    inquiry: TruancyInquiry = None
    appeal: Appeal = None
    letter: Letter = None
    warning: RiskWarning = None
    conference: Conference = None
    plan: SupportPlan = None
    transfer: Transfer = None
    arrival: ArrivalExpectation = None
    incident: Incident = None
    marks_checked: Job = None
    draft: Regulation = None
    compared: HouseholdRow = None
    listed: Job = None
    working: Case = None
    labour: LabourReferral = None
    restricted: RestrictedReferral = None
    sheet: Commitment = None  # the guardians' of the child
    item: PlanItem = None
    activity: Activity = None
    survey: AwarenessSurvey = None
    inspection: SelfInspection = None
    deficiency: Deficiency = None
    complaint: Complaint = None
    exhibit: Exhibit = None
    commendation: Commendation = None
    code: str = ""  # of the school that a child is transferred to

    @property
    def secrets(self) -> list[str]:
        """What nobody may read who does not see these children."""
        return [self.pupil.name, self.gone.name]

    @cached_property
    def path(self):
        return self.school_class.path


@dataclass
class World:
    places: dict[str, Place]
    people: dict[str, Person | None]
    clients: dict[str, Client]

    def post_at(self, login, path) -> str:
        """The kind of post that the person holds at or above a path; empty where none."""
        person = self.people[login]
        held = [post for post in person.posts_on(DAY) if path.startswith(post.unit.path)] if person else []
        return held[0].kind if held else ""

    def posts(self, login) -> list[Post]:
        person = self.people[login]
        return person.posts_on(DAY) if person else []


@contextmanager
def built_world(folder):
    """The world as long as the context lasts; then it is rolled back."""
    folder.mkdir(exist_ok=True)
    with override_settings(DATA_DIR=folder, KONGCHUO_TODAY=DAY.isoformat()), transaction.atomic():
        forget_rule_books()
        yield _build(folder)
        transaction.set_rollback(True)


def _build(folder) -> World:
    county, other = make_county("520502"), make_county("520523")
    first, second = make_township(county, "520502101"), make_township(other, "520523101")
    places = {
        "own": _place(county, make_school(first, "2152000123"), "马小龙", "陈佳琪"),
        "other_school": _place(county, make_school(first, "2152000456"), "龙乙明", "杨乙花"),
        "other_county": _place(other, make_school(second, "2152000901"), "吴丙山", "罗丙水"),
    }
    _staff(places)
    for number, place in enumerate(places.values(), start=1):
        _fill(place, number, folder)
    people = {login: places["own"].staff[kind] for login, kind in LOGINS.items()}
    people |= {
        "waixiao": places["other_school"].staff[PostKind.CLASS_TEACHER],
        "waixian": places["other_county"].staff[PostKind.COUNTY_CLERK],
        "former": make_holder(
            PostKind.CLASS_TEACHER,
            places["own"].school_class,
            "原班主任",
            first_day=date(2025, 9, 1),
            last_day=date(2026, 11, 22),
        ),
        "admin": make_person("系统管理员", login="admin", is_staff=True, is_superuser=True),
        "nobody": None,
    }
    return World(places, people, {login: client_of(person) for login, person in people.items()})


def client_of(person) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def send(client, method, url, body=None):
    """The request, undone afterwards."""
    is_json = url.startswith("/api/") and method != "GET" and not url.endswith("/papers/")
    extra = {"content_type": "application/json"} if is_json else {}
    with transaction.atomic():
        response = getattr(client, method.lower())(url, body or {}, **extra)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return response


def _place(county, school, pupil, gone) -> Place:
    place = Place(make_class(school), school, county)
    place.pupil = make_pupil(
        place.school_class,
        pupil,
        number=f"q{school.code[-3:]}000001",
        identity_number=f"52050220130401{school.code[-3:]}X",
        health="哮喘",
    )
    place.gone = make_pupil(place.school_class, gone, number=f"q{school.code[-3:]}000002", starts=date(2025, 9, 1))
    change_register(place.gone, "drop_out", date=date(2026, 10, 9), reason="外出务工", by=None)
    make_guardian(place.pupil, f"{pupil}之父", phone=f"1390000{school.code[-4:]}")
    return place


def _staff(places):
    """Every post of the demo filled everywhere, so that no vacant one falls to somebody else; each login has one post."""
    taken: dict[tuple, Person] = {}
    for place in places.values():
        for kind in LOGINS.values():
            unit = _unit_for(kind, place)
            if (kind, unit.pk) not in taken:
                taken[kind, unit.pk] = make_holder(kind, unit, f"{unit.name}{kind.label}")
            place.staff[kind] = taken[kind, unit.pk]


def _unit_for(kind, place) -> Unit:
    (unit_kind,) = POST_UNITS[kind]
    return place.school_class if unit_kind == UnitKind.CLASS else Unit.objects.above(place.path).get(kind=unit_kind)


def _fill(place, number, folder):
    staff, path = place.staff, place.path
    teacher = staff[PostKind.CLASS_TEACHER]
    roll = make_roll(place.school_class, FRIDAY, by=teacher, marks={place.pupil: "truant"})
    RollVersion.objects.create(
        roll=roll, version=0, marks=[], submitted_by=teacher, submitted_at=moment(FRIDAY), called_at=moment(FRIDAY)
    )
    place.slip = LeaveSlip.objects.create(
        pupil=place.pupil,
        path=path,
        kind="personal",
        first_day=date(2026, 11, 30),
        last_day=date(2026, 12, 4),
        applied_by="父亲",
        reason="家中有事",
        entered_by=teacher,
        entered_at=moment(DAY),
    )
    place.paper = Attachment.objects.create(
        name="证明.pdf", content_type="application/pdf", size=4, sha256="0", path=path, uploaded_by=teacher
    )
    file_of(place.paper).parent.mkdir(exist_ok=True)
    file_of(place.paper).write_bytes(b"%PDF")
    TimelineEntry.objects.create(pupil=place.pupil, on=DAY, at=moment(DAY), kind="slip", text="请假", by=teacher)
    _ladder(place, teacher, path)
    place.hit = make_hit(place, roll, teacher)
    fill_followed(place, teacher, path)
    fill_moved(place, teacher, path)
    place.said = SchoolDay.objects.create(unit=place.school, date=date(2026, 12, 5), is_open=True)
    log_access(teacher, "view", what="pupil", key=place.pupil.number, path=path)
    compute_rates(place.school, as_of=DAY)
    place.figure = Snapshot.objects.get(unit=place.school, stage="all", formula="dropout_rate")
    place.filled, _ = make_return(place.school, MONTH)
    _jobs(place, number, folder)
    _compared(place, number, folder)
    _referred(place)
    fill_routine(place, teacher, path)
    fill_accountable(place, staff[PostKind.PRINCIPAL])
    file_of(place.exhibit).write_bytes(b"%PDF")
    _accounted(place)


def _accounted(place):
    """A matter against the subject teacher before the principal, heard, with a paper."""
    staff = place.staff
    team = [staff[PostKind.HEAD_OF_TEACHING], staff[PostKind.GRADE_HEAD]]
    place.finding = matters.walk(
        staff[PostKind.PRINCIPAL], team, "heard", subject_person=staff[PostKind.SUBJECT_TEACHER]
    )
    proof = {"title": "登记簿", "text": "没有记录", "upload": matters.picture()}
    add_evidence(place.finding, place.finding.grounds.get(), by=team[0], **proof)


def _ladder(place, teacher, path):
    place.duty = Duty.objects.create(
        kind="tell_guardians",
        key=f"tell:{place.pupil.number}",
        title=f"告知{place.pupil.name}的家长",
        pupil=place.pupil,
        path=path,
        post_kind=PostKind.CLASS_TEACHER,
        chair_path=path,
        due_at=moment(date(2026, 11, 9)),
        opened_at=moment(date(2026, 11, 6)),
    )
    place.escalation = Escalation.objects.create(
        pupil=place.pupil,
        path=path,
        day=FRIDAY,
        period="2026-1",
        count=1,
        count_now=1,
        level=1,
        owner=PostKind.CLASS_TEACHER,
        document="谈话记录",
        due_at=moment(DAY, 23),
        created_at=moment(FRIDAY),
    )
    said = {
        "place": "学校",
        "by": teacher.name,
        "text": "谈话",
        "entered_by": teacher,
        "entered_at": moment(FRIDAY, 10),
    }
    talk = TalkRecord.objects.create(pupil=place.pupil, kind="guardians_told", at=moment(FRIDAY, 9), **said)
    place.talk = talk
    Measure.objects.create(escalation=place.escalation, kind="verbal_warning")
    Measure.objects.create(escalation=place.escalation, kind="guardians_told", record=talk)
    lapse = Lapse.objects.create(duty=place.duty, person=teacher, post_kind=PostKind.CLASS_TEACHER, since=FRIDAY)
    Reminder.objects.create(
        duty=place.duty, stage="next_post", person=place.staff[PostKind.GRADE_HEAD], at=moment(FRIDAY)
    )
    place.lead = Lead.objects.create(
        lapse=lapse,
        subject=teacher,
        subject_post=PostKind.CLASS_TEACHER,
        path=path,
        ground=Ground.G2,
        evidence={"kind": "告知家长", "title": place.duty.title, "late_days": 9}
        | {"due_at": "2026-11-09T23:59", "since": "2026-11-20"},
        screener_kind=PostKind.PRINCIPAL,
        screener_path=place.school.path,
        opened_at=moment(DAY),
    )


def make_hit(place, roll, teacher):
    """A roll that does not say what an inspector counted."""
    return TruthHit.objects.create(
        kind="headcount",
        key=f"headcount:{place.pupil.number}",
        title=f"清点不符:{place.pupil.name}",
        path=place.path,
        school_class=place.school_class,
        pupil=place.pupil,
        roll=roll,
        about=teacher,
        evidence=[{"side": "roll", "text": "应到 1,实到 1", "kind": "roll", "key": roll.pk}],
        found_at=moment(DAY),
        chair_kind=PostKind.PRINCIPAL,
        chair_path=place.school.path,
    )


def fill_followed(place, teacher, path):
    """What follows an absence: the case of the child who left, share, inquiry, appeal, letter, warning, support."""
    pupil, principal = place.pupil, place.staff[PostKind.PRINCIPAL]
    town = Unit.objects.above(path).get(kind=UnitKind.TOWNSHIP)
    place.case = Case.objects.create(
        pupil=place.gone,
        path=path,
        origin_path=path,
        township=town,
        state="persuading",
        source="left",
        opened_on=date(2026, 10, 9),
    )
    episode = Episode.objects.create(
        case=place.case,
        number=1,
        away_since=date(2026, 10, 9),
        suspected_on=date(2026, 10, 9),
        confirmed_on=date(2026, 10, 9),
        persuading_on=date(2026, 10, 9),
    )
    place.visit = Visit.objects.create(
        case=place.case,
        episode=episode,
        kind="home",
        at=moment(FRIDAY, 17),
        place="家中",
        visitors=["老师"],
        outcome="left_school",
        text="外出",
        next_step="再访",
        entered_by=teacher,
        entered_at=moment(FRIDAY, 18),
    )
    place.ratio = RatioStep.objects.create(
        pupil=pupil, path=path, rule="year", period="2026", unexcused=6, expected=100, opened_at=moment(FRIDAY)
    )
    place.inquiry = TruancyInquiry.objects.create(
        pupil=pupil, path=path, source="rolls", text="多次旷课", reported_by=teacher, reported_on=FRIDAY
    )
    place.appeal = Appeal.objects.create(
        pupil=pupil,
        path=path,
        escalation=place.escalation,
        filed_by="父",
        relation="父亲",
        filed_on=FRIDAY,
        text="有误",
    )
    place.letter = issue_letter(
        LetterKind.SUMMONS, pupil, by=teacher, reason="旷课", appointed="11月25日", where="接待室", on=FRIDAY
    )
    place.warning = RiskWarning.objects.create(
        pupil=pupil, path=path, tier="orange", points=8, opened_on=FRIDAY, risen_on=FRIDAY, digest="0"
    )
    meeting = {
        "tier": "orange",
        "rise": 1,
        "chair_post": PostKind.HEAD_OF_TEACHING,
        "place": "会议室",
        "invited": "家长",
    }
    place.conference = Conference.objects.create(
        warning=place.warning,
        pupil=pupil,
        path=path,
        at=moment(DAY, 16),
        called_by=teacher,
        called_at=moment(FRIDAY),
        **meeting,
    )
    place.plan = SupportPlan.objects.create(
        warning=place.warning,
        pupil=pupil,
        path=path,
        helper="老师",
        goal="按时到校",
        made_on=FRIDAY,
        made_by=principal,
        review_on=date(2026, 12, 18),
    )


def fill_accountable(place, by):
    """A complaint with its paper, and a commendation of the class."""
    place.complaint, _ = make_complaint(place.county, name="举报人", phone="13900000000")
    place.exhibit = Exhibit.objects.create(
        complaint=place.complaint, name="照片.pdf", content_type="application/pdf", size=4, sha256="0", at=moment(DAY)
    )
    place.commendation = Commendation.objects.create(
        year=2026, merit="no_dropout", unit=place.school_class, path=place.path, basis="无辍学", confirmed_at=moment(DAY),
        confirmed_by=by,
    )  # fmt: skip


def fill_moved(place, teacher, path):
    """A transfer to a school without anybody, a child that is awaited, an incident, a draft of the county."""
    town = Unit.objects.above(path).get(kind=UnitKind.TOWNSHIP)
    registrar = place.staff[PostKind.REGISTRAR]
    place.transfer = Transfer.objects.create(
        pupil=place.pupil,
        from_school=place.school,
        to_school=make_school(town, place.code or f"21520007{place.school.code[-2:]}"),
        on=DAY,
        reason="搬家",
        asked_by=registrar,
        asked_at=moment(FRIDAY),
    )
    place.arrival = ArrivalExpectation.objects.create(
        pupil=place.gone,
        reason="transfer",
        from_path=path,
        change=RegisterChange.objects.get(pupil=place.gone, kind="drop_out"),
        to_name="外省某校",
        first_day=date(2026, 9, 1),
        due_on=date(2026, 9, 15),
    )
    place.incident = Incident.objects.create(
        pupil=place.pupil,
        path=path,
        on=FRIDAY,
        kind="conflict",
        text="争执",
        entered_by=teacher,
        entered_at=moment(FRIDAY),
    )
    place.draft, _ = Regulation.objects.get_or_create(
        unit=place.county,
        title="预警分值",
        defaults={
            "version": 1,
            "rules": {"warning": {"points": {}}},
            "effective_from": DAY + timedelta(days=9),
            "drafted_by": teacher,
        },
    )


def _compared(place, number, folder):
    """A row of the county's list that means the child who is gone, and a checked list of the county clerk's."""
    batch, _ = HouseholdBatch.objects.get_or_create(
        county=place.county,
        kind="household",
        defaults={"on": DAY, "rows_count": 1, "at": moment(DAY), "compared_at": moment(DAY)},
    )
    place.compared = HouseholdRow.objects.create(
        batch=batch,
        path=place.county.path,
        row=number,
        name=place.gone.name,
        sex="male",
        born_on=date(2013, 4, 1),
        township=Unit.objects.above(place.path).get(kind=UnitKind.TOWNSHIP),
        result="unmatched",
    )
    params = {"file": f"list-{number}.xlsx", "kind": "household", "on": "2026-11-20", "dry_run": True}
    place.listed = Job.objects.create(
        kind="casework.import_list",
        title="检查户籍名单",
        asked_by=place.staff[PostKind.COUNTY_CLERK],
        unit=place.county,
        state=JobState.DONE,
        params=params,
        result={"dry_run": True, "errors": 0, "rows": 1},
    )
    Workbook().save(folder / "uploads" / params["file"])


def _referred(place):
    """The child who is gone works; the case was put before labour authority and police."""
    place.working = place.case
    principal = place.staff[PostKind.PRINCIPAL]
    set_causes(place.working, ["work"], by=principal)
    given = {"by": principal, "text": "有人看见"}
    place.labour = refer_labour(place.working, employer="砖厂", place="邻县", **given)
    place.restricted = refer_restricted(
        place.working, harm="missing", authority="police", addressee="县公安局", **given
    )


def fill_routine(place, teacher, path):
    """The guardians' commitment, a plan with an item, a group, a meeting, a questionnaire, a self-inspection, a visit."""
    principal, school, year = place.staff[PostKind.PRINCIPAL], {"unit": place.school, "path": place.school.path}, 2026
    make_commitments(place.school_class, ["teacher_guardian", "principal_class_teacher"], by=principal)
    place.sheet = Commitment.objects.get(pupil=place.pupil)
    said = {"by": principal, "at": moment(FRIDAY)}
    plan, _ = YearPlan.objects.get_or_create(
        **school, year=year, defaults={"goals": "一名不少", "made_by": principal, "made_at": moment(FRIDAY)}
    )
    place.item = plan.items.create(title="家访月", post_kind=PostKind.HEAD_OF_TEACHING, due_on=date(2026, 12, 18))
    group, _ = LeadingGroup.objects.get_or_create(
        **school, year=year, kind="leading",
        defaults={"formed_on": FRIDAY, "formed_by": principal, "formed_at": moment(FRIDAY)},
    )  # fmt: skip
    if not group.members.exists():
        group.members.create(person=principal, post_kind=PostKind.PRINCIPAL, role="head", first_day=FRIDAY)
    place.activity = Activity.objects.create(
        kind="guardians_meeting", unit=place.school_class, path=path, period="2026-1", on=FRIDAY, text="期中家长会",
        expected=1, attended=0, by=teacher, at=moment(FRIDAY),
    )  # fmt: skip
    GuardianAbsence.objects.create(activity=place.activity, pupil=place.pupil)
    place.survey = AwarenessSurvey.objects.create(
        **school, year=year, audience="pupils", source="link", asked=50, aware_from=4, target_percent=90,
        expires_at=moment(DAY + timedelta(days=9)), opened_on=FRIDAY, by=principal,
    )  # fmt: skip
    place.survey.answers.create(right=5)
    place.inspection = SelfInspection.objects.create(
        **school, period="2026-1", on=FRIDAY, who="校长", regulation="0", **said
    )
    answer = InspectionAnswer.objects.create(
        inspection=place.inspection, key="parallel_classes", text="平行编班", result="not", note="有重点班"
    )
    place.deficiency = Deficiency.objects.create(
        inspection=place.inspection, answer=answer, path=place.school.path, text="有重点班",
        post_kind=PostKind.HEAD_OF_TEACHING, due_on=date(2026, 11, 30),
    )  # fmt: skip
    HomeContact.objects.create(
        pupil=place.pupil, path=path, kind="visit", on=FRIDAY, whom="祖母", text="在家", by=teacher, at=moment(FRIDAY)
    )


def _jobs(place, number, folder):
    registrar = place.staff[PostKind.REGISTRAR]
    made = {"asked_by": registrar, "unit": place.school, "state": JobState.DONE, "expires_on": DAY + timedelta(days=9)}
    place.job = Job.objects.create(
        kind="students.export_roster", title="导出名册", result_file=f"r{number}.xlsx", result_name="名册.xlsx", **made
    )
    (folder / "results").mkdir(exist_ok=True)
    (folder / "results" / place.job.result_file).write_bytes(b"PK")
    params = {"file": f"roster-{number}.xlsx", "since": "2026-11-20", "dry_run": True}
    result = {"dry_run": True, "errors": 0, "rows": 1, "created": 0, "updated": 0, "unchanged": 1, "missing": 0}
    place.checked = Job.objects.create(
        kind="students.import_roster", title="检查名册", params=params, result=result, **made
    )
    Workbook().save(folder / "uploads" / params["file"])
    teacher = place.staff[PostKind.CLASS_TEACHER]
    place.marks_checked = Job.objects.create(
        kind="students.import_learning",
        title="检查学业等级",
        params={**params, "what": "marks"},
        result=result,
        **made | {"asked_by": teacher, "unit": place.school_class},
    )
