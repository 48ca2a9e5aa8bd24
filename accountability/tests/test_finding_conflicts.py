"""Conflicts of interest (F51): the subject, subordinates, parties with a duty open in the matter; by every path, and anew
whenever a post changes."""

import pytest

from accountability.actions.findings import deciding, hearing, nightly, opening, reviewing
from accountability.actions.findings.hearing import state_defence
from accountability.actions.leads import open_leads, screen_lead
from accountability.enums import SCREENED_BY
from accountability.models import Finding, Lead
from accountability.queries.conflicts import conflict_of
from accountability.rules.superiors import is_below
from accountability.tests.matters import GROUND, again, decide, hear, investigate, notify, prove, put, serve, walk
from casework.actions.duties import chase_duties
from casework.models import Duty
from casework.tests.factories import make_duty
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import NotYours, Refused
from organisation.models import Post
from organisation.tests.factories import make_holder, make_person, make_post

P = PostKind


@pytest.fixture
def today(school_day):
    return school_day


# Pure.


@pytest.mark.parametrize(
    ("own", "chief", "below"),
    [
        ((P.CLASS_TEACHER, "AAAA"), (P.PRINCIPAL, "AA"), True),
        ((P.CLASS_TEACHER, "AAAA"), (P.PRINCIPAL, "BB"), False),
        ((P.PRINCIPAL, "AA"), (P.CLASS_TEACHER, "AAAA"), False),
        ((P.PRINCIPAL, "AA"), (P.PRINCIPAL, "AA"), False),
        ((P.COUNTY_CLERK, "A"), (P.BUREAU_HEAD, "A"), True),
        ((P.INSPECTOR, "A"), (P.BUREAU_HEAD, "A"), True),
        ((P.PRINCIPAL, "AA"), (P.BUREAU_HEAD, "A"), True),
        ((P.TOWNSHIP_OFFICER, "AA"), (P.COUNTY_LEADER, "A"), True),
        ((P.BUREAU_HEAD, "A"), (P.COUNTY_LEADER, "A"), False),
        ((P.BUREAU_HEAD, "A"), (P.PREFECTURE_LEADER, ""), True),
    ],
)
def test_who_is_whose_subordinate(own, chief, below):
    assert is_below([own], [chief]) is below


# Who decides.


@pytest.mark.parametrize(
    ("post", "place", "decider"),
    [
        (P.CLASS_TEACHER, "class_a", P.PRINCIPAL),
        (P.SUBJECT_TEACHER, "class_a", P.PRINCIPAL),
        (P.DEPUTY_PRINCIPAL, "school_a", P.PRINCIPAL),
        (P.PRINCIPAL, "school_a", P.BUREAU_HEAD),
        (P.CENTRAL_HEAD, "township", P.BUREAU_HEAD),
        (P.COUNTY_CLERK, "county", P.BUREAU_HEAD),
        (P.TOWNSHIP_OFFICER, "township", P.COUNTY_LEADER),
        (P.BUREAU_HEAD, "county", P.PREFECTURE_LEADER),
        (P.COUNTY_LEADER, "county", P.PREFECTURE_LEADER),
    ],
)
def test_whose_matter_it_is(request, county, school_a, prefecture_leader, post, place, decider):
    seats = {P.PRINCIPAL: school_a, P.BUREAU_HEAD: county, P.COUNTY_LEADER: county}
    unit = request.getfixturevalue(place)
    holders = {kind: make_holder(kind, seat) for kind, seat in seats.items()} | {P.PREFECTURE_LEADER: prefecture_leader}
    subject = holders.get(post) or make_holder(post, unit)
    finding = put(holders[decider], subject_person=subject)
    assert finding.decider_kind == decider == SCREENED_BY.get(post, P.PRINCIPAL)


@pytest.mark.parametrize(
    ("place", "decider"), [("school_a", P.BUREAU_HEAD), ("township", P.COUNTY_LEADER), ("county", P.PREFECTURE_LEADER)]
)
def test_whose_matter_a_unit_is(request, county, prefecture_leader, place, decider):
    holders = {kind: make_holder(kind, county) for kind in (P.BUREAU_HEAD, P.COUNTY_LEADER)}
    holders[P.PREFECTURE_LEADER] = prefecture_leader
    finding = put(holders[decider], subject_unit=request.getfixturevalue(place))
    assert finding.decider_kind == decider


def test_nobody_puts_a_matter_against_themselves_or_who_is_above(county, principal, bureau_head):
    inspector = make_holder(P.INSPECTOR, county)
    for by, subject in ((bureau_head, bureau_head), (inspector, bureau_head), (inspector, inspector)):
        with pytest.raises(NotYours):
            put(by, subject_person=subject)
    assert put(inspector, subject_person=principal).state == "screening"


# Who keeps out.


