"""Duties and records as tests need them, with fixed dates."""

from datetime import date, time

from casework.actions.duties import open_duty
from organisation import clock
from organisation.enums import PostKind
from organisation.queries.posts import Chair

MONDAY = date(2026, 11, 9)


def make_duty(unit, *, kind="tell_guardians", post=PostKind.CLASS_TEACHER, due=MONDAY, at=None, key="", pupil=None):
    """An open duty of the post at the unit, due at the end of the day unless a time is given."""
    return open_duty(
        kind,
        key or f"test:{unit.code}:{kind}:{post}:{due}",
        title="告知家长",
        chair=Chair(post, unit.path),
        path=unit.path,
        due_at=clock.at(due, at) if at else clock.end_of(due),
        pupil=pupil.pk if pupil else None,
    )


def make_record(measure, day=MONDAY, hour=16, **more):
    """What was done, as it is sent for a measure."""
    said = {"place": "办公室", "by": "某老师", "text": "已办", "statement": "", "discipline": ""}
    return {"measure": measure, "at": clock.at(day, time(hour)), **said, **more}
