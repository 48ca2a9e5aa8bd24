"""The register comparison (F68, P15): lists taken in, rows decided by people, each decision with its proof and its undo."""

from datetime import date
from pathlib import Path

from django.db import transaction

from casework.actions.cases.moves import move_case
from casework.actions.cases.opening import suspect
from casework.actions.county import settle_proofs
from casework.enums import CaseSource, CaseState, ClearReason
from casework.enums.household import (
    DECISIONS,
    TO_DECIDE,
    CompareResult,
    ExemptReason,
    ListKind,
    RowEntryKind,
    WrongSide,
)
from casework.models import Case, HouseholdBatch, HouseholdEntry, HouseholdRow
from casework.permissions import may_compare, may_give_evidence
from casework.queries.household import ListPlan, compare, plan_list
from casework.rules.household import grade_by_age
from organisation import clock
from organisation.actions.bulk import create_with_history
from organisation.actions.classes import ensure_class
from organisation.enums import UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.rules.grades import entry_year, school_year, stage_of
from students.actions.edit import edit_pupil
from students.actions.timeline import record
from students.models import Guardian, Pupil
from students.rules.roster import IDENTITY_CARD, NO_PAPERS, has_valid_checksum, initials_of, offers, sort_key_of

_K = RowEntryKind
STAGE_ROWS = 2000
COMPARED = ("result", "pupil")


def import_list(
    path: Path, *, county: Unit, kind: ListKind, on: date, by=None, dry_run=False, progress=None, hold=lambda: None
) -> ListPlan:
    """Take a list in, whole or not at all; it takes the place of the county's earlier list of its kind.

    What was decided on the same child in the list before stands on. `hold` is asked inside the transaction and raises
    where the import may not stand any more. Raises Malformed where the file cannot be read.
    """
    progress = progress or (lambda done, total: None)
    plan = plan_list(path, county=county, kind=kind, on=on, progress=lambda done: progress(done, 0))
    if plan.errors or dry_run:
        return plan
    now = clock.now()
    made = HouseholdBatch(
        county=county, kind=kind, on=on, rows_count=len(plan.rows), replaced=True, by=by, at=now, compared_at=now
    )
    (batch,) = create_with_history(HouseholdBatch, [made], by=by)
    try:
        _write_rows(plan.rows, batch, progress)
        _put_in_force(batch, hold)
    except BaseException:
        batch.rows.all().delete()
        batch.delete()
        raise
    return plan


def _write_rows(rows, batch, progress):
    """In small transactions: rolls go on being saved meanwhile, and nobody sees the list before it is whole."""
    for row in rows:
        row.batch = batch
    for start in range(0, len(rows), STAGE_ROWS):
        HouseholdRow.objects.bulk_create(rows[start : start + STAGE_ROWS])
        progress(start, len(rows))


@transaction.atomic
def _put_in_force(batch, hold):
    """The list takes the place of the one before it; one import at a time into a county."""
    Unit.objects.select_for_update(no_key=True).get(pk=batch.county_id)
    hold()
    of_kind = HouseholdBatch.objects.filter(county=batch.county_id, kind=batch.kind)
    before = of_kind.current().first()
    if before is not None:
        before.replaced = True
        before.save()
    batch.replaced = False
    batch.save()
    if before is not None:
        _carry_over(before, batch)


def _key(row) -> tuple:
    return (row.identity_index,) if row.identity_index else (row.name, row.born_on, row.guardian_name)


def _carry_over(before, batch):
    """Decisions on the same children; who is in school by now needs none."""
    decided = before.rows.exclude(decision="")
    earlier = {_key(row): row for row in decided}
    if not earlier:
        return
    standing = HouseholdEntry.objects.filter(row__in=decided, undone_at=None, kind__in=DECISIONS)
    entries = {entry.row_id: entry for entry in standing.order_by("pk")}
    for row in batch.rows.waiting().iterator(chunk_size=STAGE_ROWS):
        old = earlier.get(_key(row))
        if old is None or old.pk not in entries:
            continue
        entry = entries[old.pk]
        entry.pk, entry.row, entry._state.adding = None, row, True
        entry.save()
        HouseholdRow.objects.filter(pk=row.pk).update(
            decision=old.decision, proved_term=old.proved_term, pupil=old.pupil_id or row.pupil_id
        )


def recompare(batch: HouseholdBatch) -> int:
    """Compare a list anew with today's register: who enrolled since is found. Returns how many rows changed."""
    rows = list(batch.rows.defer("guardian_phone"))
    before = {row.pk: (row.result, row.pupil_id) for row in rows}
    opened = {row.pk: row.pupil_id for row in rows if row.decision == _K.SUSPECTED}
    compare(rows, county=batch.county.path, on=clock.today())
    for row in rows:  # a file that a decision made has no number by which it would be found
        row.pupil_id = row.pupil_id or opened.get(row.pk)
    changed = [row for row in rows if before[row.pk] != (row.result, row.pupil_id)]
    HouseholdRow.objects.bulk_update(changed, COMPARED, batch_size=500)
    HouseholdBatch.objects.filter(pk=batch.pk).update(compared_at=clock.now())
    return len(changed)


