"""Whether the warning works, tried on a unit's own past (F25): split by time, with nothing that was known later."""

from collections.abc import Callable
from datetime import date

from casework.actions.warnings.following import BATCH, assessed
from casework.enums import Method
from casework.queries.backtest import Plan, leavings, plan_of, pupils_on
from casework.queries.risk import Risk, risks_of
from casework.rules import logistic
from casework.rules.backtest import Sample, outcome, report, scores_of
from organisation import clock
from organisation.models import Unit

BASELINES = (Method.TIERS, Method.THREE_DAYS, Method.BELOW_90, Method.TRUANTS)
NOTHING_KNOWN = "还没有一个评估日满了观察期:点名记录太短。"


def backtest_warnings(unit: Unit | None, *, as_of: date, progress: Callable = lambda done, total: None) -> dict:
    """{"figures": what the interface says, "notes": sentences, "days": the days of the test}.

    Costs the same statements for each chunk of children on each day that is looked at; writes nothing.
    """
    plan = plan_of(unit, as_of=as_of)
    learns = logistic.is_installed()
    training = plan.split.training if learns else ()
    total, notes = len(training) + len(plan.split.test), []
    predict = _learnt(plan, training, lambda done: progress(done, total)) if learns else None
    if predict is None:
        notes.append(logistic.NOTHING_LEARNT if learns else logistic.NOT_INSTALLED)
    if not plan.split.test:
        notes.append(NOTHING_KNOWN)
    samples = []
    for number, day in enumerate(plan.split.test, start=1):
        samples += _samples(plan, day, predict)
        progress(len(training) + number, total)
    names = (*BASELINES, Method.LEARNED) if predict else BASELINES
    head = {"as_of": as_of.isoformat(), "horizon_days": plan.rules.backtest.horizon_days}
    figures = head | report(samples, names, plan.k, plan.rules.backtest)
    return {"figures": figures, "notes": notes, "days": [day.isoformat() for day in plan.split.test]}


def _learnt(plan: Plan, days, progress):
    """The regression, from earlier terms, with outcomes as they were recorded before the test began."""
    learner = logistic.Learner()
    before = clock.end_of(plan.split.test[0]) if plan.split.test else None
    for number, day in enumerate(days, start=1):
        for risks, left in _chunks(plan, day, known_by=before):
            for key, risk in risks.items():
                learner.add(logistic.features_of(_assessed(plan, risk).signals), left[key] is not None)
        progress(number)
    return learner.learn()


def _samples(plan: Plan, day, predict) -> list[Sample]:
    found = []
    for risks, left in _chunks(plan, day):
        signals = {key: _assessed(plan, risk) for key, risk in risks.items()}
        features = [logistic.features_of(signals[key].signals) for key in risks]
        chances = predict(features) if predict else [0.0] * len(risks)
        for (key, risk), chance in zip(risks.items(), chances, strict=True):
            tier, points = str(signals[key].tier), signals[key].points
            scores = scores_of(risk.facts, risk.period, tier=tier, points=points, truant_before=risk.truant_before)
            scores[Method.LEARNED] = chance
            found.append(Sample(key, day, scores, tier, left[key], _groups(risk)))
    return found


def _assessed(plan, risk):
    """By the table of points that is in force at the end: it is the present one that is on trial."""
    return assessed(risk, rules=plan.rules.warning)


def _chunks(plan: Plan, day, *, known_by=None):
    """({pupil: what was known of it that day}, {pupil: when it left, or None}) of who was at school and had no case."""
    at, horizon = clock.end_of(day), plan.rules.backtest.horizon_days
    keys = pupils_on(plan.path, day, known_at=at)
    for start in range(0, len(keys), BATCH):
        chunk = keys[start : start + BATCH]
        events = leavings(chunk, as_of=plan.as_of)
        risks = {key: risk for key, risk in risks_of(chunk, on=day, known_at=at).items() if _counts(plan, risk)}
        days = {key: [one.on for one in events[key] if known_by is None or one.known_at <= known_by] for key in risks}
        left = {key: outcome(days[key], day, horizon) for key in risks}
        gone = {key for key in risks if left[key] is None and _is_gone(events[key], day, at)}
        yield {key: risk for key, risk in risks.items() if key not in gone}, left


def _counts(plan, risk: Risk) -> bool:
    return risk.facts.is_expected and not risk.has_case and risk.pupil.path.startswith(plan.path)


def _is_gone(events, day, at) -> bool:
    """Left by then, though it was written down only later: neither foreseen nor at school."""
    return any(one.on <= day and one.known_at > at for one in events)


def _groups(risk: Risk) -> tuple[tuple[str, str], ...]:
    pupil = risk.pupil
    return (
        ("sex", pupil.sex),
        ("stage", pupil.school_class.stage),
        ("left_behind", "yes" if pupil.is_left_behind else "no"),
        ("boarding", "yes" if pupil.is_boarder else "no"),
    )
