"""Every model with people's data says who sees its rows: a new one without `visible_to` and without a reason fails."""

from datetime import date

import pytest
from django.apps import apps

from casework.models import Duty, Lapse, Reminder, TalkRecord
from organisation.actions.access import log_access
from organisation.enums import PostKind
from organisation.models import AccessEntry, Job, Person
from organisation.tests.factories import make_holder
from students.enums import Audience
from students.models import Attachment, Guardian, LeaveSlip, Mark, Pupil, PupilGrant, TimelineEntry
from students.tests.factories import make_guardian, make_pupil, make_roll, moment

FLOORS = ("organisation", "students", "casework", "accountability", "reports")
EXEMPT = {
    "organisation.Regulation": "a regulation is public in its county; it names who drafted and approved it",
    "students.PupilAlias": "the number of a merged file; it leads to a pupil, read through Pupil.visible_to",
    **dict.fromkeys(
        (
            "casework.Episode",
            "casework.CaseMove",
            "casework.CaseCause",
            "casework.Visit",
            "casework.EnforcementStep",
            "casework.Placement",
            "casework.PlacementProof",
            "casework.FollowUp",
            "casework.Approval",
        ),
        "a part of a case, read through Case.visible_to",
    ),
    "accountability.SpotAbsence": "a part of a headcount, read through SpotCount.visible_to",
    "casework.RatioRecord": "a part of a step, read through RatioStep.visible_to",
    "casework.InquiryMember": "a part of an inquiry, read through TruancyInquiry.visible_to",
    "casework.InquiryEntry": "a part of an inquiry, read through TruancyInquiry.visible_to",
    "casework.Summons": "a part of an inquiry, read through TruancyInquiry.visible_to",
    "casework.CommitteeMember": "a part of an appeal, read through Appeal.visible_to",
    "casework.Hearing": "a part of a step of the ladder, read through Escalation.visible_to",
    "casework.SignedLink": "a part of a letter, read through Letter.visible_to; opened by its token alone",
    "casework.LetterTemplate": "wording of a unit, with nobody's data; it names who uploaded it",
    "casework.PlanMeasure": "a part of a plan, read through SupportPlan.visible_to",
    "casework.RiskSignal": "a part of a warning, read through RiskWarning.visible_to",
    "accountability.CommitmentWording": "what all sheets of a unit say, with nobody's data; it names who made it",
    "accountability.CommitmentLink": "a part of a sheet, read through Commitment.visible_to; opened by its token alone",
    "accountability.GroupMember": "a part of a group, read through LeadingGroup.visible_to",
    "accountability.InspectionAnswer": "a part of a self-inspection, read through SelfInspection.visible_to",
    "accountability.SurveyAnswer": "a number without anybody, read through AwarenessSurvey.visible_to",
    "casework.TierChange": "a part of a warning, read through RiskWarning.visible_to",
}


def floors_models():
    """The models of the five floors; history tables are read with the row that they belong to (`history_of`)."""
    found = [model for floor in FLOORS for model in apps.get_app_config(floor).get_models()]
    return [model for model in found if not model.__name__.startswith("Historical")]


def leads_to_people(model, seen=()) -> bool:
    """Whether the model is about a pupil or a person, itself or through what it belongs to."""
    targets = {
        field.related_model for field in model._meta.get_fields() if field.is_relation and not field.auto_created
    }
    if targets & {Pupil, Person} or model in (Pupil, Person):
        return True
    onward = [target for target in targets if target in floors_models() and target not in (*seen, model)]
    return any(leads_to_people(target, (*seen, model)) for target in onward)


@pytest.mark.parametrize(
    "model", [model for model in floors_models() if leads_to_people(model)], ids=lambda m: m._meta.label
)
def test_every_model_about_people_says_who_sees_it(model):
    has_rule = hasattr(model._default_manager.all(), "visible_to")
    assert has_rule or model._meta.label in EXEMPT, (
        f"{model._meta.label} is about people: give its queryset a visible_to(person, on=), or say here why it needs none."
    )


@pytest.mark.parametrize("label", EXEMPT)
def test_an_exemption_is_for_a_model_that_needs_one(label):
    model = apps.get_model(label)
    assert leads_to_people(model)
    assert not hasattr(model._default_manager.all(), "visible_to")


@pytest.fixture
def paper(class_a, class_teacher):
    return Attachment.objects.create(
        name="诊断.pdf",
        content_type="application/pdf",
        size=1,
        sha256="0",
        path=class_a.path,
        uploaded_by=class_teacher,
    )


