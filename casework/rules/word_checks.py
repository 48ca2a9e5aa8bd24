"""What a Word file may hold before it is taken as a template: text and simple blanks, nothing that acts (P30).

Bytes in, names of blanks out. What is inside decides, not the file's name.
"""

import io
import re
import zipfile

from lxml import etree

from organisation.errors import Malformed

MOST_BYTES = 2 * 1024 * 1024
MOST_BYTES_UNPACKED = 16 * 1024 * 1024
MOST_PARTS = 300
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ACTIVE_PARTS = re.compile(
    r"vba|macro|activex|embeddings|oleobject|afchunk|\.bin$|\.(docm|dotm|exe|js|vbs|html?|mht)$", re.I
)
ACTIVE_ELEMENTS = ("altChunk", "object", "OLEObject", "control", "subDoc", "dataBinding")
QUIET_FIELDS = re.compile(r"PAGE|NUMPAGES|SECTIONPAGES|MERGEFORMAT|ARABIC")
BLANK = re.compile(r"\{\{(.*?)\}\}", re.S)
BRACES = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
NAME = re.compile(r"\s*(\w{1,20})\s*")


def check_document(raw: bytes) -> set[str]:
    """The names of the blanks of a Word file that may be taken. Raises Malformed (`too_large`, `bad_file`, `bad_template`)."""
    if len(raw) > MOST_BYTES:
        raise Malformed("too_large", f"文件超过 {MOST_BYTES // 1024 // 1024} MB,请去掉图片后再上传。")
    if raw.startswith(OLD_OFFICE):
        _refuse("这是旧版 .doc 或加密的文件,请在 Word 中“另存为”不加密的 .docx 后再上传。")
    names: set[str] = set()
    for part, content in _parts(raw):
        tree = _tree(part, content)
        if part.endswith(".rels"):
            _check_relations(tree)
        else:
            _check_elements(tree)
            names |= _blanks(tree)
    return names


def _refuse(message):
    raise Malformed("bad_file", message)


def _parts(raw):
    """The XML parts with their content; refuses archives that are none, cost too much or carry what acts."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            parts = packed.infolist()
            names = [part.filename for part in parts]
            if "[Content_Types].xml" not in names or "word/document.xml" not in names:
                _refuse("这不是 Word 文档(.docx),请用 Word 或 WPS 另存为 .docx 后再上传。")
            if len(names) != len(set(names)) or len(parts) > MOST_PARTS:
                _refuse("文档内容异常,不能打开。请重新另存后再上传。")
            if any(ACTIVE_PARTS.search(name) for name in names):
                _refuse("文档含有宏、控件或嵌入的文件,请去掉后另存为普通 .docx 再上传。")
            left, found = MOST_BYTES_UNPACKED, []
            for part in parts:
                with packed.open(part) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    _refuse("文档解开后过大,请去掉图片后再上传。")
                if part.filename.endswith((".xml", ".rels")):
                    found.append((part.filename, content))
            return found
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Malformed("bad_file", "文档已损坏或加密,打不开。请重新另存后再上传。") from error


def _tree(part, content):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("bad_file", "文档已损坏,打不开。请重新另存后再上传。") from error
    if tree.getroottree().docinfo.doctype:
        _refuse("文档内容异常,不能打开。")
    if part == "[Content_Types].xml" and b"macroenabled" in etree.tostring(tree).lower():
        _refuse("文档含有宏,请另存为普通 .docx(不含宏)后再上传。")
    return tree


def _check_relations(tree):
    for relation in tree.iter(etree.Element):
        if relation.get("TargetMode", "").lower() == "external" or "://" in relation.get("Target", ""):
            _refuse("文档含有外部链接(超链接、链接的图片或模板),请去掉后再上传。")


def _check_elements(tree):
    instructions = []
    for element in tree.iter(etree.Element):
        name = etree.QName(element).localname
        if name in ACTIVE_ELEMENTS:
            _refuse("文档含有控件或嵌入的对象,请去掉后再上传。")
        if name == "instrText":
            instructions.append(element.text or "")
        instructions += [value for key, value in element.items() if etree.QName(key).localname == "instr"]
    for word in re.findall(r"[A-Za-z]+", "".join(instructions)):
        if QUIET_FIELDS.sub("", word.upper()):
            _refuse("文档含有域代码(如链接、引用外部文件),只允许页码。请去掉后再上传。")


def _blanks(tree) -> set[str]:
    """The names in double braces. Word cuts text into runs, so the braces are looked for in the text as a whole."""
    if any(BRACES.search(value) for element in tree.iter(etree.Element) for value in element.values()):
        raise Malformed("bad_template", "占位符只能写在正文里。")
    for note in tree.iter(etree.Comment, etree.PI):
        if BRACES.search(note.text or ""):
            raise Malformed("bad_template", "占位符只能写在正文里。")
    text = "".join(tree.itertext(etree.Element))
    names = set()
    for inside in BLANK.findall(text):
        found = NAME.fullmatch(inside)
        if found is None:
            shown = inside.strip()[:30]
            raise Malformed(
                "bad_template", f"“{{{{ {shown} }}}}”不能用:双花括号里只能写一个占位符的名称,不能写算式或命令。"
            )
        names.add(found[1])
    if BRACES.search(BLANK.sub("", text)):
        raise Malformed("bad_template", "花括号没有成对,或使用了 {% %}、{# #}:只能用 {{ 占位符 }}。")
    return names
