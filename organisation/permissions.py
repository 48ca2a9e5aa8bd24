"""Who may change posts, passwords and the school calendar (roles.md)."""

from organisation.enums import CALENDAR_POSTS


def calendar_units(person, *, on) -> list:
    """The schools or counties whose calendar the person may change by an own post there."""
    return [post.unit for post in person.posts_on(on) if post.kind in CALENDAR_POSTS.get(post.unit.kind, ())]


def may_change_calendar(person, unit, *, on) -> bool:
    return unit.pk in {one.pk for one in calendar_units(person, on=on)}


def may_manage_accounts(person) -> bool:
    return person.is_active and person.is_staff