@pytest.mark.parametrize(
    ("post", "sees"),
    [
        ("class_teacher", True),
        ("principal", True),
        ("county_clerk", True),
        ("subject_teacher", False),
        ("prefecture_officer", False),
        ("township_officer", False),
        ("stranger", False),
        ("administrator", False),
    ],
)
def test_a_childs_papers_are_for_who_sees_the_file(request, paper, school_day, post, sees):
    person = request.getfixturevalue(post)
    assert Attachment.objects.visible_to(person, on=school_day).exists() == sees


def test_who_uploaded_a_paper_and_left_the_post_sees_it_no_more(paper, former_teacher, school_day):
    Attachment.objects.update(uploaded_by=former_teacher)
    assert not Attachment.objects.visible_to(former_teacher, on=school_day).exists()
    assert Attachment.objects.visible_to(former_teacher, on=date(2026, 8, 31)).exists()


def test_a_result_dies_with_the_post(as_, settings, school_a, registrar, school_day):
    job = Job.objects.create(
        kind="students.export_roster", title="导出名册", asked_by=registrar, unit=school_a, state="done"
    )
    assert as_(registrar).get(f"/jobs/{job.pk}/").status_code == 200
    registrar.posts.update(last_day=date(2026, 11, 22))
    assert as_(registrar).get(f"/jobs/{job.pk}/").status_code == 404
    assert as_(registrar).get(f"/jobs/{job.pk}/file/").status_code == 404


def test_colleagues_are_seen_at_and_below_ones_post(principal, class_teacher, stranger, administrator, school_day):
    assert set(Person.objects.visible_to(principal, on=school_day)) == {principal, class_teacher}
    assert set(Person.objects.visible_to(class_teacher, on=school_day)) == {class_teacher}
    assert stranger in Person.objects.visible_to(administrator, on=school_day)


def test_guardians_marks_and_talks_follow_the_child(
    pupils_a, class_a, class_teacher, subject_teacher, stranger, school_day
):
    pupil = pupils_a[0]
    make_guardian(pupil)
    make_roll(class_a, school_day, by=class_teacher, marks={pupil: "truant"})
    said = {
        "place": "学校",
        "by": "余老师",
        "text": "谈话",
        "entered_by": class_teacher,
        "entered_at": moment(school_day),
    }
    TalkRecord.objects.create(pupil=pupil, kind="verbal_warning", at=moment(school_day), **said)
    seen = {
        person.name: [
            model.objects.visible_to(person, on=school_day).exists() for model in (Guardian, Mark, TalkRecord)
        ]
        for person in (class_teacher, subject_teacher, stranger)
    }
    assert seen == {"余老师": [True] * 3, "任老师": [False, True, False], "外校教师": [False] * 3}


def test_a_slip_goes_along_with_a_child_who_changes_school(class_a, class_b, class_teacher, stranger, school_day):
    pupil = make_pupil(class_b)
    slip = LeaveSlip.objects.create(
        pupil=pupil, path=class_a.path, kind="sick", first_day=school_day, last_day=school_day,
        applied_by="母亲", reason="发烧", entered_by=class_teacher, entered_at=moment(school_day),
    )  # fmt: skip
    assert list(LeaveSlip.objects.visible_to(class_teacher, on=school_day)) == [slip]
    assert list(LeaveSlip.objects.visible_to(stranger, on=school_day)) == [slip]


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        (Audience.SCHOOL, {"class_teacher", "principal", "county_clerk"}),
        (Audience.COUNSELLING, {"principal"}),
        (Audience.CASE, {"class_teacher", "principal", "county_clerk"}),
        (Audience.FINDING, {"principal"}),
    ],
)
def test_an_entry_of_the_timeline_is_for_its_audience(request, pupils_a, school_day, audience, readers):
    TimelineEntry.objects.create(
        pupil=pupils_a[0], on=school_day, at=moment(school_day), kind="x", text="谈话", audience=audience
    )
    posts = ("class_teacher", "subject_teacher", "principal", "county_clerk", "stranger", "prefecture_officer")
    people = {post: request.getfixturevalue(post) for post in posts}
    found = {post for post, one in people.items() if TimelineEntry.objects.visible_to(one, on=school_day).exists()}
    assert found == readers


