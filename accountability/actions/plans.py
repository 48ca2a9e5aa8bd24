"""Plans of a school year and the groups that answer for them (F41, P25)."""

from datetime import date

from django.db import transaction

from accountability.actions.opening import close_by_key, open_many
from accountability.actions.routine import key_of
from accountability.enums import GroupKind, GroupRole, PlanItemState
from accountability.models import GroupMember, LeadingGroup, PlanItem, YearPlan
from accountability.permissions import PLAN_POSTS, may_finish_item, may_plan
from accountability.queries.groups import Seat
from casework.actions.duties import cancel_duty
from casework.models import Duty
from organisation import clock
from organisation.enums import UnitKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Unit
from organisation.queries.edition import rule_book, rule_books
from organisation.queries.posts import Chair
from organisation.rules.grades import school_year, school_year_start

FEWEST_MEMBERS = 3


@transaction.atomic
def form_group(unit: Unit, kind: GroupKind, seats: list[Seat], *, by, on: date | None = None) -> LeadingGroup:
    """Form a group, or change who sits in it: who leaves keeps the days served. Formed alike again changes nothing.

    Raises NotYours, Malformed (`too_few`, `no_head`, `twice`).
    """
    on, year = on or clock.today(), school_year(clock.today())
    if not may_plan(by, unit, on=clock.today()) or unit.kind != UnitKind.SCHOOL:
        raise NotYours("permission_denied", "小组由校长、副校长或控辍专干登记。")
    _require_seats(seats, on)
    group, _ = LeadingGroup.objects.select_for_update().get_or_create(
        unit=unit,
        year=year,
        kind=kind,
        defaults={"path": unit.path, "formed_on": on, "formed_by": by, "formed_at": clock.now()},
    )
    sitting = {member.person_id: member for member in group.members.filter(last_day__isnull=True)}
    wanted = {seat.person: seat for seat in seats}
    for person, member in sitting.items():
        seat = wanted.get(person)
        if seat is None or (seat.role, seat.post_kind) != (member.role, member.post_kind):
            member.last_day = max(on, member.first_day)
            member.save()
        else:
            del wanted[person]
    for seat in wanted.values():
        GroupMember.objects.create(
            group=group, person_id=seat.person, post_kind=seat.post_kind, role=seat.role, first_day=on
        )
    if kind == GroupKind.LEADING:
        close_by_key(key_of("leading_group", unit.code, str(year)), by=by, text="领导小组已成立")
    return group


def _require_seats(seats, on):
    if on > clock.today():
        raise Malformed("bad_time", "日期不能晚于今天。", fields={"on": ["晚于今天"]})
    if len({seat.person for seat in seats}) < len(seats):
        raise Malformed("twice", "一个人在小组里只能有一个职务。")
    if sum(seat.role == GroupRole.HEAD for seat in seats) != 1:
        raise Malformed("no_head", "小组要有一名组长,而且只有一名。")
    if len(seats) < FEWEST_MEMBERS:
        raise Malformed("too_few", f"小组至少 {FEWEST_MEMBERS} 人。")


@transaction.atomic
def make_plan(unit: Unit, *, goals: str, by) -> YearPlan:
    """The plan of this school year; one a unit, its goals may be put better later.

    Raises NotYours, Malformed (`missing`).
    """
    if not may_plan(by, unit, on=clock.today()):
        raise NotYours("permission_denied", "年度计划由校长、副校长、控辍专干制定,县里由教育局制定。")
    if not goals.strip():
        raise Malformed("missing", "请写明目标。", fields={"goals": ["必填"]})
    year = school_year(clock.today())
    plan, made = YearPlan.objects.select_for_update().get_or_create(
        unit=unit,
        year=year,
        defaults={"path": unit.path, "goals": goals.strip(), "made_by": by, "made_at": clock.now()},
    )
    if not made and plan.goals != goals.strip():
        plan.goals = goals.strip()
        plan.save()
    close_by_key(key_of("year_plan", unit.code, str(year)), by=by, text="年度计划已制定")
    return plan


