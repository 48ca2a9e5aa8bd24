"""Signed links of guardians' commitments (P31): one sheet, without a login, for a time, signed once; only a hash is kept."""

import secrets
from datetime import timedelta

from django.db import transaction

from accountability.actions.commitments.signing import locked_sheets, sign_by_link
from accountability.enums import COMMITMENT_MOVES, CommitmentKind, CommitmentState
from accountability.models import Commitment, CommitmentLink
from accountability.permissions import may_sign
from casework.actions.letters.links import MOST_VISITS, TOKEN_BYTES, hash_of, is_one_too_many
from organisation import clock
from organisation.errors import NotYours, Refused, require_move
from organisation.queries.edition import rule_book


@transaction.atomic
def make_link(sheet: Commitment, *, by, guardian=None) -> str:
    """A new link for a guardian's sheet; the guardian's earlier ones end. Returns the token, which is never shown again.

    Raises NotYours, Refused (`not_a_guardians`, `wrong_state`).
    """
    (sheet,) = locked_sheets([sheet.pk])
    if not may_sign(by, sheet, on=clock.today()):
        raise NotYours("permission_denied", "签字链接由班主任、学校生成。")
    if sheet.kind != CommitmentKind.TEACHER_GUARDIAN:
        raise Refused("not_a_guardians", "只有家长责任书可以用链接签字,其他责任书签在纸上。")
    require_move(CommitmentState(sheet.state), CommitmentState.SIGNED, COMMITMENT_MOVES)
    now = clock.now()
    sheet.links.filter(guardian=guardian, expires_at__gt=now).update(expires_at=now)
    days = rule_book(sheet.path).rules(sheet.path, on=clock.today()).commitment.link_days
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CommitmentLink.objects.create(
        commitment=sheet,
        guardian=guardian,
        token_hash=hash_of(token),
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token


def find_link(token: str) -> CommitmentLink | None:
    """The link of a token while it is open. A wrong and an expired one are alike."""
    rows = CommitmentLink.objects.filter(token_hash=hash_of(token), expires_at__gt=clock.now())
    rows = rows.exclude(commitment__state=CommitmentState.VOID)
    return rows.select_related("commitment__wording__unit", "commitment__unit", "commitment__pupil", "guardian").first()


def open_link(link: CommitmentLink):
    """Write down when it was first opened."""
    CommitmentLink.objects.filter(pk=link.pk, opened_at__isnull=True).update(opened_at=clock.now())


@transaction.atomic
def sign_link(link: CommitmentLink, *, name) -> CommitmentLink:
    """The guardian signs, once. Raises Refused (`link_used`, `wrong_state`)."""
    (sheet,) = locked_sheets([link.commitment_id])
    link = CommitmentLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if link.used_at or link.expires_at <= clock.now():
        raise Refused("link_used", "这个链接已经签过字,或已失效。")
    sign_by_link(sheet, name=name)
    link.used_at = clock.now()
    link.save()
    return link


def is_opened_too_often(link: CommitmentLink) -> bool:
    return is_one_too_many(f"commitment:{link.pk}", MOST_VISITS)