def teach(person, class_a):
    make_post(person, P.CLASS_TEACHER, class_a)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("the subject", "conflict"),
        ("a subordinate", "conflict"),
        ("a party with an open duty", "conflict"),
        ("who decides", "conflict"),
        ("somebody of another county", "not_in_reach"),
        ("somebody without a post", "not_in_reach"),
    ],
)
def test_who_may_not_investigate(at_state, bureau_head, team, principal, class_a, pupils_a, request, how, code):
    finding = at_state("investigating", subject_person=principal, pupil=pupils_a[0])
    teacher = make_holder(P.GRADE_HEAD, request.getfixturevalue("school_b"))
    make_duty(request.getfixturevalue("school_b"), post=P.GRADE_HEAD, pupil=pupils_a[0])
    person = {
        "the subject": principal,
        "a subordinate": make_holder(P.CLASS_TEACHER, class_a),
        "a party with an open duty": teacher,
        "who decides": bureau_head,
        "somebody of another county": request.getfixturevalue("other_clerk"),
        "somebody without a post": make_person(),
    }[how]
    with pytest.raises(Refused) as refused:
        investigate(finding, bureau_head, [team[0], person])
    assert refused.value.code == code


def test_who_decides_has_not_investigated(at_state, bureau_head, team, county):
    finding = at_state("heard")
    bureau_head.posts.all().delete()
    make_post(team[0], P.BUREAU_HEAD, county)
    with pytest.raises(NotYours) as refused:
        decide(finding, again(team[0]))
    assert refused.value.code == "conflict"


def test_a_subordinate_who_comes_to_sit_on_the_seat_does_not_decide(at_state, bureau_head, principal, county, class_a):
    finding = at_state("heard")
    bureau_head.posts.all().delete()
    teacher = make_holder(P.CLASS_TEACHER, class_a)
    make_post(teacher, P.BUREAU_HEAD, county)
    with pytest.raises(NotYours) as refused:
        decide(finding, again(teacher))
    assert refused.value.code == "conflict"
    assert not Finding.objects.get(pk=finding.pk).form


def test_who_comes_to_owe_a_duty_in_the_matter_decides_no_longer(at_state, bureau_head, principal, pupils_a, county):
    finding = at_state("heard", subject_person=principal, pupil=pupils_a[0])
    make_duty(county, post=P.BUREAU_HEAD, pupil=pupils_a[0])
    with pytest.raises(NotYours) as refused:
        decide(finding, bureau_head)
    assert refused.value.code == "conflict"


@pytest.mark.parametrize("how", ["made a subordinate", "left", "came to owe a duty"])
@pytest.mark.parametrize("verb", ["notify", "hear", "decide"])
def test_an_investigator_whose_posts_change_is_noticed_at_the_next_verb(
    at_state, bureau_head, team, principal, pupils_a, class_a, county, verb, how
):
    before = {"notify": "investigating", "hear": "notified", "decide": "heard"}[verb]
    finding = at_state(before, subject_person=principal, pupil=pupils_a[0])
    if verb == "notify":
        prove(investigate(finding, bureau_head, team), team)
    if how == "made a subordinate":
        make_post(team[1], P.CLASS_TEACHER, class_a)
    elif how == "left":
        team[1].posts.update(last_day="2026-11-20")
    else:
        team[1].posts.all().delete()
        make_post(team[1], P.COUNTY_CLERK, county)
        make_duty(county, post=P.COUNTY_CLERK, pupil=pupils_a[0])
    said = {"notify": lambda: notify(finding, team), "hear": lambda: hear(finding, team)}
    with pytest.raises(Refused) as refused:
        said.get(verb, lambda: decide(finding, bureau_head))()
    assert refused.value.code == "team_conflict"
    with pytest.raises(NotYours):
        hearing.hear_defence(finding, by=again(team[1]), text="x", answer="y", outcome="rejected")


def test_a_new_team_takes_over_and_the_old_one_sees_nothing_more(at_state, bureau_head, team, county, today):
    finding = at_state("notified")
    others = [make_holder(P.INSPECTOR, county), make_holder(P.COUNTY_CLERK, county)]
    with pytest.raises(Refused):
        opening.dismiss_matter(finding, text="", by=bureau_head)
    investigate(finding, bureau_head, others)
    assert not Finding.objects.visible_to(again(team[0]), on=today).exists()
    with pytest.raises(NotYours):
        hear(finding, team)
    assert set(Duty.objects.open().filter(kind="finding_hear").values_list("person", flat=True)) == {
        one.pk for one in others
    }
    assert hear(finding, others).state == "heard"


def test_the_matter_moves_up_when_its_seat_falls_empty_or_its_holder_becomes_a_party(
    at_state, bureau_head, principal, county, pupils_a, prefecture_leader
):
    finding = at_state("heard", subject_person=principal, pupil=pupils_a[0])
    assert nightly.follow_findings()["moved"] == 0
    make_duty(county, post=P.BUREAU_HEAD, pupil=pupils_a[0])
    assert nightly.follow_findings()["moved"] == 1
    assert nightly.follow_findings()["moved"] == 0
    finding.refresh_from_db()
    assert finding.decider_kind == "prefecture_leader"
    duty = Duty.objects.open().get(kind="finding_decide")
    assert (duty.post_kind, duty.chair_path) == ("prefecture_leader", finding.decider_path)
    assert decide(finding, prefecture_leader).state == "decided"


