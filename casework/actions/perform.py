"""Performing an escalation (F10): each measure is done by a record; what the law forbids is refused (F14)."""

from collections.abc import Mapping, Sequence
from datetime import time, timedelta

from django.db import transaction
from django.utils import timezone

from casework.actions.duties import close_duty
from casework.actions.ladder import chair_of
from casework.actions.letters.records import issue_warning
from casework.enums import (
    FORBIDDEN,
    HEAVY,
    SENIOR_GRADES_ARTICLE,
    SENIOR_PRIMARY_FROM,
    SUSPENSION_DAYS,
    Discipline,
    EscalationState,
    MeasureKind,
)
from casework.enums.truancy import HearingState
from casework.models import Escalation, Hearing, Measure, TalkRecord
from casework.permissions import may_perform
from casework.rules.lawful import cites_warning
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import ForbiddenByLaw, Malformed, NotYours, Refused
from organisation.models import Person
from organisation.queries.edition import rule_book
from students.actions.slips import lift_suspension, write_suspension
from students.actions.timeline import record as write_timeline
from students.models import Pupil

TELLS = (MeasureKind.GUARDIANS_TOLD, MeasureKind.HOME_VISIT)
A_WEEK = timedelta(days=6)  # a suspension's last day at the latest, counted from its first: over holidays too

HEARD_FIRST = (Discipline.DEMERIT, Discipline.PROBATION)


@transaction.atomic
def perform_escalation(escalation: Escalation, records: Sequence[Mapping], *, by: Person) -> Escalation:
    """Write records for measures; the escalation is performed when every measure has its record.

    A record is {"measure", "at", "place", "by", "text", "statement", "discipline", "paper"}. It serves the same measure
    of all open escalations of the pupil whose day is not after it. Raises NotYours, Malformed (`not_a_measure`,
    `missing`, `unknown_discipline`, `bad_time`), Refused (`wrong_state`, `guardians_first`), ForbiddenByLaw.
    """
    Pupil.objects.select_for_update(no_key=True).get(pk=escalation.pupil_id)  # first, as the ladder does
    found = Escalation.objects.select_for_update(of=("self",)).select_related("pupil__school_class")
    escalation = found.get(pk=escalation.pk)
    chair = chair_of(PostKind(escalation.owner), escalation.path)
    if not may_perform(by, escalation, chair, on=clock.today()):
        raise NotYours("permission_denied", f"这一步由{PostKind(escalation.owner).label}办理。")
    wanted = {measure.kind for measure in escalation.measures.all()}
    for entry in records:
        _check_shape(entry, wanted, escalation)
    if not records:
        raise Malformed("missing", "请至少填写一项措施的记录。", fields={"records": ["必填"]})
    for entry in records:
        _check_lawful(entry, escalation, records)
    if escalation.state != EscalationState.OPEN:
        raise Refused("wrong_state", f"这次旷课的处理{escalation.get_state_display()},不能再办理。")
    for entry in records:
        written = _write(entry, escalation, by=by)
        _serve(written, escalation)
        if written.kind == MeasureKind.WRITTEN_WARNING:
            issue_warning(escalation, by=by)
    _settle(escalation, by=by)
    return escalation


def _check_shape(entry, wanted, escalation):
    kind = entry["measure"]
    if kind in FORBIDDEN:
        return
    if kind not in wanted:
        asked = "、".join(MeasureKind(one).label for one in MeasureKind.values if one in wanted)
        raise Malformed("not_a_measure", f"这一步的措施是:{asked}。", fields={"records": [kind]})
    lacking = [
        label for name, label in (("place", "地点"), ("by", "办理人"), ("text", "内容")) if not entry[name].strip()
    ]
    if lacking:
        raise Malformed(
            "missing", f"{MeasureKind(kind).label}的记录缺少:{'、'.join(lacking)}。", fields={"records": lacking}
        )
    if entry["at"] > timezone.now() + timedelta(minutes=5) and entry["at"] > clock.now():
        raise Malformed("bad_time", "记录的时间不能晚于现在。", fields={"at": ["不能晚于现在"]})
    if timezone.localdate(entry["at"]) < escalation.day:
        raise Malformed("bad_time", "记录的时间早于旷课当天。", fields={"at": ["早于旷课当天"]})
    discipline = entry.get("discipline", "")
    if kind == MeasureKind.DISCIPLINE and discipline not in {*Discipline.values, *FORBIDDEN}:
        raise Malformed("unknown_discipline", "请从合法的教育惩戒中选一项。", fields={"discipline": ["必选"]})


