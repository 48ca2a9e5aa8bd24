"""The product's day and moment, in Asia/Shanghai. Demo and test set-ups may stand on another day (KONGCHUO_TODAY)."""

from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone


def today() -> date:
    """The day on which everything is judged."""
    override = settings.KONGCHUO_TODAY
    return date.fromisoformat(override) if override else timezone.localdate()


def now() -> datetime:
    """The present moment; on an overridden day the time of day stays the real one."""
    moment = timezone.localtime()
    return moment if not settings.KONGCHUO_TODAY else at(today(), moment.timetz().replace(tzinfo=None))


def at(on: date, moment: time) -> datetime:
    """That time of that day, as an aware moment."""
    return timezone.make_aware(datetime.combine(on, moment))


def end_of(on: date) -> datetime:
    """The last minute of a day: a duty due "on a day" is late only after it."""
    return at(on, time(23, 59))
