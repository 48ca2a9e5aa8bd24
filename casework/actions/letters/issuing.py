"""Issuing a letter (F13, P30): numbered within its unit and year, filled, archived as it was issued."""

import hashlib
import json

from django.db import transaction
from django.db.models import F

from casework.actions.letters import archive
from casework.enums import RESTRICTED_LETTERS, LetterKind, ReceiptState
from casework.models import Letter, LetterCounter, LetterHead
from casework.queries.letters import template_for
from casework.rules.letter_texts import BLANK, FRAME, NEEDS_NO_RECEIPT, WORDS, fill_text, labels_of
from casework.rules.word import SEAL, fill, plain_letter, text_of
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import Refused
from organisation.models import Unit
from organisation.queries.units import name_path
from organisation.rules.paths import ancestors
from students.actions.timeline import record
from students.enums import Audience

LETTERS, TEMPLATES = "letters", "templates"


@transaction.atomic
def issue_letter(
    kind: LetterKind,
    pupil,
    *,
    by,
    issuer: Unit | None = None,
    about_kind="",
    about=None,
    on=None,
    audience: Audience | None = None,
    **fields,
) -> Letter:
    """Fill a letter about a pupil and keep it. `issuer` is the unit in whose name it goes out (default: the school).

    `fields` are what the text of its kind asks for besides the child, the guardians, the units and the date; an
    `addressee` among them is who it goes to. `audience` says who reads of it on the child's timeline.
    """
    on = on or clock.today()
    kind = LetterKind(kind)
    issuer = issuer or school_of(pupil)
    values = _known(pupil, issuer, by, on) | {name: str(value) for name, value in fields.items()}
    values |= {"title": kind.label, "number": next_number(kind, issuer, on.year)}
    values["addressee"] = values.get("addressee") or values["guardians"] or "监护人"
    template = template_for(kind, issuer)
    text, file_sha256 = _filled(kind, template, values)
    letter = Letter(
        kind=kind,
        number=values["number"],
        pupil=pupil,
        issuer=issuer,
        path=pupil.path,
        addressee=values["addressee"][:120],
        title=kind.label,
        text=text,
        dated=on,
        fields=values,
        about_kind=about_kind,
        about=about,
        template=template,
        file_sha256=file_sha256,
        issued_by=by,
        issued_at=clock.now(),
        receipt=ReceiptState.NONE if kind in NEEDS_NO_RECEIPT else ReceiptState.WAITING,
    )
    letter.digest = digest_of(letter)
    letter.save()
    tell_timeline(letter, f"{letter.title}({letter.number})", by=by, on=on, audience=audience)
    return letter


def tell_timeline(letter, text, *, by, on=None, audience: Audience | None = None):
    """Into the child's timeline; a restricted letter for those in charge only."""
    if audience is None:
        audience = Audience.CHARGE if letter.kind in RESTRICTED_LETTERS else Audience.SCHOOL
    link = f"/letters/{letter.pk}/"
    record(letter.pupil, "letter", text[:500], by=by, on=on or clock.today(), link=link, audience=audience)


def _filled(kind, template, values) -> tuple[str, str]:
    """The letter's text, and the digest of its Word file where an own template is in force."""
    if template is None:
        return fill_text(kind, values), ""
    raw = archive.read(TEMPLATES, template.sha256)
    if raw is None:
        raise Refused("template_lost", f"“{template}”的文件已丢失或被改动,请重新上传模板后再签发。")
    labels = labels_of(kind)
    properties = {"author": values["issuer"], "title": f"{values['title']} {values['number']}"}
    content = fill(raw, {label: values.get(name) or BLANK for name, label in labels.items()}, properties=properties)
    frame = {values[name] for name in FRAME} | {SEAL}
    return text_of(content, frame), archive.keep(LETTERS, content)


def digest_of(letter: Letter) -> str:
    """Covers all that was issued: whatever is altered later, the digest no longer fits."""
    issued = [
        letter.kind,
        letter.number,
        letter.title,
        letter.issuer_id,
        letter.pupil_id,
        letter.addressee,
        letter.text,
        letter.dated.isoformat(),
        letter.file_sha256,
    ]
    return hashlib.sha256(json.dumps(issued, ensure_ascii=False).encode()).hexdigest()


def is_whole(letter: Letter) -> bool:
    """Whether the letter is what was issued: its text by the digest, its Word file by the file's own."""
    file_is_whole = not letter.file_sha256 or archive.read(LETTERS, letter.file_sha256) is not None
    return letter.digest == digest_of(letter) and file_is_whole


def word_file(letter: Letter) -> bytes:
    """The Word file as archived; of a letter on the product's own text one made from what is archived."""
    if not letter.file_sha256:
        values = {"issuer": letter.issuer.name, "date": day_text(letter.dated), **letter.fields}
        return plain_letter(letter.kind, values, letter.text)
    content = archive.read(LETTERS, letter.file_sha256)
    if content is None:
        raise Refused("file_lost", "存档的 Word 文件已丢失或被改动,请告诉管理员从备份恢复。")
    return content


def next_number(kind, unit: Unit, year: int) -> str:
    """么校辍报〔2026〕3号: counted within a unit, kind and year; two at once never get the same."""
    counter, _ = LetterCounter.objects.get_or_create(unit=unit, kind=kind, year=year)
    LetterCounter.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    counter.refresh_from_db()
    word = LetterHead.objects.filter(unit=unit).values_list("word", flat=True).first() or unit.code
    return f"{word}{WORDS[kind]}〔{year}〕{counter.last}号"


def school_of(pupil) -> Unit:
    return Unit.objects.filter(path__in=ancestors(pupil.path), kind=UnitKind.SCHOOL).get()


def day_text(day) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _known(pupil, issuer, by, on) -> dict[str, str]:
    guardians = list(pupil.guardians.all())
    return {
        "name": pupil.name,
        "sex": pupil.get_sex_display(),
        "born_on": day_text(pupil.born_on),
        "place": name_path(pupil.path, on=on),
        "address": pupil.address or "(未登记)",
        "guardians": "、".join(guardian.name for guardian in guardians),
        "relation": guardians[0].relation if guardians else "",
        "issuer": issuer.name,
        "by": by.name if by else "",
        "date": day_text(on),
    }
