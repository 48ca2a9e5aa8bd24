"""问责: the matters that I handle, one matter with what comes next, my own matters, and a matter put without a lead."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accountability.actions.findings.opening import put_matter
from accountability.enums import LIVE_FINDINGS, FindingState
from accountability.forms.findings import PutForm
from accountability.models import Finding
from accountability.permissions import opens_matters
from accountability.queries.conflicts import team_of
from accountability.queries.pages import SUBJECT_READS, duties_of_finding, for_list, for_page, next_duties
from accountability.queries.steps import is_whole
from accountability.rules.pdf import can_make_pdf
from accountability.views.finding_steps import steps_for_handler, steps_for_subject, take_step
from casework.kinds import kind_of
from casework.views.duties import lines
from organisation import clock
from organisation.actions.access import log_access, log_accesses
from organisation.enums import AccessAction
from organisation.errors import NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.queries.edition import rule_book
from organisation.queries.units import name_path, names_of

HEADS = ("事项", "当事人", "单位", "情形", "状态", "下一步", "期限")
ORDERS = {"opened": ("opened_at",), "place": ("path",), "state": ("state",)}


@require_safe
@never_cache
def findings(request):
    """The matters that the person decides, investigates or hears an appeal in; live ones first asked for."""
    today = clock.today()
    state = request.GET.get("state", "live")
    rows = Finding.objects.handled_by(request.user, on=today)
    if state == "live":
        rows = rows.filter(state__in=LIVE_FINDINGS)
    elif state in FindingState.values:
        rows = rows.filter(state=state)
    mine = Finding.objects.concerning(request.user, on=today).count()
    may_put = opens_matters(request.user, on=today)
    page = shown_page(request, in_order(request, for_list(rows), ORDERS))
    shown = list(page)
    if mine and not may_put and not shown and not request.GET:
        return redirect("findings_mine")
    names, duties = names_of({row.path for row in shown}, on=today), next_duties(shown)
    listed = [(row, names[row.path], duties.get(row.pk)) for row in shown]
    if takes_along(request):
        entries = [(str(row.pk), row.decider_path) for row in shown]
        log_accesses(request.user, AccessAction.EXPORT, what="finding", entries=entries)
        return workbook_of(request, "问责事项", HEADS, [_cells(*one) for one in listed])
    context = {
        "page": page,
        "rows": [(*one, kind_of(one[2]).label if one[2] else "") for one in listed],
        "state": state,
        "states": FindingState,
        "now": clock.now(),
        "may_put": may_put,
        "mine": mine,
    }
    return render(request, "accountability/findings.html", context)


def _cells(row, place, duty):
    grounds = "、".join(ground.label for ground in row.grounds.all())
    due = f"{duty.due_at:%Y-%m-%d}" if duty else ""
    return (
        str(row),
        row.subject.name,
        place,
        grounds,
        row.get_state_display(),
        kind_of(duty).label if duty else "",
        due,
    )


def log_finding(request, finding, action, reason=""):
    log_access(request.user, action, what="finding", key=str(finding.pk), path=finding.decider_path, reason=reason)


@require_safe
@never_cache
def findings_mine(request):
    """What is said against me, or against the unit that I head."""
    rows = for_list(Finding.objects.concerning(request.user, on=clock.today()))
    return render(request, "accountability/findings_mine.html", {"rows": rows})


def found_finding(request, pk) -> tuple[Finding, bool]:
    """The matter, and whether the person handles it, or else is the one concerned. Raises Http404."""
    today = clock.today()
    handled = for_page(Finding.objects.handled_by(request.user, on=today)).filter(pk=pk).first()
    found = handled or for_page(Finding.objects.concerning(request.user, on=today)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found, handled is not None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def finding(request, pk):
    """One matter, for who handles it; for who is concerned what is said, the defence, the decision and what may be done."""
    found, handles = found_finding(request, pk)
    steps = (steps_for_handler if handles else steps_for_subject)(found, request.user)
    refusal = None
    if request.method == "POST":
        try:
            done = take_step(request, found, steps)
        except Refused as refused:
            refusal = refused
        else:
            if done:
                messages.success(request, f"已办理:{done}。")
                return redirect("finding", pk)
    log_finding(request, found, AccessAction.VIEW)
    context = (_as_handler if handles else _as_subject)(found, request.user)
    context |= {"finding": found, "steps": list(steps.values()), "refusal": refusal}
    template = "accountability/finding.html" if handles else "accountability/finding_mine.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _as_handler(found, person) -> dict:
    today = clock.today()
    steps = list(found.steps.select_related("by", "document", "file"))
    return {
        "place": name_path(found.path, on=today),
        "lines": lines(list(duties_of_finding(found)), today),
        "team": team_of(found),
        "grounds": found.grounds.prefetch_related("evidence__file", "evidence__by"),
        "course": steps[::-1],
        "is_whole": is_whole(steps),
        "documents": found.documents.select_related("issuer"),
        "by_whom": found.get_decider_kind_display(),
        "pdf": can_make_pdf(),
    }


def _as_subject(found, person) -> dict:
    steps = [step for step in found.steps.select_related("document", "file") if step.kind in SUBJECT_READS]
    return {
        "course": steps[::-1],
        "team": team_of(found),
        "by_whom": found.get_decider_kind_display(),
        "documents": found.documents.exclude(kind="finding_referral").select_related("issuer"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def finding_new(request):
    """Put a matter without a lead: against whom, what was done or left undone, and from where it is known."""
    today = clock.today()
    if not opens_matters(request.user, on=today):
        raise NotYours("permission_denied", "问责事项由有权决定的上级或督学提出。")
    path = request.user.posts_on(today)[0].unit.path
    rules = rule_book(path).rules(path, on=today).accountability
    form = PutForm(request.POST or None, by=request.user, rules=rules)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            opened = put_matter(by=request.user, **_put(form.cleaned_data))
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"已提出,待{opened.get_decider_kind_display()}初核。")
            handles = Finding.objects.handled_by(request.user, on=today).filter(pk=opened.pk).exists()
            return redirect("finding", opened.pk) if handles else redirect("findings")
    context = {"form": form, "refusal": refusal}
    return render(request, "accountability/finding_new.html", context, status=refusal.status if refusal else 200)


def _put(data) -> dict:
    ground = {"code": data["code"], "act": data["act"], "text": data["ground_text"], "acted_on": data["acted_on"]}
    return {
        f"subject_{data['subject_kind']}": data["subject"],
        "grounds": [ground],
        "text": data["text"],
        "pupil": data["pupil"],
    }
