"""What a commitment says: the wording's text with the blanks of one sheet. Pure."""

from string import Template

from accountability.rules.targets import in_words, read
from casework.rules.letter_texts import FULL_WIDTH

NUMBERS = "一二三四五六七八九十"


def clauses_text(clauses) -> str:
    """The clauses one a line, numbered as official papers number them."""
    return "\n".join(f"{_number(place)}、{clause}" for place, clause in enumerate(clauses)).translate(FULL_WIDTH)


def _number(place: int) -> str:
    return NUMBERS[place] if place < len(NUMBERS) else str(place + 1)


def year_name(year: int) -> str:
    return f"{year}—{year + 1}学年"


def values_of(sheet, *, name="") -> dict[str, str]:
    """What a sheet fills in; `name` is the child's."""
    place = "本班" if sheet.unit.kind == "class" else sheet.unit.name
    return {
        "party_a": sheet.party_a,
        "party_b": sheet.party_b,
        "year": year_name(sheet.year),
        "clauses": sheet.wording.clauses,
        "target": in_words(read(sheet.targets), place).translate(FULL_WIDTH),
        "name": name,
    }


def text_of_sheet(text: str, values: dict[str, str]) -> str:
    """The text of a wording with a sheet's blanks; an unknown blank stays as it is."""
    return Template(text).safe_substitute(values)