def recompare_current() -> int:
    """Each night, every county's current lists."""
    return sum(recompare(batch) for batch in HouseholdBatch.objects.current().select_related("county"))


@transaction.atomic
def give_evidence(row: HouseholdRow, *, by, text, paper=None) -> HouseholdEntry:
    """What the township knows of a child of the list. Raises NotYours, Malformed (`text_needed`)."""
    if not may_give_evidence(by, row, on=clock.today()):
        raise NotYours("permission_denied", "由居住地乡镇或教育局举证。")
    return _write(row, _K.EVIDENCE, by=by, text=text, paper=paper)


@transaction.atomic
def decide_row(row: HouseholdRow, kind: RowEntryKind, *, by, text, paper=None, **given) -> HouseholdEntry:
    """Decide what a row is (F68): `right_number` and `side` for a data error, `detail` for an exemption, `school` for a
    suspected child who has no file.

    Raises NotYours, Malformed (`text_needed`, `paper_needed`, `bad_number`, `reason_needed`, `school_needed`), Refused
    (`decided`, `no_file`, `still_unmatched`, and what the case or the register refuses).
    """
    row = _locked(row)
    if not may_compare(by, row.path, on=clock.today()):
        raise NotYours("permission_denied", "比对结果由教育局认定。")
    if row.decision:
        raise Refused("decided", f"已认定为“{row.get_decision_display()}”,请先撤销。")
    if not text.strip():
        raise Malformed("text_needed", "请写明依据。", fields={"text": ["必填"]})
    if kind in (_K.ELSEWHERE, _K.EXEMPT) and paper is None:
        raise Malformed("paper_needed", "请附证明材料。", fields={"paper": ["必填"]})
    more = _ACTS[_K(kind)](row, by=by, text=text, **given)
    entry = _write(row, kind, by=by, text=text, paper=paper, **more)
    row.decision, row.proved_term = kind, entry.term
    row.save()
    return entry


def _locked(row) -> HouseholdRow:
    rows = HouseholdRow.objects.select_for_update(of=("self",)).select_related("township", "pupil", "batch__county")
    return rows.get(pk=row.pk)


def _write(row, kind, *, by, text, paper=None, **more) -> HouseholdEntry:
    if not text.strip():
        raise Malformed("text_needed", "请写明依据。", fields={"text": ["必填"]})
    return HouseholdEntry.objects.create(
        row=row, kind=kind, text=text.strip()[:2000], paper=paper, by=by, at=clock.now(), **more
    )


def _data_error(row, *, by, text, right_number="", side=WrongSide.LIST, **_):
    """The right number goes where the wrong one stood: into the list, or into the child's file. With it the child is found
    in the register; a child whom it does not find is no data error."""
    if side == WrongSide.SAME_CHILD:
        if row.result not in (CompareResult.OTHER_NAME, CompareResult.LIKELY, CompareResult.WRONG_DIGIT):
            raise Refused("no_file", "没有相像的学籍档案,不能认定为同一个孩子。")
        return {"detail": side}
    right = right_number.strip().upper()
    if not has_valid_checksum(right):
        raise Malformed("bad_number", "请填写正确的 18 位身份证件号。", fields={"right_number": ["请核对"]})
    before = row.identity_number
    if side == WrongSide.REGISTER:
        if row.pupil is None:
            raise Refused("no_file", "没有对应的学籍档案,无从更正学籍。")
        before = row.pupil.identity_number
        edit_pupil(row.pupil, by=by, identity_number=right, identity_type=IDENTITY_CARD)
    else:
        row.identity_number = right
    compare([row], county=row.path, on=clock.today())
    if row.result in TO_DECIDE:
        raise Refused("still_unmatched", "按这个号码在学籍中仍找不到在读的同名孩子,不能认定为数据错误。")
    return {"right_number": right, "before_number": before, "detail": side}


def _put_back_number(pupil, number, *, by):
    """The file's number as it was: it may not add up, and stood there all the same."""
    if pupil is not None and number:
        pupil.identity_number = number
        pupil.save()
        record(pupil, "edit", "身份证件号改回(撤销比对认定)", by=by, on=clock.today())


def _elsewhere(row, **_):
    """Proved for this term; asked for again in the next (P14)."""
    return {"term": rule_book(row.path).calendar(row.path).semester_of(clock.today()).key}


def _suspected(row, *, by, text, school=None, **_):
    if row.pupil is None:
        if school is None:
            raise Malformed("school_needed", "孩子没有学籍档案,请选择应当接收的学校。", fields={"school": ["必填"]})
        row.pupil = make_file(row, school)
    case = suspect(
        row.pupil, source=CaseSource.REGISTER_CHECK, away_since=clock.today(), text=f"比对排查:{text}", by=by
    )
    return {"case": case}


