"""责任书: the list, one sheet, making them in bulk, signing several at once, printing (F40)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.commitments.links import make_link
from accountability.actions.commitments.making import make_commitments, require_maker
from accountability.actions.commitments.sheets import is_whole, lines_of, title_of, word_file
from accountability.actions.commitments.signing import MOST_AT_ONCE, decline, sign_on_paper
from accountability.enums import COMMITMENT_MOVES, CommitmentKind, CommitmentState
from accountability.forms.commitments import DeclineForm, MakeForm, PaperForm
from accountability.models import Commitment
from accountability.permissions import kinds_to_make, may_see_commitments, may_sign
from accountability.queries.commitments import with_names
from accountability.queries.targets import Counts, progress_of
from accountability.rules.sheets import year_name
from casework.views.letters import qr_of, word_answer
from organisation import clock
from organisation.actions.access import log_access, log_accesses
from organisation.actions.jobs import start_job
from organisation.enums import AccessAction, UnitKind
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.models import Unit
from organisation.queries.history import history_of
from organisation.queries.units import names_of, visible_unit
from organisation.rules.grades import school_year
from organisation.views.links import public_address
from students.actions.attachments import store_attachment

HEADS = ("责任书", "文号", "单位", "甲方", "乙方", "学生", "状态", "签订日期", "签订方式")
ORDERS = {"place": ("path",), "state": ("state", "path"), "signed": ("signed_on",), "party": ("party_b",)}
WHOLE_UNITS = (UnitKind.PROVINCE, UnitKind.PREFECTURE, UnitKind.COUNTY, UnitKind.TOWNSHIP)


def own_unit(request, *, kinds=None) -> Unit:
    """The unit that the address names, or the person's own first; classes' teachers stand at their class."""
    today, code = clock.today(), request.GET.get("unit", "")
    if code:
        return visible_unit(request.user, code, on=today, kinds=kinds)
    posts = [post for post in request.user.posts_on(today) if kinds is None or post.unit.kind in kinds]
    if not posts:
        raise NotYours("permission_denied", "您目前的岗位没有这样的单位。")
    return min((post.unit for post in posts), key=lambda unit: len(unit.path))


def require_seer(request):
    if not may_see_commitments(request.user, on=clock.today()):
        raise NotYours("permission_denied", "您的岗位不查看责任书。")


@require_safe
def commitments(request):
    """The sheets in scope of this school year; several are printed, or their signatures written down, at once."""
    today = clock.today()
    require_seer(request)
    wanted = {name: request.GET.get(name, "").strip()[:40] for name in ("kind", "state", "unit", "q")}
    rows = _filtered(request.user, wanted, today)
    page = shown_page(request, in_order(request, with_names(rows), ORDERS))
    names = names_of({sheet.path for sheet in page}, on=today)
    if takes_along(request):
        return workbook_of(request, "责任书", HEADS, [_cells(sheet, names[sheet.path]) for sheet in page])
    context = {
        "page": page,
        "rows": [(sheet, names[sheet.path]) for sheet in page],
        "wanted": wanted,
        "kinds": CommitmentKind,
        "states": CommitmentState,
        "year": year_name(school_year(today)),
        "may_make": any(kinds_to_make(request.user, post.unit.path, on=today) for post in request.user.posts_on(today)),
    }
    return render(request, "accountability/commitments.html", context)


def _filtered(person, wanted, today):
    rows = Commitment.objects.visible_to(person, on=today).filter(year=school_year(today))
    if wanted["kind"] in CommitmentKind.values:
        rows = rows.filter(kind=wanted["kind"])
    rows = rows.filter(state=wanted["state"]) if wanted["state"] in CommitmentState.values else rows.standing()
    if wanted["unit"]:
        rows = rows.below(visible_unit(person, wanted["unit"], on=today))
    if wanted["q"]:
        rows = rows.filter(party_b__contains=wanted["q"]) | rows.filter(pupil__name__contains=wanted["q"])
    return rows


def _cells(sheet, place):
    child = sheet.pupil.name if sheet.pupil_id else ""
    signed = f"{sheet.signed_on:%Y-%m-%d}" if sheet.signed_on else ""
    said = (sheet.party_a, sheet.party_b, child, sheet.get_state_display(), signed, sheet.get_signed_how_display())
    return (sheet.get_kind_display(), sheet.number or "", place, *said)


@require_http_methods(["GET", "HEAD", "POST"])
def commitments_make(request):
    """Make the sheets of a unit: a school's at once, a county's as a job."""
    today, unit = clock.today(), own_unit(request)
    kinds = kinds_to_make(request.user, unit.path, on=today)
    if not kinds:
        raise NotYours("permission_denied", "责任书由学校负责人、控辍专干或教育局制发。")
    form = MakeForm(request.POST or None, kinds=kinds)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return _made(request, unit, form.cleaned_data["kinds"])
        except Refused as refused:
            refusal = refused
    context = {"unit": unit, "label": unit.label(on=today), "form": form, "refusal": refusal}
    context["year"] = year_name(school_year(today))
    return render(request, "accountability/commitments_make.html", context, status=refusal.status if refusal else 200)


def _made(request, unit, kinds):
    kinds = require_maker(request.user, unit, kinds)
    page = f"{reverse('commitment_gaps')}?unit={unit.code}"
    if unit.kind in WHOLE_UNITS:
        title = f"制发责任书:{unit.name}"
        params = {"kinds": list(kinds), "next_url": page}
        return redirect(
            "job",
            start_job("accountability.make_commitments", title=title, by=request.user, unit=unit, params=params).pk,
        )
    told = make_commitments(unit, kinds, by=request.user)
    messages.success(request, f"新制发 {told['made']} 份,原有 {told['standing']} 份,作废 {told['voided']} 份。")
    return redirect(page)


def visible_sheets(request):
    return with_names(Commitment.objects.visible_to(request.user, on=clock.today()))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def commitment(request, pk):
    """One sheet: what it says, its target and where that stands, and how it is signed."""
    today = clock.today()
    sheet = get_object_or_404(visible_sheets(request), pk=pk)
    may = may_sign(request.user, sheet, on=today)
    guardians = list(sheet.pupil.guardians.all()) if sheet.pupil_id else []
    verb = request.POST.get("verb", "")
    forms = {
        "paper": PaperForm(*((request.POST, request.FILES) if verb == "paper" else ())),
        "decline": DeclineForm(request.POST if verb == "decline" else None),
    }
    refusal, link = None, ""
    if request.method == "POST":
        if not may:
            raise NotYours("permission_denied", "签订由签订人本人或制发单位登记。")
        try:
            link = _act(request, sheet, verb, forms.get(verb), guardians)
        except Refused as refused:
            refusal = refused
        else:
            if not link and not (verb in forms and forms[verb].errors):
                return redirect("commitment", pk)
    elif sheet.pupil_id:
        log_access(request.user, AccessAction.VIEW, what="commitment", key=str(sheet.pk), path=sheet.path)
    may_still = CommitmentState.SIGNED in COMMITMENT_MOVES[CommitmentState(sheet.state)]
    context = {
        "sheet": sheet,
        "title": title_of(sheet),
        "lines": lines_of(sheet),
        "place": names_of([sheet.path], on=today)[sheet.path],
        "is_whole": is_whole(sheet),
        "progress": progress_of([sheet], Counts(sheet.path, on=today), on=today)[sheet.pk],
        "links": sheet.links.select_related("guardian", "made_by"),
        "may_sign": may and may_still,
        "forms": forms,
        "guardians": guardians,
        "link": link,
        "qr": qr_of(link) if link else "",
        "history": history_of(sheet, hidden=("digest",)),
        "refusal": refusal,
    }
    return render(request, "accountability/commitment.html", context, status=refusal.status if refusal else 200)


def _act(request, sheet, verb, form, guardians) -> str:
    """What the person asked for; the address of a new link, which is shown this once."""
    if form is not None and not form.is_valid():
        return ""
    if verb == "paper":
        data = dict(form.cleaned_data)
        paper = store_attachment(data.pop("paper"), by=request.user, path=sheet.path)
        sign_on_paper([sheet], paper=paper, by=request.user, **data)
        messages.success(request, "已登记签订。")
    elif verb == "decline":
        decline(sheet, note=form.cleaned_data["note"], by=request.user)
        messages.success(request, "已登记。家长以后愿意签,仍可在本页登记。")
    elif verb == "link":
        guardian = next((one for one in guardians if str(one.pk) == request.POST.get("guardian")), None)
        return public_address(request, "commitment_link", make_link(sheet, by=request.user, guardian=guardian))
    else:
        raise Http404
    return ""


def chosen_sheets(request) -> list[Commitment]:
    """The sheets that the address names, all of them in scope. Raises Http404, Refused (`too_many`)."""
    keys = {int(value) for value in request.GET.getlist("id") if value.isdecimal() and len(value) < 19}
    if len(keys) > MOST_AT_ONCE:
        raise Refused("too_many", f"一次最多 {MOST_AT_ONCE} 份。")
    found = list(visible_sheets(request).filter(pk__in=keys).order_by("path", "pk"))
    if not found or len(found) < len(keys):
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def commitments_sign(request):
    """The signatures of several sheets, on one scan."""
    today, sheets = clock.today(), chosen_sheets(request)
    if any(not may_sign(request.user, sheet, on=today) for sheet in sheets):
        raise NotYours("permission_denied", "签订由签订人本人或制发单位登记。")
    form = PaperForm(*((request.POST, request.FILES) if request.method == "POST" else ()), many=True)
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            paper = store_attachment(data.pop("paper"), by=request.user, path=sheets[0].path)
            sign_on_paper(sheets, paper=paper, by=request.user, **data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"已登记 {len(sheets)} 份。")
            return redirect("commitments")
    context = {"sheets": sheets, "form": form, "refusal": refusal}
    return render(request, "accountability/commitments_sign.html", context, status=refusal.status if refusal else 200)


@require_safe
@never_cache
def commitments_print(request):
    """Sheets on A4, one after the other: those chosen, or all of a unit and kind that wait."""
    today = clock.today()
    if request.GET.get("id"):
        sheets = chosen_sheets(request)
    else:
        require_seer(request)
        wanted = {name: request.GET.get(name, "").strip()[:40] for name in ("kind", "state", "unit", "q")}
        sheets = list(with_names(_filtered(request.user, wanted, today)).order_by("path", "pk")[: MOST_AT_ONCE + 1])
        if len(sheets) > MOST_AT_ONCE:
            raise Refused("too_many", f"一次最多打印 {MOST_AT_ONCE} 份,请先按班级筛选。")
    log_accesses(
        request.user,
        AccessAction.PRINT,
        what="commitment",
        entries=[(str(sheet.pk), sheet.path) for sheet in sheets if sheet.pupil_id],
    )
    printed = [(sheet, title_of(sheet), lines_of(sheet)) for sheet in sheets]
    return render(request, "accountability/commitments_print.html", {"sheets": printed})


@require_safe
@never_cache
def commitment_file(request, pk):
    """The sheet as a Word file."""
    sheet = get_object_or_404(visible_sheets(request), pk=pk)
    content = word_file(sheet)
    log_access(request.user, AccessAction.DOWNLOAD, what="commitment", key=str(sheet.pk), path=sheet.path)
    return word_answer(content, f"{title_of(sheet)} {sheet.number or sheet.party_b}.docx")
