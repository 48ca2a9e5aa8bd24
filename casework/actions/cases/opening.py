"""Opening a case (F30): by what the rolls say, by a suspension that ran out, by somebody's word. One live case a child."""

from datetime import date

from django.db import transaction
from django.db.models import F

from casework.actions.cases.duties import settle_duties
from casework.actions.cases.moves import move_case
from casework.enums import LIVE_CASES, CaseSource, CaseState, ClearReason
from casework.models import Case, Episode
from casework.permissions import may_open_case
from casework.queries.away import roll_days, runs_away
from casework.queries.cases import township_of
from organisation import clock
from organisation.errors import NotYours, Refused
from organisation.queries.edition import rule_book
from students.actions.timeline import record
from students.enums import TAUGHT, ArrivalReason, ArrivalState, EnrolmentStatus
from students.models import ArrivalExpectation, Enrolment, Pupil


def open_case(pupil: Pupil, *, source, text, by, away_since: date | None = None) -> Case:
    """Report a child as suspected by one's own word. Raises NotYours, Refused (`case_exists`)."""
    if not may_open_case(by, pupil, on=clock.today()):
        raise NotYours("permission_denied", "疑似辍学由班主任、控辍专干、学校负责人、乡镇或教育局上报。")
    if Case.objects.live().filter(pupil=pupil).exists():
        raise Refused("case_exists", f"{pupil.name}已有进行中的个案。")
    return suspect(pupil, source=source, text=text, by=by, away_since=away_since or clock.today())


@transaction.atomic
def suspect(pupil: Pupil, *, source, away_since: date, text="", by=None) -> Case:
    """A suspected case, or the live one that there is: two who notice the same child at once open one case."""
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    live = Case.objects.live().filter(pupil=pupil).first()
    if live is not None:
        return live
    today = clock.today()
    case = Case.objects.create(
        pupil=pupil,
        path=pupil.path,
        origin_path=pupil.path,
        township=township_of(pupil),
        source=source,
        opened_on=today,
        opened_by=by,
        note=text[:300],
    )
    episode = Episode.objects.create(case=case, number=1, away_since=away_since, suspected_on=today)
    case.moves.create(episode=episode, after=CaseState.SUSPECTED, on=today, at=clock.now(), by=by, text=text[:500])
    record(pupil, "case", f"疑似辍学:{CaseSource(source).label}", by=by, on=today, link=f"/cases/{case.pk}/")
    settle_duties(case)
    return case


def follow_absentees(pupil_ids) -> int:
    """After a roll: who has been away long enough is suspected, who is back is cleared, whose case waits is looked at."""
    today = clock.today()
    keys = set(pupil_ids)
    runs = runs_away(keys, on=today)
    changed = 0
    for case in Case.objects.filter(pupil__in=keys).exclude(state=CaseState.CLEARED).select_related("pupil"):
        keys.discard(case.pupil_id)
        changed += _look_again(case, runs.get(case.pupil_id, []), today)
    for pupil in Pupil.objects.filter(pk__in=keys & set(runs)):
        enough = rule_book(pupil.path).rules(pupil.path, on=today).case.suspected_after_school_days
        run = runs[pupil.pk]
        if len(run) >= enough:
            days = "、".join(f"{day.month}月{day.day}日" for day in run[-10:])
            suspect(pupil, source=CaseSource.DAYS_AWAY, away_since=run[0], text=f"{days}无假未到校")
            changed += 1
    return changed


def _look_again(case, run, today) -> bool:
    """A suspected child who is seen in school again is cleared; the rolls that opened an untouched case may have changed."""
    if case.state != CaseState.SUSPECTED or case.source != CaseSource.DAYS_AWAY:
        settle_duties(case)
        return False
    if run:
        return False
    episode = case.episode
    days = roll_days([case.pupil_id], first=episode.away_since, last=today).get(case.pupil_id, [])
    if any(day.is_attended for day in days if day.day > episode.away_since):
        move_case(case, CaseState.CLEARED, reason=ClearReason.CAME_BACK, text="点名显示已到校", on=today)
        return True
    if not case.visits.exists() and not case.approvals.exists():
        move_case(
            case, CaseState.CLEARED, reason=ClearReason.DATA_ERROR, text="点名更正或补假后不再是连续未到校", on=today
        )
        return True
    return False


