"""Numbered documents of a matter (P30): the house's letters, filled about staff or a unit, kept sealed as they were issued."""

import hashlib
import json

from accountability.actions.findings.files import keep_file, read_file
from accountability.models import FindingDocument
from accountability.queries.seats import issuer_of
from casework.actions.letters import archive
from casework.actions.letters.issuing import TEMPLATES, day_text, next_number
from casework.enums import LetterKind
from casework.queries.letters import template_for
from casework.rules.letter_texts import BLANK, FRAME, fill_text, labels_of
from casework.rules.word import SEAL, fill, plain_letter, text_of
from organisation import clock
from organisation.errors import Refused

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def issue_document(finding, kind: LetterKind, *, by, issuer=None, addressee="", **fields) -> FindingDocument:
    """Number, fill and keep a document. `fields` are what the text of its kind asks for. Raises Refused (`template_lost`)."""
    today = clock.today()
    issuer = issuer or issuer_of(finding)
    addressee = addressee or finding.subject.name
    values = {name: str(value) for name, value in fields.items()} | {
        "issuer": issuer.name,
        "title": kind.label,
        "number": next_number(kind, issuer, today.year),
        "date": day_text(today),
        "addressee": addressee,
        "by": by.name,
        "subject": subject_in_words(finding),
    }
    template = template_for(kind, issuer)
    text, file = _filled(finding, kind, template, values, by)
    document = FindingDocument(
        finding=finding,
        kind=kind,
        number=values["number"],
        issuer=issuer,
        addressee=addressee[:120],
        text=text,
        dated=today,
        template=template,
        file=file,
        by=by,
        at=clock.now(),
    )
    document.digest = digest_of(document)
    document.save()
    return document


def subject_in_words(finding) -> str:
    return finding.subject.name + (f"({finding.get_subject_post_display()})" if finding.subject_post else "")


def _filled(finding, kind, template, values, by):
    """The text, and the Word file where an own template is in force."""
    if template is None:
        return fill_text(kind, values), None
    raw = archive.read(TEMPLATES, template.sha256)
    if raw is None:
        raise Refused("template_lost", f"“{template}”的文件已丢失或被改动,请重新上传模板后再签发。")
    properties = {"author": values["issuer"], "title": f"{values['title']} {values['number']}"}
    blanks = {label: values.get(name) or BLANK for name, label in labels_of(kind).items()}
    content = fill(raw, blanks, properties=properties)
    file = keep_file(finding, content, name=f"{kind.label}.docx", content_type=WORD, by=by)
    return text_of(content, {values[name] for name in FRAME} | {SEAL}), file


def digest_of(document: FindingDocument) -> str:
    issued = [
        document.finding_id,
        document.kind,
        document.number,
        document.issuer_id,
        document.addressee,
        document.text,
        document.dated.isoformat(),
        document.file.sha256 if document.file else "",
    ]
    return hashlib.sha256(json.dumps(issued, ensure_ascii=False).encode()).hexdigest()


def is_as_issued(document: FindingDocument) -> bool:
    return document.digest == digest_of(document)


def word_file(document: FindingDocument) -> bytes:
    """The Word file as archived; of a document on the product's own text one made from what is archived."""
    if document.file:
        return read_file(document.file)
    values = {
        "issuer": document.issuer.name,
        "title": document.title,
        "number": document.number,
        "date": day_text(document.dated),
        "addressee": document.addressee,
    }
    return plain_letter(LetterKind(document.kind), values, document.text)
