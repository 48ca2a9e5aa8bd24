"""比对排查 (F68): lists taken in, rows and what was decided on them, 在籍不在校."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions import household as acts
from casework.actions.county import stale_proofs
from casework.enums.household import TO_DECIDE, CompareResult, ListKind, RowEntryKind
from casework.forms import household as forms
from casework.models import HouseholdBatch, HouseholdRow
from casework.permissions import COMPARE_POSTS, COMPARE_READERS, may_compare, may_give_evidence, may_see_compare
from casework.queries.household import counts_of
from casework.queries.registered_away import classes_without_rolls, pupils_away
from casework.rules.household import OPTIONAL, REQUIRED
from organisation import clock
from organisation.actions.access import log_access
from organisation.actions.jobs import start_job
from organisation.enums import PUPIL_POSTS, AccessAction, JobState, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.listing import shown_page, takes_along, workbook_of
from organisation.models import Job, Unit
from organisation.queries.edition import rule_book
from organisation.queries.units import names_of
from organisation.queries.workbooks import check_workbook
from students.actions.attachments import store_attachment

IMPORT = "casework.import_list"
_K = RowEntryKind


@require_safe
def compare(request):
    """The current lists, what the comparison found, and the rows that wait for a decision."""
    today = clock.today()
    if not may_see_compare(request.user, on=today):
        raise NotYours("permission_denied", "比对排查由教育局办理,乡镇举证。")
    visible = HouseholdRow.objects.visible_to(request.user, on=today).current()
    asked = request.GET
    kind = asked.get("kind", "")
    rows = visible.filter(batch__kind=kind) if kind in ListKind.values else visible
    counted = counts_of(rows)
    state = asked.get("state", "waiting")
    if asked.get("result") in CompareResult.values:
        rows = rows.filter(result=asked["result"])
    if state == "waiting":
        rows = rows.waiting()
    elif state == "stale":
        counties = Unit.objects.filter(path__in={path[:12] for path in request.user.paths(on=today)})
        rows = rows.filter(pk__in=[pk for one in counties for pk in stale_proofs(one).values_list("pk", flat=True)])
    elif state in _K.values:
        rows = rows.filter(decision=state)
    if asked.get("township"):
        rows = rows.filter(township__code=asked["township"][:24])
    if asked.get("village"):
        rows = rows.filter(village__contains=asked["village"][:80])
    page = shown_page(request, rows.select_related("township", "batch").order_by("township", "village", "pk"))
    if takes_along(request):
        return workbook_of(request, "比对结果", ROW_HEADS, [_cells(row) for row in page])
    context = {
        "page": page,
        "batches": HouseholdBatch.objects.visible_to(request.user, on=today).current().select_related("county"),
        "counts": [(one, counted[one.value]) for one in CompareResult if one.value in counted],
        "to_decide": TO_DECIDE,
        "state": state,
        "kind": kind,
        "kinds": ListKind,
        "decisions": [one for one in _K if one != _K.EVIDENCE],
        "townships": Unit.objects.filter(pk__in=visible.order_by().values("township")),
        "may_import": bool(request.user.paths(on=today, kinds=COMPARE_POSTS)),
        "sees_files": bool(request.user.paths(on=today, kinds=PUPIL_POSTS)),
        "exports": True,
    }
    return render(request, "casework/compare.html", context)


ROW_HEADS = (
    "名单", "行", "姓名", "性别", "出生日期", "身份证件号", "监护人", "监护人电话", "居住乡镇", "村组", "比对结果", "认定"
)  # fmt: skip


def _cells(row):
    return (
        row.batch.get_kind_display(), row.row, row.name, row.get_sex_display(), row.born_on, row.masked_identity_number,
        row.guardian_name, row.masked_phone, row.township.name, row.village, row.get_result_display(),
        row.get_decision_display(),
    )  # fmt: skip


def _county_of(request):
    """The county in whose bureau the person sits. Raises NotYours."""
    held = [post.unit for post in request.user.posts_on(clock.today()) if post.kind in COMPARE_POSTS]
    if not held:
        raise NotYours("permission_denied", "名单由教育局导入。")
    return held[0]


@require_http_methods(["GET", "HEAD", "POST"])
def compare_import(request):
    """Upload a list: it is checked and compared first, nothing is taken in yet."""
    county = _county_of(request)
    form, refusal = forms.ListForm(request.POST or None, request.FILES or None), None
    if not form.is_bound:
        form.fields["on"].initial = clock.today()
    if request.method == "POST" and form.is_valid():
        try:
            name = _keep(form.cleaned_data["file"])
        except Refused as refused:
            refusal = refused
        else:
            kind = ListKind(form.cleaned_data["kind"])
            params = {"file": name, "kind": kind, "on": form.cleaned_data["on"].isoformat(), "dry_run": True}
            job = start_job(IMPORT, title=f"检查{kind.label}", by=request.user, unit=county, params=params)
            return redirect("job", job.pk)
    context = {"form": form, "required": REQUIRED, "optional": OPTIONAL, "refusal": refusal}
    return render(request, "casework/compare_import.html", context, status=refusal.status if refusal else 200)


def _keep(upload) -> str:
    if upload.size > settings.UPLOAD_LIMIT_MB * 1024 * 1024:
        raise Malformed("too_large", f"文件超过 {settings.UPLOAD_LIMIT_MB} MB。")
    name = f"list-{uuid.uuid4()}.xlsx"
    path = settings.DATA_DIR / "uploads" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as kept:
        for chunk in upload.chunks():
            kept.write(chunk)
    path.chmod(0o600)
    try:
        check_workbook(path)
    except Malformed:
        path.unlink()
        raise
    return name


@require_http_methods(["GET", "HEAD", "POST"])
def compare_confirm(request, pk):
    """What the check found; on confirmation the list is taken in."""
    _county_of(request)
    checked = get_object_or_404(Job.objects.visible_to(request.user, on=clock.today()), pk=pk, kind=IMPORT)
    if checked.state != JobState.DONE or not checked.result.get("dry_run") or checked.result.get("errors"):
        raise Http404
    if not (settings.DATA_DIR / "uploads" / checked.params["file"]).is_file():
        raise Refused("already_imported", "这份名单已经导入,或上传已过期。")
    if request.method == "POST":
        title, params = checked.title.replace("检查", "导入", 1), {**checked.params, "dry_run": False}
        return redirect("job", start_job(IMPORT, title=title, by=request.user, unit=checked.unit, params=params).pk)
    return render(request, "casework/compare_confirm.html", {"job": checked})


@require_http_methods(["GET", "HEAD", "POST"])
def compare_row(request, pk):
    """One row: what the list says, what the register says, what was written and decided."""
    today = clock.today()
    rows = HouseholdRow.objects.visible_to(request.user, on=today).select_related("township", "batch__county", "pupil")
    row = get_object_or_404(rows, pk=pk)
    offered = _offered(row, request.user, today)
    refusal = None
    if request.method == "POST":
        verb = request.POST.get("verb", "")
        if verb not in offered:
            raise NotYours("permission_denied", "现在不由您办理。")
        label, form, run = offered[verb]
        form = type(form)(request.POST, request.FILES, prefix=verb, **_arguments(verb, row))
        offered[verb] = (label, form, run)
        if form.is_valid():
            try:
                given = dict(form.cleaned_data)
                if given.get("paper"):
                    given["paper"] = store_attachment(given["paper"], by=request.user, path=row.path)
                run(row, request.user, given)
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, f"已登记:{label}。")
                return redirect("compare_row", pk)
    else:
        log_access(request.user, AccessAction.VIEW, what="household_row", key=str(row.pk), path=row.path)
    sees_pupil = row.pupil is not None and may_compare(request.user, row.path, on=today)
    context = {
        "row": row,
        "place": names_of({row.pupil.path}, on=today)[row.pupil.path] if sees_pupil else "",
        "sees_pupil": sees_pupil and row.pupil.path.startswith(row.path),
        "steps": [(verb, label, form) for verb, (label, form, _) in offered.items()],
        "entries": row.entries.select_related("by", "undone_by", "paper", "case").order_by("-pk"),
        "refusal": refusal,
    }
    return render(request, "casework/compare_row.html", context, status=refusal.status if refusal else 200)


def _arguments(verb, row) -> dict:
    if verb != _K.SUSPECTED or row.pupil is not None:
        return {}
    return {"schools": Unit.objects.below(row.batch.county).filter(kind=UnitKind.SCHOOL, closed_on=None)}


def _offered(row, person, on) -> dict:
    """{verb: (label, form, action)} of what the person may write to the row now."""
    found = {}

    def offer(verb, label, form, run):
        found[str(verb)] = (label, form(prefix=verb, **_arguments(verb, row)), run)

    def decide(kind):
        return lambda row, by, given: acts.decide_row(row, kind, by=by, **given)

    if may_compare(person, row.path, on=on):
        if row.decision:
            if row.decision == _K.ELSEWHERE:
                offer("again", "本学期就读证明", forms.ProvedForm, lambda r, by, d: acts.prove_again(r, by=by, **d))
            offer("undo", "撤销认定", forms.UndoForm, lambda r, by, d: acts.undo_decision(r, by=by, **d))
        else:
            offer(_K.DATA_ERROR, _K.DATA_ERROR.label, forms.DataErrorForm, decide(_K.DATA_ERROR))
            offer(_K.ELSEWHERE, _K.ELSEWHERE.label, forms.ProvedForm, decide(_K.ELSEWHERE))
            offer(_K.SUSPECTED, "疑似辍学,立案", forms.SuspectedForm, decide(_K.SUSPECTED))
            offer(_K.EXEMPT, _K.EXEMPT.label, forms.ExemptForm, decide(_K.EXEMPT))
    if may_give_evidence(person, row, on=on):
        offer(_K.EVIDENCE, "举证", forms.EvidenceForm, lambda r, by, d: acts.give_evidence(r, by=by, **d))
    return found


@require_safe
def compare_away(request):
    """在籍不在校: children of the register whom no roll of the last days has seen, and classes that called none."""
    today = clock.today()
    paths = request.user.paths(on=today, kinds=PUPIL_POSTS)
    if not paths or not request.user.paths(on=today, kinds=COMPARE_READERS):
        raise NotYours("permission_denied", "由教育局查看。")
    page = shown_page(request, pupils_away(request.user, paths, on=today))
    names = names_of({pupil.path for pupil, *_ in page}, on=today)
    rows = [(pupil, names[pupil.path], days, first) for pupil, days, first in page]
    if takes_along(request):
        lines = [(pupil.name, place, days, first) for pupil, place, days, first in rows]
        return workbook_of(request, "在籍不在校", ("姓名", "班级", "缺席天数", "缺席自"), lines)
    classes = list(classes_without_rolls(paths, on=today)[:200])
    places = names_of({unit.path for unit in classes}, on=today)
    context = {
        "page": page,
        "rows": rows,
        "silent": [places[unit.path] for unit in classes],
        "days": rule_book(paths[0]).rules(paths[0], on=today).compare.away_school_days,
        "exports": True,
    }
    return render(request, "casework/compare_away.html", context)
