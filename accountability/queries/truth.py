"""The facts of the truth checks (F66), set by set: a handful of statements for any county."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Sum
from django.utils.timezone import localtime

from accountability.models import SpotCount
from accountability.rules import truth as checks
from accountability.rules.truth import AwayFact, ChangeFact, CountFact, ElsewhereFact, Found, FullFact, RollFact
from casework.enums import CaseState
from casework.models import Episode, Escalation
from organisation import clock
from organisation.models import Unit
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.rules.paths import STEP, at_or_below
from organisation.rules.truth import TruthRules
from students.enums import ABSENT, WITHOUT_SLIP, EnrolmentStatus
from students.models import Enrolment, Mark, Pupil, Roll, RollVersion

SCHOOL_UP = 2 * STEP  # a class lies in a cohort, a cohort in a school


@dataclass(frozen=True)
class Scope:
    """What is looked at: a path within one county, up to a day, by the rules of that day."""

    path: str
    on: date
    rules: TruthRules

    @property
    def since(self) -> date:
        return self.on - timedelta(days=self.rules.look_back_days)

    @property
    def since_moment(self) -> datetime:
        return clock.at(self.since, time.min)

    def at(self, field):
        return at_or_below(field, [self.path])


def findings_at(path: str, *, on: date) -> list[Found]:
    """What all checks find at or below a path (of one county), whether it was found before or not."""
    scope = Scope(path, on, rule_book(path).rules(path, on=on).truth)
    return [
        *checks.case_away(away_facts(scope), scope.rules),
        *checks.headcount(count_facts(scope), scope.rules),
        *checks.elsewhere(elsewhere_facts(scope), scope.rules),
        *checks.always_full(full_facts(scope), scope.rules),
        *checks.bulk_past(past_facts(scope), scope.rules),
        *checks.changed_late(change_facts(scope), scope.rules),
    ]


def _fact(roll: Roll) -> RollFact:
    return RollFact(
        roll=roll.pk,
        school_class=roll.school_class_id,
        path=roll.path,
        date=roll.date,
        session=roll.session,
        expected=roll.expected,
        present=roll.present,
        by=roll.submitted_by_id,
        called_at=localtime(roll.called_at),
        first_submitted_at=localtime(roll.first_submitted_at),
    )


def away_facts(scope: Scope) -> list[AwayFact]:
    """Confirmed absences of the last time, with the rolls that have the child there."""
    episodes = Episode.objects.filter(
        at_or_below("case__path", [scope.path]) | at_or_below("case__origin_path", [scope.path]),
        confirmed_on__isnull=False,
        away_since__lte=scope.on,
    )
    episodes = episodes.exclude(case__state=CaseState.CLEARED).exclude(returned_on__lte=scope.since)
    episodes = list(episodes.select_related("case__pupil"))
    there = _rolls_with({one.case.pupil_id for one in episodes}, scope)
    return [
        AwayFact(
            pupil=one.case.pupil_id,
            name=one.case.pupil.name,
            case=one.case_id,
            case_state=one.case.get_state_display(),
            away_since=one.away_since,
            until=one.returned_on or one.ended_on,
            rolls=there[one.case.pupil_id],
        )
        for one in episodes
    ]


def _rolls_with(pupils, scope: Scope) -> dict[int, list[RollFact]]:
    """{pupil: the rolls of the last time on whose list the child stood when they were submitted, without an absence}."""
    span = (scope.since, scope.on)
    spells = Enrolment.objects.filter(
        pupil__in=pupils, status__in=[EnrolmentStatus.IN_SCHOOL, EnrolmentStatus.DROPPED_OUT], starts__lte=scope.on
    ).exclude(ends__lte=scope.since)
    spells = list(spells)
    rolls: dict[int, list[Roll]] = defaultdict(list)
    classes = {spell.school_class_id for spell in spells}
    for roll in Roll.objects.filter(scope.at("path"), school_class__in=classes, date__range=span):
        rolls[roll.school_class_id].append(roll)
    absent = _absences(pupils, span)
    found: dict[int, list[RollFact]] = defaultdict(list)
    for spell in spells:
        for roll in rolls[spell.school_class_id]:
            if _stood_on(spell, roll) and (roll.pk, spell.pupil_id) not in absent:
                found[spell.pupil_id].append(_fact(roll))
    return found


def _stood_on(spell, roll) -> bool:
    """On the list of that day as it was known when the roll was submitted: dropped out, if that was entered later."""
    if not (spell.starts <= roll.date and (spell.ends is None or roll.date < spell.ends)):
        return False
    known = spell.recorded_at <= roll.submitted_at
    return known if spell.status == EnrolmentStatus.IN_SCHOOL else not known


def _absences(pupils, span) -> set[tuple[int, int]]:
    marks = Mark.objects.filter(pupil__in=pupils, date__range=span).select_related("slip")
    return {(mark.roll_id, mark.pupil_id) for mark in marks if mark.effective_kind in ABSENT}


def count_facts(scope: Scope) -> list[CountFact]:
    """Headcounts of sessions whose roll was called."""
    counts = SpotCount.objects.filter(scope.at("path"), date__range=(scope.since, scope.on))
    counts = list(counts.select_related("by").prefetch_related("absent"))
    rolls = Roll.objects.filter(
        school_class__in={one.school_class_id for one in counts}, date__in={one.date for one in counts}
    )
    called = {(roll.school_class_id, roll.date, roll.session): roll for roll in rolls}
    named = {pupil.pk for one in counts for pupil in one.absent.all()}
    absent = _absences(named, (scope.since, scope.on))
    found = []
    for one in counts:
        roll = called.get((one.school_class_id, one.date, one.session))
        if roll is None:
            continue
        there = tuple(pupil.name for pupil in one.absent.all() if (roll.pk, pupil.pk) not in absent)
        found.append(CountFact(one.pk, one.counted, localtime(one.at), one.by.name, _fact(roll), there))
    return found


def findings_of_count(count: SpotCount, *, on: date) -> list[Found]:
    """What one headcount says against its roll."""
    scope = Scope(count.path, on, rule_book(count.path).rules(count.path, on=on).truth)
    facts = [fact for fact in count_facts(scope) if fact.count == count.pk]
    return checks.headcount(facts, scope.rules)


def elsewhere_facts(scope: Scope) -> list[ElsewhereFact]:
    """Rolls of the school that a child had left by the register, submitted before the register was told."""
    left = Enrolment.objects.filter(
        scope.at("path"), status=EnrolmentStatus.IN_SCHOOL, ended_by__at__gte=scope.since_moment, ends__isnull=False
    )
    left = [one for one in left.select_related("ended_by") if one.ends < localtime(one.ended_by.at).date()]
    if not left:
        return []
    pupils = {one.pupil_id for one in left}
    after: dict[int, list[Enrolment]] = defaultdict(list)
    taught = (EnrolmentStatus.IN_SCHOOL, EnrolmentStatus.HOME_TEACHING)
    for spell in Enrolment.objects.filter(pupil__in=pupils, status__in=taught).select_related("pupil"):
        after[spell.pupil_id].append(spell)
    first = min(one.ends for one in left)
    rolls: dict[int, list[Roll]] = defaultdict(list)
    for roll in Roll.objects.filter(
        school_class__in={one.school_class_id for one in left}, date__range=(first, scope.on)
    ):
        rolls[roll.school_class_id].append(roll)
    absent = _absences(pupils, (first, scope.on))
    schools = dict(
        Unit.objects.filter(
            path__in={spell.path[:-SCHOOL_UP] for spells in after.values() for spell in spells}
        ).values_list("path", "name")
    )
    found = []
    for old in left:
        for new in after[old.pupil_id]:
            if new.path[:-SCHOOL_UP] == old.path[:-SCHOOL_UP]:
                continue
            for roll in rolls[old.school_class_id]:
                is_there = max(old.ends, new.starts) <= roll.date and (new.ends is None or roll.date < new.ends)
                unknown = roll.submitted_at < old.ended_by.at
                if is_there and unknown and (roll.pk, old.pupil_id) not in absent:
                    school, recorded = schools.get(new.path[:-SCHOOL_UP], ""), localtime(new.recorded_at)
                    found.append(ElsewhereFact(old.pupil_id, new.pupil.name, _fact(roll), school, new.starts, recorded))
    return found


def full_facts(scope: Scope) -> list[FullFact]:
    """Classes whose every roll of the last school days was full, beside the absence of their county."""
    county = scope.path[:COUNTY_LENGTH]
    calendar = rule_book(county).calendar(county)
    last = calendar.last_school_day(scope.on)
    span = (calendar.add_school_days_back(last, scope.rules.full_school_days - 1), last)
    rolls = Roll.objects.filter(date__range=span).order_by()
    whole = rolls.filter(at_or_below("path", [county])).aggregate(expected=Sum("expected"), present=Sum("present"))
    expected = whole["expected"] or 0
    absent = expected - (whole["present"] or 0)
    if not absent:
        return []
    classes = rolls.filter(scope.at("path")).values("school_class", "path")
    classes = classes.annotate(days=Count("date", distinct=True), listed=Sum("expected"), there=Sum("present"))
    full = {
        one["school_class"]: one
        for one in classes.filter(listed=F("there"), days__gte=scope.rules.full_school_days, listed__gt=0)
    }
    of_class: dict[int, list[RollFact]] = defaultdict(list)
    for roll in rolls.filter(school_class__in=full):
        of_class[roll.school_class_id].append(_fact(roll))
    return [
        FullFact(key, one["path"], one["days"], one["listed"] // len(of_class[key]), of_class[key], absent, expected)
        for key, one in full.items()
    ]


def past_facts(scope: Scope) -> list[RollFact]:
    """Rolls that were first submitted after their day."""
    rolls = Roll.objects.filter(
        scope.at("path"), first_submitted_at__gte=scope.since_moment, first_submitted_at__date__gt=F("date")
    )
    return [_fact(roll) for roll in rolls]


def change_facts(scope: Scope) -> list[ChangeFact]:
    """Corrections of the last time that took a truancy off, of days on which a step of the ladder had been due."""
    rolls = {
        roll.pk: roll
        for roll in Roll.objects.filter(
            scope.at("path"), version__gt=1, submitted_at__gte=scope.since_moment
        ).select_related("submitted_by")
    }
    versions: dict[int, list[RollVersion]] = defaultdict(list)
    for old in RollVersion.objects.filter(roll__in=rolls).select_related("submitted_by").order_by("version"):
        versions[old.roll_id].append(old)
    now: dict[int, dict[str, str]] = defaultdict(dict)
    for key, number, kind in Mark.objects.filter(roll__in=rolls).values_list("roll", "pupil__number", "kind"):
        now[key][number] = kind
    changes = []
    for key, olds in versions.items():
        said = [({mark[0]: mark[1] for mark in old.marks}, old) for old in olds] + [(now[key], rolls[key])]
        for (before, _), (after, by) in zip(said, said[1:], strict=False):
            changes += [
                (rolls[key], number, kind, after.get(number, ""), by)
                for number, kind in before.items()
                if kind in WITHOUT_SLIP and after.get(number, "") not in ABSENT
            ]
    return _with_duties(changes)


def _with_duties(changes) -> list[ChangeFact]:
    pupils = {pupil.number: pupil for pupil in Pupil.objects.filter(number__in={change[1] for change in changes})}
    steps = Escalation.objects.filter(pupil__in=pupils.values(), day__in={change[0].date for change in changes})
    due = {(step.pupil_id, step.day): step.due_at for step in steps}
    found = []
    for roll, number, before, after, by in changes:
        pupil = pupils.get(number)
        due_at = due.get((pupil.pk, roll.date)) if pupil else None
        if due_at is None:
            continue
        found.append(
            ChangeFact(
                pupil=pupil.pk,
                name=pupil.name,
                roll=_fact(roll),
                version=by.version,
                before=before,
                after=after,
                changed_at=localtime(by.submitted_at),
                by=by.submitted_by_id,
                who=by.submitted_by.name,
                due_at=localtime(due_at),
                reason=by.reason,
            )
        )
    return found


def false_alarms(hits) -> list[dict]:
    """Of each kind: how many, how many decided, how many of those were explained, and that share."""
    counted = hits.order_by().values("kind", "state").annotate(number=Count("pk"))
    table: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in counted:
        table[row["kind"]][row["state"]] += row["number"]
    lines = []
    for kind in checks.TruthKind:
        states = table.get(kind, {})
        explained, confirmed = states.get("explained", 0), states.get("confirmed", 0)
        decided = explained + confirmed
        lines.append(
            {
                "kind": kind,
                "open": states.get("open", 0),
                "explained": explained,
                "confirmed": confirmed,
                "decided": decided,
                "share": explained / decided if decided else None,
            }
        )
    return lines
