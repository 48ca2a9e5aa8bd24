"""Warnings as they are stored: derived, reconciled, seen by whom they may be seen, changed beforehand on paper."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from casework.actions.cases.opening import suspect
from casework.actions.follow import follow_facts
from casework.actions.perform import perform_escalation
from casework.actions.warnings.following import assessed, follow_all_warnings, follow_warnings
from casework.actions.warnings.support import report_worry
from casework.models import Duty, Escalation, RiskSignal, RiskWarning, TierChange
from casework.queries.points import preview_points
from casework.queries.risk import risks_of
from casework.rules.signals import signals_of
from organisation import clock
from organisation.actions.regulations import approve_regulation, draft_regulation
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.calendars import calendar_for
from organisation.queries.edition import rule_book
from organisation.tests.factories import make_class, make_holder, make_post
from students.actions.guardians import index_phones
from students.actions.register import change_register
from students.actions.rolls import submit_roll
from students.models import Guardian, Incident, LeaveSlip, TermMark, TimelineEntry
from students.tests.factories import make_guardian, make_pupil, make_roll, make_spell, moment

TODAY = date(2026, 11, 23)


@pytest.fixture
def days(class_a):
    """The last school days up to today, the newest last."""
    calendar = calendar_for(class_a.path)
    return calendar.school_days(TODAY - timedelta(days=45), TODAY)


@pytest.fixture
def call(class_a, class_teacher, days):
    """Calls both sessions of the class for all these days; `marks` is {pupil: {days back: kind}}."""

    def roll(marks, *, school_class=None, uncalled=()):
        for back, day in enumerate(reversed(days)):
            if back in uncalled:
                continue
            here = {pupil: kinds[back] for pupil, kinds in marks.items() if back in kinds}
            for session in ("am", "pm"):
                make_roll(school_class or class_a, day, session, by=class_teacher, marks=here)

    return roll


def reasons(pupil):
    return {one.key: one.text for one in RiskSignal.objects.filter(warning__pupil=pupil)}


def test_two_truant_days_in_a_row_are_orange_at_once_after_the_roll(pupils_a, call, days, class_a, class_teacher):
    child = pupils_a[0]
    call({child: {1: "truant"}}, uncalled=[0])
    for session in ("am", "pm"):
        mark = {"student": child.number, "kind": "truant"}
        submit_roll(class_a, TODAY, session, version=0, marks=[mark], by=class_teacher)
    follow_facts()
    warning = RiskWarning.objects.get()
    assert (warning.pupil, warning.tier, warning.points, warning.path) == (child, "orange", 2, class_a.path)
    assert reasons(child)["days_in_a_row"] == "连续 2 个上课日无假未到:11月20、23日"
    (duty,) = Duty.objects.open().filter(kind="warning_conference")
    assert (duty.post_kind, duty.chair_path) == ("class_teacher", class_a.path)


def test_a_second_run_changes_nothing(pupils_a, call):
    call({pupils_a[0]: {0: "truant", 1: "truant"}, pupils_a[1]: {3: "truant", 9: "truant", 12: "truant", 15: "truant"}})
    follow_all_warnings()

    def everything():
        rows = [model.objects.order_by("pk").values() for model in (RiskWarning, RiskSignal, TierChange, Duty)]
        return [list(row) for row in rows], TimelineEntry.objects.count()

    before = everything()
    counted = follow_all_warnings()
    assert everything() == before
    assert set(counted.values()) == {0}


def test_days_without_a_roll_make_no_signal(pupils_a, call):
    call({}, uncalled=range(1, 30))
    follow_all_warnings()
    assert not RiskWarning.objects.exists()


def test_a_child_who_came_to_the_register_late_is_not_present_on_earlier_rolls(class_a, call, days):
    child = make_pupil(class_a, "后来", starts=days[0], recorded_at=moment(days[-3], 0))
    call({child: {0: "sick", 1: "sick"}})
    facts = risks_of([child.pk], on=TODAY)[child.pk].facts
    assert list(facts.called.days) == days[-3:]


def test_nightly_for_all_says_what_each_pupil_alone_would(class_a, school_a, call):
    other = make_class(school_a, number=2)
    children = [make_pupil(class_a if n % 2 else other, f"学生{n}") for n in range(8)]
    kinds = ["truant", "sick", "late", "personal"]
    marks = {child: {(3 * n + k) % 20: kinds[k % 4] for k in range(n)} for n, child in enumerate(children)}
    for unit in (class_a, other):
        call({child: found for child, found in marks.items() if child.path == unit.path}, school_class=unit)

    def stored():
        warnings = {w.pupil_id: (w.tier, w.points, w.state, w.rises) for w in RiskWarning.objects.all()}
        return warnings, sorted(RiskSignal.objects.values_list("warning__pupil", "key", "points", "text"))

    follow_all_warnings()
    together = stored()
    RiskSignal.objects.all().delete()
    TierChange.objects.all().delete()
    RiskWarning.objects.all().delete()
    for child in children:
        follow_warnings([child.pk], batch=1)
    assert stored() == together
    assert together[0]


def statements(work):
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_a_chunk_costs_as_much_for_thirty_children_as_for_three(class_a, call, county_clerk):
    few = [make_pupil(class_a, f"少{n}") for n in range(3)]
    many = [make_pupil(class_a, f"多{n}") for n in range(30)]
    call({child: {0: "truant", 1: "truant", 2: "truant", 3: "truant"} for child in few + many})
    for child in few + many:
        make_guardian(child)
    rule_book(class_a.path)  # read once, then kept
    assert statements(lambda: follow_warnings([child.pk for child in few])) == statements(
        lambda: follow_warnings([child.pk for child in many])
    )


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(course=st.lists(st.sampled_from(["", "truant", "sick"]), min_size=1, max_size=6))
def test_whatever_the_rolls_say_next_the_stored_warning_is_what_the_facts_say(course, class_a, class_teacher, days):
    child = make_pupil(class_a)
    for day, kind in zip(days, course, strict=False):
        roll = make_roll(class_a, day, by=class_teacher, marks={child: kind} if kind else {})
        follow_warnings([child.pk])
        risk = risks_of([child.pk], on=TODAY)[child.pk]
        found = assessed(risk)
        warning = RiskWarning.objects.standing().filter(pupil=child).first()
        assert (warning.tier if warning else "none") == found.tier
        if warning:
            assert [one.text for one in warning.signals.all()] == [one.text for one in found.signals]
        roll_day = roll.date
        assert roll_day in risk.facts.called.days
    for day in days[: len(course)]:
        class_a_rolls = class_a.rolls.filter(date=day)
        for roll in class_a_rolls:
            roll.marks.all().delete()
        class_a_rolls.delete()


def test_a_warning_falls_and_closes_after_twenty_quiet_school_days(pupils_a, call, settings, days, class_a):
    child = pupils_a[0]
    call({child: {0: "truant", 1: "truant"}})
    follow_all_warnings()
    make_roll(class_a, date(2026, 11, 24), by=make_holder(PostKind.CLASS_TEACHER, class_a))
    settings.KONGCHUO_TODAY = "2026-11-24"
    follow_all_warnings()
    warning = RiskWarning.objects.get()
    assert (warning.state, warning.tier, warning.below_since) == ("open", "none", date(2026, 11, 24))
    assert not Duty.objects.open().filter(kind="warning_conference").exists()
    settings.KONGCHUO_TODAY = "2026-12-21"
    follow_all_warnings()
    assert RiskWarning.objects.get().state == "open"
    settings.KONGCHUO_TODAY = "2026-12-22"
    follow_all_warnings()
    warning.refresh_from_db()
    assert (warning.state, warning.closed_on, warning.close_reason) == ("closed", date(2026, 12, 22), "quiet")
    assert [change.after for change in warning.changes.all()] == ["orange", "none", "none"]


def test_a_live_case_takes_the_warning_over_and_no_duty_of_its_own_is_left(pupils_a, call):
    child = pupils_a[0]
    call({child: {0: "truant", 1: "truant"}})
    follow_all_warnings()
    suspect(child, source="report", away_since=TODAY)
    follow_all_warnings()
    warning = RiskWarning.objects.get()
    assert (warning.state, warning.tier) == ("case", "red")
    assert not Duty.objects.open().filter(kind="warning_conference").exists()


def test_who_leaves_the_register_leaves_the_list(pupils_a, call):
    child = pupils_a[0]
    call({child: {0: "truant", 1: "truant"}})
    follow_all_warnings()
    change_register(child, "transfer_out", date=TODAY, to_school="外县", by=None)
    follow_facts()
    warning = RiskWarning.objects.get()
    assert (warning.state, warning.close_reason) == ("closed", "left")


def test_marks_incidents_history_and_siblings_are_facts_too(class_a, school_a, pupils_a, subject_teacher):
    child = pupils_a[0]
    for term, bands in ((2, "good"), (1, "fail")):
        for subject in ("chinese", "maths"):
            TermMark.objects.create(
                pupil=child,
                path=child.path,
                year=2026 if term == 1 else 2025,
                term=term,
                subject=subject,
                band=bands,
                entered_by=subject_teacher,
                entered_at=clock.now(),
            )
    for n in range(3):
        Incident.objects.create(
            pupil=child,
            path=child.path,
            on=TODAY - timedelta(days=n),
            kind="class_discipline",
            text="上课喧哗",
            entered_by=subject_teacher,
            entered_at=clock.now(),
        )
    brother = make_pupil(class_a, "马小虎", status="dropped_out")
    make_guardian(child, "马大伟")
    make_guardian(brother, "马大伟")
    make_guardian(pupils_a[1], "同号不同名")
    follow_all_warnings()
    assert reasons(child) == {
        "marks_down": "语文、数学比上学期降等",
        "failing_core": "语文、数学不合格",
        "incidents": "本学期违纪 3 次:11月21、22、23日",
        "sibling": "同一监护人的兄弟姐妹有 1 人辍学",
    }
    assert RiskWarning.objects.get(pupil=child).tier == "yellow"
    assert not RiskWarning.objects.filter(pupil=pupils_a[1]).exists()


def test_an_earlier_dropout_an_overrun_slip_and_age_are_facts_too(class_a, call, class_teacher, days):
    child = make_pupil(class_a, "张超", starts=date(2026, 9, 1), born_on=date(2010, 8, 31))
    make_spell(child, class_a, starts=date(2026, 2, 1), ends=date(2026, 9, 1), status="dropped_out")
    LeaveSlip.objects.create(
        pupil=child,
        path=child.path,
        kind="sick",
        first_day=days[-3],
        last_day=days[-2],
        applied_by="父",
        reason="病",
        state="approved",
        entered_by=class_teacher,
        entered_at=clock.now(),
    )
    call({child: {0: "truant"}})
    follow_all_warnings()
    found = reasons(child)
    assert found["earlier_dropout"] == "一年内曾辍学或劝返复学(2026年9月1日)"
    assert found["slip_overrun"] == "请假到 11月20日,假满后 1 个上课日未返校:11月23日"
    assert found["over_age"] == "超过年级适龄 3 岁"


def test_phones_entered_before_the_index_are_indexed_once(pupils_a):
    guardian = make_guardian(pupils_a[0])
    index = guardian.phone_index
    Guardian.objects.update(phone_index=None)
    assert (index_phones(), index_phones()) == (1, 0)
    guardian.refresh_from_db()
    assert guardian.phone_index == index


def test_a_subject_teacher_reports_and_the_warning_is_there_at_once(pupils_a, subject_teacher):
    child = pupils_a[0]
    report_worry(child, points=4, reason="说想去打工", by=subject_teacher)
    assert reasons(child) == {"report": "11月23日教师报告:说想去打工"}
    assert RiskWarning.objects.get().tier == "yellow"
    with pytest.raises(Refused) as refusal:
        report_worry(child, points=3, reason="再说一次", by=subject_teacher)
    assert refusal.value.code == "already_reported"


@pytest.mark.parametrize("points", [1, 6])
def test_a_report_has_two_to_five_points(pupils_a, class_teacher, points):
    with pytest.raises(Malformed):
        report_worry(pupils_a[0], points=points, reason="担心", by=class_teacher)


def test_no_discipline_may_rest_on_a_warning(pupils_a, class_a, class_teacher, principal):
    child = pupils_a[0]
    for n in (16, 17, 18, 19):
        make_roll(class_a, date(2026, 11, n), by=class_teacher, marks={child: "truant"})
    from_roll = {"student": child.number, "kind": "truant"}
    submit_roll(class_a, TODAY, "am", version=0, marks=[from_roll], by=class_teacher)
    follow_facts()
    step = Escalation.objects.filter(level=4).latest("day")
    entry = {"measure": "discipline", "discipline": "admonition", "at": clock.now(), "place": "学校", "by": "校长"}
    with pytest.raises(Refused) as refusal:
        perform_escalation(step, [{**entry, "text": "该生为红色预警,予以训导"}], by=principal)
    assert refusal.value.code == "cites_warning"
    perform_escalation(step, [{**entry, "text": "11月23日上午旷课,予以训导"}], by=principal)


def post(client, **data):
    return client.post("/api/v1/warnings/", data, content_type="application/json")


def test_the_api_takes_a_report_and_lists_what_came_of_it(as_, class_teacher, pupils_a):
    answer = post(as_(class_teacher), student=pupils_a[0].number, points=5, reason="常独自哭")
    assert answer.status_code == 201
    (row,) = as_(class_teacher).get("/api/v1/warnings/").json()["results"]
    assert (row["student"], row["tier"], row["points"]) == (pupils_a[0].number, "yellow", 5)
    assert row["id"] == answer.json()["warning"]
    assert row["signals"][0]["text"] == "11月23日教师报告:常独自哭"


def test_the_order_of_refusals(as_, class_teacher, stranger, county_clerk, pupils_a):
    number = pupils_a[0].number
    assert post(as_(stranger), student=number, points=9, reason="").status_code == 404
    assert post(as_(county_clerk), student=number, points=9, reason="").status_code == 403
    client = as_(class_teacher)
    assert post(client, student=number, points=9, reason="担心").status_code == 400
    assert post(client, student=number, points=3, reason=" ").status_code == 400
    assert post(client, points=3, reason="担心").status_code == 400
    assert post(client, student=number, points=3, reason="担心").status_code == 201
    assert post(client, student=number, points=3, reason="担心").status_code == 409


@pytest.fixture
def warned(pupils_a, class_teacher):
    report_worry(pupils_a[0], points=5, reason="常独自哭", by=class_teacher)
    return RiskWarning.objects.get()


SEERS = ("class_teacher", "grade_head", "head_of_teaching", "principal", "county_clerk")
OTHERS = ("stranger", "subject_teacher", "township_officer", "other_clerk", "former_teacher", "prefecture_officer")


@pytest.mark.parametrize("who", SEERS + OTHERS)
def test_who_sees_a_warning(as_, warned, request, who):
    person = request.getfixturevalue(who)
    page = as_(person).get(f"/warnings/{warned.pk}/")
    rows = as_(person).get("/api/v1/warnings/").json()["results"]
    assert (page.status_code == 200, bool(rows)) == ((who in SEERS,) * 2)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_as_much_for_three_warnings_as_for_one(
    as_, pupils_a, class_teacher, principal, number, django_assert_num_queries
):
    for child in pupils_a[:number]:
        report_worry(child, points=5, reason="担心", by=class_teacher)
    client = as_(principal)
    client.get("/api/v1/warnings/")
    with django_assert_num_queries(5):
        assert len(client.get("/api/v1/warnings/").json()["results"]) == number


def test_a_teacher_sees_five_orange_always_and_how_many_more(as_, class_a, class_teacher, subject_teacher):
    children = [make_pupil(class_a, f"学生{n}") for n in range(8)]
    for child in children:
        report_worry(child, points=3, reason="担心", by=subject_teacher)
    page = as_(class_teacher).get("/warnings/").content.decode()
    assert page.count("查看和帮扶") == 5
    assert "还有 3 人" in page
    assert as_(class_teacher).get("/warnings/?all=1").content.decode().count("查看和帮扶") == 8
    RiskWarning.objects.filter(pupil__in=children[:6]).update(tier="orange", points=7)
    page = as_(class_teacher).get("/warnings/").content.decode()
    assert (page.count("查看和帮扶"), "还有 2 人" in page) == (6, True)


def test_support_due_stands_beside_a_warning_and_gives_no_points(as_, class_a, class_teacher):
    plain = make_pupil(class_a, "甲")
    special = make_pupil(class_a, "乙", is_left_behind=True, is_poor=True, is_disabled=True, ethnicity="苗族")
    for child in (plain, special):
        report_worry(child, points=4, reason="担心", by=class_teacher)
    assert len({(w.tier, w.points) for w in RiskWarning.objects.all()}) == 1
    page = as_(class_teacher).get(f"/warnings/{special.warnings.get().pk}/").content.decode()
    assert "留守儿童:明确实际照护人" in page
    assert "脱贫户(监测户):核对资助" in page


def test_a_change_of_points_shows_beforehand_whom_it_would_move(county, pupils_a, call):
    call({pupils_a[0]: {4: "truant"}, pupils_a[1]: {4: "late"}})
    changes = {"points": {"truant_days": [{"at_least": 1, "points": 3}]}}
    preview = preview_points(county, changes, TODAY)
    assert [(one.pupil.pk, one.before.tier, one.after.tier) for one in preview.moved] == [
        (pupils_a[0].pk, "none", "yellow")
    ]
    assert (preview.before["none"], preview.after["yellow"]) == (3, 1)
    assert not RiskWarning.objects.exists()


def test_points_change_only_when_another_person_approves(county, county_clerk, bureau_head, pupils_a, call, settings):
    call({pupils_a[0]: {4: "truant"}})
    changes = {"warning": {"points": {"truant_days": [{"at_least": 1, "points": 3}]}}}
    draft = draft_regulation(county, changes, title="分值调整", effective_from=date(2026, 11, 24), by=county_clerk)
    with pytest.raises(NotYours) as refusal:
        approve_regulation(draft, by=county_clerk)
    assert refusal.value.code == "own_draft"
    follow_all_warnings()
    assert not RiskWarning.objects.exists()
    approve_regulation(draft, by=bureau_head)
    settings.KONGCHUO_TODAY = "2026-11-24"
    follow_all_warnings()
    assert RiskWarning.objects.get().tier == "yellow"


def test_the_page_of_points_tries_a_change_and_drafts_it(as_, bureau_head, county_clerk, pupils_a, call, county):
    call({pupils_a[0]: {4: "truant"}})
    client = as_(bureau_head)
    form = client.get("/warnings/points/").context["form"]
    data = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    data["truant_days-1"] = 3
    tried = client.post("/warnings/points/", {**data, "try": "1"})
    assert "会有 1 名学生的级别改变" in tried.content.decode()
    drafted = client.post(
        "/warnings/points/", {**data, "draft": "1", "title": "分值调整", "effective_from": "2026-12-01"}
    )
    assert drafted.status_code == 302
    draft = county.regulations.get()
    assert draft.rules["warning"]["points"] == {
        "truant_days": [
            {"at_least": 1, "points": 3},
            {"at_least": 2, "points": 2},
            {"at_least": 4, "points": 4},
        ]
    }
    assert client.post(f"/warnings/points/{draft.pk}/approve/").status_code == 403
    assert as_(county_clerk).post(f"/warnings/points/{draft.pk}/approve/").status_code == 302


def test_a_person_with_other_posts_cannot_change_points(as_, principal, class_teacher):
    assert as_(principal).get("/warnings/points/").status_code == 403
    assert as_(class_teacher).get("/warnings/points/").status_code == 403


def test_the_signals_never_look_at_a_child_beyond_its_facts(class_a, call):
    """Two children who differ in sex, ethnicity and all categories have the same signals."""
    flags = ("is_left_behind", "is_poor", "is_orphan", "is_disabled", "is_special_family", "is_migrant")
    one = make_pupil(class_a, "甲", sex="male")
    other = make_pupil(class_a, "乙", sex="female", ethnicity="彝族", **dict.fromkeys(flags, True))
    call({child: {1: "truant", 5: "truant", 6: "late"} for child in (one, other)})
    risks = risks_of([one.pk, other.pk], on=TODAY)
    said = [signals_of(risk.facts, risk.period, risk.rules.warning) for risk in risks.values()]
    assert said[0] == said[1]
    assert said[0]


def test_a_subject_teacher_lands_on_the_report(as_, subject_teacher, pupils_a):
    client = as_(subject_teacher)
    assert client.get("/warnings/").url == "/warnings/report/"
    answer = client.post("/warnings/report/", {"pupil": pupils_a[0].pk, "points": "3", "reason": "近来不说话"})
    assert answer.status_code == 302
    assert RiskWarning.objects.get().pupil == pupils_a[0]


def test_a_teacher_of_two_classes_sees_both_lists(as_, class_a, school_a, class_teacher, pupils_a):
    other = make_class(school_a, number=2)
    make_post(class_teacher, PostKind.CLASS_TEACHER, other)
    make_pupil(other)
    page = as_(class_teacher).get("/warnings/").content.decode()
    assert page.count("本班") + page.count("没有预警的学生") == 2