def _check_lawful(entry, escalation, records):
    for asked in (entry["measure"], entry.get("discipline", "")):
        if asked in FORBIDDEN:
            found = FORBIDDEN[asked]
            raise ForbiddenByLaw(
                f"义务教育阶段不得对学生{found.label}。请从教育惩戒规则允许的措施中选择。", article=found.article
            )
    if entry["measure"] != MeasureKind.DISCIPLINE:
        return
    if cites_warning(entry["text"]):
        message = "惩戒只能依据学生的行为事实,不得以风险预警为由。请写明这次旷课的情况。"
        raise Refused("cites_warning", message)
    if entry["discipline"] not in HEAVY:
        return
    label = Discipline(entry["discipline"]).label
    if (
        entry["discipline"] in HEARD_FIRST
        and Hearing.objects.filter(escalation=escalation, state=HearingState.ASKED).exists()
    ):
        raise Refused("hearing_first", f"监护人已要求听证,听证之后才能作出“{label}”。", article=SENIOR_GRADES_ARTICLE)
    if escalation.pupil.school_class.grade(on=escalation.day) < SENIOR_PRIMARY_FROM:
        raise ForbiddenByLaw(f"“{label}”只适用于小学高年级以上。", article=SENIOR_GRADES_ARTICLE)
    if not _guardians_told(escalation, records, before=entry["at"]):
        message = f"作出“{label}”之前要先告知家长:请先登记告知家长或家访的记录。"
        raise Refused("guardians_first", message, article=SENIOR_GRADES_ARTICLE)


def _guardians_told(escalation, records, *, before) -> bool:
    """Whether the guardians were told, by word or by a visit, between the truant day and the decision."""
    if any(other["measure"] in TELLS and other["at"] <= before for other in records):
        return True
    told = TalkRecord.objects.filter(pupil=escalation.pupil, kind__in=TELLS)
    return told.filter(at__range=(clock.at(escalation.day, time.min), before)).exists()


def _write(entry, escalation, *, by) -> TalkRecord:
    written = TalkRecord.objects.create(
        pupil=escalation.pupil,
        kind=entry["measure"],
        at=entry["at"],
        place=entry["place"].strip()[:100],
        by=entry["by"].strip()[:100],
        text=entry["text"].strip(),
        statement=entry.get("statement", "").strip(),
        discipline=entry.get("discipline", "") if entry["measure"] == MeasureKind.DISCIPLINE else "",
        paper=entry.get("paper"),
        entered_by=by,
        entered_at=clock.now(),
    )
    if written.discipline and escalation.suspension:  # another decision takes the place of the first
        lift_suspension(escalation.suspension, by=by)
        escalation.suspension = None
        escalation.save()
    if written.discipline == Discipline.SUSPENSION_WEEK:
        calendar = rule_book(escalation.path).calendar(escalation.path)
        first = calendar.next_school_day(timezone.localdate(entry["at"]))
        last = min(calendar.add_school_days(first, SUSPENSION_DAYS - 1), first + A_WEEK)
        reason = f"{escalation.day:%m月%d日}旷课的惩戒决定"
        escalation.suspension = write_suspension(escalation.pupil, first_day=first, last_day=last, reason=reason, by=by)
        escalation.save()
    label = written.get_discipline_display() or written.get_kind_display()
    link = f"/escalations/{escalation.pk}/"
    write_timeline(escalation.pupil, "measure", label, by=by, on=timezone.localdate(entry["at"]), link=link)
    return written


def _serve(written, escalation):
    """One talk, one visit does the same measure of every open escalation that was there by then; a decision is for one."""
    open_ones = Escalation.objects.filter(
        pupil=escalation.pupil, state=EscalationState.OPEN, day__lte=timezone.localdate(written.at)
    )
    if written.kind == MeasureKind.DISCIPLINE:
        open_ones = open_ones.filter(pk=escalation.pk)
    undone = Measure.objects.filter(escalation__in=open_ones, kind=written.kind)
    undone.filter(record__isnull=True).update(record=written)
    Measure.objects.filter(escalation=escalation, kind=written.kind).update(record=written)


def _settle(escalation, *, by):
    """Every open escalation of the pupil that has all its records is performed, and its duty done."""
    now = clock.now()
    open_ones = Escalation.objects.filter(pupil=escalation.pupil, state=EscalationState.OPEN)
    for one in open_ones.select_related("duty").exclude(measures__record__isnull=True):
        one.state, one.performed_at, one.performed_by = EscalationState.PERFORMED, now, by
        one.count = one.count_now
        one.save()
        if one.duty:
            close_duty(one.duty, by=by, text="各项措施已登记")
    escalation.refresh_from_db()
