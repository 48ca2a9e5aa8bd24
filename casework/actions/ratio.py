"""The ratio rules reconciled (F11): what the rolls want is compared with what is stored, and performed by records."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from casework.actions.batches import in_batches
from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.actions.ladder import chair_of
from casework.actions.letters import issue_letter
from casework.enums import LetterKind
from casework.enums.truancy import RATIO_MEASURES, RatioMeasure, RatioRule, RatioState
from casework.models import RatioRecord, RatioStep
from casework.permissions import answers
from casework.queries.conduct import RollFacts
from casework.rules.ratio import limits_passed
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.edition import rule_book
from students.actions.timeline import record

OWNERS = {
    RatioRule.YEAR: PostKind.CLASS_TEACHER,
    RatioRule.SEMESTER: PostKind.HEAD_OF_TEACHING,
    RatioRule.SEMESTERS: PostKind.HEAD_OF_TEACHING,
}


def follow_ratios(pupil_ids) -> int:
    """Bring the ratio steps of these pupils in line with the rolls; returns how many were opened or voided."""
    return in_batches(pupil_ids, bring_ratios)["ratios"]


def bring_ratios(facts: RollFacts) -> Counter:
    stored = defaultdict(list)
    for step in RatioStep.objects.filter(pupil__in=facts.paths).select_related("duty"):
        stored[step.pupil_id].append(step)
    changed = 0
    for pupil in sorted({*facts.shares, *stored}):
        rules = facts.rules(facts.paths[pupil]).ratio
        passed = limits_passed(*facts.shares[pupil], rules) if pupil in facts.shares else []
        changed += _reconcile(facts, pupil, passed, stored[pupil])
    return Counter(ratios=changed)


def _reconcile(facts, pupil, passed, stored) -> int:
    """Open what the shares want, void what present shares no longer want; what was performed stays."""
    wanted = {(one.rule, one.share.period): one.share for one in passed}
    known = {(step.rule, step.period): step for step in stored}
    present = {period for _, period in wanted} | {step.period for step in stored if step.state == RatioState.OPEN}
    changed = 0
    for key, share in wanted.items():
        step = known.get(key)
        if step is None or step.state == RatioState.VOIDED:
            _open(facts, pupil, *key, share, step)
            changed += 1
        elif (step.unexcused, step.expected) != (share.unexcused, share.expected) and step.state == RatioState.OPEN:
            step.unexcused, step.expected = share.unexcused, share.expected
            step.save()
    for key, step in known.items():
        if step.state == RatioState.OPEN and key not in wanted and step.period in present:
            step.state = RatioState.VOIDED
            step.save()
            if step.duty:
                cancel_duty(step.duty, text="缺课比例已不超过限度")
            changed += 1
    return changed


def _open(facts, key, rule, period, share, step):
    """A step; with a duty, unless a case has taken over."""
    pupil, path = facts.pupils[key], facts.paths[key]
    step = step or RatioStep(pupil=pupil, rule=rule, period=period)
    step.path, step.unexcused, step.expected = path, share.unexcused, share.expected
    step.state, step.opened_at = RatioState.OPEN, clock.now()
    step.save()
    share_text = f"旷课 {share.unexcused}/{share.expected} 节"
    if key not in facts.live:
        due = facts.calendar(path).add_school_days(facts.on, facts.rules(path).ratio.due_days)
        step.duty = open_duty(
            "ratio",
            f"ratio:{step.pk}",
            title=f"{pupil.name} {RatioRule(rule).label}超限:{share_text}",
            chair=chair_of(OWNERS[RatioRule(rule)], path),
            path=path,
            due_at=clock.end_of(due),
            pupil=key,
            about=step.pk,
        )
        step.save()
    record(
        pupil,
        "ratio",
        f"{RatioRule(rule).label}超限:{share_text}",
        by=None,
        on=clock.today(),
        link=f"/ratios/{step.pk}/",
    )


def may_perform_ratio(person, step: RatioStep, *, on) -> bool:
    chair = chair_of(OWNERS[RatioRule(step.rule)], step.path)
    return answers(person, chair.kind, chair.path, on=on)


@transaction.atomic
def perform_ratio(step: RatioStep, entry: Mapping, *, by) -> RatioStep:
    """Write the record of one measure; with all of them the step is performed. The agreement goes out as a letter.

    `entry` is {"kind", "at", "place", "by", "text", "statement", "paper"}. Raises NotYours, Malformed, Refused.
    """
    step = RatioStep.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=step.pk)
    if not may_perform_ratio(by, step, on=clock.today()):
        raise NotYours("permission_denied", f"这一步由{OWNERS[RatioRule(step.rule)].label}办理。")
    measures = RATIO_MEASURES[RatioRule(step.rule)]
    if entry["kind"] not in measures:
        raise Malformed("not_a_measure", f"这一步的措施是:{'、'.join(one.label for one in measures)}。")
    lacking = [name for name in ("place", "by", "text") if not entry[name].strip()]
    if lacking:
        raise Malformed("missing", "地点、办理人、内容都要写明。", fields={name: ["必填"] for name in lacking})
    if entry["at"] > max(clock.now(), timezone.now()):
        raise Malformed("bad_time", "记录的时间不能晚于现在。", fields={"at": ["不能晚于现在"]})
    if step.state != RatioState.OPEN:
        raise Refused("wrong_state", f"这一步{step.get_state_display()},不能再办理。")
    written = {name: entry.get(name) or "" for name in ("at", "place", "by", "text", "statement")}
    RatioRecord.objects.update_or_create(
        step=step,
        kind=entry["kind"],
        defaults={**written, "paper": entry.get("paper"), "entered_by": by, "entered_at": clock.now()},
    )
    if entry["kind"] == RatioMeasure.COOPERATION:
        _agreement(step, entry, by)
    record(step.pupil, "ratio", RatioMeasure(entry["kind"]).label, by=by, on=clock.today(), link=f"/ratios/{step.pk}/")
    if {*step.records.values_list("kind", flat=True)} >= {*measures}:
        step.state, step.performed_at = RatioState.PERFORMED, clock.now()
        step.save()
        if step.duty:
            close_duty(step.duty, by=by, text="各项措施已登记")
    return step


def _agreement(step, entry, by):
    plan = step.records.filter(kind=RatioMeasure.TUTORING_PLAN).first()
    term = rule_book(step.path).calendar(step.path).semester_of(clock.today())
    issue_letter(
        LetterKind.TUTORING,
        step.pupil,
        by=by,
        about_kind="ratio",
        about=step.pk,
        school_part=plan.text if plan else "课后辅导",
        family_part=entry["text"],
        since=f"{clock.today():%Y年%m月%d日}",
        until=f"{term.last_day:%Y年%m月%d日}",
    )
