"""Making commitments in bulk (F40): a sheet for everybody who is to sign one this school year; made again, nothing new."""

import hashlib
import json

from django.db import transaction

from accountability.actions.commitments.duties import settle_commitments
from accountability.actions.routine import key_of
from accountability.enums import LETTER_OF, CommitmentKind, CommitmentState
from accountability.models import Commitment, CommitmentWording
from accountability.permissions import kinds_to_make
from accountability.queries.signers import SIGNS, Names, Party, parties_of
from accountability.queries.targets import Counts
from accountability.rules.sheets import clauses_text
from accountability.rules.targets import targets_for
from casework.actions.duties import close_duty
from casework.actions.letters import archive
from casework.actions.letters.issuing import TEMPLATES
from casework.models import Duty, LetterHead, LetterTemplate
from casework.queries.letters import template_for
from casework.rules.letter_texts import FRAME, TEXTS, WORDS, labels_of
from casework.rules.word import SEAL, fill, text_of
from organisation import clock
from organisation.actions.bulk import create_with_history, update_with_history
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_books
from organisation.rules.grades import school_year

AT_ONCE = 5000  # sheets written in one transaction
CLAUSES = {
    CommitmentKind.COUNTY_TOWNSHIP: "township",
    CommitmentKind.TOWNSHIP_VILLAGE: "township",
    CommitmentKind.BUREAU_PRINCIPAL: "principal",
    CommitmentKind.PRINCIPAL_CLASS_TEACHER: "teacher",
    CommitmentKind.PRINCIPAL_TEACHER: "teacher",
    CommitmentKind.TEACHER_GUARDIAN: "guardian",
}


def require_maker(by, unit: Unit, kinds) -> list[CommitmentKind]:
    """The kinds asked for, where they are the person's to make. Raises Malformed (`missing`), NotYours."""
    if not kinds:
        raise Malformed("missing", "请选择责任书的种类。", fields={"kinds": ["必填"]})
    allowed = kinds_to_make(by, unit.path, on=clock.today())
    if any(kind not in allowed for kind in kinds):
        raise NotYours("permission_denied", "这种责任书不由您的岗位制发。")
    return [CommitmentKind(kind) for kind in kinds]


def make_commitments(unit: Unit, kinds, *, by, progress=None) -> dict[str, int]:
    """A sheet for everybody at and below a unit who has none this school year; who left before signing has his voided.

    Each part is a transaction of its own and safe to run again. Returns {"made", "voided", "standing"}.
    Raises Malformed, NotYours, Refused (`template_lost`).
    """
    kinds = require_maker(by, unit, kinds)
    today = clock.today()
    names, counts = Names(unit.path, on=today), Counts(unit.path, on=today)
    parties = [party for kind in kinds for party in parties_of(kind, unit, names)]
    told = {"made": 0, "voided": 0, "standing": 0}
    for start in range(0, max(len(parties), 1), AT_ONCE):
        made, standing = _make(parties[start : start + AT_ONCE], counts, by=by)
        told["made"] += made
        told["standing"] += standing
        if progress:
            progress(min(start + AT_ONCE, len(parties)), len(parties))
    told["voided"] = _void_left(unit, kinds, parties, by=by)
    _close_making({party.issuer.code for party in parties}, by)
    settle_commitments(unit)
    return told


@transaction.atomic
def _make(parties: list[Party], counts: Counts, *, by) -> tuple[int, int]:
    """Part of the sheets; the wordings are locked first, so that two at once make none twice."""
    year, today = school_year(clock.today()), clock.today()
    wordings = _wordings(parties, year, by)
    wanted = {party.key(year): party for party in parties}
    known = {sheet.key: sheet for sheet in Commitment.objects.filter(key__in=wanted).select_related("unit")}
    books = rule_books({party.unit.path for party in parties})
    heads = dict(LetterHead.objects.filter(unit__in={one.issuer.pk for one in parties}).values_list("unit", "word"))
    fresh, numbered = [], set()
    for key, party in wanted.items():
        if key in known:
            continue
        wording = wordings[party.issuer.pk, party.kind]
        number = None
        if party.signer:
            wording.last_number += 1
            numbered.add(wording)
            word = heads.get(party.issuer.pk) or party.issuer.code
            number = f"{word}{_word_of(party.kind)}〔{year}〕{wording.last_number}号"
        thresholds = books[party.unit.path].rules(party.unit.path, on=today).thresholds
        fresh.append(
            _sheet(party, wording, key, number, targets_for(counts.openings(party.unit.path), thresholds), today)
        )
    create_with_history(Commitment, fresh, by=by)
    CommitmentWording.objects.bulk_update(numbered, ["last_number"], batch_size=500)
    _stand_again(known, wanted, by=by)
    return len(fresh), len(known)


