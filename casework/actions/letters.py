"""Issuing a letter (F13, P30): numbered within its unit and year, filled, archived as it was issued."""

import hashlib
from string import Template

from django.db import transaction
from django.db.models import F

from casework.enums import LetterKind, ReceiptState
from casework.models import Letter, LetterCounter, LetterTemplate
from casework.rules.letter_texts import NEEDS_NO_RECEIPT, TEXTS, WORDS
from organisation import clock
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.queries.units import name_path
from organisation.rules.paths import ancestors
from students.actions.timeline import record


@transaction.atomic
def issue_letter(
    kind: LetterKind, pupil, *, by, issuer: Unit | None = None, about_kind="", about=None, on=None, **fields
) -> Letter:
    """Fill a letter about a pupil and keep it. `issuer` is the unit in whose name it goes out (default: the school).

    `fields` are what the text of its kind asks for besides the child, the guardians, the units and the date.
    """
    on = on or clock.today()
    issuer = issuer or school_of(pupil)
    filled = {**_known(pupil, issuer, by, on), **{name: str(value) for name, value in fields.items()}}
    template = template_for(kind, issuer)
    text = Template(template.text if template and template.text else TEXTS[kind]).safe_substitute(filled)
    number = next_number(kind, issuer, on.year)
    letter = Letter.objects.create(
        kind=kind,
        number=number,
        pupil=pupil,
        issuer=issuer,
        path=pupil.path,
        addressee=filled["guardians"] or "监护人",
        title=LetterKind(kind).label,
        text=text,
        fields=filled,
        about_kind=about_kind,
        about=about,
        template=template,
        digest=hashlib.sha256(f"{number}\n{text}".encode()).hexdigest(),
        issued_by=by,
        issued_at=clock.now(),
        receipt=ReceiptState.NONE if kind in NEEDS_NO_RECEIPT else ReceiptState.WAITING,
    )
    record(pupil, "letter", f"{letter.title}({letter.number})", by=by, on=on, link=f"/letters/{letter.pk}/")
    return letter


def next_number(kind, unit: Unit, year: int) -> str:
    """么校辍报〔2026〕3号: counted within a unit, kind and year; two at once never get the same."""
    counter, _ = LetterCounter.objects.get_or_create(unit=unit, kind=kind, year=year)
    LetterCounter.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    counter.refresh_from_db()
    return f"{unit.code}{WORDS[kind]}〔{year}〕{counter.last}号"


def template_for(kind, unit: Unit) -> LetterTemplate | None:
    """The nearest unit's newest wording, the unit's own before those above it."""
    rows = LetterTemplate.objects.filter(kind=kind, unit__path__in=ancestors(unit.path)).select_related("unit")
    return max(rows, key=lambda row: (len(row.unit.path), row.version), default=None)


def school_of(pupil) -> Unit:
    return Unit.objects.filter(path__in=ancestors(pupil.path), kind=UnitKind.SCHOOL).get()


def _known(pupil, issuer, by, on) -> dict[str, str]:
    guardians = list(pupil.guardians.all())
    return {
        "name": pupil.name,
        "sex": pupil.get_sex_display(),
        "born_on": f"{pupil.born_on:%Y年%m月%d日}",
        "place": name_path(pupil.path, on=on),
        "address": pupil.address or "(未登记)",
        "guardians": "、".join(guardian.name for guardian in guardians),
        "relation": guardians[0].relation if guardians else "",
        "issuer": issuer.name,
        "by": by.name if by else "",
        "date": f"{on:%Y年%m月%d日}",
    }
