"""Warnings reconciled with the facts (F20): nightly for everybody, at once for the pupils of a changed roll.

The same function does both, chunk by chunk; a chunk takes the same number of statements whatever is in it.
"""

from collections import Counter
from datetime import date

from django.db import transaction

from casework.actions.warnings.duties import settle_warnings
from casework.enums import STANDING, SignalKey, Tier, WarningState
from casework.models import RiskSignal, RiskWarning, SupportPlan, TierChange
from casework.queries.risk import Risk, risks_of
from casework.rules.signals import Found, signals_of
from casework.rules.warnings import Assessment, Next, Standing, assess, follow
from organisation import clock
from organisation.rules.paths import at_or_below
from students.enums import EnrolmentStatus
from students.models import Enrolment, Pupil, TimelineEntry

BATCH = 10_000
ROWS = 2000  # of one writing statement
COLUMNS = (
    "path",
    "state",
    "tier",
    "points",
    "rises",
    "risen_on",
    "below_since",
    "closed_on",
    "close_reason",
    "digest",
)


def follow_warnings(pupil_ids, *, batch=BATCH) -> Counter:
    """Bring the warnings of these pupils in line; a second run changes nothing."""
    keys = list(dict.fromkeys(pupil_ids))
    counted = Counter(opened=0, changed=0, closed=0)
    for start in range(0, len(keys), batch):
        counted.update(_follow_batch({*keys[start : start + batch]}))
    return counted


def follow_all_warnings(path="", *, batch=BATCH) -> Counter:
    """Each night: everybody in school at or below a unit, and who has a standing warning; classes lie together."""
    there = at_or_below("path", [path]) if path else None
    spells = Enrolment.objects.current(on=clock.today()).with_status(EnrolmentStatus.IN_SCHOOL)
    standing = RiskWarning.objects.standing()
    if there is not None:
        spells, standing = spells.filter(there), standing.filter(there)
    keys = [*spells.order_by("path", "pupil").values_list("pupil", flat=True)]
    keys += standing.order_by("path", "pupil").values_list("pupil", flat=True)
    return follow_warnings(keys, batch=batch)


def assessed(risk: Risk, *, rules=None) -> Assessment:
    """What the facts say by the rules in force, or by others that somebody thinks of."""
    rules = rules or risk.rules.warning
    found = signals_of(risk.facts, risk.period, rules)
    return assess(found, rules, has_case=risk.has_case, has_left=risk.has_left)


@transaction.atomic
def _follow_batch(keys) -> Counter:
    """Pupils are locked first: of two workers the second finds nothing left to do."""
    today = clock.today()
    list(
        Pupil.objects.select_for_update(no_key=True).filter(pk__among=keys).order_by("pk").values_list("pk", flat=True)
    )
    risks = risks_of(keys, on=today)
    stored = {
        warning.pupil_id: warning
        for warning in RiskWarning.objects.filter(pupil__among=keys, state__in=STANDING).prefetch_related("signals")
    }
    at_work = SupportPlan.objects.filter(warning__in=stored.values(), reviewed_on__isnull=True)
    planned = set(at_work.values_list("warning", flat=True))
    work = _Work(today)
    for key, risk in risks.items():
        warning = stored.get(key)
        found = assessed(risk)
        standing = _standing(warning, warning.pk in planned) if warning else None
        after = follow(standing, found, on=today, quiet=_is_quiet(warning, risk, today))
        work.add(risk, warning, found, after)
    work.write()
    settle_warnings([*work.opened, *stored.values()])
    return work.counted


def _is_quiet(warning, risk, today: date) -> bool:
    """Whether the child has been below yellow for as many school days as the regulation asks."""
    if warning is None or warning.below_since is None:
        return False
    passed = risk.calendar.school_days_between(warning.below_since, today)
    return passed >= risk.rules.warning.below_yellow_days


def _standing(warning, has_open_plan) -> Standing:
    return Standing(
        warning.state,
        warning.tier,
        warning.points,
        warning.rises,
        warning.opened_on,
        warning.risen_on,
        warning.below_since,
        has_open_plan=has_open_plan,
    )


class _Work:
    """What a chunk changes, gathered and written in one statement a table."""

    def __init__(self, today):
        self.today, self.counted = today, Counter()
        self.opened: list[RiskWarning] = []
        self.changed: list[RiskWarning] = []
        self.changes: list[TierChange] = []
        self.told: list[TimelineEntry] = []
        self.signals: dict[int, tuple[RiskWarning, Assessment]] = {}

    def add(self, risk: Risk, warning, found: Assessment, after: Next | None):
        if warning is None and after is None:
            return
        if warning is None:
            warning = RiskWarning(pupil_id=risk.pupil.pk, opened_on=after.opened_on)
            self.opened.append(warning)
            self.counted["opened"] += 1
        if _said(warning) != _wanted(found):
            self.signals[id(warning)] = (warning, found)
        before = warning.tier or Tier.NONE
        moved = warning.path != risk.pupil.path
        if after is not None:
            self._note(risk, warning, found, after, before)
            for name in ("state", "tier", "points", "rises", "risen_on", "below_since", "close_reason"):
                setattr(warning, name, getattr(after, name))
            warning.closed_on = self.today if after.state == WarningState.CLOSED else None
            warning.digest = risk.rules.digest
        warning.path = risk.pupil.path
        if warning.pk and (after is not None or moved):
            self.changed.append(warning)
            self.counted["closed" if warning.state == WarningState.CLOSED else "changed"] += 1

    def _note(self, risk, warning, found, after, before):
        if warning.pk and (before, warning.state) == (after.tier, after.state):
            return
        self.changes.append(
            TierChange(
                warning=warning,
                on=self.today,
                at=clock.now(),
                before=before,
                after=after.tier,
                state=after.state,
                points=after.points,
                reasons=[one.text for one in found.signals],
            )
        )
        if after.rose and after.state == WarningState.OPEN:
            text = f"预警:{after.tier.label}——{';'.join(one.text for one in found.signals)}"
            self.told.append(
                TimelineEntry(
                    pupil_id=risk.pupil.pk,
                    on=self.today,
                    at=clock.now(),
                    kind="warning",
                    text=text[:500],
                    link="/warnings/",
                )
            )

    def write(self):
        RiskWarning.objects.bulk_create(self.opened)
        RiskWarning.objects.bulk_update(self.changed, COLUMNS, batch_size=ROWS)
        said = list(self.signals.values())
        RiskSignal.objects.filter(warning__in=[warning.pk for warning, _ in said]).delete()
        RiskSignal.objects.bulk_create(
            RiskSignal(warning=warning, key=key, points=points, tier=tier, text=text, lower=lower)
            for warning, found in said
            for key, points, tier, text, lower in _wanted(found)
        )
        for change in self.changes:
            change.warning_id = change.warning.pk
        TierChange.objects.bulk_create(self.changes)
        TimelineEntry.objects.bulk_create(self.told)


def _said(warning) -> list[tuple]:
    if warning.pk is None:
        return []
    return [(one.key, one.points, one.tier, one.text, one.lower) for one in warning.signals.all()]


def _wanted(found: Assessment) -> list[tuple]:
    return [(str(one.key), one.points, str(one.tier), one.text[:300], one.lower[:200]) for one in found.signals]


def found_in(warning: RiskWarning) -> list[Found]:
    """The stored reasons of a warning, as rules see them."""
    return [Found(SignalKey(one.key), one.text, one.points, one.tier, one.lower) for one in warning.signals.all()]
