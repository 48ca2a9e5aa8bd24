"""Ratio rules (F11), serious truancy (F12), appeals and hearings (F15)."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from casework.actions.appeals import (
    answer_appeal,
    answer_review,
    ask_review,
    file_appeal,
    note_hearing,
    offer_hearing,
    seat_committee,
)
from casework.actions.inquiries import (
    answer_referral,
    begin_tutoring,
    detect_serious_truancy,
    end_inquiry,
    form_group,
    note_appearance,
    report_truancy,
    summon_guardians,
    take_evidence,
)
from casework.actions.ladder import follow_ladder
from casework.actions.perform import perform_escalation
from casework.actions.ratio import follow_ratios, perform_ratio
from casework.models import Duty, Escalation, Letter, RatioStep, TruancyInquiry
from casework.rules.ratio import Share, limits_passed, may_be_over
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.rules.regulation import RatioRules
from students.models import Mark
from students.tests.factories import make_guardian, make_pupil, make_roll

RULES = RatioRules()
MONDAY = date(2026, 9, 7)


@pytest.mark.parametrize(
    ("year", "semesters", "expected"),
    [
        ((5, 100), [(5, 100)], []),
        ((6, 100), [(6, 100)], ["year"]),
        ((2, 39), [(2, 39)], []),  # too few sessions for a share to mean anything
        ((11, 100), [(11, 100)], ["year", "semester"]),
        ((6, 200), [(6, 100), (0, 100)], []),
        ((12, 200), [(6, 100), (6, 100)], ["year", "semesters"]),
        ((6, 100), [(6, 100), (0, 100), (0, 100), (0, 100), (6, 100)], ["year"]),
    ],
)
def test_which_limits_a_share_has_passed(year, semesters, expected):
    shares = [Share(f"2026-{n}", *one) for n, one in enumerate(semesters)]
    assert [str(one.rule) for one in limits_passed(Share("2026", *year), shares, RULES)] == expected
    assert may_be_over([unexcused for unexcused, _ in semesters], RULES) or not expected


def test_two_sessions_are_over_no_limit_however_few_were_called():
    assert not may_be_over([2], RULES)
    assert may_be_over([2, 1], RULES)


@pytest.fixture
def pupil(class_a):
    pupil = make_pupil(class_a, "马小龙")
    make_guardian(pupil, "马父")
    return pupil


@pytest.fixture
def call(class_a, class_teacher, pupil, settings):
    """Weeks of two sessions a day, truant on the first `truant` days."""

    def days(truant, number=32):
        day, called = MONDAY, 0
        while called < number:
            if day.weekday() < 5:
                for session in ("am", "pm"):
                    marks = {pupil: "truant"} if called < truant else {}
                    make_roll(class_a, day, session, by=class_teacher, marks=marks)
                called += 1
            day += timedelta(days=1)
        settings.KONGCHUO_TODAY = date(2026, 10, 23).isoformat()

    return days


def test_a_share_over_its_limit_opens_a_step_once_and_voids_it_when_it_falls(call, pupil):
    call(truant=2)
    follow_ratios([pupil.pk])
    step = RatioStep.objects.get()
    assert (step.rule, step.duty.post_kind) == ("year", "class_teacher")
    assert follow_ratios([pupil.pk]) == 0
    Mark.objects.all().delete()
    follow_ratios([pupil.pk])
    step.refresh_from_db()
    assert (step.state, step.duty.state) == ("voided", "cancelled")


def entry(kind, **more):
    return {
        "kind": kind,
        "at": clock.at(clock.today(), datetime.min.time()),
        "place": "学校",
        "by": "余老师",
        "text": "约定",
        **more,
    }


def test_a_ratio_step_is_performed_with_all_its_records_and_its_agreement(call, pupil, class_teacher, head_of_teaching):
    call(truant=2)
    follow_ratios([pupil.pk])
    step = RatioStep.objects.get()
    with pytest.raises(NotYours):
        perform_ratio(step, entry("tutoring_plan"), by=head_of_teaching)
    assert perform_ratio(step, entry("tutoring_plan"), by=class_teacher).state == "open"
    assert perform_ratio(step, entry("cooperation"), by=class_teacher).state == "performed"
    assert Letter.objects.get().kind == "tutoring"
    assert step.duty.__class__.objects.get(pk=step.duty_id).state == "done"


def test_five_truant_days_in_twenty_open_one_inquiry(call, pupil):
    call(truant=4, number=10)
    assert detect_serious_truancy([pupil.pk]) == 0
    Mark.objects.all().delete()


@pytest.fixture
def inquiry(pupil, class_teacher):
    return report_truancy(pupil, source="parent", text="家长反映孩子天天往网吧跑", by=class_teacher)


@pytest.fixture
def evidence(inquiry, principal, class_teacher, head_of_teaching):
    form_group(inquiry, [class_teacher, head_of_teaching], by=principal)
    return take_evidence(inquiry, text="调取点名与谈话记录", by=head_of_teaching)


def test_a_group_has_two_people_and_a_leader(inquiry, principal, class_teacher, subject_teacher, stranger):
    for people, code in (
        ([class_teacher], "small_group"),
        ([class_teacher, subject_teacher], "no_leader"),
        ([principal, stranger], "other_school"),
    ):
        with pytest.raises(Malformed) as refusal:
            form_group(inquiry, people, by=principal)
        assert refusal.value.code == code
    with pytest.raises(NotYours):
        form_group(inquiry, [class_teacher, principal], by=class_teacher)


def test_the_summons_is_a_numbered_letter_three_days_ahead(evidence, class_teacher):
    soon = timezone.now() + timedelta(days=1)
    with pytest.raises(Malformed) as refusal:
        summon_guardians(evidence, appointed_at=clock.now() + timedelta(days=2), place="会议室", by=class_teacher)
    assert refusal.value.code == "too_soon"
    summons = summon_guardians(evidence, appointed_at=clock.now() + timedelta(days=3), place="会议室", by=class_teacher)
    assert "号" in summons.letter.number
    assert soon


def test_guardians_who_stay_away_twice_are_reported_to_the_bureau_which_answers(
    evidence, class_teacher, head_of_teaching, county_clerk
):
    for number in range(2):
        summon_guardians(evidence, appointed_at=clock.now() + timedelta(days=4), place="会议室", by=class_teacher)
        evidence = note_appearance(evidence, appearance="no_show", text=f"第 {number + 1} 次未到", by=class_teacher)
    assert evidence.state == "referred"
    assert Duty.objects.open().get(kind="inquiry_answer").post_kind == "county_clerk"
    with pytest.raises(Refused):
        end_inquiry(evidence, founded=True, text="完", by=class_teacher)
    answer_referral(evidence, text="已联系乡镇上门", by=county_clerk)
    assert end_inquiry(evidence, founded=True, text="已返校", by=class_teacher).state == "settled"


def test_an_interview_leads_to_tutoring_and_the_end(evidence, class_teacher):
    summon_guardians(evidence, appointed_at=clock.now() + timedelta(days=3), place="会议室", by=class_teacher)
    found = note_appearance(evidence, appearance="came", text="家长同意配合", by=class_teacher)
    begin_tutoring(found, school_part="每天补课", family_part="每日接送", until=date(2027, 1, 15), by=class_teacher)
    found.refresh_from_db()
    assert end_inquiry(found, founded=True, text="出勤正常", by=class_teacher).state == "settled"
    assert not Duty.objects.open().filter(key__startswith="inquiry:").exists()
    assert TruancyInquiry.objects.live().count() == 0


# Appeals.


@pytest.fixture
def performed(class_a, class_teacher, pupil, principal):
    for n in range(4):
        make_roll(class_a, MONDAY + timedelta(days=70 + n), by=class_teacher, marks={pupil: "truant"})
    follow_ladder([pupil.pk])
    step = Escalation.objects.order_by("day").last()
    at = clock.at(clock.today(), datetime.min.time())
    records = [
        {"measure": kind, "at": at, "place": "学校", "by": "张校长", "text": "办理", "discipline": found}
        for kind, found in (("one_to_one_talk", ""), ("home_visit", ""), ("discipline", "warning"))
    ]
    perform_escalation(step, [records[1]], by=principal)  # the guardians are told before a heavy discipline
    return perform_escalation(step, [records[0], records[2]], by=principal)


@pytest.fixture
def appeal(performed, class_teacher):
    return file_appeal(performed, filed_by="马父", relation="父亲", text="当天生病", by=class_teacher)


def committee(**changed):
    kinds = ["leader", "teacher", "guardian", "lawyer", "community"]
    return [{"name": f"委员{n}", "kind": changed.get(kind, kind)} for n, kind in enumerate(kinds)]


def test_the_committee_is_five_with_a_guardian_and_without_who_decided(appeal, principal, deputy_principal):
    for members, code in (
        (committee()[:4], "small_committee"),
        (committee(guardian="teacher"), "composition"),
        (committee(lawyer="teacher", community="teacher"), "composition"),
        ([*committee(), {"name": "张校长", "kind": "leader"}], "conflict"),
    ):
        with pytest.raises(Malformed) as refusal:
            seat_committee(appeal, members, by=deputy_principal)
        assert refusal.value.code == code
    assert seat_committee(appeal, committee(), by=deputy_principal).state == "accepted"


def test_an_appeal_that_is_upheld_lifts_the_measure(appeal, performed, deputy_principal):
    seat_committee(appeal, committee(), by=deputy_principal)
    assert answer_appeal(appeal, upheld=True, text="确有病历", by=deputy_principal).state == "upheld"
    performed.refresh_from_db()
    assert performed.state == "overturned"
    assert Letter.objects.filter(kind="appeal_answer").count() == 1


def test_the_bureau_is_the_second_instance(appeal, performed, deputy_principal, class_teacher, county_clerk, principal):
    seat_committee(appeal, committee(), by=deputy_principal)
    answer_appeal(appeal, upheld=False, text="证据充分", by=deputy_principal)
    appeal = ask_review(appeal, text="不服", by=class_teacher)
    with pytest.raises(NotYours):
        answer_review(appeal, upheld=True, text="撤销", by=principal)
    assert answer_review(appeal, upheld=True, text="程序有误,撤销", by=county_clerk).state == "review_upheld"
    performed.refresh_from_db()
    assert performed.state == "overturned"


def test_an_appeal_comes_within_fifteen_working_days(performed, class_teacher, settings):
    settings.KONGCHUO_TODAY = "2026-12-14"
    file_appeal(performed, filed_by="马父", relation="父亲", text="理由", by=class_teacher)
    with pytest.raises(Refused) as refusal:
        file_appeal(performed, filed_by="马父", relation="父亲", text="理由", by=class_teacher)
    assert refusal.value.code == "appeal_exists"


def test_an_appeal_after_fifteen_working_days_is_too_late(performed, class_teacher, settings):
    settings.KONGCHUO_TODAY = "2026-12-15"
    with pytest.raises(Refused) as refusal:
        file_appeal(performed, filed_by="马父", relation="父亲", text="理由", by=class_teacher)
    assert refusal.value.code == "too_late"


def test_a_hearing_that_was_asked_for_comes_before_a_demerit(class_a, class_teacher, pupil, principal):
    for n in range(4):
        make_roll(class_a, MONDAY + timedelta(days=70 + n), by=class_teacher, marks={pupil: "truant"})
    follow_ladder([pupil.pk])
    step = Escalation.objects.order_by("day").last()
    hearing = offer_hearing(step, measure="记过", appointed="11月25日", where="会议室", by=principal)
    note_hearing(hearing, "asked", by=principal)
    at = clock.at(clock.today(), datetime.min.time())
    told = {"measure": "home_visit", "at": at, "place": "家", "by": "张", "text": "告知", "discipline": ""}
    demerit = {"measure": "discipline", "at": at, "place": "校", "by": "张", "text": "记过", "discipline": "demerit"}
    perform_escalation(step, [told], by=principal)
    with pytest.raises(Refused) as refusal:
        perform_escalation(step, [demerit], by=principal)
    assert refusal.value.code == "hearing_first"
    note_hearing(hearing, "held", chair="李主任", minutes="陈述意见", by=principal)
    perform_escalation(step, [demerit], by=principal)
    assert step.measures.get(kind="discipline").record.discipline == "demerit"


# The pages.


def test_an_inquiry_walks_through_its_page(as_, inquiry, principal, class_teacher, head_of_teaching, stranger):
    page = f"/inquiries/{inquiry.pk}/"
    group = {"verb": "group", "group-people": [class_teacher.pk, head_of_teaching.pk]}
    assert as_(principal).post(page, group).status_code == 302
    evidence = {"verb": "evidence", "evidence-text": "点名记录"}
    assert as_(class_teacher).post(page, evidence).status_code == 302
    ahead = clock.today() + timedelta(days=4)
    summon = {"verb": "summon", "summon-appointed_at": f"{ahead}T09:00", "summon-place": "会议室"}
    assert as_(class_teacher).post(page, summon).status_code == 302
    assert "号" in as_(class_teacher).get(page).content.decode()
    assert as_(principal).post(page, evidence).status_code == 404
    assert as_(stranger).get(page).status_code == 404
    assert as_(class_teacher).get("/inquiries/").status_code == 200


def test_an_appeal_walks_through_its_pages(as_, performed, principal, deputy_principal, class_teacher, stranger):
    filed = {"filed_by": "马父", "relation": "父亲", "filed_on": f"{clock.today()}", "text": "当天生病"}
    response = as_(class_teacher).post(f"/appeals/new/{performed.pk}/", filed)
    page = response.headers["Location"]
    seats = {"verb": "seat"}
    for number, member in enumerate(committee(), start=1):
        seats |= {f"seat-name_{number}": member["name"], f"seat-kind_{number}": member["kind"]}
    assert as_(deputy_principal).post(page, seats).status_code == 302
    answer = {"verb": "answer", "answer-upheld": "1", "answer-text": "确有病历"}
    assert as_(deputy_principal).post(page, answer).status_code == 302
    assert "申诉成立" in as_(principal).get(page).content.decode()
    assert as_(stranger).get(page).status_code == 404
    assert as_(principal).get("/appeals/?state=all").status_code == 200
    assert "申诉" in as_(principal).get(f"/escalations/{performed.pk}/").content.decode()


def test_a_ratio_step_walks_through_its_page(as_, call, pupil, class_teacher, principal, stranger):
    call(truant=2)
    follow_ratios([pupil.pk])
    page = f"/ratios/{RatioStep.objects.get().pk}/"
    first = {"kind": "tutoring_plan", "at": f"{clock.today()}T00:00", "place": "校", "by": "余", "text": "每周三次"}
    assert as_(class_teacher).post(page, first).status_code == 302
    assert "每周三次" in as_(principal).get(page).content.decode()
    assert as_(principal).get("/ratios/").status_code == 200
    assert as_(stranger).get(page).status_code == 404
