"""Against whom a matter may be opened in one's scope: units, and who holds a post there."""

from django.http import Http404

from accountability.enums import Ground, HarmGround
from accountability.permissions import ENTERS_LEADS
from organisation.enums import UnitKind
from organisation.models import Post, Unit
from organisation.queries.units import names_of
from organisation.rules.paths import at_or_below

NAMED_KINDS = (UnitKind.SCHOOL, UnitKind.TOWNSHIP, UnitKind.COUNTY)
UNNAMED = [("", "由初核认定"), *((key, f"{key} {label}") for key, label in [*Ground.choices, *HarmGround.choices])]


def subject_units(person, *, on):
    """Units at or below the posts with which the person enters leads."""
    paths = person.paths(on=on, kinds=ENTERS_LEADS)
    return Unit.objects.filter(at_or_below("path", paths), kind__in=NAMED_KINDS).open()


def subjects_of(unit: Unit, *, on, without=None) -> list[tuple[str, str]]:
    """Choices: the unit itself, then the posts held there; of a school with all below it."""
    at = at_or_below("unit__path", [unit.path]) if unit.kind == UnitKind.SCHOOL else None
    posts = Post.objects.held(on=on).select_related("person", "unit")
    posts = posts.filter(at) if at is not None else posts.filter(unit=unit)
    posts = [
        post for post in posts.order_by("unit__path", "kind", "pk") if without is None or post.person_id != without.pk
    ]
    names = names_of({post.unit.path for post in posts}, on=on)
    held = [
        (f"post:{post.pk}", f"{post.person.name} · {_place(names, post)}{post.get_kind_display()}") for post in posts
    ]
    return [(f"unit:{unit.pk}", f"{unit.name}(单位)"), *held]


def _place(names, post):
    name = names[post.unit.path].split(" ")[-1]
    return f"{name} " if post.unit.kind in (UnitKind.CLASS, UnitKind.COHORT) else ""


def subject_of(choice: str) -> Post | Unit:
    """What a choice of `subjects_of` means. Raises Http404 where it is gone."""
    kind, _, key = choice.partition(":")
    rows = Unit.objects.all() if kind == "unit" else Post.objects.select_related("person", "unit")
    found = rows.filter(pk=key).first()
    if found is None:
        raise Http404
    return found