def _word_of(kind) -> str:
    """The word in a sheet's number; two kinds on one text are told apart."""
    word = WORDS[LETTER_OF[kind]]
    return {CommitmentKind.PRINCIPAL_TEACHER: f"任{word}", CommitmentKind.TOWNSHIP_VILLAGE: f"村{word}"}.get(kind, word)


def _sheet(party, wording, key, number, targets, today) -> Commitment:
    sheet = Commitment(
        wording=wording,
        key=key,
        kind=party.kind,
        year=wording.year,
        unit=party.unit,
        path=party.unit.path,
        signer_id=party.signer,
        signer_post=SIGNS[party.kind] if party.signer else "",
        pupil_id=party.pupil,
        party_a=party.party_a[:120],
        party_b=party.party_b[:160],
        number=number,
        targets=[] if party.pupil else [target.as_json() for target in targets],
        dated=today,
    )
    sheet.digest = digest_of(sheet)
    return sheet


def digest_of(sheet: Commitment) -> str:
    """Covers all that is promised: whatever is altered later, the digest no longer fits."""
    wording = sheet.wording
    said = [wording.text, wording.clauses, wording.template_id, sheet.key, sheet.party_a, sheet.party_b, sheet.number]
    said += [sheet.targets, sheet.dated.isoformat()]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _wordings(parties, year, by) -> dict[tuple[int, str], CommitmentWording]:
    """The wording of every issuer and kind, made where there is none, and locked."""
    issuers = {(party.issuer.pk, party.kind): party.issuer for party in parties}
    rows = CommitmentWording.objects.filter(year=year, unit__in={pk for pk, _ in issuers})
    known = set(rows.values_list("unit", "kind"))
    missing = {place: issuer for place, issuer in issuers.items() if place not in known}
    books = rule_books({issuer.path for issuer in missing.values()})
    texts: dict = {}
    fresh = [
        _wording(issuer, kind, year, books[issuer.path].rules(issuer.path, on=clock.today()), texts, by)
        for (_, kind), issuer in missing.items()
    ]
    CommitmentWording.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    locked = rows.select_for_update(of=("self",)).order_by("pk")
    return {(row.unit_id, row.kind): row for row in locked}


def _wording(issuer, kind, year, rules, texts, by) -> CommitmentWording:
    letter = LETTER_OF[kind]
    template = template_for(letter, issuer) if letter in _own_templates(texts) else None
    return CommitmentWording(
        unit=issuer,
        kind=kind,
        year=year,
        text=_text_of_template(template, letter, texts) if template else TEXTS[letter],
        clauses=clauses_text(getattr(rules.commitment, CLAUSES[kind])),
        template=template,
        regulation=rules.digest,
        made_by=by,
        made_at=clock.now(),
    )


def _own_templates(texts) -> set[str]:
    """The kinds of letters for which anybody has a Word file; asked once, as most have none."""
    if "own" not in texts:
        texts["own"] = set(LetterTemplate.objects.standing().values_list("kind", flat=True).distinct())
    return texts["own"]


def _text_of_template(template, letter, texts) -> str:
    """What a Word file says, its blanks left as `$name`."""
    if template.sha256 not in texts:
        raw = archive.read(TEMPLATES, template.sha256)
        if raw is None:
            raise Refused("template_lost", f"“{template}”的文件已丢失或被改动,请重新上传模板后再制发。")
        labels = labels_of(letter)
        filled = fill(raw, {label: f"${{{name}}}" for name, label in labels.items()}, properties={})
        texts[template.sha256] = text_of(filled, {f"${{{name}}}" for name in FRAME} | {SEAL})
    return texts[template.sha256]


def _stand_again(known, wanted, *, by):
    """Who came back before signing has the old sheet again; a child's goes along into another class of the school."""
    changed = []
    for key, sheet in known.items():
        party = wanted[key]
        if sheet.state == CommitmentState.VOID:
            sheet.state = CommitmentState.WAITING
            changed.append(sheet)
        if sheet.path != party.unit.path:
            sheet.unit, sheet.path = party.unit, party.unit.path
            changed.append(sheet)
    update_with_history(Commitment, list(dict.fromkeys(changed)), ["state", "unit", "path"], by=by)


@transaction.atomic
def _close_making(codes, by):
    """Whoever was to have them made has done so."""
    year = str(school_year(clock.today()))
    keys = [key_of("commitments", code, year) for code in codes]
    for duty in Duty.objects.select_for_update().open().filter(key__in=keys):
        close_duty(duty, by=by, text="责任书已制发")


@transaction.atomic
def _void_left(unit, kinds, parties, *, by) -> int:
    """Sheets that wait for somebody who is no longer there."""
    year = school_year(clock.today())
    keys = {party.key(year) for party in parties}
    waiting = Commitment.objects.select_for_update(of=("self",)).below(unit).waiting().filter(year=year, kind__in=kinds)
    left = [sheet for sheet in waiting if sheet.key not in keys]
    for sheet in left:
        sheet.state = CommitmentState.VOID
    update_with_history(Commitment, left, ["state"], by=by)
    return len(left)
