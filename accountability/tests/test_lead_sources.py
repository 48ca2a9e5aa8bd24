"""Leads beside late duties (F50): limits, causes of a case, inspectors; who screens a unit's matter; dedup."""

from datetime import date
from decimal import Decimal

import pytest

from accountability.actions.causes import open_leads_for_causes
from accountability.actions.findings.nightly import follow_findings
from accountability.actions.hand_leads import enter_lead
from accountability.actions.leads import open_lead, open_leads, screen_lead
from accountability.actions.thresholds import open_unit_lead
from accountability.enums import LeadSource
from accountability.models import Exhibit, Finding, Lead
from accountability.tests.factories import lead_against
from casework.actions.cases.verbs import set_causes
from casework.models import Case, Duty
from casework.queries.inbox import duties_of
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person, Unit
from organisation.tests.factories import make_holder, make_post
from organisation.tests.together import at_once, shared_database
from students.tests.factories import make_pupil

TODAY = date(2026, 11, 23)
UUID = "8d0c1f5e-0000-4000-8000-000000000001"


def again(person):
    return Person.objects.get(pk=person.pk)


@pytest.fixture
def seats(class_a, school_a, township, county):
    """One person on each seat that screens a unit's matter."""
    prefecture = Unit.objects.get_parent(county)
    units = {"principal": school_a, "central_head": township, "county_clerk": county, "bureau_head": county}
    units |= {"county_leader": county, "prefecture_leader": prefecture, "prefecture_officer": prefecture}
    units |= {"province_officer": Unit.objects.get_parent(prefecture)}
    return {kind: (make_holder(PostKind(kind), unit, kind), unit) for kind, unit in units.items()}


# Who screens a unit's matter (P23).


@pytest.mark.parametrize(
    ("unit", "screener"),
    [
        ("class_a", "principal"),
        ("cohort", "principal"),
        ("school_a", "bureau_head"),
        ("township", "county_leader"),
        ("county", "prefecture_leader"),
        ("prefecture", "province_officer"),
    ],
)
def test_who_screens_a_units_matter(request, seats, class_a, county, unit, screener):
    units = {"cohort": Unit.objects.get_parent(class_a), "prefecture": Unit.objects.get_parent(county)}
    lead = lead_against(units.get(unit) or request.getfixturevalue(unit))
    person, seat = seats[screener]
    assert (lead.screener_kind, lead.screener_path) == (screener, seat.path)
    assert [duty.about for duty in duties_of(person, on=TODAY).filter(kind="screen_lead")] == [lead.pk]
    assert screen_lead(lead, "keep", reason="经核实报表失实", ground="G9", act="false", by=person).state == "kept"


def test_an_empty_seat_passes_a_schools_matter_up(seats, school_a):
    seats["bureau_head"][0].posts.all().delete()
    assert lead_against(school_a).screener_kind == "prefecture_leader"


def test_who_belongs_to_the_unit_does_not_screen_its_matter(seats, class_a):
    """A small school: the principal is class teacher too, so a class's matter goes up."""
    principal = seats["principal"][0]
    make_post(principal, PostKind.CLASS_TEACHER, class_a)
    lead = lead_against(class_a)
    assert lead.screener_kind == "central_head"
    with pytest.raises(NotYours):
        screen_lead(lead, "dismiss", reason="我班的", by=again(principal))


def test_nobody_sees_a_lead_against_the_own_unit(seats, school_a, class_teacher, county_clerk):
    lead = lead_against(school_a)
    head = seats["bureau_head"][0]
    assert Lead.objects.visible_to(head, on=TODAY).get() == lead
    make_post(head, PostKind.PRINCIPAL, school_a)
    for person in (again(head), seats["principal"][0], class_teacher, county_clerk):
        assert not Lead.objects.visible_to(person, on=TODAY).exists()


def test_a_lead_moves_on_when_its_screener_joins_the_unit(seats, school_a):
    lead = lead_against(school_a)
    make_post(seats["bureau_head"][0], PostKind.PRINCIPAL, school_a)
    open_leads()
    lead.refresh_from_db()
    assert lead.screener_kind == "prefecture_leader"


# Opening: once a key, by whoever found it.


def test_the_same_key_is_one_lead(seats, school_a):
    first, second = lead_against(school_a, key="truth:1"), lead_against(school_a, key="truth:1")
    assert first == second
    assert Lead.objects.count() == Duty.objects.filter(kind="screen_lead").count() == 1


def test_a_dismissed_lead_is_not_opened_again(seats, school_a):
    lead = lead_against(school_a, key="truth:1")
    screen_lead(lead, "dismiss", reason="已核实无误", by=seats["bureau_head"][0])
    assert lead_against(school_a, key="truth:1").state == "dismissed"
    assert Lead.objects.count() == 1


def test_an_unknown_ground_is_refused(school_a):
    with pytest.raises(Malformed):
        open_lead(source=LeadSource.TRUTH, subject=school_a, key="k", evidence={}, ground="G99")


