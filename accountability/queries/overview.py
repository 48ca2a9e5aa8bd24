"""Where matters stand (F64): by state, late clocks, grounds over time, and for a principal the staff with open matters."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from accountability.enums import Ground, LeadState
from accountability.models import Finding, Lead
from accountability.models.lead import own_units
from accountability.permissions import OVERSEES
from casework.kinds import kind_of
from casework.models import Duty, Lapse
from organisation.rules.paths import at_or_below

MONTHS = 12
# The steps of a matter whose terms the overview counts.
CLOCKS = Q(kind="screen_lead") | Q(kind__startswith="complaint_") | Q(kind__startswith="finding_")


def leads_over(person, *, on):
    """Leads at or below the units that the person oversees, to be counted; never those against oneself or one's own."""
    rows = Lead.objects.filter(at_or_below("path", person.paths(on=on, kinds=OVERSEES)))
    return rows.exclude(subject=person).exclude(subject_unit__path__in=own_units(person, on=on))


def findings_over(person, *, on):
    rows = Finding.objects.filter(at_or_below("path", person.paths(on=on, kinds=OVERSEES)))
    return rows.exclude(subject_person=person).exclude(subject_unit__path__in=own_units(person, on=on))


@dataclass(frozen=True)
class Bar:
    """One line of a count: its label, its number, its share of the largest in percent."""

    label: str
    number: int
    share: int


def bars(labelled) -> list[Bar]:
    labelled = list(labelled)
    top = max((number for _, number in labelled), default=0) or 1
    return [Bar(label, number, round(number * 100 / top)) for label, number in labelled]


def by_state(rows, states) -> list[Bar]:
    counted = dict(rows.order_by().values_list("state").annotate(number=Count("pk")))
    return bars((state.label, counted.get(state.value, 0)) for state in states)


def grounds_by_month(rows, *, on: date) -> tuple[list[date], list[tuple[str, list[tuple], int]]]:
    """Of the last twelve months those with leads, and per ground how many each brought; empty grounds are left out."""
    months = [_month_before(on, back) for back in range(MONTHS - 1, -1, -1)]
    since = months[0]
    counted = (
        rows.filter(opened_at__date__gte=since)
        .order_by()
        .annotate(month=TruncMonth("opened_at"))
        .values_list("ground", "month")
        .annotate(number=Count("pk"))
    )
    cells = Counter()
    for ground, month, number in counted:
        cells[ground, date(month.year, month.month, 1)] += number
    months = [month for month in months if any(cells[ground, month] for ground in ["", *Ground.values])]
    lines = []
    for ground, label in [*Ground.choices, ("", "待初核认定")]:
        line = [(month, cells[ground, month]) for month in months]
        total = sum(number for _, number in line)
        if total:
            lines.append((f"{ground} {label}".strip(), line, total))
    return months, lines


def _month_before(on: date, back: int) -> date:
    months = on.year * 12 + on.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def clocks(person, *, on, at) -> list[tuple[str, int, int]]:
    """(label, open, late) of the steps that run at or below the person's units; counted, not named."""
    paths = person.paths(on=on, kinds=OVERSEES)
    rows = Duty.objects.open().filter(at_or_below("path", paths))
    counted: dict[str, list[int]] = {}
    for kind, due in rows.filter(CLOCKS).values_list("kind", "due_at"):
        line = counted.setdefault(kind, [0, 0])
        line[0] += 1
        line[1] += due < at
    return [(kind_of(Duty(kind=kind)).label, *line) for kind, line in sorted(counted.items())]


@dataclass(frozen=True)
class Colleague:
    """Somebody of the school with what is open: leads to screen or kept, duties that are late now."""

    name: str
    leads: int
    late: int


def staff_with_open_matters(person, *, on) -> list[Colleague]:
    """Of leads that the person screens, and of duties late at or below the person's school; most first."""
    open_leads = Lead.objects.screened_by_posts_of(person, on=on).filter(subject__isnull=False)
    open_leads = open_leads.exclude(state=LeadState.DISMISSED)
    leads = Counter(open_leads.values_list("subject", "subject__name"))
    lapses = Lapse.objects.filter(until__isnull=True, duty__in=Duty.objects.visible_to(person, on=on).open())
    late = Counter(lapses.exclude(person=person).values_list("person", "person__name"))
    found = [Colleague(key[1], leads[key], late[key]) for key in {*leads, *late}]
    return sorted(found, key=lambda one: (-one.leads, -one.late, one.name))
