"""Children's files: list and search, one child's page, numbers revealed for a reason, register changes."""

from django.contrib import messages
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import PUPIL_POSTS, AccessAction, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.listing import in_order, shown_page, takes_along, workbook_of
from organisation.models import Unit
from organisation.queries.history import history_of
from organisation.queries.units import name_path, names_of
from organisation.registry import PUPIL, panels_for
from organisation.rules.paths import at_or_below
from students.actions.attachments import file_of, store_attachment
from students.actions.edit import RESTRICTED_FIELDS, edit_pupil, editable_fields
from students.actions.merge import merge_pupils
from students.actions.register import change_register
from students.actions.reveal import FIELDS, reveal
from students.enums import EnrolmentStatus
from students.forms import ChangeForm, FileForm, GuardianForm, MergeForm, RevealForm
from students.models import Attachment, Enrolment, Pupil
from students.permissions import (
    may_change_register,
    may_edit_home,
    may_enter_slip,
    may_export,
    may_import,
    may_reveal,
    may_see_files,
    may_see_restricted,
)
from students.queries.absence import absence_calendar
from students.queries.pupils import find_by_number, find_pupils, others_like, tell_apart
from students.queries.story import story_of

HEADS = ("姓名", "班级", "性别", "民族", "学籍号", "状态")
ORDERS = {"name": ("sort_key",), "class": ("path", "sort_key")}
CATEGORIES = [
    "is_boarder",
    "is_left_behind",
    "is_migrant",
    "is_orphan",
    "is_unsupported",
    "is_in_hardship",
    "is_disabled",
    "is_poor",
    "is_special_family",
    "has_learning_difficulty",
]


def visible_pupil(request, number) -> Pupil:
    pupils = Pupil.objects.visible_to(request.user, on=clock.today()).select_related("school_class", "residence")
    return get_object_or_404(pupils.known_as(number))


@require_safe
def students(request):
    """The list, by name or initials, class and status; a search that finds one child opens it."""
    today = clock.today()
    status = request.GET.get("status", EnrolmentStatus.IN_SCHOOL if not request.GET.get("q") else "")
    code = request.GET.get("unit", "")
    unit = Unit.objects.visible_to(request.user, on=today).filter(code=code).first() if code else None
    if code and unit is None:
        raise Http404
    pupils = find_pupils(
        request.user, on=today, q=request.GET.get("q", ""), path=unit.path if unit else "", status=status
    )
    page = shown_page(request, in_order(request, pupils.order_by("path", "sort_key", "pk"), ORDERS))
    rows = list(page)
    tell_apart(rows)
    names = names_of({pupil.path for pupil in rows}, on=today)
    spells = Enrolment.objects.current(on=today).filter(pupil__in=[pupil.pk for pupil in rows])
    statuses = {spell.pupil_id: spell.get_status_display() for spell in spells}
    shown = [(pupil, names.get(pupil.path, ""), statuses.get(pupil.pk, "不在籍")) for pupil in rows]
    if takes_along(request):
        cells = [
            (p.name, place, p.get_sex_display(), p.ethnicity, p.masked_registry_number, s) for p, place, s in shown
        ]
        return workbook_of(request, "学生名单", HEADS, cells, path=unit.path if unit else "")
    context = {
        "page": page,
        "rows": shown,
        "status": status,
        "statuses": [*EnrolmentStatus.choices, ("none", "不在籍")],
        "unit": unit,
        "units": _units(request.user, today),
        "may_import": may_import(request.user, on=today),
        "may_export": may_export(request.user, on=today),
    }
    return render(request, "students/students.html", context)


def _units(person, on):
    units = Unit.objects.visible_to(person, on=on).open()
    classes = units.of_kind(UnitKind.CLASS)
    if classes.count() <= 120:
        return [(unit.code, unit.label(on=on)) for unit in classes if unit.is_at_stage(on=on)]
    return [(unit.code, unit.name) for unit in units.of_kind(UnitKind.SCHOOL)[:400]]


