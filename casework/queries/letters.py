"""Letters as pages and actions look for them: templates in force, in whose name, and to whom an answer goes."""

from django.utils import timezone

from casework.models import Letter, LetterTemplate
from casework.permissions import LETTER_KINDS_BY_HAND, TEMPLATE_POSTS
from organisation.enums import NEXT_POST, PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.posts import Chair
from organisation.rules.paths import ancestors, is_at_or_below


def template_for(kind, unit: Unit) -> LetterTemplate | None:
    """The nearest unit's newest standing template, the unit's own before those above it."""
    rows = LetterTemplate.objects.standing().filter(kind=kind, unit__path__in=ancestors(unit.path))
    return max(rows.select_related("unit"), key=lambda row: (len(row.unit.path), row.version), default=None)


def templates_in_force(unit: Unit) -> dict[str, LetterTemplate]:
    """{kind: the template that holds for a unit}, in one statement; kinds without one have the product's own text."""
    rows = LetterTemplate.objects.standing().filter(unit__path__in=ancestors(unit.path)).select_related("unit", "by")
    found = {}
    for row in sorted(rows, key=lambda row: (len(row.unit.path), row.version)):
        found[row.kind] = row
    return found


def template_units(person, *, on) -> list[Unit]:
    """The units whose templates the person may set, by an own post there."""
    units = {post.unit.pk: post.unit for post in person.posts_on(on) if post.kind in TEMPLATE_POSTS}
    return sorted(units.values(), key=lambda unit: unit.path)


def issuer_by_hand(person, kind, pupil, *, on) -> Unit:
    """In whose name the person issues: the school's where a post of the school allows it, else the county's."""
    above = {unit.kind: unit for unit in Unit.objects.filter(path__in=ancestors(pupil.path))}
    school = above[UnitKind.SCHOOL]
    in_school = [
        post
        for post in person.posts_on(on)
        if post.kind in LETTER_KINDS_BY_HAND[kind] and is_at_or_below(post.unit.path, school.path)
    ]
    return school if in_school else above[UnitKind.COUNTY]


def chair_of_issuer(letter: Letter) -> Chair | None:
    """The post in which a letter was issued: whoever holds it now is told what comes of it. None for the system's own.

    The nearest post of the person to the child on the day of issue; a post that serves letters before one that does not.
    """
    if letter.issued_by is None:
        return None
    posts = letter.issued_by.posts_on(timezone.localdate(letter.issued_at))
    near = [post for post in posts if letter.path.startswith(post.unit.path) and post.kind in NEXT_POST]
    near = near or [post for post in posts if post.unit_id == letter.issuer_id]
    found = max(near, key=lambda post: len(post.unit.path), default=None)
    return Chair(PostKind(found.kind), found.unit.path) if found else None


def for_list(rows):
    return rows.select_related("pupil", "issuer", "issued_by")
