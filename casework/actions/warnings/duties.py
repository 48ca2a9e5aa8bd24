"""The duties of warnings reconciled, many at once (F20, F21): what the facts want is open, the rest done or cancelled."""

from collections import defaultdict

from django.db import connection
from django.utils import timezone

from casework.actions.ladder import chair_of
from casework.enums import ConferenceState, DutyState, SupportKind
from casework.models import Conference, Duty, Lapse, RiskWarning, SupportEntry, SupportPlan
from casework.rules.warnings import Followed, Meeting, PlanFacts, Wanted, wanted_duties
from organisation import clock
from organisation.actions.bulk import copy_to_history, create_with_history
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from students.models import Pupil

CONTACTS = (SupportKind.TALK, SupportKind.HOME_VISIT)
KINDS = ("warning_talk", "warning_conference", "conference_hold", "support_plan", "plan_measure", "plan_review")
TITLES = {
    "warning_talk": "与{name}谈话,了解情况",
    "warning_conference": "召集{name}的帮扶会议,邀请家长",
    "conference_hold": "主持{name}的帮扶会议",
    "support_plan": "制定{name}的帮扶计划",
    "plan_measure": "落实{name}的帮扶措施",
    "plan_review": "评估{name}的帮扶计划",
}
FOLLOWED = ("title", "post_kind", "chair_path", "path", "due_at", "state", "about")


def settle_warnings(warnings, *, by=None, done=()):
    """Bring the duties of these warnings in line with what was done; a second run changes nothing.

    Duties of the kinds `done` were fulfilled by what `by` just did. A fixed number of statements.
    """
    warnings = list(warnings)
    if not warnings:
        return
    wanted = _wanted(warnings)
    keys = {key for of_warning in wanted.values() for key in of_warning}
    about = {f"warning:{warning.pk}" for warning in warnings}
    pupils = {warning.pupil_id for warning in warnings}
    known = {
        duty.key: duty
        for duty in Duty.objects.filter(pupil__in=pupils, kind__in=KINDS)
        if ":".join(duty.key.split(":")[:2]) in about
    }
    over = [duty for key, duty in known.items() if key not in keys and duty.state == DutyState.OPEN]
    _end(over, by=by, done=done)
    fresh, changed = [], []
    for of_warning in wanted.values():
        for key, fields in of_warning.items():
            duty = known.get(key)
            if duty is None:
                fresh.append(Duty(key=key, opened_at=clock.now(), **fields))
            elif duty.state != DutyState.DONE and _bring(duty, fields):
                changed.append(duty)
    create_with_history(Duty, fresh)
    _save(changed, FOLLOWED)


def _bring(duty, fields) -> bool:
    differs = any(getattr(duty, name) != fields[name] for name in FOLLOWED)
    for name in FOLLOWED:
        setattr(duty, name, fields[name])
    return differs


def _end(duties, *, by, done):
    now = clock.now()
    for duty in duties:
        if duty.kind in done:
            duty.state, duty.done_at, duty.done_by, duty.text = DutyState.DONE, now, by, "已登记"
        else:
            duty.state, duty.text = DutyState.CANCELLED, "情况已变化,不再需要"
    _save(duties, ("state", "done_at", "done_by", "text"))
    if duties:
        Lapse.objects.filter(duty__in=duties, until__isnull=True).update(until=clock.today())


def _save(duties, names):
    if not duties:
        return
    Duty.objects.bulk_update(duties, names)
    table = connection.ops.quote_name(Duty._meta.db_table)
    marks = ", ".join(["%s"] * len(duties))
    copy_to_history(Duty, f"{table}.id IN ({marks})", [duty.pk for duty in duties], kind="~")


def _wanted(warnings) -> dict[int, dict[str, dict]]:
    """{warning: {key: a duty's fields}}."""
    facts = _followed(warnings)
    books = {county: rule_book(county) for county in {warning.path[:COUNTY_LENGTH] for warning in warnings}}
    names = dict(Pupil.objects.filter(pk__in={warning.pupil_id for warning in warnings}).values_list("pk", "name"))
    today, found = clock.today(), {}
    for warning in warnings:
        book = books[warning.path[:COUNTY_LENGTH]]
        rules, calendar = book.rules(warning.path, on=today).warning, book.calendar(warning.path)
        wanted = wanted_duties(facts[warning.pk], rules=rules, calendar=calendar)
        found[warning.pk] = {
            f"warning:{warning.pk}:{one.kind}:{one.part}": _fields(warning, one, names[warning.pupil_id])
            for one in wanted
        }
    return found


def _fields(warning, one: Wanted, name) -> dict:
    chair = chair_of(one.post, warning.path)
    return {
        "kind": one.kind,
        "title": TITLES[one.kind].format(name=name),
        "post_kind": chair.kind,
        "chair_path": chair.path,
        "path": warning.path,
        "due_at": clock.end_of(one.due_on),
        "state": DutyState.OPEN,
        "pupil_id": warning.pupil_id,
        "about": warning.pk,
    }


def _followed(warnings) -> dict[int, Followed]:
    """What has been done about each warning, in four statements."""
    keys = [warning.pk for warning in warnings]
    talks, meetings, plans = {}, defaultdict(list), {}
    entries = SupportEntry.objects.filter(warning__in=keys, kind__in=CONTACTS).order_by("on")
    talks = dict(entries.values_list("warning", "on"))
    planned = set()
    for plan in SupportPlan.objects.filter(warning__in=keys).prefetch_related("measures__entries"):
        planned.add(plan.conference_id)
        if plan.reviewed_on is None:
            unstarted = [one for one in plan.measures.all() if not one.entries.all()]
            facts = tuple((one.pk, one.post_kind, one.due_on) for one in unstarted)
            plans[plan.warning_id] = PlanFacts(plan.pk, plan.review_on, facts)
    for one in Conference.objects.filter(warning__in=keys).order_by("pk"):
        held_on = timezone.localdate(one.held_at) if one.state == ConferenceState.HELD else None
        on = timezone.localdate(one.at)
        meetings[one.warning_id].append(
            Meeting(one.pk, one.state, one.rise, on, held_on, one.chair_post, one.pk in planned)
        )
    return {
        warning.pk: Followed(
            warning.state,
            warning.tier,
            warning.rises,
            warning.risen_on,
            talks.get(warning.pk),
            tuple(meetings[warning.pk]),
            plans.get(warning.pk),
        )
        for warning in warnings
    }


def settle_warning(warning: RiskWarning, *, by, done):
    """After one act on one warning."""
    settle_warnings([RiskWarning.objects.get(pk=warning.pk)], by=by, done=done)
