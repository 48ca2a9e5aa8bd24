"""Who may sit in a school's groups, from the posts held there; and whom the posts suggest."""

from dataclasses import dataclass

from accountability.enums import GroupRole
from organisation.enums import PostKind, UnitKind
from organisation.models import Post, Unit
from organisation.rules.paths import at_or_below

SUGGESTED = {
    PostKind.PRINCIPAL: GroupRole.HEAD,
    PostKind.DEPUTY_PRINCIPAL: GroupRole.DEPUTY,
    PostKind.HEAD_OF_TEACHING: GroupRole.MEMBER,
    PostKind.DROPOUT_OFFICER: GroupRole.MEMBER,
    PostKind.GRADE_HEAD: GroupRole.MEMBER,
    PostKind.COUNSELLOR: GroupRole.MEMBER,
    PostKind.REGISTRAR: GroupRole.MEMBER,
}
RANK = [*SUGGESTED, PostKind.CLASS_TEACHER, PostKind.SUBJECT_TEACHER]


@dataclass(frozen=True)
class Seat:
    """Somebody's place in a group."""

    person: int
    post_kind: str
    role: str


def candidates(unit: Unit, *, on) -> list[Post]:
    """Everybody with a post in the school, each once by the highest, leaders first; one statement."""
    posts = Post.objects.held(on=on).filter(at_or_below("unit__path", [unit.path])).select_related("person", "unit")
    ranked = sorted((post for post in posts if post.kind in RANK), key=lambda post: (RANK.index(post.kind), post.pk))
    found = {}
    for post in ranked:
        found.setdefault(post.person_id, post)
    return list(found.values())


def school_of_person(person, *, on) -> Unit | None:
    """The school or county that a person works in, by the first post that has one."""
    for post in person.posts_on(on):
        if post.unit.kind in (UnitKind.SCHOOL, UnitKind.COUNTY):
            return post.unit
    paths = [post.unit.path[:end] for post in person.posts_on(on) for end in range(4, len(post.unit.path) + 1, 4)]
    return Unit.objects.filter(path__in=paths, kind=UnitKind.SCHOOL).first()
