"""A school may add or strike any day or session; a county may close for weather (P8)."""

from datetime import date, timedelta

from django.db import transaction

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.errors import Malformed, NotYours
from organisation.models import Person, SchoolDay, Unit
from organisation.permissions import may_change_calendar

FURTHEST = timedelta(days=400)


@transaction.atomic
def set_school_day(unit: Unit, day: date, *, is_open: bool, session="", note="", by: Person) -> SchoolDay:
    """Say whether there is school at a unit on a day, or in one session of it. Raises NotYours, Malformed."""
    if not may_change_calendar(by, unit, on=clock.today()):
        raise NotYours("permission_denied", "校历由学校教导处、校长或教育局调整。")
    if abs(day - clock.today()) > FURTHEST:
        raise Malformed("bad_period", "日期应在前后一年之内。", fields={"date": ["请核对日期"]})
    said, _ = SchoolDay.objects.update_or_create(
        unit=unit, date=day, session=session, defaults={"is_open": is_open, "note": note[:60]}
    )
    note_change("calendar", path=unit.path, since=day)
    return said


@transaction.atomic
def forget_school_day(said: SchoolDay, *, by: Person):
    """Let the day follow the statutory calendar again."""
    if not may_change_calendar(by, said.unit, on=clock.today()):
        raise NotYours("permission_denied", "校历由学校教导处、校长或教育局调整。")
    note_change("calendar", path=said.unit.path, since=said.date)
    said.delete()
