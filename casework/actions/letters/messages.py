"""The outbox of messages (F13): asked for once, tried with patience, asked after, never sent twice, proved."""

import re
import uuid
from dataclasses import replace
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F

from casework.actions.duties import close_duty
from casework.actions.letters.issuing import tell_timeline
from casework.actions.letters.links import make_link
from casework.actions.letters.receipts import SERVE, locked_letter, open_letter_duty, require_waiting
from casework.enums import MESSAGE_MOVES, Channel, MessageState, ReceiptState
from casework.gateways import Failed, Outgoing, Sent, channels_offered, gateway_for, short_code
from casework.models import Duty, Message
from casework.permissions import may_serve
from casework.rules.letter_texts import FULL_WIDTH
from casework.rules.messages import poll_after, wait_after
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.edition import rule_book
from organisation.queue import enqueue

MOBILE = re.compile(r"1[3-9]\d{9}")
BATCH = 100
# While a try is under way nobody else takes the message up; a worker that died leaves it to the next after this.
LEASE = timedelta(minutes=3)
LINK = "(签收链接)"


@transaction.atomic
def queue_message(letter, channel, *, by, request_id: uuid.UUID, address_of_link, guardian=None, mail="") -> Message:
    """Put word of a letter to one guardian into the outbox, with a signed link of its own. The same request is one message.

    `address_of_link` turns a token into the address that the guardian opens. Raises NotYours, Malformed
    (`unknown_channel`, `bad_address`), Refused (`has_receipt`, `no_receipt`, `same_request`).
    """
    letter = locked_letter(letter)
    if not may_serve(by, letter, on=clock.today()):
        raise NotYours("permission_denied", "消息由发文单位、学校发送。")
    before = Message.objects.filter(request_id=request_id).first()
    if before:
        if before.letter_id != letter.pk:
            raise Refused("same_request", "请刷新页面后再发送。")
        return before
    require_waiting(letter)
    if channel not in channels_offered():
        raise Malformed("unknown_channel", "没有开通这种渠道。", fields={"channel": ["没有开通"]})
    address = _address(letter, channel, guardian, mail)
    days = rule_book(letter.path).rules(letter.path, on=clock.today()).letter.link_days
    to = guardian.name if guardian else "家长"
    text = (
        f"【{letter.issuer.name}】{to}您好:学校有一份《{letter.title}》请您查看并签收,{days}天内有效:".translate(
            FULL_WIDTH
        )
        + LINK
    )
    message = Message.objects.create(
        letter=letter,
        pupil=letter.pupil,
        guardian=guardian,
        channel=channel,
        to=to[:80],
        address=address,
        text=text[:500],
        secret=address_of_link(make_link(letter, by=by, guardian=guardian)),
        request_id=request_id,
        next_try_at=clock.now(),
        by=by,
        made_at=clock.now(),
    )
    tell_timeline(letter, f"{letter.title}({letter.number})通过{message.get_channel_display()}通知{to}", by=by)
    enqueue("casework.send_messages")
    return message


def _address(letter, channel, guardian, mail) -> str:
    if guardian is None or guardian.pupil_id != letter.pupil_id:
        raise Malformed("bad_address", "请选择一位监护人。", fields={"guardian": ["必选"]})
    if channel == Channel.EMAIL:
        try:
            validate_email(mail)
        except ValidationError as error:
            raise Malformed("bad_address", "请填写正确的邮箱。", fields={"mail": ["邮箱不对"]}) from error
        return mail
    if not MOBILE.fullmatch(guardian.phone):
        raise Malformed(
            "bad_address",
            f"{guardian.name}没有登记手机号码,请改用其他方式送达。",
            fields={"guardian": ["没有手机号码"]},
        )
    return guardian.phone


def send_due_messages() -> dict:
    """Try what is due, ask after what was taken. Run as often as one likes, by as many workers as one likes."""
    now = clock.now()
    counted = {"sent": 0, "failed": 0, "later": 0}
    due = Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.SENT], next_try_at__lte=now)
    for message in due.select_related("letter").order_by("next_try_at")[:BATCH]:
        if not _claim(message, now):
            continue
        outcome = _ask(message) if message.state == MessageState.SENT else _try(message)
        counted[_keep(message, outcome)] += 1
    return counted