def _exempt(row, *, detail="", **_):
    if detail not in ExemptReason.values:
        raise Malformed("reason_needed", "请选择不须入学的原因。", fields={"detail": ExemptReason.labels})
    return {"detail": detail}


_ACTS = {
    _K.DATA_ERROR: _data_error,
    _K.ELSEWHERE: _elsewhere,
    _K.SUSPECTED: _suspected,
    _K.EXEMPT: _exempt,
}


def make_file(row: HouseholdRow, school: Unit) -> Pupil:
    """A file for a child whom no school knows (P1), at the school that the bureau names, in the class of the child's age.

    It has no spell: the child is on no roll and in no figure until a dropout is confirmed or a school enrols it
    (docs/decisions/0040). Raises Malformed (`school_needed`).
    """
    on = clock.today()
    if school.kind != UnitKind.SCHOOL or not school.path.startswith(row.path):
        raise Malformed("school_needed", "请选择本县的学校。", fields={"school": ["不在本县"]})
    grade = grade_by_age(row.born_on, on, rule_book(row.path).rules(row.path, on=on).compare)
    if not offers(school.school_kind, school.system, grade):
        raise Malformed("school_needed", "这所学校没有孩子应读的年级。", fields={"school": ["没有这个年级"]})
    stage = stage_of(grade, school.system)
    school_class = ensure_class(school, stage, entry_year(grade, stage, school.system, school_year(on)), 1)
    pupil = Pupil(
        name=row.name,
        initials=initials_of(row.name),
        sort_key=sort_key_of(row.name),
        sex=row.sex,
        born_on=row.born_on,
        ethnicity=row.ethnicity,
        identity_type=IDENTITY_CARD if has_valid_checksum(row.identity_number) else NO_PAPERS,
        identity_number=row.identity_number if has_valid_checksum(row.identity_number) else "",
        school_class=school_class,
        path=school_class.path,
        residence=row.township,
        village=row.village,
        address=row.address,
        is_poor=row.batch.kind == ListKind.POVERTY,
    )
    pupil.save()
    if row.guardian_name:
        Guardian.objects.create(pupil=pupil, name=row.guardian_name, relation="监护人", phone=row.guardian_phone)
    return pupil


@transaction.atomic
def undo_decision(row: HouseholdRow, *, by, text) -> HouseholdEntry:
    """Take the last decision back; what it did is undone, or the undoing is refused.

    Raises NotYours, Malformed (`text_needed`), Refused (`nothing_to_undo`, `case_moved`).
    """
    row = _locked(row)
    if not may_compare(by, row.path, on=clock.today()):
        raise NotYours("permission_denied", "比对结果由教育局认定。")
    if not text.strip():
        raise Malformed("text_needed", "请写明撤销原因。", fields={"text": ["必填"]})
    standing = row.entries.filter(kind__in=DECISIONS, undone_at=None).select_related("case__pupil").order_by("pk")
    entry = standing.last()
    if entry is None:
        raise Refused("nothing_to_undo", "没有可以撤销的认定。")
    if entry.kind == _K.SUSPECTED:
        _withdraw_case(entry.case, by=by, text=text)
    if entry.kind == _K.DATA_ERROR and entry.detail == WrongSide.REGISTER:
        _put_back_number(row.pupil, entry.before_number, by=by)
    if entry.kind == _K.DATA_ERROR and entry.detail == WrongSide.LIST:
        row.identity_number = entry.before_number
    entry.undone_by, entry.undone_at, entry.undone_text = by, clock.now(), text.strip()[:300]
    entry.save()
    row.decision, row.proved_term = "", ""
    compare([row], county=row.path, on=clock.today())
    row.save()
    return entry


def _withdraw_case(case: Case, *, by, text):
    """A case on which nobody has worked goes with the decision; any other is cleared on its own page, with its proof."""
    if case.state == CaseState.CLEARED:
        return
    if case.state != CaseState.SUSPECTED or case.visits.exists() or case.approvals.exists():
        raise Refused("case_moved", "个案已经开始办理,请在个案页面按程序排除。")
    move_case(
        case,
        CaseState.CLEARED,
        reason=ClearReason.DATA_ERROR,
        text=f"撤销比对认定:{text}"[:500],
        on=clock.today(),
        by=by,
    )


@transaction.atomic
def prove_again(row: HouseholdRow, *, by, text, paper=None) -> HouseholdEntry:
    """This term's proof that the child attends elsewhere (P14). Raises NotYours, Malformed, Refused (`wrong_state`)."""
    row = _locked(row)
    if not may_compare(by, row.path, on=clock.today()):
        raise NotYours("permission_denied", "比对结果由教育局认定。")
    if row.decision != _K.ELSEWHERE:
        raise Refused("wrong_state", "没有认定为在他处就读。")
    if paper is None:
        raise Malformed("paper_needed", "请附证明材料。", fields={"paper": ["必填"]})
    entry = _write(row, _K.ELSEWHERE, by=by, text=text, paper=paper, **_elsewhere(row))
    row.proved_term = entry.term
    row.save()
    settle_proofs(row.batch.county)
    return entry
