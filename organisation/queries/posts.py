"""Who holds a post now, and to whom a vacant one falls (procedures §7)."""

from dataclasses import dataclass

from organisation.enums import NEXT_POST, POST_UNITS, PostKind, UnitKind
from organisation.models import Post, Unit
from organisation.rules.paths import STEP, ancestors, at_or_below

DEPTH_KINDS = {kind: depth for depth, kind in enumerate(UnitKind.values, start=1)}


@dataclass(frozen=True)
class Chair:
    """A post as a place: its kind and the path of its unit, whoever sits on it."""

    kind: str
    path: str


class PostBook:
    """The posts at, above and below the given paths on a day, in two statements; resolves any number of chairs."""

    def __init__(self, paths, *, on):
        above = {path for given in paths for path in ancestors(given)}
        held = Post.objects.held(on=on).select_related("person", "unit")
        rows = held.filter(at_or_below("unit__path", paths)) | held.filter(unit__path__in=above)
        self._holders: dict[Chair, Post] = {}
        for post in rows.order_by("is_substitute", "first_day", "pk"):  # a substitute and the newest holder come last
            self._holders[Chair(post.kind, post.unit.path)] = post
        kinds = Unit.objects.filter(path__in=above).values_list("path", "kind")
        self._kinds = dict(kinds)

    def own_holder(self, chair: Chair) -> Post | None:
        """Who sits on the chair itself."""
        return self._holders.get(chair)

    def holder(self, chair: Chair) -> Post | None:
        """The post that answers for `chair`: its own holder, or the next up to whom it falls; None where nobody is."""
        while chair is not None:
            if chair in self._holders:
                return self._holders[chair]
            chair = self.next_chair(chair)
        return None

    def next_chair(self, chair: Chair) -> Chair | None:
        """The next chair up the tree."""
        kind = NEXT_POST.get(PostKind(chair.kind))
        return Chair(kind, self.seat(kind, chair.path)) if kind else None

    def seat(self, kind, path) -> str:
        """The path of the unit, at or above `path`, on which a post of this kind sits."""
        (unit_kind,) = POST_UNITS[kind]
        fixed = {UnitKind.PROVINCE: 1, UnitKind.PREFECTURE: 2, UnitKind.COUNTY: 3}
        if unit_kind in fixed:
            return path[: fixed[unit_kind] * STEP]
        seat = next((above for above in ancestors(path) if self._kinds.get(above) == unit_kind), None)
        return seat or path


def answers_for(person, kind, path, *, on) -> bool:
    """Whether `person` holds the chair, or the chair is vacant and has fallen to `person` (procedures §7)."""
    if any(post.kind == kind and post.unit.path == path for post in person.posts_on(on)):
        return True
    if not any(path.startswith(post.unit.path) for post in person.posts_on(on)):
        return False
    holder = PostBook([path], on=on).holder(Chair(kind, path))
    return holder is not None and holder.person_id == person.pk
