"""Facts reach the floors above in one way only: a row here, in the transaction that changed the fact."""

from django.utils import timezone

from organisation.models import FactChange
from organisation.queue import enqueue

FOLLOW_FACTS = "casework.follow_facts"


def note_change(kind, *, path, since, pupils=(), about=None):
    """Say that a fact changed at `path` from `since` on, for these pupils (none named: for all below)."""
    FactChange.objects.create(kind=kind, path=path, since=since, pupils=[*pupils], about=about)
    enqueue(FOLLOW_FACTS)


def resend_facts():
    """Nudge the floor above again where rows wait: their message was lost, or a worker died before it drained them."""
    if FactChange.objects.due(at=timezone.now()).exists():
        enqueue(FOLLOW_FACTS)
