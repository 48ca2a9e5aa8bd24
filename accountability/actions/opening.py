"""Duties opened many at a time, each night: what is known is not written again (F42)."""

from casework.actions.duties import close_duty, open_duty
from casework.enums import DutyState
from casework.models import Duty
from organisation import clock
from organisation.actions.bulk import create_with_history


def open_many(wanted: dict[str, dict]) -> int:
    """Open the duties of `wanted` ({key: what `open_duty` takes}); two statements a table however many. Returns how many.

    One that is open keeps its term unless old and new both lie ahead; one that was cancelled stands again; done stays
    done. What had fallen due before anybody was told opens with the term `else_due_at`.
    """
    known = {duty.key: duty for duty in Duty.objects.filter(key__in=wanted)} if wanted else {}
    now = clock.now()
    rows = [
        Duty(
            key=key,
            kind=fields["kind"],
            title=fields["title"][:200],
            post_kind=fields["chair"].kind,
            chair_path=fields["chair"].path,
            path=fields["path"],
            due_at=_term(fields, now),
            pupil_id=fields.get("pupil"),
            about=fields.get("about"),
            opened_at=now,
        )
        for key, fields in wanted.items()
        if key not in known
    ]
    create_with_history(Duty, rows)
    for key, duty in known.items():
        if _moves(duty, wanted[key], now):
            _open_again(duty, wanted[key], now)
    return len(rows)


def _term(fields, now):
    return fields["due_at"] if fields["due_at"] > now else fields.get("else_due_at", fields["due_at"])


def _open_again(duty, fields, now):
    """Under its new place and title; a term that is past is never put on who has another."""
    ahead = fields["due_at"] > now
    kept = duty.due_at if duty.state == DutyState.OPEN else _term(fields, now)
    given = {name: value for name, value in fields.items() if name != "else_due_at"}
    open_duty(key=duty.key, **given | {"due_at": fields["due_at"] if ahead else kept})


def _moves(duty, fields, now) -> bool:
    if duty.state == DutyState.DONE:
        return False
    if duty.state == DutyState.CANCELLED:
        return True
    place = (duty.title, duty.post_kind, duty.chair_path, duty.path)
    moved = place != (fields["title"][:200], fields["chair"].kind, fields["chair"].path, fields["path"])
    return moved or (duty.due_at != fields["due_at"] and min(duty.due_at, fields["due_at"]) > now)


def close_by_key(key: str, *, by, text):
    """The duty of a key is done by the record itself; nothing where there is none."""
    for duty in Duty.objects.select_for_update().open().filter(key=key):
        close_duty(duty, by=by, text=text)
