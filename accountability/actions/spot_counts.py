"""Spot headcounts (F66): an inspector counts a class, once a session, and the roll has to say the same."""

from datetime import timedelta

from django.db import IntegrityError, transaction

from accountability.actions.truth import put_before
from accountability.models import SpotAbsence, SpotCount
from accountability.permissions import may_count
from accountability.queries.truth import findings_of_count
from accountability.rules.truth import has_begun
from organisation import clock
from organisation.enums import Session
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book
from students.actions.attachments import store_attachment
from students.queries.rolls import sheet_for


def enter_count(school_class: Unit, *, day, session, counted: int, by, absent=(), photo=None, note="") -> SpotCount:
    """Write down a headcount; where the roll says otherwise it is put before somebody at once.

    `absent` are the numbers of the children named as missing, `photo` is an upload. Raises NotYours, Malformed
    (`unknown_session`, `not_on_list`, `too_many`, `bad_file`), Refused (`future_session`, `too_old`,
    `not_a_school_day`, `counted_already`).
    """
    if not may_count(by, school_class, on=clock.today()):
        raise NotYours("permission_denied", "现场清点由本县(区)督学登记。")
    if session not in Session.values:
        raise Malformed("unknown_session", "没有这个时段。", fields={"session": ["未知"]})
    _check_when(school_class, day, session)
    sheet = sheet_for(school_class, day, session)
    listed = {pupil.number: pupil.pupil_id for pupil in sheet.listed}
    if not {*absent} <= listed.keys():
        raise Malformed("not_on_list", "有学生不在这个班当天的名单上。", fields={"absent": ["不在名单上"]})
    if counted + len({*absent}) > len(listed) + GUESTS:
        raise Malformed("too_many", "人数比名单多出太多,请核对。", fields={"counted": ["过多"]})
    try:
        with transaction.atomic():
            count = SpotCount.objects.create(
                school_class=school_class,
                path=school_class.path,
                date=day,
                session=session,
                counted=counted,
                note=note.strip()[:200],
                by=by,
                at=clock.now(),
                photo=store_attachment(photo, by=by, path=school_class.path) if photo else None,
            )
    except IntegrityError as error:
        raise Refused("counted_already", "这个班这节已经清点过,不能再登记一次。") from error
    SpotAbsence.objects.bulk_create(
        SpotAbsence(count=count, pupil_id=listed[number]) for number in dict.fromkeys(absent)
    )
    for found in findings_of_count(count, on=clock.today()):
        put_before(found)
    return count


GUESTS = 30  # classes are taught together now and then


def _check_when(school_class, day, session):
    rules = rule_book(school_class.path).rules(school_class.path, on=clock.today()).truth
    if not has_begun(day, session, clock.now()):
        raise Refused("future_session", "这节还没有开始,不能登记。")
    if day < clock.today() - timedelta(days=rules.count_within_days):
        raise Refused("too_old", f"清点须在 {rules.count_within_days} 天内登记。")
    if not rule_book(school_class.path).calendar(school_class.path).is_school_day(day, session):
        raise Refused("not_a_school_day", "这一天按校历不上课。")
