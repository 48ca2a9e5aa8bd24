"""设置 → 文书模板: which wording is in force, the default to start from, an own one, a preview, and back again."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from casework.actions.letters.templates import (
    content_of,
    preview,
    set_letter_word,
    take_back_template,
    take_template,
)
from casework.enums import LetterKind
from casework.forms import TemplateForm, WordForm
from casework.models import LetterHead, LetterTemplate
from casework.queries.letters import template_units, templates_in_force
from casework.rules.letter_texts import COLONS, FRAME, invented, labels_of
from casework.rules.word import SEAL, default_template, text_of
from casework.views.letters import word_answer
from organisation import clock
from organisation.errors import NotYours, Refused


def own_unit(request, code=""):
    """The unit whose templates are shown: one of the person's own."""
    units = template_units(request.user, on=clock.today())
    if not units:
        raise NotYours("permission_denied", "文书模板由学校负责人、教导主任、控辍专干,乡镇或教育局工作人员设置。")
    unit = next((unit for unit in units if unit.code == code), None if code else units[0])
    if unit is None:
        raise Http404
    return unit, units


@require_http_methods(["GET", "HEAD", "POST"])
def letter_templates(request):
    """Every kind with the version in force for the unit; the unit's word in its numbers."""
    unit, units = own_unit(request, request.GET.get("unit", ""))
    head = LetterHead.objects.filter(unit=unit).first()
    form = WordForm(request.POST or None, initial={"word": head.word if head else ""})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            set_letter_word(unit, form.cleaned_data["word"], by=request.user)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, "机关代字已设置,从下一份文书起使用。")
            return redirect(request.get_full_path())
    in_force = templates_in_force(unit)
    context = {
        "unit": unit,
        "units": units,
        "rows": [(kind, in_force.get(kind)) for kind in LetterKind],
        "form": form,
        "head": head,
        "refusal": refusal,
    }
    return render(request, "casework/letter_templates.html", context, status=refusal.status if refusal else 200)


def known_kind(kind) -> LetterKind:
    if kind not in LetterKind.values:
        raise Http404
    return LetterKind(kind)


@require_http_methods(["GET", "HEAD", "POST"])
def letter_template(request, code, kind):
    """One kind: the blanks, the versions of the unit, upload and take back."""
    kind = known_kind(kind)
    unit, _ = own_unit(request, code)
    form = TemplateForm(request.POST or None, request.FILES or None) if "back" not in request.POST else TemplateForm()
    refusal = None
    if request.method == "POST":
        try:
            if "back" in request.POST:
                _take_back(request, unit, kind)
                return redirect("letter_template", code, kind)
            if form.is_valid():
                taken = take_template(unit, kind, form.cleaned_data["file"], by=request.user)
                messages.success(request, f"第{taken.version}版已启用。请预览核对。")
                return redirect("letter_template", code, kind)
        except Refused as refused:
            refusal = refused
    context = {
        "unit": unit,
        "kind": kind,
        "form": form,
        "in_force": templates_in_force(unit).get(kind),
        "versions": LetterTemplate.objects.filter(unit=unit, kind=kind).select_related("by", "taken_back_by"),
        "blanks": [(f"{{{{ {label} }}}}", invented(kind)[name]) for name, label in labels_of(kind).items()],
        "refusal": refusal,
    }
    return render(request, "casework/letter_template.html", context, status=refusal.status if refusal else 200)


def _take_back(request, unit, kind):
    number = request.POST["back"]
    rows = LetterTemplate.objects.filter(unit=unit, kind=kind)
    template = get_object_or_404(rows, version=int(number) if number.isdecimal() and len(number) < 9 else 0)
    take_back_template(template, by=request.user)
    messages.success(request, f"第{template.version}版已撤回。已签发的文书不受影响。")


@require_safe
def letter_template_default(request, code, kind):
    """The product's own text as a Word file to start from, its blanks explained."""
    kind = known_kind(kind)
    own_unit(request, code)
    return word_answer(default_template(kind), f"{kind.label}模板.docx")


@require_safe
def letter_template_preview(request, code, kind):
    """What is in force for the unit, filled for an invented child: as a page, or as Word."""
    kind = known_kind(kind)
    unit, _ = own_unit(request, code)
    template = templates_in_force(unit).get(kind)
    content = preview(kind, content_of(template) if template else default_template(kind))
    if request.GET.get("word"):
        return word_answer(content, f"{kind.label}预览.docx")
    values = invented(kind)
    text = text_of(content, {values[name] for name in FRAME} | {SEAL})
    lines = [(line, line.endswith(COLONS)) for line in text.splitlines()]
    context = {"unit": unit, "kind": kind, "template": template, "lines": lines, "values": values}
    return render(request, "casework/letter_template_preview.html", context)
