"""Register changes 学籍异动 (F04): every kind is one action on the chain of spells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from organisation import clock
from organisation.actions.bulk import create_with_history, update_with_history
from organisation.actions.outbox import note_change
from organisation.enums import UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.rules.paths import STEP
from students.actions.arrivals import follow_change, forget_change
from students.actions.timeline import record, record_many
from students.enums import CHANGE_EFFECTS, ChangeKind, EnrolmentStatus
from students.models import Enrolment, Pupil, RegisterChange
from students.permissions import may_change_register

LEAVES_SCHOOL = (ChangeKind.TRANSFER_OUT, ChangeKind.SUSPEND)
COMES_BACK = (ChangeKind.RESUME, ChangeKind.RETURN, ChangeKind.HOME_TEACHING)
MOVED_AT_ONCE = 1000
SPELL_MOVED = ["status", "school_class", "path", "recorded_at", "ends", "ended_by"]
NEEDS = {"to_class": "转入班级", "to_school": "去向学校", "reason": "原因", "until": "止期"}


@dataclass(frozen=True)
class Asked:
    """What a register change was asked to do."""

    kind: ChangeKind
    date: date
    to_class: Unit | None = None
    to_school: str = ""
    reason: str = ""
    until: date | None = None


@transaction.atomic
def change_register(pupil: Pupil, kind, *, by, papers=(), decided=False, **asked) -> RegisterChange:
    """Change a pupil's register: `date`, and what the kind needs of to_class, to_school, reason, until.

    `by` is None for who runs the installation's commands; `decided` says that a case or a plan has decided it, whose own
    rules asked whether `by` may.

    Raises NotYours, Malformed (`missing`, `bad_class`, `other_school`, `bad_period`), Refused (`wrong_state`,
    `future_date`, `elsewhere_enrolled`, `later_changes`, `before_enrolled`, `nothing_to_correct`, `statement_needed`).
    """
    asked = Asked(ChangeKind(kind), **asked)
    places = [asked.to_class] if asked.to_class and not CHANGE_EFFECTS[asked.kind].before else [pupil]
    asks = by is not None and not decided
    if asks and not all(may_change_register(by, place, on=clock.today()) for place in places):
        raise NotYours("permission_denied", "学籍异动由学籍管理员办理。")
    pupil = Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    _check_needs(pupil, asked)
    if asked.date > clock.today():
        raise Refused("future_date", "异动日期不能晚于今天。")
    if asked.kind == ChangeKind.CORRECT:
        return _correct(pupil, asked, by=by)
    start = _first_day(pupil, asked)
    before = _spell_before(pupil, asked, start)
    school_class = _class_after(pupil, asked, before, start)
    if asked.kind in LEAVES_SCHOOL and pupil.has_learning_difficulty and by is not None and not papers:
        raise Refused("statement_needed", "学困生转学、休学须附监护人本人的书面说明,以免学生被劝离。")
    change = _write_change(pupil, asked, before, school_class, start, by=by)
    change.papers.set(papers)
    _move(pupil, change, before, school_class, start)
    if school_class is not None:
        pupil.school_class, pupil.path = school_class, school_class.path
        pupil.save(update_fields=["school_class", "path"])
    text = f"{asked.kind.label}{f'({asked.reason})' if asked.reason else ''}"
    record(pupil, "register", text, by=by, on=asked.date)
    follow_change(pupil, change)
    since = min(start, before.starts) if before and before.starts >= start else start
    note_change("enrolment", path=pupil.path, since=since, pupils=[pupil.pk], about=change.pk)
    return change


@transaction.atomic
def move_classes(moves: Mapping[int, Unit], *, on: date, by):
    """Move many pupils {key: class} within their schools on a day, as `change_register` moves one: 调班 of a roster.

    A few statements for every thousand. Raises what `change_register` does.
    """
    if moves and on > clock.today():
        raise Refused("future_date", "异动日期不能晚于今天。")
    keys = sorted(moves)
    for start in range(0, len(keys), MOVED_AT_ONCE):
        _move_many({key: moves[key] for key in keys[start : start + MOVED_AT_ONCE]}, on, by)


def _move_many(moves, on, by):
    pupils = _locked_with_classes(moves)
    schools = _by_school(pupils.values())
    if by is not None and not all(may_change_register(by, few[0], on=clock.today()) for few in schools.values()):
        raise NotYours("permission_denied", "学籍异动由学籍管理员办理。")
    spells = Enrolment.objects.filter(pupil__in=moves).select_related("school_class").order_by("starts")
    last = {spell.pupil_id: spell for spell in spells}
    steps = []
    for key, pupil in pupils.items():
        asked = Asked(ChangeKind.MOVE_CLASS, on, to_class=moves[key])
        _check_needs(pupil, asked)
        before = _allowed_before(last.get(key), asked, on)
        school_class = _class_after(pupil, asked, before, on)
        steps.append((pupil, before, _change(pupil, asked, before, school_class, on, by=by)))
    create_with_history(RegisterChange, [change for _, _, change in steps], by=by)
    begun = [spell for step in steps if (spell := _take_step(*step))]
    update_with_history(Enrolment, [before for _, before, _ in steps], SPELL_MOVED, by=by)
    create_with_history(Enrolment, begun, by=by)
    taken_over = [change for _, _, change in steps if "spell" in change.undo]
    update_with_history(RegisterChange, taken_over, ["undo"], by=by)
    for pupil in pupils.values():
        pupil.school_class, pupil.path = moves[pupil.pk], moves[pupil.pk].path
    update_with_history(Pupil, list(pupils.values()), ["school_class", "path"], by=by)
    record_many(pupils.values(), "register", ChangeKind.MOVE_CLASS.label, by=by, on=on)
    for school, few in schools.items():
        note_change("enrolment", path=school, since=on, pupils=[pupil.pk for pupil in few])


def _locked_with_classes(keys) -> dict[int, Pupil]:
    """The pupils by key, in the order in which everybody locks them."""
    pupils = Pupil.objects.select_for_update(no_key=True, of=("self",)).select_related("school_class")
    return {pupil.pk: pupil for pupil in pupils.filter(pk__in=keys).order_by("pk")}


def _by_school(pupils) -> dict[str, list[Pupil]]:
    found: dict[str, list[Pupil]] = {}
    for pupil in pupils:
        found.setdefault(pupil.path[: -2 * STEP], []).append(pupil)
    return found


def _check_needs(pupil, asked):
    lacking = [name for name in CHANGE_EFFECTS[asked.kind].needs if not getattr(asked, name)]
    if lacking:
        names = "、".join(NEEDS[name] for name in lacking)
        raise Malformed("missing", f"{asked.kind.label}需要填写:{names}。", fields={name: ["必填"] for name in lacking})
    if asked.until and asked.until <= asked.date:
        raise Malformed("bad_period", "止期应晚于起始日期。", fields={"until": ["应晚于起始日期"]})
    if asked.to_class and (asked.to_class.kind != UnitKind.CLASS or not asked.to_class.is_at_stage(on=asked.date)):
        raise Malformed("bad_class", "请选择一个在读班级。", fields={"to_class": ["不是在读班级"]})
    if asked.kind == ChangeKind.MOVE_CLASS and asked.to_class.school_code != pupil.school_class.school_code:
        raise Malformed("other_school", "调班只在本校内办理;换学校请办理转学。", fields={"to_class": ["不在本校"]})


def _first_day(pupil, asked) -> date:
    """The first day of the new state: for a dropout the first school day missed (figures.md)."""
    if not CHANGE_EFFECTS[asked.kind].says_last_day:
        return asked.date
    return rule_book(pupil.path).calendar(pupil.path).next_school_day(asked.date)


def _spell_before(pupil, asked, start) -> Enrolment | None:
    """The open spell that the change ends; None for who has none. Changes are entered in the order of their days."""
    last = Enrolment.objects.filter(pupil=pupil).select_related("school_class").order_by("starts").last()
    return _allowed_before(last, asked, start)


def _allowed_before(last, asked, start) -> Enrolment | None:
    allowed = CHANGE_EFFECTS[asked.kind].before
    if not allowed:
        if last and (last.ends is None or last.ends > start):
            raise Refused("elsewhere_enrolled", "该生还在籍,请先办理转出或离校。")
        return None
    if last is None or last.ends is not None:
        raise Refused("wrong_state", f"该生已不在籍,不能办理{asked.kind.label}。")
    if last.starts > start:
        raise Refused("later_changes", f"{last.starts:%Y-%m-%d} 起已有后来的异动,请先更正。")
    if EnrolmentStatus(last.status) not in allowed:
        raise Refused("wrong_state", f"现为“{last.get_status_display()}”,不能办理{asked.kind.label}。")
    return last


def _class_after(pupil, asked, before, start) -> Unit | None:
    effect = CHANGE_EFFECTS[asked.kind]
    if asked.kind == ChangeKind.MOVE_CLASS:
        if asked.to_class.pk == before.school_class_id:
            raise Refused("wrong_state", "该生已在这个班。")
        return asked.to_class
    if effect.after is None:
        if before.starts >= start:
            raise Refused("before_enrolled", "异动日期早于该生入学。")
        return None
    if asked.kind in COMES_BACK and asked.to_class:
        return asked.to_class
    return asked.to_class if before is None else before.school_class


def _write_change(pupil, asked, before, school_class, start, *, by):
    change = _change(pupil, asked, before, school_class, start, by=by)
    change.save()
    return change


def _change(pupil, asked, before, school_class, start, *, by) -> RegisterChange:
    return RegisterChange(
        pupil=pupil,
        kind=asked.kind,
        date=asked.date,
        effective_on=start,
        from_class=before.school_class if before else None,
        to_class=school_class,
        to_school=asked.to_school,
        reason=asked.reason,
        until=asked.until,
        by=by,
        at=timezone.now(),
        undo={"status": before.status, "school_class": before.school_class_id} if before else {},
    )


def _move(pupil, change, before, school_class, start):
    """End the spell before and begin the one after; one that would have lasted no day is taken over instead."""
    status = CHANGE_EFFECTS[ChangeKind(change.kind)].after or (before.status if school_class else None)
    if before is not None and before.starts == start:
        _take_over(before, change, status, school_class)
        before.save()
        change.save(update_fields=["undo"])
        return
    if before is not None:
        before.ends, before.ended_by = start, change
        before.save()
    if status is not None:
        _spell_after(pupil, change, status, school_class, start).save()


def _take_step(pupil, before, change) -> Enrolment | None:
    """The same for one of many moves, nothing saved yet: the spell that begins, None where one is taken over."""
    if before.starts == change.effective_on:
        _take_over(before, change, before.status, change.to_class)
        return None
    before.ends, before.ended_by = change.effective_on, change
    return _spell_after(pupil, change, before.status, change.to_class, change.effective_on)


def _take_over(spell, change, status, school_class):
    change.undo |= {"spell": spell.pk, "recorded_at": spell.recorded_at}
    spell.status, spell.school_class, spell.path = status, school_class, school_class.path
    spell.recorded_at = change.at


def _spell_after(pupil, change, status, school_class, start) -> Enrolment:
    return Enrolment(
        pupil=pupil,
        school_class=school_class,
        path=school_class.path,
        status=status,
        starts=start,
        recorded_at=change.at,
        began_by=change,
    )


def _correct(pupil, asked, *, by):
    """Take back the latest change that stands: the spell it began goes, the one it ended runs on."""
    wrong = RegisterChange.objects.standing().filter(pupil=pupil).order_by("at", "pk").last()
    if wrong is None or not Enrolment.objects.filter(pupil=pupil).exclude(began_by=wrong).exists():
        raise Refused("nothing_to_correct", "没有可以更正的异动。")
    change = _write_change(pupil, asked, None, None, asked.date, by=by)
    taken_over = Enrolment.objects.filter(pk=wrong.undo.get("spell", 0)).first()
    if taken_over is not None:
        taken_over.school_class = Unit.objects.get(pk=wrong.undo["school_class"])
        taken_over.path, taken_over.status = taken_over.school_class.path, wrong.undo["status"]
        taken_over.recorded_at = parse_datetime(str(wrong.undo["recorded_at"]))
        taken_over.save()
    for begun in wrong.began.all():
        begun.delete()
    for ended in wrong.ended.all():
        ended.ends = ended.ended_by = None
        ended.save()
    forget_change(wrong)
    wrong.corrected_by = change
    wrong.save(update_fields=["corrected_by"])
    last = pupil.enrolments.select_related("school_class").order_by("starts").last()
    pupil.school_class, pupil.path = last.school_class, last.path
    pupil.save(update_fields=["school_class", "path"])
    record(pupil, "register", f"更正:撤销“{wrong.get_kind_display()}”({asked.reason})", by=by, on=asked.date)
    since = min(wrong.date, wrong.effective_on)
    note_change("enrolment", path=pupil.path, since=since, pupils=[pupil.pk], about=change.pk)
    return change
