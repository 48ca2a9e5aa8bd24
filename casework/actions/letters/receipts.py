"""Receipts of letters (F13): a signature on paper, a refusal before a witness, or a guardian's signed link."""

from datetime import date, datetime, time

from django.db import transaction

from casework.actions.duties import close_duty, open_duty
from casework.actions.letters.issuing import tell_timeline
from casework.enums import ReceiptState
from casework.models import Duty, Letter
from casework.permissions import may_serve
from casework.queries.letters import chair_of_issuer
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.edition import rule_book

REPLY, SERVE = "letter_reply", "letter_serve"


def locked_letter(letter: Letter) -> Letter:
    return (
        Letter.objects.select_for_update(of=("self",)).select_related("pupil", "issuer", "issued_by").get(pk=letter.pk)
    )


@transaction.atomic
def take_paper_receipt(letter: Letter, *, received_by, paper, by, on: date | None = None, reply="") -> Letter:
    """The guardian signed on paper; the photo proves it. As good as a link.

    Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`has_receipt`, `no_receipt`).
    """
    letter = _to_serve(letter, by)
    lacking = [label for label, value in (("签收人", received_by.strip()), ("回执照片", paper)) if not value]
    if lacking:
        raise Malformed("missing", f"请填写{'、'.join(lacking)}。", fields={label: ["必填"] for label in lacking})
    letter.receipt_paper = paper
    return settle_receipt(letter, ReceiptState.SIGNED, received_by, at=_moment(letter, on), by=by, reply=reply)


@transaction.atomic
def take_refusal(letter: Letter, *, witness, note, by, paper=None, on: date | None = None) -> Letter:
    """The guardian would not sign: the letter was left there before a witness 留置送达.

    Raises NotYours, Malformed (`missing`, `bad_time`), Refused (`has_receipt`, `no_receipt`).
    """
    letter = _to_serve(letter, by)
    lacking = [label for label, value in (("见证人", witness), ("送达经过", note)) if not value.strip()]
    if lacking:
        raise Malformed("missing", f"请填写{'、'.join(lacking)}。", fields={label: ["必填"] for label in lacking})
    letter.witness, letter.receipt_note, letter.receipt_paper = witness.strip()[:80], note.strip()[:300], paper
    return settle_receipt(letter, ReceiptState.REFUSED, "", at=_moment(letter, on), by=by)


def require_waiting(letter):
    if letter.receipt == ReceiptState.NONE:
        raise Refused("no_receipt", "这种文书不需要回执。")
    if letter.receipt != ReceiptState.WAITING:
        raise Refused("has_receipt", f"这份文书{letter.get_receipt_display()},不能重复登记。")


def _to_serve(letter, by):
    letter = locked_letter(letter)
    if not may_serve(by, letter, on=clock.today()):
        raise NotYours("permission_denied", "送达和回执由发文单位、学校办理。")
    require_waiting(letter)
    return letter


def _moment(letter, on) -> datetime:
    """The day that was given, neither to come nor before the letter."""
    today = clock.today()
    if on is None or on == today:
        return clock.now()
    if on > today or on < letter.dated:
        raise Malformed("bad_time", "送达日期不能早于发文日期,也不能晚于今天。", fields={"on": ["日期不对"]})
    return clock.at(on, time(12))


def settle_receipt(letter, state, received_by, *, at, by, reply="") -> Letter:
    """Write the receipt and any answer, and tell whoever has to know. The letter is locked by the caller."""
    letter.receipt, letter.received_at, letter.received_by = state, at, received_by.strip()[:80]
    letter.reply = reply.strip()
    letter.save()
    said = ",并写了答复" if letter.reply else ""
    who = letter.received_by or letter.addressee
    tell_timeline(letter, f"{who}{letter.get_receipt_display()}{letter.title}({letter.number}){said}", by=by)
    for duty in Duty.objects.open().filter(kind=SERVE, about=letter.pk):
        close_duty(duty, by=by, text=letter.get_receipt_display())
    if letter.reply:
        open_letter_duty(letter, REPLY, f"{letter.pupil.name}家长对{letter.title}的答复待阅处")
    return letter


def open_letter_duty(letter, kind, title):
    """For the post in which the letter was issued."""
    chair = chair_of_issuer(letter)
    if chair is None:
        return
    today = clock.today()
    rules = rule_book(letter.path).rules(letter.path, on=today).letter
    days = rules.reply_days if kind == REPLY else rules.unserved_days
    calendar = rule_book(letter.path).calendar(letter.path)
    open_duty(
        kind,
        f"{kind}:{letter.pk}",
        title=title[:200],
        chair=chair,
        path=letter.path,
        due_at=clock.end_of(calendar.add_school_days(today, days)),
        pupil=letter.pupil_id,
        about=letter.pk,
    )


@transaction.atomic
def settle_reply(letter: Letter, *, text, by) -> Letter:
    """A guardian's answer was read and dealt with. Raises NotYours, Malformed (`missing`), Refused (`no_reply`)."""
    letter = locked_letter(letter)
    if not may_serve(by, letter, on=clock.today()):
        raise NotYours("permission_denied", "家长的答复由发文单位、学校阅处。")
    if not text.strip():
        raise Malformed("missing", "请写明阅处情况。", fields={"text": ["必填"]})
    duty = Duty.objects.select_for_update().open().filter(kind=REPLY, about=letter.pk).first()
    if duty is None:
        raise Refused("no_reply", "没有待阅处的答复。")
    close_duty(duty, by=by, text=text.strip())
    tell_timeline(letter, f"家长对{letter.title}的答复已阅处:{text.strip()}", by=by)
    return letter
