"""Units as pages and the API look for them."""

from datetime import date

from django.http import Http404
from django.utils.dateparse import parse_date

from organisation.models import Unit
from organisation.rules.calendar import FIRST_DAY, LAST_DAY


def the_day(text) -> date:
    """The day that stands in an address. Raises Http404 where it is none, or one beyond every register."""
    try:
        found = parse_date(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        raise Http404
    return found


def visible_unit(person, code, *, on, kinds=None) -> Unit:
    """The unit with that code in the person's scope; from the person's posts where it is their own, else one statement.

    Raises Http404: what one may not see does not exist.
    """
    for post in person.posts_on(on):
        if post.unit.code == code and (kinds is None or post.unit.kind in kinds):
            return post.unit
    units = Unit.objects.visible_to(person, on=on).filter(code=code)
    found = (units.filter(kind__in=kinds) if kinds else units).first()
    if found is None:
        raise Http404
    return found


def name_path(path: str, *, on) -> str:
    """么站镇中心校 七(3)班: the unit's name with its school's."""
    units = Unit.objects.above(path).filter(kind__in=["school", "class"])
    return " ".join(unit.label(on=on) for unit in units)


def names_of(paths, *, on) -> dict[str, str]:
    """{path: name with school} for many units, in one statement."""
    wanted = set(paths)
    above = {path[:end] for path in wanted for end in range(4, len(path) + 1, 4)}
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=above)}
    names = {}
    for path in wanted:
        line = [units[path[:end]] for end in range(4, len(path) + 1, 4) if path[:end] in units]
        schools = [unit.name for unit in line if unit.kind == "school"]
        last = line[-1] if line else None
        own = last.label(on=on) if last and last.kind in ("class", "cohort") else ("" if schools else str(last or ""))
        names[path] = " ".join([*schools, own]).strip()
    return names