@pytest.mark.parametrize(
    ("ground", "act", "reason", "code"),
    [
        ("", "", "辍学率高于全县平均", "ground_needed"),
        ("G9", "", "经核实报表失实", "no_act"),
        ("G9", "false", "失实", "no_act"),
        ("G9", "late", "经核实报表迟报", "act_does_not_fit"),
        ("X1", "false", "经核实报表失实", "unknown_ground"),
        ("C3", "late", "经核实驱赶学生", "act_does_not_fit"),
    ],
)
def test_kept_it_names_an_act_and_not_that_a_child_left(seats, school_a, ground, act, reason, code):
    with pytest.raises(Refused) as refused:
        screen_lead(lead_against(school_a), "keep", reason=reason, ground=ground, act=act, by=seats["bureau_head"][0])
    assert refused.value.code == code
    assert Lead.objects.get().state == "screening"


def test_kept_it_becomes_a_matter_against_the_unit(seats, school_a):
    lead = lead_against(school_a)
    screen_lead(lead, "keep", reason="经核实瞒报两人", ground="G9", act="false", by=seats["bureau_head"][0])
    finding = Finding.objects.get()
    assert (finding.subject_unit, finding.lead, finding.state) == (school_a, lead, "investigating")
    assert [(one.code, one.act) for one in finding.grounds.all()] == [("G9", "false")]


def test_a_classs_lead_is_kept_without_a_matter_against_anybody(seats, class_a):
    lead = lead_against(class_a)
    kept = screen_lead(lead, "keep", reason="经核实补签点名", ground="G8", act="false", by=seats["principal"][0])
    follow_findings()  # which opens the matters of leads kept before leads opened them
    assert (kept.state, Finding.objects.count()) == ("kept", 0)


def test_a_cases_matter_keeps_the_child_in_mind(seats, case):
    open_leads_for_causes()
    head = seats["bureau_head"][0]
    screen_lead(Lead.objects.get(), "keep", reason="经核实体罚学生", ground="C2", act="wrongful", by=head)
    assert Finding.objects.get().pupil == case.pupil


@pytest.mark.django_db(transaction=True)
class TestTogether:
    @pytest.fixture(autouse=True)
    def database(self, transactional_db, tmp_path):
        with shared_database(tmp_path):
            yield

    def test_four_who_find_the_same_open_one_lead(self, county, school_a):
        make_holder(PostKind.BUREAU_HEAD, county)
        evidence = {"title": "点名与清点不符"}
        opened = at_once(
            *(
                lambda: open_lead(source=LeadSource.TRUTH, subject=school_a, key="truth:x", evidence=evidence)[1]
                for _ in range(4)
            )
        )
        assert sorted(opened) == [False, False, False, True]
        assert Lead.objects.count() == Duty.objects.filter(kind="screen_lead").count() == 1


# A unit over its limit (D5 一).


def over(unit, lost, opening, **more):
    given = {"stage": "junior", "year": 2026, "permille": Decimal(18), "as_of": TODAY}
    return open_unit_lead(unit, numerator=lost, denominator=opening, **given | more)


def test_over_the_limit_is_a_lead_against_the_unit_without_a_ground(seats, school_a):
    lead = over(school_a, 30, 1000)
    assert (lead.subject_unit, lead.subject, lead.ground, lead.source) == (school_a, None, "", "threshold")
    assert lead.evidence["text"] == "截至 2026年11月23日,初中辍学 30 人,学年初在校 1000 人,控制线 1.8%。"
    assert lead.evidence["small_number"] is False


def test_one_child_who_makes_the_difference_is_said(seats, school_a):
    lead = over(school_a, 1, 48)
    assert lead.evidence["small_number"] is True
    assert "少一名学生即不超线" in lead.evidence["text"]


def test_within_the_limit_and_for_classes_there_is_none(seats, school_a, class_a):
    assert over(school_a, 18, 1000) is None
    assert over(class_a, 5, 48) is None
    assert not Lead.objects.exists()


def test_one_a_stage_and_school_year(seats, school_a):
    assert over(school_a, 30, 1000) == over(school_a, 31, 1000)
    over(school_a, 30, 1000, stage="primary")
    over(school_a, 30, 1000, year=2027)
    assert Lead.objects.count() == 3


# Causes of a case (F59).


@pytest.fixture
def case(class_a, principal):
    pupil = make_pupil(class_a, "罗小飞")
    found = Case.objects.create(
        pupil=pupil, path=class_a.path, origin_path=class_a.path, state="persuading", source="left", opened_on=TODAY
    )
    set_causes(found, ["teaching", "study"], by=principal)
    return found


def test_a_cause_that_is_the_schools_doing_is_a_lead_against_the_school(seats, case, school_a):
    assert (open_leads_for_causes(), open_leads_for_causes()) == (1, 0)
    lead = Lead.objects.get()
    assert (lead.subject_unit, lead.source, lead.screener_kind) == (school_a, "cause", "bureau_head")
    assert lead.evidence["references"] == [{"kind": "case", "key": str(case.pk), "label": f"劝返个案 {case.pk} 号"}]
    assert case.pupil.name not in str(lead.evidence)


