"""文书: the list, one letter with its receipt and its messages, printing, Word files, issuing by hand."""

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.actions.letters.issuing import is_whole, word_file
from casework.actions.letters.links import make_link
from casework.actions.letters.messages import queue_message
from casework.actions.letters.receipts import REPLY, settle_reply, take_paper_receipt, take_refusal
from casework.actions.letters.records import issue_by_hand, issue_talk_record, issue_visit_record, issue_warning
from casework.enums import COMMITMENT_LETTERS, STAFF_LETTERS, LetterKind, ReceiptState
from casework.forms import LetterForm, PaperReceiptForm, RefusalForm, ReplyForm, SendForm
from casework.gateways import channels_offered
from casework.models import Case, Duty, Escalation, Letter, TalkRecord, Visit
from casework.permissions import LETTER_KINDS_BY_HAND, may_issue, may_see_letters, may_serve, may_visit
from casework.queries.letters import for_list
from casework.rules.letter_texts import COLONS
from organisation import clock
from organisation.actions.access import log_access, log_accesses
from organisation.enums import PUPIL_POSTS, AccessAction
from organisation.errors import NotYours, Refused
from organisation.models import Unit
from organisation.queries.units import name_path, names_of
from organisation.rules.paths import at_or_below
from organisation.views.links import public_address
from students.actions.attachments import store_attachment
from students.views.pupils import visible_pupil

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_PRINTED = 100


@require_safe
def letters(request):
    """Letters in scope: of a child, of a unit, by kind, waiting for their receipts; several are printed at once."""
    today = clock.today()
    if not may_see_letters(request.user, on=today):
        raise NotYours("permission_denied", "您的岗位不查看文书。")
    wanted = {name: request.GET.get(name, "").strip()[:40] for name in ("kind", "receipt", "q", "student", "unit")}
    page = Paginator(_filtered(request.user, wanted, today), 50).get_page(request.GET.get("page"))
    names = names_of({letter.path for letter in page}, on=today)
    context = {
        "page": page,
        "rows": [(letter, names[letter.path]) for letter in page],
        "wanted": wanted,
        "kinds": [kind for kind in LetterKind if kind not in (*STAFF_LETTERS, *COMMITMENT_LETTERS)],
        "receipts": ReceiptState,
    }
    return render(request, "casework/letters.html", context)


def _filtered(person, wanted, today):
    rows = for_list(Letter.objects.visible_to(person, on=today))
    if wanted["kind"] in LetterKind.values:
        rows = rows.filter(kind=wanted["kind"])
    if wanted["receipt"] in ReceiptState.values:
        rows = rows.filter(receipt=wanted["receipt"])
    if wanted["student"]:
        rows = rows.filter(pupil__number=wanted["student"])
    if wanted["unit"]:
        unit = get_object_or_404(Unit.objects.visible_to(person, on=today), code=wanted["unit"])
        rows = rows.filter(at_or_below("path", [unit.path]) | Q(issuer=unit))
    if wanted["q"]:
        rows = rows.filter(Q(number__contains=wanted["q"]) | Q(pupil__name__contains=wanted["q"]))
    return rows


