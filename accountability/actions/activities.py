"""Activities (P25): written down as they were held, or with the reason why not; the duty of their period is done by it."""

from datetime import date, timedelta

from django.db import transaction

from accountability.actions.opening import close_by_key
from accountability.actions.routine import key_of
from accountability.enums import ActivityKind
from accountability.models import Activity, GuardianAbsence
from accountability.permissions import may_record
from accountability.queries.contacts import taught_now
from accountability.rules.schedule import period_of
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book

OLDEST = timedelta(days=365)


@transaction.atomic
def record_activity(
    unit: Unit, kind: ActivityKind, *, on: date, text: str, by, held=True, absent=(), **fields
) -> Activity:
    """Write down what was done; written down twice alike it is one. `absent` are the keys of the children for whom nobody
    came to a guardians' meeting; `fields` are place, topic, who, expected and attended.

    Raises NotYours, Malformed (`missing`, `bad_time`, `bad_count`, `not_on_list`).
    """
    if not may_record(by, kind, unit, on=clock.today()):
        raise NotYours("permission_denied", "这项活动由本班、本校负责的老师记录。")
    _require_said(on, text, fields)
    kind, unit = ActivityKind(kind), Unit.objects.select_for_update().get(pk=unit.pk)
    if kind == ActivityKind.GUARDIANS_MEETING and held:
        fields |= _counted(unit, absent, on)
    said = {"kind": kind, "unit": unit, "held": held, "on": on, "text": text.strip(), "by": by}
    before = Activity.objects.filter(**said, topic=fields.get("topic", "").strip()).first()
    if before:
        return before
    rule = rule_book(unit.path).rules(unit.path, on=on).routine.of(kind)
    period = period_of(rule.every, rule_book(unit.path).calendar(unit.path), on)
    given = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    made = Activity.objects.create(path=unit.path, period=period, at=clock.now(), **said, **given)
    if held:
        GuardianAbsence.objects.bulk_create(GuardianAbsence(activity=made, pupil_id=pk) for pk in sorted(set(absent)))
    close_by_key(key_of(kind, unit.code, period), by=by, text=f"{on:%Y-%m-%d}{'已开展' if held else '未开展'}")
    return made


def _require_said(on, text, fields):
    if not text.strip():
        raise Malformed("missing", "请写明内容;没有开展的写明原因。", fields={"text": ["必填"]})
    if not clock.today() - OLDEST <= on <= clock.today():
        raise Malformed("bad_time", "日期不能晚于今天,也不能早于一年前。", fields={"on": ["日期不对"]})
    expected, attended = fields.get("expected"), fields.get("attended")
    if expected is not None and attended is not None and attended > expected:
        raise Malformed("bad_count", "实到不能多于应到。", fields={"attended": ["多于应到"]})


def _counted(unit, absent, on) -> dict:
    """Expected and attended of a guardians' meeting, from the class list of the day."""
    listed = set(taught_now(unit.path, on=on).values_list("pupil", flat=True))
    if not set(absent) <= listed:
        raise Malformed("not_on_list", "有学生当天不在这个班。", fields={"absent": ["不在本班"]})
    return {"expected": len(listed), "attended": len(listed) - len(set(absent))}


@transaction.atomic
def add_paper(activity: Activity, *, paper, by) -> Activity:
    """One more photo or paper. Raises NotYours, Malformed (`missing`), Refused (`too_many`)."""
    activity = Activity.objects.select_for_update(of=("self",)).select_related("unit").get(pk=activity.pk)
    if not may_record(by, activity.kind, activity.unit, on=clock.today()):
        raise NotYours("permission_denied", "这项活动由本班、本校负责的老师记录。")
    if paper is None:
        raise Malformed("missing", "请选择照片或材料。", fields={"paper": ["必填"]})
    if activity.papers.count() >= 12:
        raise Refused("too_many", "一项活动最多 12 份照片、材料。")
    activity.papers.add(paper)
    return activity
