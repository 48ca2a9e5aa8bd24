"""Whom one may ask about: people and units of one's own unit and below."""

from django.db.models import Q

from accountability.enums import NOMINATORS
from accountability.queries.award_bans import posts_in_year
from organisation.models import Person, Unit
from organisation.rules.paths import at_or_below

MOST = 20
ASKABLE = ("county", "township", "school", "class")


def nominees(person, year, *, on):
    """(people, units) in scope: who held a post there in the year, and units that may be awarded."""
    paths = person.paths(on=on, kinds=NOMINATORS)
    posts = posts_in_year(year).filter(at_or_below("unit__path", paths))
    people = Person.objects.filter(Q(pk__in=posts.values("person")))
    return people, Unit.objects.filter(at_or_below("path", paths), kind__in=ASKABLE).open()


def found_by(text, people, units) -> list:
    """Those whose name (or the unit's code) holds the text, as many as a page shows."""
    text = text.strip()[:60]
    named = list(people.filter(Q(name__contains=text)).order_by("pk")[:MOST])
    return named + list(units.filter(Q(name__contains=text) | Q(code=text)).exclude(kind="class")[:MOST])
