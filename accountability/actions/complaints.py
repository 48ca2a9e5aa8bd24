"""Complaints from outside (F50): handed in without a login, found again by a query number, handled and answered."""

import hashlib
import hmac
import unicodedata
import uuid

from django.conf import settings
from django.db import transaction

from accountability.actions.exhibits import LIMIT_MB, check_uploads, keep_exhibits
from accountability.actions.leads import open_lead
from accountability.enums import (
    COMPLAINT_MOVES,
    COMPLAINT_VERBS,
    HANDLED_BY,
    PENDING_COMPLAINTS,
    Against,
    ComplaintState,
    LeadSource,
)
from accountability.models import Complaint, Lead
from accountability.models.complaint import hash_of_number
from accountability.models.lead import own_units
from accountability.permissions import may_handle_complaint
from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.models import Duty
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Post, Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair, PostBook
from organisation.rules.paths import is_at_or_below

# No letter or digit that is taken for another; sixteen of them nobody guesses.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH, GROUP = 16, 4


def query_number(request_id: uuid.UUID) -> str:
    """The query number of a form: the same for the same form sent twice, known to nobody who has not got its secret."""
    drawn = int.from_bytes(hmac.new(settings.SECRET_KEY.encode(), b"complaint" + request_id.bytes, "sha256").digest())
    letters = "".join(ALPHABET[drawn // len(ALPHABET) ** place % len(ALPHABET)] for place in range(LENGTH))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def as_typed(number: str) -> str:
    """A number as people type it: small letters, spaces, dashes of any kind or none."""
    plain = unicodedata.normalize("NFKC", number[:200]).upper()
    letters = [letter for letter in plain if letter in ALPHABET][: LENGTH + 1]
    return "-".join("".join(letters[start : start + GROUP]) for start in range(0, len(letters), GROUP))


def file_complaint(*, request_id: uuid.UUID, county: Unit, uploads=(), **said) -> str:
    """Take in a complaint; returns its query number, which is shown once and kept as a hash only.

    `said` holds against, kind, place, text, and, where somebody gave them, name and phone.
    Raises Malformed (`too_many_files`, `too_large`, `bad_file`).
    """
    number = query_number(request_id)
    if Complaint.objects.filter(number_hash=hash_of_number(number)).exists():
        return number
    checked = check_uploads(uploads, limit_mb=LIMIT_MB)
    with transaction.atomic():
        county = Unit.objects.select_for_update(no_key=True).get(pk=county.pk)  # of two equal forms one at a time
        if Complaint.objects.filter(number_hash=hash_of_number(number)).exists():
            return number
        chair = _handling_chair(said["against"], county)
        complaint = Complaint.objects.create(
            serial=_serial(request_id),
            number_hash=hash_of_number(number),
            county=county,
            handler_kind=chair.kind,
            handler_path=chair.path,
            received_at=clock.now(),
            **said,
        )
        keep_exhibits(checked, complaint=complaint)
        _ask(complaint, "accept")
    return number


def _serial(request_id) -> str:
    """What the office calls it; says nothing of the query number."""
    digest = hashlib.sha256(b"serial" + request_id.bytes).hexdigest().upper()
    return f"T{clock.today():%y%m%d}{digest[:5]}"


def _handling_chair(against, county) -> Chair:
    kind = HANDLED_BY[Against(against)]
    book = PostBook([county.path], on=clock.today())
    return Chair(kind, book.seat(kind, county.path))


def _ask(complaint, step):
    """First somebody takes it up, then it is answered; in working days."""
    rules = rule_book(complaint.county.path).rules(complaint.county.path, on=clock.today()).accountability
    days = rules.complaint_accept_days if step == "accept" else rules.complaint_answer_days
    calendar = rule_book(complaint.county.path).calendar(complaint.county.path)
    label = "受理" if step == "accept" else "答复"
    open_duty(
        f"complaint_{step}",
        f"complaint_{step}:{complaint.pk}",
        title=f"{label}投诉举报 {complaint.serial}",
        chair=Chair(complaint.handler_kind, complaint.handler_path),
        path=complaint.handler_path,
        due_at=clock.end_of(calendar.add_working_days(clock.today(), days)),
        about=complaint.pk,
    )


def find_complaint(number: str) -> Complaint | None:
    """The complaint of a query number, as somebody types it."""
    return Complaint.objects.filter(number_hash=hash_of_number(as_typed(number))).first()


def _handled(complaint, by) -> Complaint:
    """Locked, for whose part it is. Raises NotYours."""
    complaint = Complaint.objects.select_for_update(of=("self",)).select_related("unit", "county").get(pk=complaint.pk)
    if not may_handle_complaint(by, complaint, on=clock.today()):
        raise NotYours("permission_denied", "这件投诉不由您办理。")
    return complaint


@transaction.atomic
def step_complaint(complaint: Complaint, verb: str, *, text: str, by) -> Complaint:
    """Take a complaint up, decline it with a reason, or answer it. What is written is read by whoever complained.

    Raises NotYours, Malformed (`unknown_verb`, `text_needed`), Refused (`wrong_state`).
    """
    complaint = _handled(complaint, by)
    if verb not in COMPLAINT_VERBS:
        raise Malformed("unknown_verb", "没有这个步骤。")
    state = COMPLAINT_VERBS[verb]
    require_move(ComplaintState(complaint.state), state, COMPLAINT_MOVES)
    if state != ComplaintState.HANDLING and not text.strip():
        raise Malformed("text_needed", "请写明答复,投诉人凭查询码看到。", fields={"text": ["必填"]})
    if state == ComplaintState.HANDLING:
        complaint.accepted_at = clock.now()
        _ask(complaint, "answer")
    else:
        complaint.answer, complaint.answered_at, complaint.answered_by = text.strip(), clock.now(), by
    complaint.state = state
    complaint.save()
    done = "complaint_accept" if state != ComplaintState.ANSWERED else "complaint_answer"
    for duty in Duty.objects.open().filter(key=f"{done}:{complaint.pk}"):
        close_duty(duty, by=by, text=complaint.get_state_display())
    return complaint


@transaction.atomic
def pass_up(complaint: Complaint, *, by) -> Complaint:
    """It is about the own bureau after all: the level above handles it, and the bureau no more sees it.

    Raises NotYours, Refused (`wrong_state`).
    """
    complaint = _handled(complaint, by)
    if complaint.against == Against.BUREAU or complaint.state not in PENDING_COMPLAINTS:
        raise Refused("wrong_state", "这件投诉已由上级办理,或已办结。")
    chair = _handling_chair(Against.BUREAU, complaint.county)
    for duty in Duty.objects.open().filter(
        key__in=[f"complaint_{step}:{complaint.pk}" for step in ("accept", "answer")]
    ):
        cancel_duty(duty, text="移交上级")
    complaint.against, complaint.unit = Against.BUREAU, complaint.county
    complaint.handler_kind, complaint.handler_path = chair.kind, chair.path
    complaint.save()
    _ask(complaint, "accept" if complaint.state == ComplaintState.RECEIVED else "answer")
    return complaint


@transaction.atomic
def lay_to(complaint: Complaint, subject: Post | Unit, *, ground="", text, by) -> Lead:
    """A lead from a complaint, against a unit of the county or who holds a post there; once for each of them.

    Raises NotYours, Malformed (`elsewhere`, `text_needed`), Refused (`own_unit`: that is the level above's).
    """
    complaint = _handled(complaint, by)
    unit = subject if isinstance(subject, Unit) else subject.unit
    if not is_at_or_below(unit.path, complaint.county.path):
        raise Malformed("elsewhere", "对象不在这件投诉所在的县区。")
    if unit.path in own_units(by, on=clock.today()):
        raise Refused("own_unit", "涉及本单位的投诉请移交上级办理。")
    if not text.strip():
        raise Malformed("text_needed", "请写明初步了解的情况。", fields={"text": ["必填"]})
    against = f"unit:{subject.pk}" if isinstance(subject, Unit) else f"person:{subject.person_id}"
    evidence = {
        "title": f"投诉举报:{complaint.get_kind_display()}",
        "text": text.strip(),
        "references": [{"kind": "complaint", "key": str(complaint.pk), "label": f"投诉举报 {complaint.serial}"}],
    }
    lead, _ = open_lead(
        source=LeadSource.COMPLAINT,
        subject=subject,
        key=f"complaint:{complaint.pk}:{against}",
        ground=ground,
        evidence=evidence,
        by=by,
    )
    if complaint.unit_id is None:
        complaint.unit = unit
        complaint.save()
    return lead


def reveal_complainant(complaint: Complaint, *, reason: str, by) -> dict:
    """Name and phone of whoever complained, on a reason that is written down. Raises NotYours, Malformed."""
    if not may_handle_complaint(by, complaint, on=clock.today()):
        raise NotYours("permission_denied", "这件投诉不由您办理。")
    if not reason.strip():
        raise Malformed("reason_needed", "请写明查看原因。", fields={"reason": ["必填"]})
    log_access(
        by,
        AccessAction.REVEAL,
        what="complaint",
        key=str(complaint.pk),
        path=complaint.handler_path,
        reason=reason.strip()[:200],
    )
    return {"name": complaint.name, "phone": complaint.phone}