@require_POST
def student_search(request):
    """By number: never in an address, so that no number stands in a log."""
    if not may_see_files(request.user, on=clock.today()):
        raise NotYours("permission_denied", "您的岗位不查看学生档案。")
    numbers = {name: request.POST.get(name, "").strip()[:40] for name in ("registry_number", "identity_number")}
    given = {name: value for name, value in numbers.items() if value}
    if len(given) != 1:
        raise Malformed("invalid", "请填写学籍号或身份证件号其中一项。")
    found = find_by_number(request.user, on=clock.today(), **given).first()
    if found is None:
        messages.warning(request, "没有找到,或不在您的查看范围内。")
        return redirect("students")
    return redirect("student", found.number)


@require_safe
@never_cache
def student(request, number):
    """One child: facts, the term's calendar, the timeline, the register, who changed what."""
    today = clock.today()
    pupil = visible_pupil(request, number)
    if pupil.number != number:  # a file that was merged into this one
        return redirect("student", pupil.number)
    log_access(request.user, AccessAction.VIEW, what="pupil", key=pupil.number, path=pupil.path)
    own = {"person": request.user, "on": today}
    spells = list(pupil.enrolments.visible_to(**own).select_related("school_class").order_by("-starts"))
    current = next((s for s in spells if s.starts <= today and (s.ends is None or s.ends > today)), None)
    restricted = may_see_restricted(request.user, pupil, on=today)
    context = {
        "pupil": pupil,
        "place": name_path(pupil.path, on=today),
        "categories": [pupil._meta.get_field(name).verbose_name for name in CATEGORIES if getattr(pupil, name)],
        "guardians": pupil.guardians.visible_to(**own),
        "spells": spells,
        "status": current.get_status_display() if current else "不在籍",
        "calendar": absence_calendar(pupil, on=today),
        "slips": pupil.slips.visible_to(**own)[:10],
        "story": story_of(pupil, **own, with_marks=request.user.holds(*PUPIL_POSTS, at=pupil.path, on=today)),
        "panels": panels_for(PUPIL, request, pupil, on=today),
        "history": history_of(pupil, limit=20, hidden=() if restricted else RESTRICTED_FIELDS),
        "restricted": restricted,
        "may_edit": bool(editable_fields(request.user, pupil, on=today)),
        "may_reveal": may_reveal(request.user, pupil, on=today),
        "may_change": may_change_register(request.user, pupil, on=today),
        "may_slip": may_enter_slip(request.user, pupil, on=today) and current is not None,
        "reveal_form": RevealForm(),
    }
    return render(request, "students/student.html", context)


@require_POST
@never_cache
def student_reveal(request, number):
    """A number in full, on a page of its own that no cache keeps."""
    pupil = visible_pupil(request, number)
    field = request.POST.get("field", "")
    value = reveal(pupil, field, reason=request.POST.get("reason", ""), by=request.user)
    return render(request, "students/revealed.html", {"pupil": pupil, "label": FIELDS[field], "value": value})


