"""Children who left for another school and are expected there (F30, P6): awaited, confirmed, or missed."""

from datetime import date, timedelta

from django.db import transaction

from organisation import clock
from organisation.actions.outbox import note_change
from organisation.enums import PostKind, Stage, UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.rules.grades import school_year, school_year_start
from students.actions.timeline import record
from students.enums import ArrivalReason, ArrivalState, ChangeKind
from students.models import ArrivalExpectation, Pupil, PupilGrant, RegisterChange
from students.permissions import may_confirm_arrival

FINISHES = (ChangeKind.GRADUATE, ChangeKind.COMPLETE)
ARRIVES = (ChangeKind.ENROL, ChangeKind.TRANSFER_IN)
GRANT_DAYS = timedelta(days=60)


def follow_change(pupil: Pupil, change: RegisterChange):
    """What a register change means for an arrival: one more is awaited, or the awaited child is there."""
    if change.kind == ChangeKind.TRANSFER_OUT:
        _expect_transfer(pupil, change)
    elif change.kind in FINISHES and change.from_class.stage == Stage.PRIMARY:
        _expect_junior(pupil, change)
    elif change.kind in ARRIVES:
        for expected in ArrivalExpectation.objects.waiting().filter(pupil=pupil):
            _arrive(expected, on=change.effective_on, by=change.by)


def forget_change(change: RegisterChange):
    """The change was taken back: nobody is expected for it any more."""
    ArrivalExpectation.objects.waiting().filter(change=change).update(state=ArrivalState.WITHDRAWN)


def _expect_transfer(pupil, change):
    to_unit = school_named(change.to_school)
    rules, calendar = _rules(pupil), rule_book(pupil.path).calendar(pupil.path)
    expected = ArrivalExpectation.objects.create(
        pupil=pupil,
        reason=ArrivalReason.TRANSFER,
        from_path=pupil.path,
        change=change,
        to_unit=to_unit,
        to_name=to_unit.name if to_unit else change.to_school,
        first_day=change.effective_on,
        due_on=calendar.add_working_days(change.effective_on, rules.arrival_working_days),
    )
    _open_to(expected)


def _expect_junior(pupil, change):
    """A primary leaver is due at a junior school on the first day of the next school year; at a nine-year school its own."""
    school = Unit.objects.above(pupil.path).of_kind(UnitKind.SCHOOL).get()
    to_unit = school_named(change.to_school) or (school if school.school_kind == "nine_year" else None)
    first_day = school_year_start(school_year(change.effective_on) + 1)
    rules, calendar = _rules(pupil), rule_book(pupil.path).calendar(pupil.path)
    expected = ArrivalExpectation.objects.create(
        pupil=pupil,
        reason=ArrivalReason.JUNIOR,
        from_path=pupil.path,
        change=change,
        to_unit=to_unit,
        to_name=to_unit.name if to_unit else change.to_school or "待落实",
        first_day=first_day,
        due_on=_last_day(first_day, to_unit, rules, calendar),
    )
    _open_to(expected)


def _last_day(first_day: date, to_unit, rules, calendar) -> date:
    """A school of the system confirms by the end of day 5 of term (P6), others within ten working days."""
    before = first_day - timedelta(days=1)
    if to_unit is not None:
        return rule_book(to_unit.path).calendar(to_unit.path).add_school_days(before, rules.arrival_by_term_day)
    return calendar.add_working_days(before, rules.arrival_working_days)


def school_named(text: str) -> Unit | None:
    """The school of the system that a code or a name means; None for one outside, or where a name is borne by several."""
    schools = Unit.objects.of_kind(UnitKind.SCHOOL).open()
    found = list(schools.filter(code=text.strip())[:2]) or list(schools.filter(name=text.strip())[:2])
    return found[0] if len(found) == 1 else None


def _rules(pupil):
    return rule_book(pupil.path).rules(pupil.path, on=clock.today()).case


def _open_to(expected):
    """The registrar of the school that expects the child may see the file, so as to take the child in."""
    if expected.to_unit is None:
        return
    PupilGrant.objects.create(
        pupil=expected.pupil,
        post_kind=PostKind.REGISTRAR,
        unit=expected.to_unit,
        fields=["register"],
        reason=f"{expected.get_reason_display()}:待到校",
        first_day=clock.today(),
        last_day=max(expected.due_on, clock.today()) + GRANT_DAYS,
    )


def _arrive(expected, *, on, by, proof=None, note=""):
    expected.state, expected.arrived_on, expected.confirmed_by = ArrivalState.ARRIVED, on, by
    expected.proof, expected.note = proof, note[:300]
    expected.save()
    PupilGrant.objects.filter(
        pupil=expected.pupil, post_kind=PostKind.REGISTRAR, unit=expected.to_unit, reason__endswith="待到校"
    ).update(last_day=clock.today())
    record(expected.pupil, "arrival", f"已到校:{expected.to_name}", by=by, on=on)


@transaction.atomic
def confirm_arrival(expected: ArrivalExpectation, *, on: date, note, by, proof=None) -> ArrivalExpectation:
    """A school outside the system has the child: its word or a paper says so (接续证明).

    Raises NotYours, Malformed (`missing`, `bad_period`), Refused (`wrong_state`, `future_date`).
    """
    expected = ArrivalExpectation.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=expected.pk)
    if not may_confirm_arrival(by, expected, on=clock.today()):
        raise NotYours("permission_denied", "到校由转出学校的学籍管理员或教育局确认。")
    if expected.state not in (ArrivalState.EXPECTED, ArrivalState.OVERDUE):
        raise Refused("wrong_state", f"这名学生{expected.get_state_display()}。")
    if on > clock.today():
        raise Refused("future_date", "到校日期不能晚于今天。")
    if on < expected.change.date:
        raise Malformed("bad_period", "到校日期早于离校。", fields={"on": ["请核对日期"]})
    if not note.strip() or proof is None:
        raise Malformed("missing", "请写明如何核实,并附接收学校的证明。", fields={"note": ["必填"], "proof": ["必填"]})
    _arrive(expected, on=on, by=by, proof=proof, note=note.strip())
    note_change("enrolment", path=expected.pupil.path, since=on, pupils=[expected.pupil_id])
    return expected


@transaction.atomic
def change_destination(expected: ArrivalExpectation, *, to_school, by) -> ArrivalExpectation:
    """Where the child is really due, as it turns out."""
    expected = ArrivalExpectation.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=expected.pk)
    if not may_confirm_arrival(by, expected, on=clock.today()):
        raise NotYours("permission_denied", "去向由转出学校的学籍管理员或教育局更正。")
    if expected.state != ArrivalState.EXPECTED:
        raise Refused("wrong_state", f"这名学生{expected.get_state_display()}。")
    if not to_school.strip():
        raise Malformed("missing", "请填写去向学校。", fields={"to_school": ["必填"]})
    expected.to_unit = school_named(to_school)
    expected.to_name = expected.to_unit.name if expected.to_unit else to_school.strip()[:120]
    expected.save()
    _open_to(expected)
    return expected