def test_a_grant_is_seen_by_who_was_let_in_and_by_who_has_the_child(
    pupils_a, county, class_teacher, prefecture_officer, stranger, school_day
):
    officer = make_holder(PostKind.LABOUR_OFFICER, county)
    PupilGrant.objects.create(
        pupil=pupils_a[0], post_kind=PostKind.LABOUR_OFFICER, unit=county, reason="转介", first_day=school_day
    )
    everyone = (officer, class_teacher, prefecture_officer, stranger)
    assert [PupilGrant.objects.visible_to(one, on=school_day).exists() for one in everyone] == [
        True,
        True,
        False,
        False,
    ]


@pytest.fixture
def late_duty(class_a, pupils_a, class_teacher, grade_head, school_day):
    duty = Duty.objects.create(
        kind="tell_guardians", key="k", title=f"告知{pupils_a[0].name}的家长", pupil=pupils_a[0], path=class_a.path,
        post_kind=PostKind.CLASS_TEACHER, chair_path=class_a.path, due_at=moment(date(2026, 11, 9)),
        opened_at=moment(date(2026, 11, 6)),
    )  # fmt: skip
    Lapse.objects.create(duty=duty, person=class_teacher, post_kind=PostKind.CLASS_TEACHER, since=school_day)
    Reminder.objects.create(duty=duty, stage="next_post", person=grade_head, at=moment(school_day))
    return duty


def test_who_left_the_post_is_reminded_of_nobodys_child(as_, late_duty, grade_head):
    page = "/duties/?view=below"
    assert late_duty.title in as_(grade_head).get(page).content.decode()
    grade_head.posts.update(last_day=date(2026, 11, 22))
    assert late_duty.title not in as_(grade_head).get(page).content.decode()


def test_lateness_is_seen_with_its_duty(late_duty, class_teacher, stranger, school_day):
    assert Lapse.objects.visible_to(class_teacher, on=school_day).exists()
    assert not Lapse.objects.visible_to(stranger, on=school_day).exists()


def test_the_duty_to_screen_a_lead_is_for_its_chair_alone(school_a, principal, head_of_teaching, school_day):
    duty = Duty.objects.create(
        kind="screen_lead", key="s", title="初核线索:李主任", path=school_a.path, post_kind=PostKind.PRINCIPAL,
        chair_path=school_a.path, due_at=moment(school_day), opened_at=moment(school_day),
    )  # fmt: skip
    assert list(Duty.objects.visible_to(principal, on=school_day)) == [duty]
    assert not Duty.objects.visible_to(head_of_teaching, on=school_day).exists()


PANEL = "查阅记录"


@pytest.mark.parametrize(
    ("post", "shown"), [("principal", True), ("county_clerk", True), ("class_teacher", False), ("inspector", False)]
)
def test_the_people_in_charge_see_who_looked_at_a_childs_file(
    request, as_, county, pupils_a, class_a, head_of_teaching, post, shown
):
    log_access(
        head_of_teaching, "reveal", what="pupil.phone", key=pupils_a[0].number, path=class_a.path, reason="联系家长"
    )
    log_access(head_of_teaching, "view", what="pupil", key=pupils_a[1].number, path=class_a.path, reason="别人的档案")
    person = make_holder(PostKind.INSPECTOR, county) if post == "inspector" else request.getfixturevalue(post)
    page = as_(person).get(f"/students/{pupils_a[0].number}/").content.decode()
    assert (PANEL in page, "联系家长" in page) == (shown, shown)
    assert "别人的档案" not in page


def test_access_entries_of_another_school_are_not_shown(class_b, principal, stranger, school_day):
    log_access(stranger, "view", what="pupil", key="x", path=class_b.path)
    assert not AccessEntry.objects.visible_to(principal, on=school_day).exists()


def test_a_childs_history_says_nothing_of_health_and_justice(as_, pupils_a, grade_head):
    pupil = pupils_a[0]
    pupil.health, pupil.is_in_justice, pupil.village = "哮喘", True, "岩脚村"
    pupil.save()
    page = as_(grade_head).get(f"/students/{pupil.number}/").content.decode()
    assert "岩脚村" in page
    assert "哮喘" not in page
    assert "涉案" not in page


@pytest.mark.parametrize("kind", [PostKind.VILLAGE_OFFICER, PostKind.PERSONNEL])
def test_who_has_no_unit_to_answer_for_sees_no_figures(as_, county, township, kind):
    person = make_holder(kind, township if kind == PostKind.VILLAGE_OFFICER else county)
    assert as_(person).get("/rates/").status_code == 403
