"""Self-inspections (F41): every point of the checklist answered; what is wanting has a term, is put right and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from accountability.actions.opening import close_by_key, open_many
from accountability.actions.routine import key_of
from accountability.enums import DEFICIENCY_MOVES, DeficiencyState, InspectionResult
from accountability.models import Deficiency, InspectionAnswer, SelfInspection
from accountability.permissions import OFFICE, may_check, may_correct, may_inspect_school
from accountability.rules.schedule import period_of
from casework.models import Duty
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, require_move
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair

CORRECT, CHECK = "deficiency_correct", "deficiency_check"
OLDEST = timedelta(days=180)


@dataclass(frozen=True)
class Finding:
    """What is said on one point; what is not in order says by whom and by when it is put right."""

    result: str
    note: str = ""
    post_kind: str = ""
    due_on: date | None = None


@transaction.atomic
def inspect_school(unit: Unit, found: Mapping[str, Finding], *, on: date, who: str, by, summary="") -> SelfInspection:
    """Keep a self-inspection: `found` is {key of the point: what was found}. Written down twice alike it is one.

    Raises NotYours, Malformed (`missing`, `unanswered`, `bad_time`, `bad_term`, `bad_post`).
    """
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    if not may_inspect_school(by, unit, on=clock.today()):
        raise NotYours("permission_denied", "学校自查由学校负责人、教导主任或控辍专干登记。")
    if not clock.today() - OLDEST <= on <= clock.today():
        raise Malformed("bad_time", "自查日期不能晚于今天,也不能太早。", fields={"on": ["日期不对"]})
    if not who.strip():
        raise Malformed("missing", "请写明参加自查的人。", fields={"who": ["必填"]})
    book = rule_book(unit.path)
    rules, calendar = book.rules(unit.path, on=clock.today()), book.calendar(unit.path)
    latest = calendar.add_school_days(clock.today(), rules.routine.correction_days)
    _require_answers(rules.routine.checklist, found, latest)
    before = _alike(unit, found, on, who, by)
    if before:
        return before
    made = SelfInspection.objects.create(
        unit=unit,
        path=unit.path,
        period=period_of(rules.routine.self_inspection.every, calendar, on),
        on=on,
        who=who.strip()[:200],
        summary=summary.strip(),
        regulation=rules.digest,
        by=by,
        at=clock.now(),
    )
    for item in rules.routine.checklist:
        said = found[item.key]
        answer = InspectionAnswer.objects.create(
            inspection=made, key=item.key, text=item.text[:200], result=said.result, note=said.note.strip()[:300]
        )
        if said.result == InspectionResult.NOT:
            _open_deficiency(made, answer, said)
    close_by_key(key_of("self_inspection", unit.code, made.period), by=by, text=f"{on:%Y-%m-%d} 已自查")
    return made


def _require_answers(checklist, found, latest):
    missing = [item.text for item in checklist if item.key not in found]
    if missing:
        raise Malformed("unanswered", f"还有 {len(missing)} 项没有填:{missing[0]}。", fields={"found": missing})
    for item in checklist:
        said = found[item.key]
        if said.result not in InspectionResult.values:
            raise Malformed("unanswered", f"请选择结果:{item.text}。", fields={item.key: ["请选择"]})
        if said.result != InspectionResult.NOT:
            continue
        if not said.note.strip():
            raise Malformed("missing", f"不符合的请写明情况:{item.text}。", fields={item.key: ["必填"]})
        if said.post_kind not in OFFICE:
            raise Malformed("bad_post", f"请选择整改岗位:{item.text}。", fields={item.key: ["请选择"]})
        if said.due_on is None or not clock.today() <= said.due_on <= latest:
            message = f"整改期限应在今天到 {latest:%Y-%m-%d} 之间:{item.text}。"
            raise Malformed("bad_term", message, fields={item.key: ["期限不对"]})


def _alike(unit, found, on, who, by):
    for one in SelfInspection.objects.filter(unit=unit, on=on, who=who.strip()[:200], by=by):
        said = {answer.key: (answer.result, answer.note) for answer in one.answers.all()}
        if said == {key: (finding.result, finding.note.strip()[:300]) for key, finding in found.items()}:
            return one
    return None


def _open_deficiency(inspection, answer, said):
    made = Deficiency.objects.create(
        inspection=inspection,
        answer=answer,
        path=inspection.path,
        text=answer.note,
        post_kind=said.post_kind,
        due_on=said.due_on,
    )
    _ask(made, CORRECT, said.post_kind, f"整改:{answer.text}", said.due_on, 1)


def _ask(deficiency, kind, post, title, due_on, round_):
    fields = {
        "kind": kind,
        "title": title,
        "chair": Chair(post, _seat(post, deficiency.path)),
        "path": deficiency.path,
        "due_at": clock.end_of(due_on),
        "about": deficiency.pk,
    }
    open_many({f"{kind}:{deficiency.pk}:{round_}": fields})


def _seat(post, path) -> str:
    return path[:12] if post == PostKind.COUNTY_CLERK else path


@transaction.atomic
def correct_deficiency(deficiency: Deficiency, *, text: str, by, paper=None) -> Deficiency:
    """Say how it was put right; somebody else checks it. Raises NotYours, Malformed (`missing`), Refused (`wrong_state`)."""
    deficiency = _locked(deficiency)
    if not may_correct(by, deficiency, on=clock.today()):
        raise NotYours("permission_denied", "整改由责任岗位登记。")
    if not text.strip():
        raise Malformed("missing", "请写明怎样整改的。", fields={"text": ["必填"]})
    require_move(DeficiencyState(deficiency.state), DeficiencyState.CORRECTED, DEFICIENCY_MOVES)
    deficiency.state, deficiency.correction, deficiency.paper = DeficiencyState.CORRECTED, text.strip()[:500], paper
    deficiency.corrected_by, deficiency.corrected_on = by, clock.today()
    deficiency.checked_by = deficiency.checked_on = None
    deficiency.save()
    round_ = _round(deficiency)
    close_by_key(f"{CORRECT}:{deficiency.pk}:{round_}", by=by, text=deficiency.correction)
    _ask_to_check(deficiency, by, round_)
    return deficiency


def _ask_to_check(deficiency, by, round_):
    """The principal checks; what the principal put right, the bureau."""
    today, book = clock.today(), rule_book(deficiency.path)
    leads = any(post.kind == PostKind.PRINCIPAL and post.unit.path == deficiency.path for post in by.posts_on(today))
    post = PostKind.COUNTY_CLERK if leads else PostKind.PRINCIPAL
    calendar, days = book.calendar(deficiency.path), book.rules(deficiency.path, on=today).routine.check_days
    add = calendar.add_working_days if leads else calendar.add_school_days
    _ask(deficiency, CHECK, post, f"复查整改:{deficiency.answer.text}", add(today, days), round_)


@transaction.atomic
def check_deficiency(deficiency: Deficiency, *, passed: bool, note: str, by, due_on: date | None = None) -> Deficiency:
    """Another person looks: put right, or back with a new term.

    Raises NotYours (`own_correction` too), Malformed (`missing`, `bad_term`), Refused (`wrong_state`).
    """
    deficiency, today = _locked(deficiency), clock.today()
    if not may_check(by, deficiency, on=today):
        raise NotYours("permission_denied", "复查由校长、副校长,或教育局、督学办理。")
    if deficiency.corrected_by_id == by.pk:
        raise NotYours("own_correction", "自己整改的,由另一个人复查。")
    if not note.strip():
        raise Malformed("missing", "请写明复查看到的情况。", fields={"note": ["必填"]})
    after = DeficiencyState.CLOSED if passed else DeficiencyState.OPEN
    require_move(DeficiencyState(deficiency.state), after, DEFICIENCY_MOVES)
    if not passed:
        _require_term(deficiency, due_on)
    round_ = _round(deficiency)
    deficiency.state, deficiency.check_note = after, note.strip()[:300]
    deficiency.checked_by, deficiency.checked_on = by, today
    if not passed:
        deficiency.due_on = due_on
    deficiency.save()
    close_by_key(f"{CHECK}:{deficiency.pk}:{round_}", by=by, text=deficiency.check_note)
    if not passed:
        _ask(deficiency, CORRECT, deficiency.post_kind, f"重新整改:{deficiency.answer.text}", due_on, round_ + 1)
    return deficiency


def _require_term(deficiency, due_on):
    book = rule_book(deficiency.path)
    days = book.rules(deficiency.path, on=clock.today()).routine.correction_days
    latest = book.calendar(deficiency.path).add_school_days(clock.today(), days)
    if due_on is None or not clock.today() <= due_on <= latest:
        message = f"新的整改期限应在今天到 {latest:%Y-%m-%d} 之间。"
        raise Malformed("bad_term", message, fields={"due_on": ["期限不对"]})


def _round(deficiency) -> int:
    """How often its correction was asked for."""
    return max(Duty.objects.filter(key__startswith=f"{CORRECT}:{deficiency.pk}:").count(), 1)


def _locked(deficiency) -> Deficiency:
    rows = Deficiency.objects.select_for_update(of=("self",)).select_related("answer", "inspection__unit")
    return rows.get(pk=deficiency.pk)