@require_http_methods(["GET", "HEAD", "POST"])
def student_change(request, number):
    """A register change."""
    today = clock.today()
    pupil = visible_pupil(request, number)
    if not may_change_register(request.user, pupil, on=today):
        raise NotYours("permission_denied", "学籍异动由学籍管理员办理。")
    school = Unit.objects.above(pupil.path).filter(kind=UnitKind.SCHOOL).get()
    classes = Unit.objects.filter(at_or_below("path", [school.path]), kind=UnitKind.CLASS).open()
    at_stage = [unit.pk for unit in classes if unit.is_at_stage(on=today)]
    form = ChangeForm(request.POST or None, request.FILES or None, classes=classes.filter(pk__in=at_stage))
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        paper = data.pop("paper")
        try:
            papers = [store_attachment(paper, by=request.user, path=pupil.path)] if paper else []
            change = change_register(pupil, data.pop("kind"), by=request.user, papers=papers, **data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, f"已办理{change.get_kind_display()}。")
            return redirect("student", number)
    changes = pupil.register_changes.visible_to(request.user, on=today).select_related("by")
    context = {"pupil": pupil, "form": form, "refusal": refusal, "changes": changes}
    return render(request, "students/student_change.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def student_edit(request, number):
    """Correct a child's file, as far as the person's posts allow; who changed what stands below."""
    today = clock.today()
    pupil = visible_pupil(request, number)
    names = editable_fields(request.user, pupil, on=today)
    if not names:
        raise NotYours("permission_denied", "您的岗位不更正学生档案。")
    form = FileForm(request.POST or None, instance=pupil, names=names)
    guardian_forms = _guardian_forms(request, pupil) if may_edit_home(request.user, pupil, on=today) else []
    refusal = None
    if request.method == "POST" and all([one.is_valid() for one in (form, *guardian_forms)]):
        guardians = [one.said() for one in guardian_forms] if guardian_forms else None
        try:
            edit_pupil(pupil, by=request.user, guardians=guardians, **form.wanted())
        except Refused as refused:
            refusal = refused
            for name, messages_of in refused.fields.items():
                form.add_error(name if name in form.fields else None, messages_of)
        else:
            messages.success(request, "已保存。")
            return redirect("student", pupil.number)
    hidden = () if may_see_restricted(request.user, pupil, on=today) else RESTRICTED_FIELDS
    context = {"pupil": pupil, "form": form, "guardian_forms": guardian_forms, "refusal": refusal}
    context["history"] = _file_history(pupil, hidden)
    return render(request, "students/student_edit.html", context, status=refusal.status if refusal else 200)


def _file_history(pupil, hidden):
    """Who changed what on the file and on its guardians, newest first."""
    entries = history_of(pupil, limit=20, hidden=hidden)
    for guardian in pupil.guardians.all():
        entries += [entry | {"kind": f"监护人 {entry['kind']}"} for entry in history_of(guardian, limit=20)]
    return sorted(entries, key=lambda entry: entry["when"], reverse=True)[:30]


def _guardian_forms(request, pupil):
    """The guardians on file and room for the second."""
    present = list(pupil.guardians.all())
    initial = [{"name": one.name, "relation": one.relation, "lives_with": one.lives_with} for one in present]
    initial += [{}] * (2 - len(initial))
    return [GuardianForm(request.POST or None, prefix=f"g{n}", initial=said) for n, said in enumerate(initial, start=1)]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def student_merge(request, number):
    """A second file of the same child: looked for by number, shown beside this one, merged into it for a reason."""
    today = clock.today()
    pupil = visible_pupil(request, number)
    if not may_change_register(request.user, pupil, on=today):
        raise NotYours("permission_denied", "合并档案由本校学籍管理员办理;跨学校的由教育局办理。")
    form = MergeForm(request.POST or None)
    refusal = other = None
    if request.method == "POST" and form.is_valid():
        other = _other_file(request.user, form.cleaned_data["other"], on=today)
        if other is None:
            form.add_error("other", "没有找到,或不在您的查看范围内。")
        elif request.POST.get("verb") == "merge":
            try:
                merge_pupils(pupil, other, by=request.user, reason=form.cleaned_data["reason"])
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, f"已把编号 {other.number} 的档案并入本档案。")
                return redirect("student", pupil.number)
    files = [(one, name_path(one.path, on=today), list(one.guardians.all())) for one in (pupil, other) if one]
    context = {"pupil": pupil, "other": other, "files": files, "form": form, "refusal": refusal}
    context["alike"] = [(one, name_path(one.path, on=today)) for one in others_like(request.user, pupil, on=today)]
    return render(request, "students/student_merge.html", context, status=refusal.status if refusal else 200)


def _other_file(person, number, *, on):
    """The file with that 编号, 学籍号 or identity number, in the person's scope."""
    found = (
        Pupil.objects.visible_to(person, on=on).select_related("school_class").known_as(number.strip().lower()).first()
    )
    for kind in ("registry_number", "identity_number"):
        found = found or find_by_number(person, on=on, **{kind: number}).first()
    return found


@require_safe
@never_cache
def attachment(request, pk):
    """A paper, for whom its unit is in scope; who opened it is written down."""
    paper = get_object_or_404(Attachment.objects.visible_to(request.user, on=clock.today()), pk=pk)
    path = file_of(paper)
    if not path.is_file():
        raise Http404
    log_access(request.user, AccessAction.DOWNLOAD, what="attachment", key=str(paper.pk), path=paper.path)
    return FileResponse(path.open("rb"), content_type=paper.content_type, as_attachment=True, filename=paper.name)
