"""Letters as Word files: the product's own template, an own one filled, and what a filled one says (P30).

Bytes in, bytes out. Blanks are filled by docxtpl through an environment that knows names and nothing else.
"""

import io
import re
from string import Template

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from casework.rules.letter_texts import BLANK, COLONS, FRAME, FULL_WIDTH, NEEDS_NO_RECEIPT, TEXTS, labels_of
from casework.rules.word_checks import check_document
from organisation.errors import Malformed

EXPLAINED = "占位符说明(上传时自动去掉)"
CUT, SCISSORS = "送达回证", "✂"
SEAL = "(盖章处)"
ALLOWED_NODES = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
SLIP = ("受送达人", "送达文书", "送达地点", "送达方式", "受送达人签名(意见)", "见证人", "送达人", "送达时间")


class NamesOnly(SandboxedEnvironment):
    """Knows the names it is given; an expression, a filter, a call or a statement is no template of ours."""

    def __init__(self):
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()

    def _parse(self, source, name, filename):
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            if not isinstance(node, ALLOWED_NODES):
                raise Malformed("bad_template", "模板里只能用 {{ 占位符 }},不能写算式或命令。")
        return tree


def check_template(raw: bytes, kind) -> bytes:
    """An uploaded template as it will be kept: without our explanation, filled once on trial.

    Raises Malformed (`too_large`, `bad_file`, `bad_template`, `unknown_blanks`).
    """
    known = set(labels_of(kind).values())
    check_document(raw)  # before any other reader sees it
    kept = without_explanation(raw)
    names = check_document(kept)
    unknown = sorted(names - known)
    if unknown:
        listed = "、".join(unknown)
        raise Malformed(
            "unknown_blanks", f"不认识的占位符:{listed}。请对照本页的占位符表改正。", fields={"file": unknown}
        )
    if not names:
        raise Malformed("bad_template", "文档里没有任何占位符,签发时无处填写。请从默认模板改起。")
    fill(kept, dict.fromkeys(known, "试"), properties={})
    return kept


def fill(raw: bytes, values: dict[str, str], *, properties: dict[str, str]) -> bytes:
    """The template with its blanks filled; `values` by Chinese names. Raises Malformed (`bad_template`)."""
    document = DocxTemplate(io.BytesIO(raw))
    try:
        document.render(
            {name: UNPRINTABLE.sub("", value) for name, value in values.items()}, NamesOnly(), autoescape=True
        )
    except (TemplateError, ValueError, KeyError, AttributeError) as error:
        raise Malformed("bad_template", "模板不能填写:请从默认模板改起,不要拆开占位符的花括号。") from error
    for name in ("author", "title", "comments", "subject", "keywords", "last_modified_by"):
        setattr(document.docx.core_properties, name, properties.get(name, "")[:255])
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


def text_of(raw: bytes, frame: set[str]) -> str:
    """What a filled letter says, line by line: without the lines of its frame, up to its receipt slip."""
    lines = []
    frame = {line.translate(FULL_WIDTH) for line in frame}
    for block in Document(io.BytesIO(raw)).iter_inner_content():
        texts = [block.text] if hasattr(block, "text") else [_row(row) for row in block.rows]
        for line in "\n".join(texts).splitlines():
            line = line.strip()
            if line.startswith(SCISSORS) or line.replace(" ", "") == CUT:
                return "\n".join(lines)
            if line and line.translate(FULL_WIDTH) not in frame:
                lines.append(line)
    return "\n".join(lines)


def _row(row) -> str:
    cells = dict.fromkeys(cell.text.strip() for cell in row.cells)  # a merged cell is met once for each column
    return " ".join(text for text in cells if text)


def default_template(kind) -> bytes:
    """The product's own text of a kind as a Word template, with its blanks explained on a page of its own."""
    labels = labels_of(kind)
    blanks = {name: f"{{{{ {label} }}}}" for name, label in labels.items()}
    document = _letter(kind, blanks)
    heading = document.add_paragraph()
    heading.add_run().add_break(WD_BREAK.PAGE)
    _style(heading.add_run(EXPLAINED), 14, "黑体")
    table = document.add_table(rows=1, cols=2, style="Table Grid")
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "占位符(写在双花括号里)", "填入的内容"
    for name, label in labels.items():
        cells = table.add_row().cells
        cells[0].text = label
        cells[1].text = "由系统填写" if name in FRAME else "由系统或经办人填写"
    return _bytes(document)


def plain_letter(kind, values: dict[str, str], text: str) -> bytes:
    """A letter that was issued on the product's own text, as a Word file for editing and printing."""
    return _bytes(_letter(kind, values, text))


def without_explanation(raw: bytes) -> bytes:
    """The template without the page that explains its blanks."""
    document = Document(io.BytesIO(raw))
    body = document.element.body
    start = next((p._p for p in document.paragraphs if EXPLAINED in p.text.replace("\n", "")), None)
    if start is None:
        return raw
    for element in [start, *start.itersiblings()]:
        if element.tag != qn("w:sectPr"):
            body.remove(element)
    return _bytes(document)


def _letter(kind, values, text=None):
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(3), Cm(2.5)
    section.left_margin = section.right_margin = Cm(2.7)
    for name, size, face in (("issuer", 18, "黑体"), ("title", 22, "方正小标宋简体"), ("number", 14, "仿宋")):
        _line(document, values.get(name, BLANK), size, face, WD_ALIGN_PARAGRAPH.CENTER)
    body = text if text is not None else Template(TEXTS[kind]).substitute(values)
    for line in body.splitlines():
        paragraph = _line(document, line, 16, "仿宋")
        if not line.endswith(COLONS):
            paragraph.paragraph_format.first_line_indent = Pt(32)
    document.add_paragraph()
    for line in (values.get("issuer", BLANK), SEAL, values.get("date", BLANK)):
        _line(document, line, 16, "仿宋", WD_ALIGN_PARAGRAPH.RIGHT)
    if kind not in NEEDS_NO_RECEIPT:
        _slip(document, values)
    return document


def _slip(document, values):
    _line(document, SCISSORS + "┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈", 12, "仿宋", WD_ALIGN_PARAGRAPH.CENTER)
    _line(document, CUT, 16, "黑体", WD_ALIGN_PARAGRAPH.CENTER)
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    known = {
        "受送达人": values.get("addressee", BLANK),
        "送达文书": f"{values.get('title', BLANK)} {values.get('number', BLANK)}",
        "送达方式": "□直接送达 □留置送达 □邮寄送达 □电子送达",
        "送达时间": "    年  月  日  时",
    }
    for label in SLIP:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, known.get(label, "")
        cells[0].width, cells[1].width = Cm(5), Cm(10.6)


def _line(document, text, size, face, alignment=None):
    paragraph = document.add_paragraph()
    paragraph.alignment = alignment
    paragraph.paragraph_format.space_after = Pt(4)
    _style(paragraph.add_run(text), size, face)
    return paragraph


def _style(run, size, face):
    run.font.size, run.font.name = Pt(size), face
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _bytes(document) -> bytes:
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()