def visible_letter(request, pk) -> Letter:
    rows = Letter.objects.visible_to(request.user, on=clock.today())
    return get_object_or_404(rows.select_related("pupil", "issuer", "issued_by", "template", "receipt_paper"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def letter(request, pk):
    """One letter: as issued, its receipt and what the guardian answered, messages and links, and the next step."""
    today = clock.today()
    found = visible_letter(request, pk)
    may = may_serve(request.user, found, on=today)
    guardians = list(found.pupil.guardians.all())
    verb = request.POST.get("verb", "")
    forms = _forms(request, verb, guardians)
    refusal, link = None, ""
    if request.method == "POST":
        try:
            link = _act(request, found, verb, forms.get(verb), guardians, may)
        except Refused as refused:
            refusal = refused
        else:
            if not link and not (verb in forms and forms[verb].errors):
                return redirect("letter", pk)
    else:
        log_access(request.user, AccessAction.VIEW, what="letter", key=found.number, path=found.path)
    context = {
        "letter": found,
        "place": name_path(found.path, on=today),
        "lines": lines_of(found),
        "is_whole": is_whole(found),
        "about_page": about_page(found),
        "messages_sent": found.messages.select_related("by"),
        "links": found.links.select_related("guardian", "made_by"),
        "may_serve": may,
        "is_waiting": found.receipt == ReceiptState.WAITING,
        "forms": forms,
        "guardians": guardians,
        "may_send": bool(channels_offered()) and bool(guardians),
        "reply_waits": Duty.objects.open().filter(kind=REPLY, about=found.pk).exists(),
        "signed_by_link": found.links.filter(used_at__isnull=False).exists(),
        "known_names": {guardian.name for guardian in guardians},
        "link": link,
        "qr": qr_of(link) if link else "",
        "refusal": refusal,
    }
    return render(request, "casework/letter.html", context, status=refusal.status if refusal else 200)


def _forms(request, verb, guardians) -> dict:
    def data(name):
        return (request.POST, request.FILES) if verb == name else (None, None)

    return {
        "paper": PaperReceiptForm(*data("paper")),
        "refusal": RefusalForm(*data("refusal")),
        "send": SendForm(*data("send"), guardians=guardians),
        "reply": ReplyForm(*data("reply")),
    }


def _act(request, found, verb, form, guardians, may) -> str:
    """What the person asked for; the address of a new link, which is shown this once."""
    if form is not None and not form.is_valid():
        return ""
    data = dict(form.cleaned_data) if form is not None else {}
    if verb in ("paper", "refusal"):
        upload = data.pop("paper")
        paper = store_attachment(upload, by=request.user, path=found.path) if upload and may else None
        take = take_paper_receipt if verb == "paper" else take_refusal
        take(found, by=request.user, paper=paper, **data)
        messages.success(request, "已登记送达。")
    elif verb == "link":
        guardian = next((one for one in guardians if str(one.pk) == request.POST.get("guardian")), None)
        return link_address(request)(make_link(found, by=request.user, guardian=guardian))
    elif verb == "send":
        data["guardian"] = next((one for one in guardians if str(one.pk) == data["guardian"]), None)
        queue_message(found, data.pop("channel"), by=request.user, address_of_link=link_address(request), **data)
        messages.success(request, "已交发送,结果在本页“消息”中看。")
    elif verb == "reply":
        settle_reply(found, by=request.user, **data)
        messages.success(request, "已登记阅处情况。")
    else:
        raise Http404
    return ""


def link_address(request):
    """Turns a token into the address that the guardian opens."""

    def address(token):
        return public_address(request, "guardian_link", token)

    return address


def qr_of(address) -> str:
    """The address as a picture that a phone reads off the teacher's screen."""
    picture = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=8, border=2)
    return mark_safe(picture.to_string(encoding="unicode"))  # drawn here from bits, no text in it


def lines_of(letter) -> list[tuple[str, bool]]:
    """The text line by line, and whether a line is a salutation that stands at the margin."""
    return [(line, line.endswith(COLONS)) for line in letter.text.splitlines()]


def about_page(letter) -> str:
    pages = {"escalation": "escalation", "case": "case"}
    return reverse(pages[letter.about_kind], args=[letter.about]) if letter.about_kind in pages else ""


@require_safe
@never_cache
def letters_print(request):
    """Several letters on A4, one after the other, each with its receipt slip."""
    today = clock.today()
    ids = [int(value) for value in request.GET.getlist("id")[:MOST_PRINTED] if value.isdecimal() and len(value) < 19]
    rows = Letter.objects.visible_to(request.user, on=today).filter(pk__in=ids)
    found = list(rows.select_related("issuer").order_by("path", "pk"))
    if not found or len(found) < len(set(ids)):
        raise Http404
    log_accesses(
        request.user, AccessAction.PRINT, what="letter", entries=[(letter.number, letter.path) for letter in found]
    )
    return render(request, "casework/letters_print.html", {"sheets": [(one, lines_of(one)) for one in found]})


@require_safe
@never_cache
def letter_file(request, pk):
    """The Word file: as archived, or made from the archived text."""
    found = visible_letter(request, pk)
    content = word_file(found)
    log_access(request.user, AccessAction.DOWNLOAD, what="letter", key=found.number, path=found.path)
    return word_answer(content, f"{found.title} {found.number}.docx")


def word_answer(content, name) -> HttpResponse:
    answer = HttpResponse(content, content_type=WORD_TYPE)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{_quoted(name)}"
    return answer


def _quoted(name):
    return "".join(f"%{byte:02X}" for byte in name.encode())


@require_http_methods(["GET", "HEAD", "POST"])
def letter_new(request, number, kind):
    """A letter issued by hand from the child's page."""
    today = clock.today()
    pupil = visible_pupil(request, number)
    if kind not in LETTER_KINDS_BY_HAND:
        raise Http404
    if not may_issue(request.user, kind, pupil, on=today):
        raise NotYours("permission_denied", f"您的岗位不签发{LetterKind(kind).label}。")
    form = LetterForm(request.POST or None, kind=LetterKind(kind))
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            issued = issue_by_hand(LetterKind(kind), pupil, by=request.user, **form.written())
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"已签发 {issued.number}。")
            return redirect("letter", issued.pk)
    context = {
        "pupil": pupil,
        "place": name_path(pupil.path, on=today),
        "kind": LetterKind(kind),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "casework/letter_new.html", context, status=refusal.status if refusal else 200)


@require_POST
def warning_letter(request, pk):
    """The written warning of a step of the ladder."""
    today = clock.today()
    found = get_object_or_404(Escalation.objects.visible_to(request.user, on=today).select_related("pupil"), pk=pk)
    if not may_issue(request.user, LetterKind.SUMMONS, found.pupil, on=today):
        raise NotYours("permission_denied", "书面警告由班主任、年级组长、教导主任、控辍专干或校领导签发。")
    return redirect("letter", issue_warning(found, by=request.user).pk)


@require_POST
def talk_letter(request, pk):
    """The record of a talk or home visit as a document to print."""
    today = clock.today()
    seen = at_or_below("pupil__path", request.user.paths(on=today, kinds=PUPIL_POSTS))
    found = get_object_or_404(TalkRecord.objects.filter(seen).select_related("pupil"), pk=pk)
    if not may_issue(request.user, LetterKind.SUMMONS, found.pupil, on=today):
        raise NotYours("permission_denied", "谈话、家访记录由班主任、年级组长、教导主任、控辍专干或校领导出具。")
    return redirect("letter", issue_talk_record(found, by=request.user).pk)


@require_POST
def visit_letter(request, pk):
    """The record of a visit of a case as a document to print."""
    today = clock.today()
    cases = Case.objects.visible_to(request.user, on=today)
    found = get_object_or_404(Visit.objects.filter(case__in=cases).select_related("case__township"), pk=pk)
    if not may_visit(request.user, found.case, on=today):
        raise NotYours("permission_denied", "走访记录由学校或居住地乡镇、村出具。")
    return redirect("letter", issue_visit_record(found, by=request.user).pk)
