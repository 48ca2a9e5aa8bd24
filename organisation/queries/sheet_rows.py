"""The rows of a workbook's first sheet, read part by part: a long list is never whole in memory.

calamine reads whole sheets only. The sheet's XML is therefore cut where a row says its number, and each part is given to it
as a small workbook of its own, so that a cell is read by the same reader whatever the sheet's length. What cannot be cut so
(rows without numbers, prefixed names, comments) stays one part.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import python_calamine as calamine

from organisation.errors import Malformed
from organisation.queries.workbooks import CHUNK, check_workbook

PART = 8 * 1024 * 1024  # bytes of XML: some four thousand rows of a roster
LONGEST_ROW = 256 * 1024
NUMBERED = re.compile(rb'<row\s[^>]*?\br="(\d+)"[^>]*>\s*<c\s[^>]*?\br="[A-Z]+\1"')
BEGINS = re.compile(rb"<sheetData\b[^>]*>")
ENDS = b"</sheetData></worksheet>"
DIMENSION = re.compile(rb"<dimension\b[^>]*>(\s*</dimension>)?")
BOOK_ITSELF = re.compile(r"\[Content_Types\]\.xml|_rels/[^/]+|xl/_rels/[^/]+|xl/[^/]+\.xml")
TEXTS = re.compile("xl/sharedstrings.xml", re.IGNORECASE)
KEY = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DAMAGED = (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError, ElementTree.ParseError)


def read_rows(path: Path) -> Iterator[tuple[int, list]]:
    """(number as in the sheet, cells from column A) of every row that is not empty. Raises Malformed (`bad_file`)."""
    check_workbook(path)
    try:
        for book in _books(path):
            yield from _rows_of(book)
    except DAMAGED as error:
        raise Malformed("bad_file", "工作簿已损坏,打不开。请重新导出或另存后再上传。") from error


def _rows_of(book):
    sheet = book.get_sheet_by_index(0)
    if sheet.start is None:
        return
    above, left = sheet.start
    for number, cells in enumerate(sheet.to_python(skip_empty_area=True), start=above + 1):
        if any(cell != "" for cell in cells):
            yield number, [""] * left + cells


def _books(path):
    with zipfile.ZipFile(path) as packed:
        name = _first_sheet(packed)
        if name is None:
            yield calamine.load_workbook(path)
            return
        kept = [part for part in packed.infolist() if BOOK_ITSELF.fullmatch(part.filename) and part.filename != name]
        contents = [(part.filename, packed.read(part)) for part in kept]
        # every part reads the shared texts anew: where they are many, parts are few
        size = PART + sum(part.file_size for part in kept if TEXTS.fullmatch(part.filename))
        with packed.open(name) as stream:
            for xml in _parts(stream, size):
                yield calamine.load_workbook(_packed([*contents, (name, xml)]))


def _packed(contents) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as small:
        for name, content in contents:
            small.writestr(name, content)
    file.seek(0)
    return file


def _first_sheet(packed) -> str | None:
    """The part of the sheet that stands first in the workbook; None where it is not found in the usual way."""
    names = {*packed.namelist()}
    if "xl/_rels/workbook.xml.rels" not in names:
        return None
    book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
    links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    sheet = next((one for listed in book if listed.tag.endswith("}sheets") for one in listed), None)
    if sheet is None:
        return None
    target = next((link.get("Target", "") for link in links if link.get("Id") == sheet.get(KEY)), "")
    name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return name if name in names else None


def _parts(stream, size) -> Iterator[bytes]:
    """The sheet's XML in pieces, each with the sheet's beginning and end."""
    kept = head = b""
    while chunk := stream.read(CHUNK):
        kept += chunk
        if not head and (begins := BEGINS.search(kept)):
            head, kept = DIMENSION.sub(b"", kept[: begins.end()]), kept[begins.end() :]
        if head and len(kept) >= size and (cut := _last_row(kept)):
            yield head + kept[:cut] + ENDS
            kept = kept[cut:]
    yield head + kept


def _last_row(xml) -> int:
    """Where the last row begins that says its number; 0 where there is none, or where something may only look like a row."""
    if b"<!" in xml or b"<?" in xml:
        return 0
    start = max(len(xml) - LONGEST_ROW, 0)
    rows = [found.start() for found in NUMBERED.finditer(xml, start)]
    return rows[-1] if rows else 0
