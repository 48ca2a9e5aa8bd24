"""Findings (F50–F54, F58): each verb in each state, by whom, and what it refuses."""

import pytest

from accountability.actions.findings import correcting, deciding, hearing, opening, reviewing
from accountability.actions.findings import team as teams
from accountability.enums import FINDING_VERBS, FindingState
from accountability.models import Finding
from accountability.tests.matters import again, decide, hear, investigate, notify, prove, serve, walk
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.tests.factories import make_holder

STATES = [state for state in FindingState if state != FindingState.EXPIRED]
SAID = {
    "screen": lambda f, by, people: opening.screen_matter(f, text="应当调查", by=by),
    "dismiss": lambda f, by, people: opening.dismiss_matter(f, text="不属实", by=by),
    "investigate": lambda f, by, people: teams.name_team(f, people, text="组成", by=by),
    "notify": lambda f, by, people: hearing.notify_subject(
        f, facts="未家访", basis="第三条", form="criticism", new_facts="又查明一项", by=by
    ),
    "hear": lambda f, by, people: hearing.hear_defence(f, text="在外", answer="不予采纳", outcome="rejected", by=by),
    "decide": lambda f, by, people: deciding.decide_matter(f, form="criticism", reasons="轻微", by=by),
    "serve": lambda f, by, people: deciding.serve_decision(f, received_by="本人", by=by),
    "review": lambda f, by, people: reviewing.ask_review(f, text="过重", by=by),
    "revoke": lambda f, by, people: reviewing.answer_review(f, outcome="revoked", text="事实不清", by=by),
    "refer": lambda f, by, people: deciding.refer_matter(f, authority="公安局", basis="刑法", text="涉嫌", by=by),
}


@pytest.mark.parametrize("verb", SAID)
@pytest.mark.parametrize("state", STATES)
def test_each_verb_in_each_state(at_state, bureau_head, team, state, verb):
    finding = at_state(state)
    by = team[0] if verb in ("notify", "hear", "serve", "review") and finding.round else bureau_head
    allowed = state in FINDING_VERBS[verb]
    if not allowed:
        with pytest.raises(Refused) as refused:
            SAID[verb](finding, by, team)
        assert refused.value.code == "wrong_state"
        assert Finding.objects.get(pk=finding.pk).state == state
        return
    try:
        SAID[verb](finding, by, team)
    except Refused as refused:
        # allowed by the state, refused by what is still lacking
        assert refused.code in ("small_team", "no_new_facts", "no_review")  # noqa: PT017


POSTS = [
    (PostKind.COUNTY_CLERK, "county"),
    (PostKind.INSPECTOR, "county"),
    (PostKind.COUNTY_LEADER, "county"),
    (PostKind.PRINCIPAL, "school_b"),
    (PostKind.DEPUTY_PRINCIPAL, "school_a"),
    (PostKind.HEAD_OF_TEACHING, "school_a"),
    (PostKind.CLASS_TEACHER, "class_a"),
    (PostKind.TOWNSHIP_OFFICER, "township"),
]


@pytest.mark.parametrize("verb", SAID)
def test_nobody_else_says_any_verb(at_state, request, team, principal, verb):
    finding = at_state(FINDING_VERBS[verb][-1] if verb not in ("review", "revoke") else "served")
    others = [make_holder(kind, request.getfixturevalue(place)) for kind, place in POSTS]
    if verb not in ("review", "serve"):  # what the subject may do
        others.append(principal)
    for person in others:
        with pytest.raises(NotYours):
            SAID[verb](finding, again(person), team)
    assert Finding.objects.get(pk=finding.pk).state == finding.state


def test_the_whole_way(at_state, principal):
    finding = at_state("served")
    kinds = [step.kind for step in finding.steps.all()]
    assert kinds == ["opened", "screened", "team", "evidence", "notified", "heard", "decided", "served"]
    assert (finding.form, str(finding.in_force_from), str(finding.expires_on)) == (
        "admonition",
        "2026-11-23",
        "2027-05-23",
    )
    assert [document.number for document in finding.documents.all()] == ["520502告〔2026〕1号", "520502处〔2026〕1号"]


