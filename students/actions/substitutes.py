"""A substitute for a class (F05): the head of teaching names one for a day or a week."""

from datetime import date, timedelta

from django.db import transaction

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours
from organisation.models import Person, Post, Unit
from students.permissions import may_name_substitute

LONGEST = timedelta(days=31)


@transaction.atomic
def name_substitute(school_class: Unit, person: Person, *, first_day: date, last_day: date, by: Person) -> Post:
    """Let `person` stand in as class teacher from the first to the last day. Raises NotYours, Malformed."""
    if not may_name_substitute(by, school_class, on=clock.today()):
        raise NotYours("permission_denied", "由教导主任指定代班教师。")
    if not first_day <= last_day <= first_day + LONGEST or last_day < clock.today():
        raise Malformed("bad_period", "请填写今天或以后的日期,最长一个月。")
    post, _ = Post.objects.get_or_create(
        person=person,
        kind=PostKind.CLASS_TEACHER,
        unit=school_class,
        first_day=first_day,
        defaults={"last_day": last_day, "is_substitute": True},
    )
    note_change("post", path=school_class.path, since=first_day)
    return post
