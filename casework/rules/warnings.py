"""From signals to a tier, from a tier to what must change, and to who owes what (F20, F21, procedures §5). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from casework.enums import HEIGHTS, CloseReason, ConferenceState, Tier, WarningState
from casework.rules.signals import Found
from organisation.enums import PostKind
from organisation.rules.calendar import SchoolCalendar
from organisation.rules.regulation import WarningRules


@dataclass(frozen=True)
class Assessment:
    """What the facts say on a day: the tier with its reasons; whether a case has taken over, whether the child left."""

    tier: Tier
    points: int
    signals: tuple[Found, ...]
    has_case: bool = False
    has_left: bool = False


def assess(signals: Sequence[Found], rules: WarningRules, *, has_case=False, has_left=False) -> Assessment:
    """Red by events only; orange by an event or by points; yellow by points."""
    points = sum(found.points for found in signals)
    by_points = Tier.NONE
    if points >= rules.orange_points:
        by_points = Tier.ORANGE
    elif points >= rules.yellow_points:
        by_points = Tier.YELLOW
    tiers = [by_points, *(Tier(found.tier) for found in signals if found.tier)]
    return Assessment(max(tiers, key=HEIGHTS.get), points, tuple(signals), has_case, has_left)


def is_higher(tier, than) -> bool:
    return HEIGHTS[Tier(tier)] > HEIGHTS[Tier(than)]


@dataclass(frozen=True)
class Standing:
    """A warning as it is stored."""

    state: str
    tier: str
    points: int
    rises: int
    opened_on: date
    risen_on: date
    below_since: date | None
    signals: tuple[Found, ...] = ()
    has_open_plan: bool = False


@dataclass(frozen=True)
class Next:
    """A warning as it shall be; `rose` says that its tier came up new or higher."""

    state: WarningState
    tier: Tier
    points: int
    rises: int
    opened_on: date
    risen_on: date
    below_since: date | None = None
    close_reason: str = ""
    rose: bool = False


def follow(standing: Standing | None, found: Assessment, *, on: date, quiet: bool) -> Next | None:
    """What a warning becomes; None where nothing changes or there is nothing to warn of.

    `quiet` says that the child has been below yellow for as long as the regulation asks before a warning closes.
    """
    state = WarningState.CASE if found.has_case else WarningState.OPEN
    if standing is None:
        if found.tier == Tier.NONE or found.has_left:
            return None
        return Next(state, found.tier, found.points, 1, on, on, rose=True)
    given = (found.tier, found.points)
    if found.has_left:
        return _closed(standing, given, CloseReason.LEFT)
    below_since = None
    if found.tier == Tier.NONE:
        below_since = standing.below_since or on
        if quiet and standing.below_since and not standing.has_open_plan and not found.has_case:
            return _closed(standing, given, CloseReason.QUIET)
    after_case = standing.state == WarningState.CASE and state == WarningState.OPEN
    rose = is_higher(found.tier, standing.tier) or (after_case and found.tier != Tier.NONE)
    after = Next(
        state,
        found.tier,
        found.points,
        standing.rises + rose,
        standing.opened_on,
        on if rose else standing.risen_on,
        below_since,
        rose=rose,
    )
    return after if _differs(standing, after) else None


def _closed(standing, given, reason):
    tier, points = given
    return Next(WarningState.CLOSED, tier, points, standing.rises, standing.opened_on, standing.risen_on, None, reason)


def _differs(standing, after) -> bool:
    names = ("state", "tier", "points", "rises", "risen_on", "below_since")
    return any(getattr(standing, name) != getattr(after, name) for name in names)


def what_would_lower(found: Assessment, rules: WarningRules) -> list[str]:
    """In sentences: how far it is to the next tier down, and what each reason needs to go away."""
    lines = []
    events = [one for one in found.signals if one.tier]
    if events:
        highest = max(events, key=lambda one: HEIGHTS[Tier(one.tier)])
        if Tier(highest.tier) == found.tier:
            lines.append(f"{found.tier.label}是由“{highest.key.label}”引起的:{highest.lower}后重新评定。")
    limits = {Tier.ORANGE: (rules.orange_points, Tier.YELLOW), Tier.YELLOW: (rules.yellow_points, Tier.NONE)}
    limit, below = limits.get(found.tier, (None, None))
    if limit is not None and found.points >= limit:
        lines.append(f"现为 {found.points} 分,降到 {limit - 1} 分以下(含)即为{below.label}。")
    for one in found.signals:
        if one.points:
            lines.append(f"{one.key.label}({one.points} 分):{one.lower}。")
    return lines


# Duties: who owes what while a warning stands.


@dataclass(frozen=True)
class Meeting:
    key: int
    state: str
    rise: int
    on: date
    held_on: date | None
    chair_post: str
    has_plan: bool


@dataclass(frozen=True)
class PlanFacts:
    key: int
    review_on: date
    unstarted: tuple[tuple[int, str, date], ...] = ()  # measure, post, due on


@dataclass(frozen=True)
class Followed:
    """What has been done about a standing warning."""

    state: str
    tier: str
    rises: int
    risen_on: date
    last_talk: date | None = None
    meetings: tuple[Meeting, ...] = ()
    plan: PlanFacts | None = None


@dataclass(frozen=True)
class Wanted:
    """A duty that the facts want; `part` makes its key unique within the warning."""

    kind: str
    post: str
    due_on: date
    part: str
    about: int = field(default=0)


CHAIRS = {Tier.ORANGE: PostKind.HEAD_OF_TEACHING, Tier.RED: PostKind.PRINCIPAL}


def meeting_due(facts: Followed, rules: WarningRules, calendar: SchoolCalendar) -> date:
    days = rules.red_conference_days if facts.tier == Tier.RED else rules.orange_conference_days
    return calendar.add_school_days(facts.risen_on, days)


def wanted_duties(facts: Followed, *, rules: WarningRules, calendar: SchoolCalendar) -> list[Wanted]:
    """Every duty that a warning has open now; a live case rules by its own clocks (procedures §2)."""
    if facts.state != WarningState.OPEN:
        return []
    wanted = _contact(facts, rules, calendar)
    for meeting in facts.meetings:
        if meeting.state == ConferenceState.CALLED:
            wanted.append(Wanted("conference_hold", meeting.chair_post, meeting.on, str(meeting.key), meeting.key))
        elif meeting.state == ConferenceState.HELD and not meeting.has_plan and facts.plan is None:
            due = calendar.add_school_days(meeting.held_on, rules.plan_days)
            wanted.append(Wanted("support_plan", PostKind.CLASS_TEACHER, due, str(meeting.key), meeting.key))
    if facts.plan:
        wanted.append(
            Wanted("plan_review", PostKind.CLASS_TEACHER, facts.plan.review_on, str(facts.plan.key), facts.plan.key)
        )
        for measure, post, due in facts.plan.unstarted:
            wanted.append(Wanted("plan_measure", post, due, str(measure), measure))
    return wanted


def _contact(facts, rules, calendar):
    """A talk for yellow, a conference for orange and red, each time the tier comes up new or higher."""
    rise = str(facts.rises)
    if facts.tier == Tier.YELLOW and (facts.last_talk is None or facts.last_talk < facts.risen_on):
        due = calendar.add_school_days(facts.risen_on, rules.talk_days)
        return [Wanted("warning_talk", PostKind.CLASS_TEACHER, due, rise)]
    met = any(one.rise == facts.rises and one.state != ConferenceState.CANCELLED for one in facts.meetings)
    if facts.tier in CHAIRS and not met:
        again = sum(one.rise == facts.rises for one in facts.meetings)  # called and cancelled: to be called anew
        part = f"{rise}-{again}" if again else rise
        return [Wanted("warning_conference", PostKind.CLASS_TEACHER, meeting_due(facts, rules, calendar), part)]
    return []
