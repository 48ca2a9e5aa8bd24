"""Reading a workbook: looked at before a parser sees it (what is inside decides, not its name), then read by calamine."""

import re
import zipfile
from pathlib import Path

import python_calamine as calamine

from organisation.errors import Malformed

MOST_ROWS, MOST_COLUMNS = 200_000, 200
MOST_BYTES_UNPACKED = 300 * 1024 * 1024
# Cells that may lie too far out: three letters or two late ones, or a row of six digits and more; most cells are near.
FAR = re.compile(rb'r="(?:[A-Z]{3}|[H-Z][A-Z]|G[S-Z]|[A-Z]{0,3}(?:[2-9]\d{5}|\d{7}))')
CELL = re.compile(rb'(?<!\w)r="([A-Z]*)(\d+)')
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CHUNK = 1024 * 1024
TAIL = 64


def read_sheets(path: Path, *, first_only=False) -> dict[str, list[list]]:
    """{sheet: rows}, rows counted from the sheet's first one, empty ones too. Raises Malformed (`bad_file`)."""
    check_workbook(path)
    try:
        book = calamine.load_workbook(path)
        names = book.sheet_names[:1] if first_only else book.sheet_names
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Malformed("bad_file", "工作簿已损坏,打不开。请重新导出或另存后再上传。") from error


def check_workbook(path: Path):
    """Refuse what is no workbook, or one that would cost too much. Raises Malformed (`bad_file`)."""
    with path.open("rb") as file:
        head = file.read(8)
    if head == OLD_EXCEL:
        _refuse("这是旧版 .xls 或加密的表格,请在 Excel 中“另存为”不加密的 .xlsx 后再上传。")
    if not head.startswith(b"PK") or not zipfile.is_zipfile(path):
        _refuse("这不是 Excel 工作簿(.xlsx),请用 Excel 另存为 .xlsx 后再上传。")
    try:
        with zipfile.ZipFile(path) as packed:
            _check_parts(packed)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Malformed("bad_file", "工作簿已损坏,打不开。请重新导出或另存后再上传。") from error


def _check_parts(packed):
    parts = packed.infolist()
    names = [part.filename for part in parts]
    if "xl/workbook.xml" not in names:
        _refuse("这不是 Excel 工作簿(.xlsx),请用 Excel 另存为 .xlsx 后再上传。")
    if any("vbaProject" in name or "externalLink" in name for name in names):
        _refuse("工作簿含有宏或外部链接,请另存为普通 .xlsx(不含宏)后再上传。")
    if len(parts) > 2000 or sum(part.file_size for part in parts) > MOST_BYTES_UNPACKED:
        _refuse("工作簿解开后过大,请只保留需要的一张表。")
    unpacked = 0
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            unpacked += _check_xml(packed, part, MOST_BYTES_UNPACKED - unpacked)


def _check_xml(packed, part, allowed) -> int:
    read, tail = 0, b""
    is_sheet = part.filename.startswith("xl/worksheets/")
    with packed.open(part) as stream:
        while chunk := stream.read(CHUNK):
            read += len(chunk)
            if read > allowed:
                _refuse("工作簿解开后过大,请只保留需要的一张表。")
            chunk = tail + chunk
            if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
                _refuse("工作簿内容异常,不能打开。")
            if is_sheet:
                _check_corners(chunk)
            tail = chunk[-TAIL:]
    return read


def _check_corners(chunk):
    """A single cell far out would cost gigabytes."""
    for far in FAR.finditer(chunk):
        cell = CELL.match(chunk, far.start())
        if cell is None:
            continue
        letters, row = cell.groups()
        if len(letters) > 3 or _column_number(letters) > MOST_COLUMNS:
            _refuse(f"表格超过 {MOST_COLUMNS} 列,请删去多余的列后再上传。")
        if int(row[:9]) > MOST_ROWS:
            _refuse(f"表格超过 {MOST_ROWS} 行,请删去多余的行后再上传。")


def _column_number(letters) -> int:
    """A is 1, AA 27."""
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column


def _refuse(message):
    raise Malformed("bad_file", message)
