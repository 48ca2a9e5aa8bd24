from organisation import clock
from students.models import TimelineEntry


def record(pupil, kind, text, *, by, on, link="", **fields):
    """Write what happened to a pupil into the timeline; `by` is None where the system followed a rule."""
    return TimelineEntry.objects.create(
        pupil=pupil, kind=kind, text=text, by=by, on=on, at=clock.now(), link=link, **fields
    )


def record_many(pupils, kind, text, *, by, on):
    """The same for many pupils at once."""
    at = clock.now()
    TimelineEntry.objects.bulk_create(
        [TimelineEntry(pupil=pupil, kind=kind, text=text, by=by, on=on, at=at) for pupil in pupils], batch_size=1000
    )
