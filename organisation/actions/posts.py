"""Accounts and posts: given, ended, handed over; a forgotten password is replaced by a one-time one."""

from datetime import date

from axes.utils import reset
from django.db import transaction

from organisation.actions.outbox import note_change
from organisation.actions.setup import one_time_password
from organisation.enums import POST_UNITS, PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Person, Post, Unit
from organisation.permissions import may_manage_accounts

ONLY_ADMINISTRATOR = "账号和岗位由系统管理员办理。"


@transaction.atomic
def give_post(person: Person, kind, unit: Unit, *, first_day: date, last_day: date | None = None, by: Person) -> Post:
    """Put a person on a post; whoever holds it already keeps it until it is ended. Raises NotYours, Malformed, Refused."""
    if not may_manage_accounts(by):
        raise NotYours("permission_denied", ONLY_ADMINISTRATOR)
    if unit.kind not in POST_UNITS[PostKind(kind)]:
        raise Malformed(
            "wrong_unit", f"“{PostKind(kind).label}”不能设在“{unit.name}”。", fields={"unit": ["单位类别不符"]}
        )
    if last_day and last_day < first_day:
        raise Malformed("bad_period", "止日早于起日。", fields={"last_day": ["早于起日"]})
    post, made = Post.objects.get_or_create(
        person=person, kind=kind, unit=unit, first_day=first_day, defaults={"last_day": last_day}
    )
    if not made:
        raise Refused("already_held", "这个人从这一天起已有这个岗位。")
    note_change("post", path=unit.path, since=first_day)
    return post


@transaction.atomic
def end_post(post: Post, *, last_day: date, by: Person) -> Post:
    """End a post; its open duties fall to whoever holds it next, what was late stays with whom it was late."""
    if not may_manage_accounts(by):
        raise NotYours("permission_denied", ONLY_ADMINISTRATOR)
    if last_day < post.first_day:
        raise Malformed("bad_period", "止日早于起日。", fields={"last_day": ["早于起日"]})
    post.last_day = last_day
    post.save()
    note_change("post", path=post.unit.path, since=last_day)
    return post


@transaction.atomic
def reset_password(person: Person, *, by: Person) -> str:
    """A one-time password, shown once; every session of the person ends, a lock after wrong passwords is lifted."""
    if not may_manage_accounts(by):
        raise NotYours("permission_denied", ONLY_ADMINISTRATOR)
    if person.is_superuser and person.pk != by.pk and not by.is_superuser:
        raise NotYours("permission_denied", "不能重置上级管理员的密码。")
    secret = one_time_password()
    person.set_password(secret)
    person.must_change_password = True
    person.save()
    reset(username=person.login)
    return secret
