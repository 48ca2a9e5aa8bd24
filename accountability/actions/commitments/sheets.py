"""A commitment as a paper: its text, and its Word file."""

from accountability.actions.commitments.making import digest_of
from accountability.enums import LETTER_OF
from accountability.models import Commitment
from accountability.rules.sheets import text_of_sheet, values_of
from casework.actions.letters import archive
from casework.actions.letters.issuing import TEMPLATES, day_text
from casework.rules.letter_texts import BLANK, COLONS, labels_of
from casework.rules.word import fill, plain_letter
from organisation.errors import Refused


def text_of(sheet: Commitment) -> str:
    name = sheet.pupil.name if sheet.pupil_id else ""
    known = {"title": title_of(sheet), "number": sheet.number or "", "date": day_text(sheet.dated)}
    return text_of_sheet(
        sheet.wording.text, {**known, "issuer": sheet.wording.unit.name, **values_of(sheet, name=name)}
    )


def lines_of(sheet: Commitment) -> list[tuple[str, bool]]:
    """The text line by line, and whether a line stands at the margin."""
    return [(line, line.endswith(COLONS)) for line in text_of(sheet).splitlines()]


def title_of(sheet: Commitment) -> str:
    return LETTER_OF[sheet.kind].label


def is_whole(sheet: Commitment) -> bool:
    """Whether the sheet says what it said when it was made; the child's own name may be corrected meanwhile."""
    return sheet.digest == digest_of(sheet)


def word_file(sheet: Commitment) -> bytes:
    """For editing and printing: the unit's own Word file filled, else the product's."""
    values = {
        "issuer": sheet.wording.unit.name,
        "title": title_of(sheet),
        "number": sheet.number or "",
        "date": day_text(sheet.dated),
        "addressee": sheet.party_b,
        **values_of(sheet, name=sheet.pupil.name if sheet.pupil_id else ""),
    }
    template = sheet.wording.template
    if template is None:
        return plain_letter(LETTER_OF[sheet.kind], values, text_of(sheet))
    raw = archive.read(TEMPLATES, template.sha256)
    if raw is None:
        raise Refused("template_lost", f"“{template}”的文件已丢失或被改动,请告诉管理员从备份恢复。")
    labels = labels_of(LETTER_OF[sheet.kind])
    properties = {"author": values["issuer"], "title": f"{values['title']} {values['number']}"}
    return fill(raw, {label: values.get(name) or BLANK for name, label in labels.items()}, properties=properties)
