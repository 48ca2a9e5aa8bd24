"""Marks, incidents and study plans (F06, F24): entered by who teaches, one by one, by class or by workbook."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.db import transaction

from organisation import clock
from organisation.actions.bulk import create_with_history
from organisation.errors import Malformed, NotYours, Refused
from organisation.rules.calendar import TermSpan
from students.actions.timeline import record
from students.enums import Band, IncidentKind, PlanResult, Subject
from students.models import Incident, Pupil, StudyPlan, TermMark
from students.permissions import (
    may_correct_marks,
    may_enter_incident,
    may_enter_marks,
    may_plan_study,
    may_withdraw_incident,
)
from students.queries.learning import (
    LearningPlan,
    class_bands,
    may_lie_on,
    plan_incidents,
    plan_marks,
    terms_for,
)

TEXT_LENGTH = 300


@transaction.atomic
def enter_bands(school_class, term: TermSpan, subject, bands: Mapping[str, str], *, by) -> int:
    """Write the bands of a class in one subject: {pupil's number: band}; empty ones are left alone. Returns how many.

    Raises NotYours, Malformed (`unknown_term`, `unknown_subject`, `not_on_list`, `unknown_band`).
    """
    today = clock.today()
    if not may_enter_marks(by, school_class, on=today):
        raise NotYours("permission_denied", "成绩等级由任课教师、班主任或教导主任登记。")
    if subject not in Subject.values:
        raise Malformed("unknown_subject", "没有这个科目。", fields={"subject": ["没有这个科目"]})
    if term not in terms_for(school_class.path, on=today):
        raise Malformed("unknown_term", "只登记本学期和上学期。", fields={"term": ["只登记本学期和上学期"]})
    listed = {pupil.number: (pupil, mark) for pupil, mark in class_bands(school_class, term, subject, on=today)}
    given = {number: band for number, band in bands.items() if band}
    for number, band in given.items():
        if number not in listed:
            raise Malformed("not_on_list", "有学生不在这个班,请刷新后再填。", fields={"bands": [number]})
        if band not in Band.values:
            raise Malformed("unknown_band", "等级只有优、良、合格、不合格。", fields={"bands": [number]})
    changed = [(*listed[number], band) for number, band in given.items() if _differs(listed[number][1], band)]
    for _, mark, _ in changed:
        if mark is not None and mark.entered_by_id != by.pk and not may_correct_marks(by, mark.path, on=today):
            raise NotYours("not_yours", f"这一科由{mark.entered_by.name}登记,请教导主任或班主任更正。")
    _write_marks([{"pupil": pupil, "subject": subject, "band": band} for pupil, _, band in changed], term, by=by)
    return len(changed)


def _differs(mark, band) -> bool:
    return mark is None or mark.band != band


def _write_marks(entries, term, *, by):
    now = clock.now()
    keys = {entry["pupil"].pk for entry in entries}
    rows = TermMark.objects.select_for_update().filter(pupil__in=keys, year=term.year, term=term.number)
    known = {(mark.pupil_id, mark.subject): mark for mark in rows}
    fresh = []
    for entry in entries:
        mark = known.get((entry["pupil"].pk, entry["subject"]))
        if mark is None:
            mark = TermMark(pupil=entry["pupil"], year=term.year, term=term.number, subject=entry["subject"])
            fresh.append(mark)
        mark.path, mark.band, mark.entered_by, mark.entered_at = entry["pupil"].path, entry["band"], by, now
        if mark.pk:
            mark.save()
    create_with_history(TermMark, fresh, by=by)


def import_marks(path: Path, *, term: TermSpan, full: int | None, by, dry_run=False) -> LearningPlan:
    """Take a workbook of marks in, whole or not at all. Raises Malformed where it cannot be read."""
    plan = plan_marks(path, term=term, full=full, by=by, on=clock.today())
    if not plan.errors and not dry_run:
        with transaction.atomic():
            _write_marks(plan.entries, term, by=by)
    return plan


@transaction.atomic
def record_incident(pupil: Pupil, *, on: date, kind, text, by) -> Incident:
    """Write down a conduct incident. Raises NotYours, Malformed (`unknown_kind`, `missing`), Refused (`bad_date`)."""
    if not may_enter_incident(by, pupil.path, on=clock.today()):
        raise NotYours("permission_denied", "违纪由任课教师、班主任、年级组长或学校登记。")
    if kind not in IncidentKind.values:
        raise Malformed("unknown_kind", "没有这种类别。", fields={"kind": ["没有这种类别"]})
    if not text.strip():
        raise Malformed("missing", "请写明情况。", fields={"text": ["必填"]})
    if not may_lie_on(on, on=clock.today()):
        raise Refused("bad_date", "日期不能晚于今天,也不能早于本学年。")
    return Incident.objects.create(
        pupil=pupil,
        path=pupil.path,
        on=on,
        kind=kind,
        text=text.strip()[:TEXT_LENGTH],
        entered_by=by,
        entered_at=clock.now(),
    )


@transaction.atomic
def withdraw_incident(incident: Incident, *, reason, by) -> Incident:
    """Take an incident back that was entered in error; the row stays, with who and why."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if not may_withdraw_incident(by, incident, on=clock.today()):
        raise NotYours("permission_denied", "由登记人、教导主任或校长撤销。")
    if not reason.strip():
        raise Malformed("missing", "请写明撤销原因。", fields={"reason": ["必填"]})
    if incident.withdrawn_at:
        raise Refused("wrong_state", "这条记录已经撤销。")
    incident.withdrawn_by, incident.withdrawn_at, incident.reason = by, clock.now(), reason.strip()[:200]
    incident.save()
    return incident


def import_incidents(path: Path, *, by, dry_run=False) -> LearningPlan:
    """Take a workbook of incidents in, whole or not at all; the same file again adds nothing."""
    plan = plan_incidents(path, by=by, on=clock.today())
    if not plan.errors and not dry_run:
        now = clock.now()
        rows = [Incident(**entry, path=entry["pupil"].path, entered_by=by, entered_at=now) for entry in plan.entries]
        with transaction.atomic():
            create_with_history(Incident, rows, by=by)
    return plan


@transaction.atomic
def write_study_plan(pupil: Pupil, term: TermSpan, *, goals, measures, helper, by) -> StudyPlan:
    """Write a pupil's study plan for a term, or change it as long as the term is not assessed (F24)."""
    if not may_plan_study(by, pupil, on=clock.today()):
        raise NotYours("permission_denied", "学习计划由班主任、年级组长或教导主任制定。")
    given = {"goals": goals.strip(), "measures": measures.strip(), "helper": helper.strip()[:80]}
    lacking = {name: ["必填"] for name, text in given.items() if not text}
    if lacking:
        raise Malformed("missing", "请写明目标、措施和帮扶人。", fields=lacking)
    if term not in terms_for(pupil.path, on=clock.today()):
        raise Malformed("unknown_term", "只制定本学期和上学期的计划。", fields={"term": ["请选本学期或上学期"]})
    plan = StudyPlan.objects.select_for_update().filter(pupil=pupil, year=term.year, term=term.number).first()
    if plan is not None and plan.result:
        raise Refused("wrong_state", "这学期的计划已经评估,不能再改。")
    plan = plan or StudyPlan(pupil=pupil, year=term.year, term=term.number)
    plan.path, plan.entered_by, plan.entered_at = pupil.path, by, clock.now()
    for name, value in given.items():
        setattr(plan, name, value)
    plan.save()
    record(pupil, "study_plan", f"{term.name}学习计划", by=by, on=clock.today())
    return plan


@transaction.atomic
def assess_study_plan(plan: StudyPlan, *, result, text, by) -> StudyPlan:
    """Say at the end of the term what came of the plan. Raises NotYours, Malformed, Refused (`wrong_state`)."""
    plan = StudyPlan.objects.select_for_update().select_related("pupil").get(pk=plan.pk)
    if not may_plan_study(by, plan.pupil, on=clock.today()):
        raise NotYours("permission_denied", "学习计划由班主任、年级组长或教导主任评估。")
    if result not in PlanResult.values or not text.strip():
        raise Malformed("missing", "请选择评估结果并写明依据。", fields={"result": ["必填"], "assessment": ["必填"]})
    if plan.result:
        raise Refused("wrong_state", "这学期的计划已经评估。")
    plan.result, plan.assessment = result, text.strip()
    plan.assessed_by, plan.assessed_on = by, clock.today()
    plan.save()
    told = f"学习计划评估:{PlanResult(result).label}"
    record(plan.pupil, "study_plan", told, by=by, on=clock.today())
    return plan
