"""What people type into a cell of a workbook, and what they mean by it. Pure."""

import re
import unicodedata
from collections.abc import Container, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

EXCEL_EPOCH = date(1899, 12, 30)
NOTHING_ODD = re.compile("[!-~\u4e00-\u9fff]+")  # most cells: nothing to put right
MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")


def text_of(cell) -> str:
    """A cell as text: full-width made half-width, stray spaces gone, whole numbers without their decimals."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str) and NOTHING_ODD.fullmatch(cell):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        cell = cell.date().isoformat()
    text = unicodedata.normalize("NFKC", str(cell)).replace("\u0000", "")
    return re.sub(r"[\s\u200b\ufeff]+", " ", text).strip()


def code_of(cell) -> str:
    """A cell that holds a code, a number or a word from a list: no space in it means anything."""
    if isinstance(cell, str) and NOTHING_ODD.fullmatch(cell):
        return cell
    return text_of(cell).replace(" ", "")


def texts_of(cells: Mapping[str, object], prose: Container[str]) -> dict[str, str]:
    """The cells of a row as texts: `text_of` those that hold prose, `code_of` all others."""
    try:
        is_plain = NOTHING_ODD.fullmatch("".join(cells.values()))
    except TypeError:
        is_plain = None
    if is_plain:
        return {**cells}
    return {heading: text_of(cell) if heading in prose else code_of(cell) for heading, cell in cells.items()}


def date_of(cell) -> date | None:
    """Excel dates, 20120901, 2012-09, 2012年9月1日, 2012/9/1; a month alone is its first day. None: not a date."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _date_in(text_of(cell))


@lru_cache(maxsize=20_000)
def _date_in(text: str) -> date | None:
    text = MIDNIGHT.sub("", text)
    if re.fullmatch(r"\d{8}", text):
        parts = [text[:4], text[4:6], text[6:]]
    elif re.fullmatch(r"(19|20)\d{4}", text):
        parts = [text[:4], text[4:]]
    elif re.fullmatch(r"\d{5}", text) and 15000 < int(text) < 60000:
        return EXCEL_EPOCH + timedelta(days=int(text))
    else:
        parts = [part for part in re.split(r"[-–—/.、年月日号\s]+", text) if part]
    if not 2 <= len(parts) <= 3 or not all(part.isdigit() for part in parts) or len(parts[0]) != 4:
        return None
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) == 3 else 1)
    except ValueError:
        return None