def test_two_investigators_at_least(at_state, bureau_head, team):
    finding = at_state("investigating")
    for few in ([], team[:1], [team[0], team[0]]):
        with pytest.raises(Malformed) as refused:
            investigate(finding, bureau_head, few)
        assert refused.value.code == "small_team"


def test_no_notice_without_a_team_and_without_proof(at_state, bureau_head, team):
    finding = at_state("investigating")
    with pytest.raises(Refused) as refused:
        hearing.notify_subject(finding, facts="x", basis="y", form="criticism", by=bureau_head)
    assert refused.value.code == "small_team"
    investigate(finding, bureau_head, team)
    with pytest.raises(Refused) as refused:
        notify(finding, team)
    assert refused.value.code == "no_proof"
    prove(finding, team)
    opening.add_ground(finding, code="G8", act="false", text="检查时补造家访记录", by=team[0])
    with pytest.raises(Refused) as refused:
        notify(finding, team)
    assert refused.value.code == "no_proof"


@pytest.mark.parametrize(
    ("code", "act", "text", "refusal"),
    [
        ("G4", "omitted", "辍学", "no_act"),
        ("G4", "", "班里有一名学生辍学了", "no_act"),
        ("X9", "omitted", "没有家访也没有联系", "unknown_ground"),
        ("L1", "omitted", "没有家访也没有联系", "unknown_ground"),
        ("G8", "late", "报表晚交了七天时间", "act_does_not_fit"),
        ("G9", "late", "报表晚交了七天时间", "act_does_not_fit"),
        ("G6", "omitted", "没有家访也没有联系", "act_does_not_fit"),
        ("G4", "wrongful", "没有家访也没有联系", "act_does_not_fit"),
    ],
)
def test_a_ground_is_a_named_act(bureau_head, principal, code, act, text, refusal):
    with pytest.raises(Refused) as refused:
        opening.put_matter(
            by=bureau_head,
            subject_person=principal,
            grounds=[{"code": code, "act": act, "text": text}],
            text="检查发现",
        )
    assert refused.value.code == refusal
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("form", "heavier"), [("criticism", "warning"), ("admonition", "circular"), ("circular", "sanction")]
)
def test_never_heavier_after_the_defence(at_state, bureau_head, team, form, heavier):
    finding = at_state("investigating")
    notify(prove(investigate(finding, bureau_head, team), team), team, form=form)
    hear(finding, team)
    more = {"sanction": "warning", "authority": "县人社局", "authority_number": "1号"} if heavier == "sanction" else {}
    with pytest.raises(Refused) as refused:
        decide(finding, bureau_head, form=heavier, scope="county", **more)
    assert refused.value.code == "heavier_than_notified"


def test_new_facts_are_told_anew_and_heard_anew(at_state, bureau_head, team):
    finding = at_state("heard")
    with pytest.raises(Refused) as refused:
        notify(finding, team, form="circular", new_facts="又查明一项")
    assert refused.value.code == "no_new_facts"
    prove(finding, team)
    notify(finding, team, form="circular", new_facts="又查明一项")
    with pytest.raises(Refused):
        decide(finding, bureau_head, form="circular", scope="county")
    hear(finding, team)
    assert decide(finding, bureau_head, form="circular", scope="county").form == "circular"


@pytest.mark.parametrize(
    ("grave", "late", "code"),
    [(True, True, "not_mitigated"), (True, False, "not_mitigated"), (False, True, "not_mitigated")],
)
def test_none_only_without_grave_result_and_corrected_in_time(at_state, bureau_head, grave, late, code):
    finding = at_state("heard")
    with pytest.raises(Refused) as refused:
        decide(finding, bureau_head, form="exempt", no_grave_result=not grave, corrected_in_time=not late)
    assert refused.value.code == code
    decided = decide(finding, bureau_head, form="exempt", no_grave_result=True, corrected_in_time=True)
    assert decided.form == "exempt"


