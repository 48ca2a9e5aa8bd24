"""Who may do a duty, perform a step of the ladder (roles.md)."""

from organisation.enums import PUPIL_POSTS, PostKind
from organisation.queries.posts import answers_for

DEPUTISED = {PostKind.PRINCIPAL: PostKind.DEPUTY_PRINCIPAL}


def answers(person, kind, path, *, on) -> bool:
    """Whether the person holds the post, stands in for a vacant one, or is the principal's delegate."""
    deputy = DEPUTISED.get(kind)
    if deputy and any(post.kind == deputy and post.unit.path == path for post in person.posts_on(on)):
        return True
    return answers_for(person, kind, path, on=on)


def may_do(person, duty, *, on) -> bool:
    return answers(person, duty.post_kind, duty.chair_path, on=on)


def may_perform(person, escalation, chair, *, on) -> bool:
    return answers(person, chair.kind, chair.path, on=on)


def may_see_ladder(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=PUPIL_POSTS))