def test_nobody_reads_a_matter_against_themselves_through_a_post(bureau_head, team, principal, county, today):
    finding = walk(bureau_head, team, "investigating", subject_person=principal)
    make_post(principal, P.BUREAU_HEAD, county)
    subject = again(principal)
    assert not Finding.objects.visible_to(subject, on=today).exists()
    with pytest.raises(NotYours):
        opening.dismiss_matter(finding, text="没有此事", by=subject)


def test_nobody_of_a_unit_handles_the_matter_against_it(bureau_head, team, school_a, principal, class_a, today):
    finding = walk(bureau_head, team, "notified", subject_unit=school_a)
    make_post(team[0], P.CLASS_TEACHER, class_a)
    assert conflict_of(again(team[0]), finding, on=today)
    assert not Finding.objects.handled_by(again(team[0]), on=today).exists()
    assert Finding.objects.concerning(principal, on=today).exists()
    state_defence(finding, text="学校已经整改", by=principal)


def test_the_appeal_is_heard_by_who_did_not_decide(at_state, bureau_head, principal, prefecture_leader, county):
    finding = at_state("served")
    reviewing.ask_review(finding, text="过重", by=principal)
    reviewing.answer_review(finding, outcome="upheld", text="事实清楚", by=bureau_head)
    reviewing.ask_review(finding, text="仍然不服", by=principal)
    with pytest.raises(NotYours):
        reviewing.answer_review(finding, outcome="upheld", text="维持", by=bureau_head)
    prefecture_leader.posts.all().delete()
    make_post(bureau_head, P.PREFECTURE_LEADER, Post.objects.model.unit.field.related_model.objects.get(code="5205"))
    with pytest.raises(NotYours) as refused:
        reviewing.answer_review(finding, outcome="upheld", text="维持", by=again(bureau_head))
    assert refused.value.code == "conflict"


# A kept lead.


def test_a_kept_lead_opens_a_matter_with_its_ground_and_its_proof(class_a, class_teacher, principal, settings):
    make_duty(class_a)
    settings.KONGCHUO_TODAY = "2026-11-18"
    chase_duties()
    open_leads()
    lead = Lead.objects.get()
    screen_lead(lead, "keep", reason="属实,应当调查", by=principal)
    finding = Finding.objects.get()
    assert (finding.state, finding.lead, finding.subject_person) == ("investigating", lead, class_teacher)
    ground = finding.grounds.get()
    assert (ground.code, ground.act) == ("G4", "late")
    assert "逾期 7 天" in ground.text
    assert ground.evidence.count() == 1
    assert Duty.objects.open().get(kind="finding_team").post_kind == "principal"
    with pytest.raises(Refused) as refused:
        screen_lead(lead, "dismiss", reason="算了", by=principal)
    assert refused.value.code == "has_finding"
    opening.dismiss_matter(finding, text="已补办,情有可原", by=principal)
    assert screen_lead(lead, "dismiss", reason="已不予追究", by=principal).state == "dismissed"


def test_who_was_late_with_the_same_duty_keeps_out(class_a, class_teacher, principal, grade_head, settings):
    duty = make_duty(class_a)
    settings.KONGCHUO_TODAY = "2026-11-18"
    chase_duties()
    open_leads()
    screen_lead(Lead.objects.get(), "keep", reason="属实,应当调查", by=principal)
    finding = Finding.objects.get()
    duty.lapses.create(person=grade_head, post_kind="grade_head", since=clock.today())
    assert conflict_of(grade_head, finding, on=clock.today())
    assert not conflict_of(principal, finding, on=clock.today())


def test_a_sealed_way_round(at_state, bureau_head, principal, team):
    """The subject asks for nothing that belongs to who handles it, at any state."""
    finding = at_state("served")
    for verb in (
        lambda by: serve(finding, [by]),
        lambda by: deciding.publish_decision(finding, scope="school", text="x", by=by),
        lambda by: reviewing.answer_review(finding, outcome="revoked", text="x", by=by),
        lambda by: opening.add_ground(finding, **GROUND, by=by),
    ):
        with pytest.raises(Refused):
            verb(principal)


def test_a_lead_that_was_kept_before_leads_opened_matters_opens_one_in_the_night(
    class_a, class_teacher, principal, settings
):
    make_duty(class_a)
    settings.KONGCHUO_TODAY = "2026-11-18"
    chase_duties()
    open_leads()
    Lead.objects.update(state="kept", reason="属实", screened_by=principal)
    assert nightly.follow_findings()["opened"] == 1
    assert nightly.follow_findings()["opened"] == 0
    assert Finding.objects.get().opened_by == principal
