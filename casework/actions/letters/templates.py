"""A bureau's or school's own Word templates (P30): taken after a trial, taken back, numbered by an own word."""

import re

from django.db import transaction

from casework.actions.letters import archive
from casework.actions.letters.issuing import TEMPLATES
from casework.enums import LetterKind
from casework.models import Letter, LetterHead, LetterTemplate
from casework.permissions import may_set_template
from casework.rules.letter_texts import invented, labels_of
from casework.rules.word import check_template, fill
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit

WORD = re.compile(r"[\u4e00-\u9fff]{2,12}")


def _require(by, unit):
    if not may_set_template(by, unit, on=clock.today()):
        raise NotYours("permission_denied", "文书模板由本单位的负责人、教导主任、控辍专干或教育局、乡镇工作人员设置。")


@transaction.atomic
def take_template(unit: Unit, kind: LetterKind, upload, *, by) -> LetterTemplate:
    """Check an uploaded Word file, fill it on trial, and put it in force from now on.

    Raises NotYours, Malformed (`too_large`, `bad_file`, `bad_template`, `unknown_blanks`).
    """
    _require(by, unit)
    kept = check_template(upload.read(), kind)
    digest = archive.keep(TEMPLATES, kept)
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    last = LetterTemplate.objects.filter(unit=unit, kind=kind).order_by("-version").first()
    return LetterTemplate.objects.create(
        unit=unit,
        kind=kind,
        version=last.version + 1 if last else 1,
        name=upload.name[-120:],
        sha256=digest,
        by=by,
        at=clock.now(),
    )


@transaction.atomic
def take_back_template(template: LetterTemplate, *, by) -> LetterTemplate:
    """The version before it, or the unit above, holds again. Letters issued on it stay. Raises NotYours, Refused."""
    template = LetterTemplate.objects.select_for_update().get(pk=template.pk)
    _require(by, template.unit)
    if template.taken_back_at:
        raise Refused("wrong_state", "这一版已经撤回。")
    template.taken_back_at, template.taken_back_by = clock.now(), by
    template.save()
    return template


def content_of(template: LetterTemplate) -> bytes:
    raw = archive.read(TEMPLATES, template.sha256)
    if raw is None:
        raise Refused("template_lost", f"“{template}”的文件已丢失或被改动,请重新上传。")
    return raw


def preview(kind, raw: bytes) -> bytes:
    """A template filled for a child that does not exist."""
    labels = labels_of(kind)
    return fill(raw, {labels[name]: value for name, value in invented(kind).items()}, properties={})


@transaction.atomic
def set_letter_word(unit: Unit, word: str, *, by) -> LetterHead:
    """The word by which the unit's letters are numbered from now on; no other unit's, now or earlier.

    Raises NotYours, Malformed (`bad_word`), Refused (`word_taken`).
    """
    _require(by, unit)
    word = word.strip()
    if not WORD.fullmatch(word):
        raise Malformed("bad_word", "机关代字写 2 至 12 个汉字,如“么站中学”。", fields={"word": ["2 至 12 个汉字"]})
    taken = LetterHead.objects.filter(word=word).exclude(unit=unit).exists()
    if taken or Letter.objects.filter(number__startswith=word).exclude(issuer=unit).exists():
        raise Refused("word_taken", "这个机关代字已有单位使用,请换一个。")
    head, _ = LetterHead.objects.update_or_create(unit=unit, defaults={"word": word})
    return head