def follow_moved_cases(pupil_ids):
    """A child who changed class, school or county takes the case along; the new places' people answer for it."""
    for case in (
        Case.objects.filter(pupil__in=pupil_ids).exclude(path=F("pupil__path")).select_related("pupil", "township")
    ):
        if case.state in (*LIVE_CASES, CaseState.CLOSED):
            case.path = case.pupil.path
            case.save()
            settle_duties(case)


def suspect_not_arrived() -> int:
    """Each night: whom nobody has seen at the destination in time is suspected; who sent the child answers (F30, P6)."""
    today, opened = clock.today(), 0
    for expected in ArrivalExpectation.objects.overdue(on=today).select_related("pupil__residence", "change"):
        with transaction.atomic():
            expected = (
                ArrivalExpectation.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=expected.pk)
            )
            if expected.state != ArrivalState.EXPECTED:
                continue
            expected.state = ArrivalState.OVERDUE
            expected.save()
            junior = expected.reason == ArrivalReason.JUNIOR
            suspect(
                expected.pupil,
                source=CaseSource.NOT_ARRIVED if junior else CaseSource.NO_ARRIVAL,
                away_since=expected.first_day,
                text=f"{expected.get_reason_display()},{expected.to_name},至 {expected.due_on:%Y-%m-%d} 未到校",
            )
            opened += 1
    return opened


def clear_arrived(pupil_ids) -> int:
    """A child suspected of not having arrived who turns out to have, or is back from 休学, is cleared with that proof."""
    cleared, today = 0, clock.today()
    suspected = Case.objects.suspected().filter(pupil__in=pupil_ids).select_related("pupil")
    for case in suspected.filter(
        source__in=[CaseSource.NOT_ARRIVED, CaseSource.NO_ARRIVAL, CaseSource.SUSPENSION_OVER]
    ):
        spell = Enrolment.objects.current(on=today).filter(pupil=case.pupil, status__in=TAUGHT).first()
        if case.source == CaseSource.SUSPENSION_OVER and spell is not None:
            move_case(case, CaseState.CLEARED, reason=ClearReason.CAME_BACK, text="已办理复学", on=today)
        elif case.source != CaseSource.SUSPENSION_OVER and _has_arrived(case, spell):
            move_case(case, CaseState.CLEARED, reason=ClearReason.ELSEWHERE, text="接收学校已确认到校", on=today)
        else:
            continue
        cleared += 1
    return cleared


def _has_arrived(case, spell) -> bool:
    waits = ArrivalExpectation.objects.waiting().filter(pupil=case.pupil).exists()
    return not waits and (spell is not None or case.pupil.arrivals.filter(state=ArrivalState.ARRIVED).exists())


def suspect_overdue_suspensions() -> int:
    """Each night: whose 休学 or 缓学 has ended and who is not back is suspected from the day after its end."""
    today, opened = clock.today(), 0
    spells = Enrolment.objects.current(on=today).filter(
        status__in=[EnrolmentStatus.SUSPENDED, EnrolmentStatus.DEFERRED], began_by__until__lt=today
    )
    known = Case.objects.live().values("pupil")
    for spell in spells.exclude(pupil__in=known).select_related("pupil", "began_by"):
        until = spell.began_by.until
        suspect(
            spell.pupil,
            source=CaseSource.SUSPENSION_OVER,
            away_since=until,
            text=f"{spell.get_status_display()}至{until:%Y-%m-%d},期满未复学",
        )
        opened += 1
    return opened
