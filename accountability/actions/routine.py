"""The duties of routine work (F41), opened each night by the schedule of the regulation; closed by the records themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from accountability.actions.opening import open_many
from accountability.enums import ROUTINES, Owed, duty_kind_of
from accountability.queries.routine import owing_units, recorded_keys
from accountability.rules.schedule import Due, due_of
from casework.actions.duties import cancel_duty, close_duty
from casework.enums import DutyState
from casework.models import Duty
from organisation import clock
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from organisation.rules.paths import at_or_below

PERIOD_NAMES = {"week": "本周", "month": "本月", "term": "本学期", "year": "本学年"}


@dataclass(frozen=True)
class Wanted:
    """A routine of a unit in its present period."""

    routine: str
    owed: Owed
    unit: Unit
    due: Due
    every: str

    @property
    def key(self) -> str:
        return key_of(self.routine, self.unit.code, self.due.period)


def key_of(routine: str, code: str, period: str) -> str:
    """The key of a routine's duty: its kind, the unit's code, the period."""
    return f"{duty_kind_of(routine)}:{code}:{period}"


def open_routine_duties() -> dict:
    """What every school, class and bureau owes now; run as often as one likes. Returns what was opened and cancelled."""
    counted = {"opened": 0, "cancelled": 0}
    for county in Unit.objects.of_kind(UnitKind.COUNTY).open():
        for name, number in open_for_county(county).items():
            counted[name] += number
    return counted


@transaction.atomic
def open_for_county(county: Unit) -> dict:
    """A county's: what is recorded already is not asked for, what the schedule no longer asks for is cancelled."""
    today, book = clock.today(), rule_book(county.path)
    now_due = list(_due_now(county, book, today))
    done = recorded_keys(now_due)
    wanted = {one.key: _fields(one, book, today) for one in now_due if one.key not in done}
    for duty in Duty.objects.open().filter(key__in=done):
        close_duty(duty, text="已有记录")
    return {"opened": open_many(wanted), "cancelled": _cancel(county, book, wanted, today)}


def _due_now(county, book, today) -> Iterator[Wanted]:
    """Every routine of every unit whose day has come to stand in the inbox; in the holidays nothing is asked for."""
    spans: dict = {}
    for unit in owing_units(county, on=today):
        calendar, rules = book.calendar(unit.path), book.rules(unit.path, on=today).routine
        if calendar.term_of(today) is None:
            continue
        for routine, owners in ROUTINES.items():
            for owed in owners:
                if owed.level != unit.kind:
                    continue
                rule = rules.of(routine)
                place = (id(calendar), rule)
                if place not in spans:
                    spans[place] = due_of(rule, calendar, today)
                due = spans[place]
                if due is not None and due.opens_on <= today:
                    yield Wanted(routine, owed, unit, due, rule.every)


def _fields(one: Wanted, book, today) -> dict:
    unit = one.unit
    calendar, rules = book.calendar(unit.path), book.rules(unit.path, on=today).routine
    started_late = calendar.add_school_days(today, rules.late_start_days)
    return {
        "kind": duty_kind_of(one.routine),
        "title": f"{unit.label(on=today)}{PERIOD_NAMES[one.every]}{one.owed.label}",
        "chair": Chair(one.owed.post, unit.path),
        "path": unit.path,
        "due_at": clock.end_of(one.due.due_on),
        "else_due_at": clock.end_of(started_late),
        "about": unit.pk,
    }


def _cancel(county, book, wanted, today) -> int:
    """Not late yet, and asked for no more: the regulation changed, or the class is gone. In the holidays all rests."""
    kinds = [duty_kind_of(routine) for routine in ROUTINES]
    ahead = Duty.objects.filter(state=DutyState.OPEN, kind__in=kinds, due_at__gte=clock.end_of(today))
    ahead = ahead.filter(at_or_below("path", [county.path])).exclude(key__in=wanted)
    stale = [duty for duty in ahead if book.calendar(duty.path).term_of(today) is not None]
    for duty in stale:
        cancel_duty(duty, text="制度、校历或班级有变化,不再需要")
    return len(stale)
