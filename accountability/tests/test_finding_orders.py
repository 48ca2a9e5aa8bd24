"""Whatever is asked for in whatever order, no state is skipped, nobody is judged unheard or fares worse for the defence."""

from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accountability.actions.findings import deciding, hearing, nightly, opening, reviewing
from accountability.actions.findings import team as teams
from accountability.enums import FINDING_MOVES, FindingState, Form
from accountability.models import Finding
from accountability.queries.steps import DEFENCES, is_whole
from accountability.rules.forms import ORDER, months_after, weight
from accountability.tests.matters import prove, put
from organisation.errors import Refused

FORMS = ("criticism", "warning", "admonition", "circular")
VERBS = st.one_of(
    st.sampled_from(["screen", "team", "prove", "hear", "waive", "lapse", "state", "serve", "ask", "uphold", "revoke"]),
    st.tuples(st.sampled_from(["notify", "decide"]), st.sampled_from(FORMS)),
    st.sampled_from(["night", "dismiss"]),
)


def say(verb, finding, head, team, subject):
    form = ""
    if isinstance(verb, tuple):
        verb, form = verb
    said = {
        "screen": lambda: opening.screen_matter(finding, text="应当调查", by=head),
        "team": lambda: teams.name_team(finding, team, text="组成", by=head),
        "prove": lambda: prove(finding, team),
        "notify": lambda: hearing.notify_subject(
            finding, facts="未家访", basis="第三条", form=form, new_facts="又一项", by=team[0]
        ),
        "hear": lambda: hearing.hear_defence(finding, text="在外", answer="不采纳", outcome="rejected", by=team[1]),
        "waive": lambda: hearing.waive_defence(finding, by=subject),
        "lapse": lambda: hearing.hear_defence(finding, how="lapsed", by=team[0]),
        "state": lambda: hearing.state_defence(finding, text="在外培训", by=subject),
        "decide": lambda: deciding.decide_matter(finding, form=form, reasons="轻微", scope="county", by=head),
        "serve": lambda: deciding.serve_decision(finding, received_by="本人", by=team[0]),
        "ask": lambda: reviewing.ask_review(finding, text="过重", by=subject),
        "uphold": lambda: reviewing.answer_review(finding, outcome="upheld", text="清楚", by=head),
        "revoke": lambda: reviewing.answer_review(finding, outcome="revoked", text="不清", by=head),
        "night": nightly.follow_findings,
        "dismiss": lambda: opening.dismiss_matter(finding, text="不属实", by=head),
    }
    return said[verb]()


@hypothesis_settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(verbs=st.lists(VERBS, min_size=4, max_size=10))
def test_in_any_order_the_record_tells_a_lawful_procedure(bureau_head, team, principal, prefecture_leader, verbs):
    with transaction.atomic():
        finding = put(bureau_head, subject_person=principal)
        for verb in ["screen", "team", "prove", *verbs]:
            try:
                say(verb, finding, bureau_head, team, principal)
            except Refused:
                continue
        _judge(Finding.objects.get(pk=finding.pk))
        transaction.set_rollback(True)


def _judge(finding):
    steps = list(finding.steps.all())
    assert is_whole(steps)
    for step in steps[1:]:
        lawful = FINDING_MOVES[FindingState(step.before)] | {step.before}
        assert step.after in lawful
    assert [step.after for step in steps[:-1]] == [step.before for step in steps[1:]]
    assert steps[-1].after == finding.state
    decided = next((step for step in steps if step.kind == "decided"), None)
    if decided:
        notice = [step for step in steps if step.kind == "notified" and step.number < decided.number][-1]
        assert any(step.kind in DEFENCES and notice.number < step.number < decided.number for step in steps)
        assert weight(decided.form) <= weight(notice.form)
    assert bool(finding.form) == bool(decided)


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.integers(1, 36), st.integers(1, 36))
def test_months_add_up_and_never_leave_the_month(on, first, second):
    after = months_after(on, first)
    assert (after.year * 12 + after.month) - (on.year * 12 + on.month) == first
    assert after.day <= on.day
    assert months_after(on, first) <= months_after(on, first + second)


def test_the_forms_are_in_their_order():
    assert [form for form, _ in sorted(ORDER.items(), key=lambda pair: pair[1])] == list(Form)
    assert weight("circular") < weight("sanction", "warning") < weight("sanction", "dismissal")


@pytest.mark.parametrize("form", Form)
def test_every_form_has_a_weight(form):
    assert weight(form) >= 0