@transaction.atomic
def add_item(plan: YearPlan, *, title: str, post_kind: str, due_on: date, by) -> PlanItem:
    """One more thing to do. Raises NotYours, Malformed (`missing`, `bad_post`, `bad_time`)."""
    plan = YearPlan.objects.select_for_update(of=("self",)).select_related("unit").get(pk=plan.pk)
    if not may_plan(by, plan.unit, on=clock.today()):
        raise NotYours("permission_denied", "计划事项由制定计划的单位添加。")
    if not title.strip():
        raise Malformed("missing", "请写明事项。", fields={"title": ["必填"]})
    if post_kind not in PLAN_POSTS[plan.unit.kind]:
        raise Malformed("bad_post", "请选择本单位的岗位。", fields={"post_kind": ["请选择"]})
    if not school_year_start(plan.year) <= due_on < school_year_start(plan.year + 1) or due_on < clock.today():
        raise Malformed("bad_time", "完成日期应在本学年内,不早于今天。", fields={"due_on": ["日期不对"]})
    given = {"title": title.strip()[:200], "post_kind": post_kind, "due_on": due_on}
    return plan.items.filter(state=PlanItemState.OPEN, **given).first() or plan.items.create(**given)


@transaction.atomic
def settle_item(item: PlanItem, *, text: str, by, paper=None, dropped=False) -> PlanItem:
    """Done, with how; or dropped, with why, by who plans. Raises NotYours, Malformed (`missing`), Refused (`wrong_state`)."""
    item = PlanItem.objects.select_for_update(of=("self",)).select_related("plan__unit").get(pk=item.pk)
    today = clock.today()
    allowed = may_plan(by, item.plan.unit, on=today) if dropped else may_finish_item(by, item, on=today)
    if not allowed:
        raise NotYours("permission_denied", "这一项由责任岗位办结,由制定计划的单位取消。")
    if not text.strip():
        raise Malformed("missing", "请写明完成情况或取消的原因。", fields={"text": ["必填"]})
    if item.state != PlanItemState.OPEN:
        raise Refused("wrong_state", f"这一项{item.get_state_display()}。")
    item.state = PlanItemState.DROPPED if dropped else PlanItemState.DONE
    item.done_on, item.done_by, item.text, item.paper = today, by, text.strip()[:500], paper
    item.save()
    key = key_of_item(item)
    if dropped:
        for duty in Duty.objects.open().filter(key=key):
            cancel_duty(duty, text="计划事项取消")
    else:
        close_by_key(key, by=by, text=item.text)
    return item


def key_of_item(item) -> str:
    return f"plan_item:{item.pk}"


@transaction.atomic
def open_item_duties() -> int:
    """Items whose day is near stand in the inbox of their post; run as often as one likes."""
    today = clock.today()
    items = list(PlanItem.objects.filter(state=PlanItemState.OPEN).select_related("plan__unit"))
    books = rule_books({item.plan.path for item in items})
    wanted = {}
    for item in items:
        book, path = books[item.plan.path], item.plan.path
        notice = book.rules(path, on=today).routine.plan_item_notice_days
        if book.calendar(path).add_school_days_back(item.due_on, notice) <= today:
            wanted[key_of_item(item)] = _item_fields(item)
    return open_many(wanted)


def _item_fields(item) -> dict:
    return {
        "kind": "plan_item",
        "title": f"年度计划:{item.title}",
        "chair": Chair(item.post_kind, item.plan.path),
        "path": item.plan.path,
        "due_at": clock.end_of(item.due_on),
        "about": item.pk,
    }


def rules_of(unit: Unit):
    """What the regulation says of routine work at a unit today."""
    return rule_book(unit.path).rules(unit.path, on=clock.today()).routine
