"""Warnings as pages show them: what a teacher can follow and how many more there are, one warning with all about it."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone

from casework.enums import HEIGHTS, SignalKey, Tier
from casework.models import Conference, RiskWarning, SupportEntry, SupportPlan
from casework.queries.away import roll_days
from casework.rules.before_after import WINDOW, side_by_side
from casework.rules.signals import Found
from casework.rules.support_due import support_due
from casework.rules.warnings import Assessment, what_would_lower
from organisation.queries.edition import rule_book

HEIGHT = Case(*(When(tier=tier, then=Value(height)) for tier, height in HEIGHTS.items()), output_field=IntegerField())
LOOK_AROUND = timedelta(days=60)


def worst_first(warnings):
    return warnings.annotate(height=HEIGHT).order_by("-height", "-points", "pupil__sort_key", "pk")


@dataclass(frozen=True)
class Followable:
    """What a class teacher is shown: orange and red always, then as many as can be followed; and how many more."""

    rows: list[RiskWarning]
    more: int


def followable(path: str, warnings, *, on: date, everybody=False) -> Followable:
    """The raised warnings of a class, in one statement besides the rules'."""
    rows = list(worst_first(warnings.raised().filter(path=path)).select_related("pupil").prefetch_related("signals"))
    limit = rule_book(path).rules(path, on=on).warning.shown_per_class_teacher
    always = sum(HEIGHTS[Tier(row.tier)] >= HEIGHTS[Tier.ORANGE] for row in rows)
    shown = rows if everybody else rows[: max(limit, always)]
    return Followable(shown, len(rows) - len(shown))


def assessment_of(warning: RiskWarning) -> Assessment:
    """A stored warning as its rules see it."""
    found = [Found(SignalKey(one.key), one.text, one.points, one.tier, one.lower) for one in warning.signals.all()]
    return Assessment(Tier(warning.tier), warning.points, tuple(found))


@dataclass(frozen=True)
class Done:
    """Something that was done, with the attendance before and after it side by side."""

    on: date
    what: str
    text: str
    before: object
    after: object


def about(warning: RiskWarning, person, *, on: date) -> dict:
    """All that a warning's page says, as far as the person may see it."""
    rules = rule_book(warning.path).rules(warning.path, on=on).warning
    entries = list(SupportEntry.objects.visible_to(person, on=on).filter(warning=warning).select_related("by"))
    meetings = list(
        Conference.objects.visible_to(person, on=on)
        .filter(warning=warning)
        .select_related("called_by", "chaired_by", "letter")
    )
    plans = SupportPlan.objects.visible_to(person, on=on).filter(warning=warning).prefetch_related("measures__entries")
    return {
        "signals": list(warning.signals.all()),
        "lower": what_would_lower(assessment_of(warning), rules),
        "changes": list(warning.changes.order_by("-pk")),
        "due": support_due(warning.pupil),
        "entries": entries,
        "meetings": meetings,
        "plans": list(plans.select_related("made_by", "reviewed_by")),
        "done": _side_by_side(warning, entries, meetings, on),
    }


def _side_by_side(warning, entries, meetings, on) -> list[Done]:
    acts = [(entry.on, entry.get_kind_display(), entry.text) for entry in entries]
    acts += [(timezone.localdate(one.held_at), "帮扶会议", one.attendees) for one in meetings if one.held_at]
    if not acts:
        return []
    first = min(day for day, *_ in acts) - LOOK_AROUND
    days = roll_days([warning.pupil_id], first=first, last=on).get(warning.pupil_id, [])
    found = []
    for day, what, text in sorted(acts, reverse=True):
        before, after = side_by_side(days, day, window=WINDOW)
        found.append(Done(day, what, text, before, after))
    return found