def _claim(message, now) -> bool:
    """Only one worker tries a message; what it is about to do may be taken even if it dies over it."""
    is_try = message.state == MessageState.QUEUED
    unclaimed = Message.objects.filter(pk=message.pk, state=message.state, next_try_at=message.next_try_at)
    changes = {"next_try_at": now + LEASE}
    changes |= {"tries": F("tries") + 1, "unclear": True} if is_try else {"polls": F("polls") + 1}
    return bool(unclaimed.update(**changes))


def _try(message):
    """Send; where an earlier try may have been taken, ask first. What was signed meanwhile need not go out any more."""
    gateway = gateway_for(message.channel)
    if gateway is None:
        return Failed("渠道已停用", again=True, unclear=message.unclear)
    outgoing = _outgoing(message)
    if message.unclear:
        known = gateway.status(outgoing)
        if isinstance(known, Failed) and known.again:
            return replace(known, unclear=True)
        if known is not None:
            return known
    if message.letter.receipt != ReceiptState.WAITING:
        return Failed("文书已有回执,不再发送")
    return gateway.send(outgoing)


def _ask(message):
    gateway = gateway_for(message.channel)
    return gateway.status(_outgoing(message)) if gateway else None


def _outgoing(message) -> Outgoing:
    text = message.text.replace(LINK, message.secret)
    return Outgoing(str(message.request_id), message.channel, message.address, message.letter.title, text)


@transaction.atomic
def _keep(message, outcome) -> str:
    """Write down what came of a try or a question, unless word from the provider came first."""
    before = message.state
    message = Message.objects.select_for_update(of=("self",)).select_related("letter").get(pk=message.pk)
    if message.state != before:
        return "later"
    if isinstance(outcome, Sent):
        message.provider_id = outcome.provider_id or message.provider_id
        _move(message, MessageState.DELIVERED if outcome.delivered else MessageState.SENT)
        return "sent"
    if before == MessageState.SENT:
        if outcome is not None and not outcome.again:
            _fail(message, outcome.reason)
            return "failed"
        _poll_later(message)
        message.save()
        return "later"
    wait = wait_after(message.tries)
    if not outcome.again or wait is None:
        _fail(message, outcome.reason if not outcome.again else f"多次发送没有成功:{outcome.reason}")
        return "failed"
    message.next_try_at, message.unclear, message.error = clock.now() + wait, outcome.unclear, outcome.reason
    message.save()
    return "later"


def _move(message, state):
    """A state that says more than before; the link is out, so the house forgets it."""
    now = clock.now()
    if state != message.state:
        message.sent_at = message.sent_at or now
        message.state, message.error, message.secret, message.unclear = state, "", "", False
    if state == MessageState.DELIVERED:
        message.delivered_at, message.next_try_at = now, None
        for duty in Duty.objects.open().filter(kind=SERVE, about=message.letter_id):
            close_duty(duty, text="消息已送达")
    else:
        _poll_later(message)
    message.save()


def _poll_later(message):
    wait = poll_after(message.polls)
    message.next_try_at = clock.now() + wait if wait and message.channel != Channel.EMAIL else None


def _fail(message, reason):
    message.state, message.error, message.secret = MessageState.FAILED, reason[:200], ""
    message.next_try_at, message.unclear = None, False
    message.save()
    letter = message.letter
    if letter.receipt == ReceiptState.WAITING:
        tell_timeline(letter, f"{letter.title}({letter.number})的{message.get_channel_display()}没有送达", by=None)
        title = f"{letter.pupil.name}的{letter.title}没有送达,请改用其他方式"
        open_letter_duty(letter, SERVE, title)


@transaction.atomic
def hear_of_message(request_id: uuid.UUID, state: str, *, code="", provider_id="") -> bool:
    """The provider says what became of a message. What is known only grows; said twice it changes nothing.

    False where there is no such message.
    """
    message = (
        Message.objects.select_for_update(of=("self",)).select_related("letter").filter(request_id=request_id).first()
    )
    if message is None:
        return False
    heard = {"delivered": MessageState.DELIVERED, "accepted": MessageState.SENT, "failed": MessageState.FAILED}[state]
    if heard not in MESSAGE_MOVES[MessageState(message.state)]:
        return True
    message.provider_id = short_code(provider_id) or message.provider_id
    if heard == MessageState.FAILED:
        _fail(message, f"没有送达({short_code(code) or '原因不明'})")
    else:
        _move(message, heard)
    return True
