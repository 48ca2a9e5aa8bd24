"""How every verb begins and ends: lock, who may, is it time; then the step, written once and chained to the last."""

import json

from accountability.enums import FINDING_MOVES, FINDING_VERBS, FindingState, StepKind
from accountability.models import Finding, FindingStep
from accountability.permissions import may_answer_appeal, may_decide, may_handle, may_investigate, sits
from accountability.queries.conflicts import conflict_of, has_decided, has_investigated, team_of
from accountability.queries.steps import digest_of
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.queries.edition import rule_book

ARTICLE = "监察法及公职人员政务处分法有关回避的规定"


def locked(finding: Finding) -> Finding:
    rows = Finding.objects.select_for_update(of=("self",))
    return rows.select_related("subject_person", "subject_unit", "lead__lapse__duty", "pupil").get(pk=finding.pk)


def rules_of(finding):
    return rule_book(finding.path).rules(finding.path, on=clock.today()).accountability


def calendar_of(finding):
    return rule_book(finding.path).calendar(finding.path)


def require_decider(by, finding):
    """Raises NotYours (`permission_denied`, `conflict`)."""
    today = clock.today()
    if may_decide(by, finding, on=today):
        return
    _say_conflict(by, finding, sits(by, finding, on=today), today)
    raise NotYours("permission_denied", f"这一步由{finding.get_decider_kind_display()}办理。")


def require_investigator(by, finding):
    """Raises NotYours (`permission_denied`, `conflict`)."""
    today = clock.today()
    if may_investigate(by, finding, on=today):
        return
    _say_conflict(by, finding, by.pk in {member.person_id for member in team_of(finding)}, today)
    raise NotYours("permission_denied", "这一步由本事项的调查人办理。")


def require_handler(by, finding):
    """Raises NotYours (`permission_denied`, `conflict`)."""
    today = clock.today()
    if may_handle(by, finding, on=today):
        return
    takes_part = sits(by, finding, on=today) or by.pk in {member.person_id for member in team_of(finding)}
    _say_conflict(by, finding, takes_part, today)
    raise NotYours("permission_denied", "这一步由本事项的调查人或决定人办理。")


def require_appeal_seat(by, finding):
    """Raises NotYours (`permission_denied`, `conflict`)."""
    today = clock.today()
    if may_answer_appeal(by, finding, on=today):
        return
    if sits(by, finding, on=today, seat="appeal") and has_decided(by, finding):
        raise NotYours("conflict", "您作出了原决定,申诉应由他人处理。", article=ARTICLE)
    _say_conflict(by, finding, sits(by, finding, on=today, seat="appeal"), today)
    raise NotYours("permission_denied", "申诉由上一级处理。")


def _say_conflict(by, finding, takes_part, today):
    if not takes_part:
        return
    reason = conflict_of(by, finding, on=today) or ("参加过本事项的调查" if has_investigated(by, finding) else "")
    if reason:
        raise NotYours("conflict", f"您{reason},应当回避。", article=ARTICLE)


def require_team(finding):
    """At least two investigators whom nothing keeps out, at every step that rests on their work (F51).

    Raises Refused (`small_team`, `team_conflict`).
    """
    today, needed = clock.today(), rules_of(finding).investigators
    team = team_of(finding)
    if len(team) < needed:
        raise Refused("small_team", f"调查人不少于 {needed} 人,请先组成调查组。")
    for member in team:
        reason = conflict_of(member.person, finding, on=today)
        if not reason and not may_investigate(member.person, finding, on=today):
            reason = "已不在岗"
        if reason:
            raise Refused("team_conflict", f"调查人{member.person.name}{reason},请先更换。", article=ARTICLE)


def require_state(finding, verb):
    """Raises Refused (`wrong_state`)."""
    if finding.state not in FINDING_VERBS[verb]:
        raise Refused("wrong_state", f"事项“{finding.get_state_display()}”,现在不能这样办理。")


def require_texts(**texts):
    """Every named text must say something. Raises Malformed (`missing`)."""
    lacking = [name for name, value in texts.items() if not (value or "").strip()]
    if lacking:
        raise Malformed("missing", "请填写完整。", fields={name: ["必填"] for name in lacking})


def past_day(on, *, since, until=None):
    """The day that was given, neither to come nor before `since`; today where none was. Raises Malformed (`bad_time`)."""
    today = clock.today()
    on = on or today
    if not since <= on <= (until or today):
        raise Malformed(
            "bad_time", f"日期应在 {since:%Y-%m-%d} 与 {until or today:%Y-%m-%d} 之间。", fields={"on": ["日期不对"]}
        )
    return on


def write_step(finding, kind: StepKind, *, by, after=None, details=None, on=None, **fields) -> FindingStep:
    """Add one step, move the finding where it moves, and chain the record. The finding is locked by the caller."""
    last = finding.steps.order_by("number").last()
    before = finding.state if last else ""
    after = FindingState(after or finding.state)
    if before and after != before:
        require_move(FindingState(before), after, FINDING_MOVES)
    step = FindingStep(
        finding=finding,
        number=(last.number if last else 0) + 1,
        kind=kind,
        before=before,
        after=after,
        on=on or clock.today(),
        at=clock.now(),
        by=by,
        sealed_details=json.dumps(details, ensure_ascii=False) if details else "",
        **fields,
    )
    step.digest = digest_of(step, last.digest if last else "")
    step.save()
    finding.state = after
    finding.save()
    return step
