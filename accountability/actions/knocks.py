"""How often an address knocks at a page that needs no login; only a keyed digest of the address is kept, for two days."""

import time
from datetime import UTC, datetime

from django.db.models import F

from casework.models import LinkKnock
from organisation.sealing import blind_index

STRETCH = 600  # seconds
MOST_COMPLAINTS = 5  # of one address in a stretch; a school or a village may share one
MOST_QUERIES = 20


def is_too_often(what: str, address: str, *, most: int) -> bool:
    """Count one more knock; whether it is one too many."""
    key = f"{what}:{blind_index(address, column='link_knock.address')}"[:80]
    since = datetime.fromtimestamp(int(time.time()) // STRETCH * STRETCH, tz=UTC)
    knock, _ = LinkKnock.objects.get_or_create(key=key, since=since)
    LinkKnock.objects.filter(pk=knock.pk).update(count=F("count") + 1)
    knock.refresh_from_db()
    return knock.count > most
