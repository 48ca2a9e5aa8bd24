"""Signed links (P31): one letter to one guardian, without a login, for a time, signed once; only a hash is kept."""

import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from casework.actions.letters.receipts import locked_letter, require_waiting, settle_receipt
from casework.enums import ReceiptState
from casework.models import LinkKnock, SignedLink
from casework.permissions import may_serve
from organisation import clock
from organisation.errors import NotYours, Refused
from organisation.queries.edition import rule_book
from organisation.sealing import blind_index

TOKEN_BYTES = 24
STRETCH = timedelta(minutes=10)
MOST_WRONG_TRIES = 20  # of one address in a stretch; many guardians share one, and most never mistype
MOST_VISITS = 60  # of one link in a stretch
KNOCKS_KEPT = timedelta(days=2)


@transaction.atomic
def make_link(letter, *, by, guardian=None) -> str:
    """A new link for a letter; earlier ones for the same guardian end. Returns the token, which is never shown again.

    Raises NotYours, Refused (`has_receipt`, `no_receipt`).
    """
    letter = locked_letter(letter)
    if not may_serve(by, letter, on=clock.today()):
        raise NotYours("permission_denied", "签收链接由发文单位、学校生成。")
    require_waiting(letter)
    now = clock.now()
    letter.links.filter(guardian=guardian, expires_at__gt=now).update(expires_at=now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    days = rule_book(letter.path).rules(letter.path, on=clock.today()).letter.link_days
    SignedLink.objects.create(
        letter=letter,
        guardian=guardian,
        token_hash=hash_of(token),
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_link(token: str) -> SignedLink | None:
    """The link of a token while it is open. A wrong and an expired one are alike."""
    rows = SignedLink.objects.filter(token_hash=hash_of(token), expires_at__gt=clock.now())
    return rows.select_related("letter__issuer", "letter__pupil", "guardian").first()


@transaction.atomic
def open_link(link: SignedLink):
    """Write down when it was first opened: by then the letter had reached the phone."""
    SignedLink.objects.filter(pk=link.pk, opened_at__isnull=True).update(opened_at=clock.now())


@transaction.atomic
def sign_link(link: SignedLink, *, name, reply="") -> SignedLink:
    """The guardian has received the letter, and may answer; once. Raises Refused (`has_receipt`, `link_used`)."""
    letter = locked_letter(link.letter)
    link = SignedLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if link.used_at or link.expires_at <= clock.now():
        raise Refused("link_used", "这个链接已经签收过,或已失效。")
    require_waiting(letter)
    link.used_at = clock.now()
    link.save()
    settle_receipt(letter, ReceiptState.SIGNED, name, at=link.used_at, by=None, reply=reply)
    return link


def is_knocking_too_often(*, address="", link: SignedLink | None = None) -> bool:
    """Count one more visit of a link, or one more wrong try of an address; whether it is one too many."""
    if link:
        return is_one_too_many(f"link:{link.pk}", MOST_VISITS)
    return is_one_too_many(f"address:{blind_index(address, column='link_knock.address')}", MOST_WRONG_TRIES)


def is_one_too_many(key: str, most: int) -> bool:
    """Count one more of `key` in the present stretch of time; whether that is more than `most`."""
    stretch = int(STRETCH.total_seconds())
    since = datetime.fromtimestamp(int(time.time()) // stretch * stretch, tz=UTC)
    knock, _ = LinkKnock.objects.get_or_create(key=key, since=since)
    LinkKnock.objects.filter(pk=knock.pk).update(count=F("count") + 1)
    knock.refresh_from_db()
    return knock.count > most


def forget_knocks():
    """Old counts serve nothing."""
    LinkKnock.objects.filter(since__lt=timezone.now() - KNOCKS_KEPT).delete()