@pytest.mark.parametrize(
    ("form", "more", "expires"),
    [
        ("criticism", {}, None),
        ("warning", {}, None),
        ("admonition", {}, "2027-05-23"),
        ("circular", {"scope": "county"}, None),
        ("sanction", {"sanction": "warning"}, "2027-05-23"),
        ("sanction", {"sanction": "demerit"}, "2027-11-23"),
        ("sanction", {"sanction": "lowered_post"}, "2028-11-23"),
        ("sanction", {"sanction": "dismissal"}, None),
    ],
)
def test_how_long_each_form_is_in_force(at_state, bureau_head, team, form, more, expires):
    finding = at_state("investigating")
    sanction = more.get("sanction", "")
    notify(prove(investigate(finding, bureau_head, team), team), team, form=form, sanction=sanction)
    hear(finding, team)
    if sanction:
        with pytest.raises(Malformed):
            decide(finding, bureau_head, form=form, **more)
        more = {**more, "authority": "县人社局", "authority_number": "县人社处〔2026〕3号"}
    decide(finding, bureau_head, form=form, **more)
    assert (str(serve(finding, team).expires_on) if expires else serve_of(finding)) == expires


def serve_of(finding):
    return Finding.objects.get(pk=finding.pk).expires_on


def test_a_unit_is_neither_talked_to_nor_sanctioned(at_state, bureau_head, team, school_a):
    finding = at_state("investigating", subject_unit=school_a)
    prove(investigate(finding, bureau_head, team), team)
    for form in ("admonition", "warning"):
        with pytest.raises(Refused) as refused:
            notify(finding, team, form=form)
        assert refused.value.code == "not_for_subject"
    assert notify(finding, team, form="circular").state == "notified"


def test_a_teacher_is_not_given_a_managers_sanction(
    school_a, class_teacher, principal, head_of_teaching, deputy_principal
):
    pair = [head_of_teaching, deputy_principal]
    finding = walk(principal, pair, "investigating", subject_person=class_teacher)
    prove(investigate(finding, principal, pair), pair)
    with pytest.raises(Refused) as refused:
        notify(finding, pair, form="sanction", sanction="removal")
    assert refused.value.code == "not_for_subject"


def test_a_circular_goes_no_further_than_who_decides_it_and_than_decided(
    school_a, class_teacher, principal, head_of_teaching, deputy_principal
):
    pair = [head_of_teaching, deputy_principal]
    finding = walk(principal, pair, "investigating", subject_person=class_teacher)
    notify(prove(investigate(finding, principal, pair), pair), pair, form="circular")
    hear(finding, pair)
    with pytest.raises(Refused) as refused:
        decide(finding, principal, form="circular", scope="county")
    assert refused.value.code == "scope_too_wide"
    decide(finding, principal, form="circular", scope="school")
    with pytest.raises(Refused):
        deciding.publish_decision(finding, scope="school", text="教职工大会", by=principal)
    serve(finding, pair)
    with pytest.raises(Refused) as refused:
        deciding.publish_decision(finding, scope="county", text="县网站", by=principal)
    assert refused.value.code == "scope_too_wide"
    deciding.publish_decision(finding, scope="school", text="教职工大会上宣读", by=principal)


def test_nothing_but_a_circular_is_made_known(at_state, bureau_head):
    finding = at_state("served")
    with pytest.raises(Refused) as refused:
        deciding.publish_decision(finding, scope="school", text="公示栏", by=bureau_head)
    assert refused.value.code == "not_public"


def test_an_order_that_was_not_followed_proposes_a_heavier_form(at_state, bureau_head, team, settings):
    finding = at_state("served")
    correcting.order_correction(finding, days=5, what="补做家访", check="查登记簿", by=bureau_head)
    with pytest.raises(Refused) as refused:
        correcting.check_correction(finding, corrected=False, text="未补做", by=team[0])
    assert refused.value.code == "not_yet"
    settings.KONGCHUO_TODAY = "2026-12-01"
    correcting.check_correction(finding, corrected=False, text="未补做", by=team[0])
    step = finding.steps.last()
    assert (step.kind, step.outcome, step.form) == ("checked", "not_done", "circular")
    assert Finding.objects.get(pk=finding.pk).form == "admonition"  # proposed, never decided


def test_a_matter_is_not_put_twice(bureau_head, principal, at_state):
    at_state("investigating")
    with pytest.raises(Refused) as refused:
        at_state("screening")
    assert refused.value.code == "already_open"