@pytest.mark.parametrize("causes", [["study"], ["work", "poverty"], ["bullying"]])
def test_that_a_child_dropped_out_is_no_lead(seats, case, principal, causes):
    set_causes(case, causes, by=principal)
    assert open_leads_for_causes() == 0


def test_a_cleared_case_is_no_lead(seats, case):
    Case.objects.update(state="cleared", clear_reason="error", ended_on=TODAY)
    assert open_leads_for_causes() == 0


# By hand.


def entered(subject, by, **more):
    given = {"request_id": UUID, "title": "台账不全", "text": "抽查三个班,两个班没有台账", "on": TODAY, "ground": "G3"}
    return enter_lead(subject, by=by, **given | more)


@pytest.mark.parametrize(
    ("post", "may"),
    [
        ("inspector", True),
        ("county_clerk", True),
        ("bureau_head", True),
        ("labour_officer", True),
        ("county_leader", True),
        ("principal", True),
        ("head_of_teaching", False),
        ("class_teacher", False),
        ("registrar", False),
    ],
)
def test_who_enters_a_lead(county, school_a, class_a, class_teacher, post, may):
    at = {"class_teacher": class_a}.get(post) or (county if post in ("inspector", "county_clerk", "bureau_head", "labour_officer", "county_leader") else school_a)  # fmt: skip
    person = make_holder(PostKind(post), at, "登记人")
    subject = class_teacher.posts.get()
    if may:
        lead = entered(subject, person)
        assert (lead.subject, lead.entered_by, lead.ground) == (class_teacher, person, "G3")
        assert lead in Lead.objects.visible_to(person, on=TODAY)
    else:
        with pytest.raises(NotYours):
            entered(subject, person)


def test_the_same_form_sent_twice_is_one_lead(county, school_a):
    inspector = make_holder(PostKind.INSPECTOR, county)
    assert entered(school_a, inspector) == entered(school_a, inspector)


@pytest.mark.parametrize(
    ("field", "code"),
    [({"text": " "}, "text_needed"), ({"on": date(2026, 11, 24)}, "in_future"), ({"ground": "X"}, "unknown_ground")],
)
def test_what_a_hand_entered_lead_needs(county, school_a, field, code):
    with pytest.raises(Malformed) as refused:
        entered(school_a, make_holder(PostKind.INSPECTOR, county), **field)
    assert refused.value.code == code
    assert not Lead.objects.exists()


def test_nobody_enters_a_lead_against_themselves(principal):
    with pytest.raises(Malformed) as refused:
        entered(principal.posts.get(), principal)
    assert refused.value.code == "own_matter"


def test_an_inspector_enters_one_on_the_page_and_sees_what_came_of_it(as_, county, school_a, principal, bureau_head):
    inspector = make_holder(PostKind.INSPECTOR, county)
    client = as_(inspector)
    page = client.get(f"/leads/new/?unit={school_a.code}").content.decode()
    assert principal.name in page
    body = {"request_id": UUID, "subject": f"post:{principal.posts.get().pk}", "ground": "", "title": "未组织自查"}
    answer = client.post(
        f"/leads/new/?unit={school_a.code}", {**body, "on": "2026-11-20", "text": "本学期没有自查记录"}
    )
    assert answer.status_code == 302
    lead = Lead.objects.get()
    assert (lead.subject, lead.screener_kind) == (principal, "bureau_head")
    assert client.get(f"/leads/{lead.pk}/").status_code == 200
    assert client.post(f"/leads/{lead.pk}/", {"verb": "dismiss", "reason": "算了"}).status_code == 403
    assert as_(principal).get(f"/leads/{lead.pk}/").status_code == 404


def test_a_subject_out_of_scope_is_no_choice(as_, county, school_a, other_clerk):
    body = {"request_id": UUID, "subject": f"post:{other_clerk.posts.get().pk}", "title": "x", "on": "2026-11-20"}
    answer = as_(make_holder(PostKind.INSPECTOR, county)).post(
        f"/leads/new/?unit={school_a.code}", {**body, "text": "x"}
    )
    assert answer.status_code == 200
    assert not Lead.objects.exists()


def test_what_is_handed_in_is_checked_and_not_for_those_it_speaks_of(
    as_, county, school_a, principal, bureau_head, pdf
):
    inspector = make_holder(PostKind.INSPECTOR, county)
    entered(school_a, inspector, uploads=[pdf])
    paper = Exhibit.objects.get()
    assert b"".join(as_(bureau_head).get(f"/exhibits/{paper.pk}/").streaming_content).startswith(b"%PDF")
    assert as_(inspector).get(f"/exhibits/{paper.pk}/").status_code == 200
    assert as_(principal).get(f"/exhibits/{paper.pk}/").status_code == 404
    assert clock.today() == TODAY
