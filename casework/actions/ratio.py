"""The ratio rules reconciled (F11): what the rolls want is compared with what is stored, and performed by records."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.actions.ladder import chair_of
from casework.actions.letters import issue_letter
from casework.enums import LetterKind
from casework.enums.truancy import RATIO_MEASURES, RatioMeasure, RatioRule, RatioState
from casework.models import Case, RatioRecord, RatioStep
from casework.permissions import answers
from casework.queries.shares import shares_of
from casework.rules.ratio import limits_passed
from organisation import clock
from organisation.enums import PostKind
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.edition import rule_book
from students.actions.timeline import record
from students.models import Pupil

OWNERS = {
    RatioRule.YEAR: PostKind.CLASS_TEACHER,
    RatioRule.SEMESTER: PostKind.HEAD_OF_TEACHING,
    RatioRule.SEMESTERS: PostKind.HEAD_OF_TEACHING,
}
BATCH = 500


def follow_ratios(pupil_ids) -> int:
    """Bring the ratio steps of these pupils in line with the rolls; returns how many were opened or voided."""
    keys, changed = sorted(set(pupil_ids)), 0
    for start in range(0, len(keys), BATCH):
        changed += _follow_batch(keys[start : start + BATCH])
    return changed


@transaction.atomic
def _follow_batch(keys):
    today = clock.today()
    pupils = {pupil.pk: pupil for pupil in Pupil.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    shares = shares_of(keys, on=today)
    stored: dict[int, list[RatioStep]] = {}
    for step in RatioStep.objects.filter(pupil__in=keys).select_related("duty"):
        stored.setdefault(step.pupil_id, []).append(step)
    live = set(Case.objects.live().filter(pupil__in=keys).values_list("pupil", flat=True))
    changed = 0
    for pk in {*shares, *stored}:
        pupil = pupils[pk]
        rules = rule_book(pupil.path).rules(pupil.path, on=today).ratio
        passed = limits_passed(*shares[pk], rules) if pk in shares else []
        changed += _reconcile(pupil, passed, stored.get(pk, []), rules, quiet=pk in live)
    return changed


def _reconcile(pupil, passed, stored, rules, *, quiet) -> int:
    """Open what the shares want, void what present shares no longer want; what was performed stays."""
    wanted = {(one.rule, one.share.period): one.share for one in passed}
    known = {(step.rule, step.period): step for step in stored}
    present = {period for _, period in wanted} | {step.period for step in stored if step.state == RatioState.OPEN}
    changed = 0
    for key, share in wanted.items():
        step = known.get(key)
        if step is None or step.state == RatioState.VOIDED:
            _open(pupil, *key, share, step, rules, quiet=quiet)
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


def _open(pupil, rule, period, share, step, rules, *, quiet):
    step = step or RatioStep(pupil=pupil, rule=rule, period=period)
    step.path, step.unexcused, step.expected = pupil.path, share.unexcused, share.expected
    step.state, step.opened_at = RatioState.OPEN, clock.now()
    step.save()
    share_text = f"旷课 {share.unexcused}/{share.expected} 节"
    if not quiet:
        calendar = rule_book(pupil.path).calendar(pupil.path)
        step.duty = open_duty(
            "ratio",
            f"ratio:{step.pk}",
            title=f"{pupil.name} {RatioRule(rule).label}超限:{share_text}",
            chair=chair_of(OWNERS[RatioRule(rule)], pupil.path),
            path=pupil.path,
            due_at=clock.end_of(calendar.add_school_days(clock.today(), rules.due_days)),
            pupil=pupil.pk,
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
