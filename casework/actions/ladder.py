"""The ladder reconciled (F10): what the facts want is compared with what is stored, and only the difference written."""

from collections import Counter, defaultdict
from datetime import date
from functools import partial

from casework.actions.batches import in_batches
from casework.actions.duties import cancel_duty, open_duty
from casework.enums import EscalationState, MeasureKind
from casework.models import Duty, Escalation, Measure
from casework.queries.conduct import RollFacts, cohort_path, school_path
from casework.rules.ladder import Plan, Standing, Step, derive_steps, due_on, period_of, reconcile
from organisation import clock
from organisation.actions.bulk import create_with_history
from organisation.enums import PostKind
from organisation.queries.posts import Chair
from students.actions.slips import lift_suspension
from students.actions.timeline import record

OUTCOMES = ("created", "voided", "overturned", "relevelled", "unchanged")
STANDING = ("pk", "day", "state", "count_now", "level", "period")


def follow_ladder(pupil_ids, *, noticed_on: date | None = None) -> Counter:
    """Bring the ladder of these pupils in line with the rolls; a second run changes nothing.

    `noticed_on` is the day on which the change of fact was recorded: clocks of new steps run from it at the earliest.
    """
    return outcomes(in_batches(pupil_ids, partial(bring_ladder, noticed_on=noticed_on)))


def outcomes(counted: Counter) -> Counter:
    """What became of the ladder, of all that was counted."""
    return Counter({outcome: counted[outcome] for outcome in OUTCOMES})


def bring_ladder(facts: RollFacts, *, noticed_on: date | None = None) -> Counter:
    """The ladder of a batch; who has nothing to change costs no object and no statement."""
    stored, moved = defaultdict(list), set()
    for pupil, path, *standing in Escalation.objects.filter(pupil__in=facts.paths).values_list(
        "pupil", "path", *STANDING
    ):
        one = Standing(*standing)
        stored[pupil].append(one)
        if one.state == EscalationState.OPEN and path != facts.paths[pupil]:
            moved.add(pupil)
    counted, plans = Counter(), {}
    for pupil in sorted({*facts.conduct, *stored}):
        plan = _plan(facts, pupil, stored[pupil])
        if plan.changes_nothing and pupil not in moved:
            counted["unchanged"] += plan.unchanged
        else:
            plans[pupil] = plan
    if plans:
        counted.update(_apply(facts, plans, noticed_on))
    return counted


def _plan(facts: RollFacts, pupil, standing) -> Plan:
    path = facts.paths[pupil]

    def ladder_on(day):
        rules = facts.rules(path, on=day)
        return rules.ladder, rules.digest

    steps = derive_steps(facts.conduct.get(pupil, ()), calendar=facts.calendar(path), ladder_on=ladder_on)
    return reconcile(steps, standing)


def _apply(facts: RollFacts, plans, noticed_on) -> Counter:
    stored = defaultdict(list)
    for escalation in Escalation.objects.filter(pupil__in=plans).select_related("duty", "suspension"):
        stored[escalation.pupil_id].append(escalation)
    counted, created = Counter(), []
    for pupil, plan in plans.items():
        counted.update(_Follower(facts, pupil, stored[pupil], noticed_on).apply(plan, created))
    _create(created)
    return counted


class _Follower:
    """Brings one pupil's ladder in line, with the calendar and the regulation of the pupil's class."""

    def __init__(self, facts: RollFacts, pupil, escalations, noticed_on):
        self.pupil, self.is_away = facts.pupils[pupil], pupil in facts.away
        self.today, self.noticed_on = facts.on, noticed_on
        self.stored = {escalation.pk: escalation for escalation in escalations}
        self.calendar = facts.calendar(self.pupil.path)
        self.period = period_of(self.today, facts.rules(self.pupil.path).ladder, self.calendar)

    def apply(self, plan: Plan, created) -> Counter:
        for step in plan.create:
            created.append((self, self._new(step), step))
        for key in plan.void:
            self._void(self.stored[key])
        for key in plan.overturn:
            self._overturn(self.stored[key])
        for key, step in plan.revive:
            self._revive(self.stored[key], step)
        for key, step in plan.relevel:
            self._relevel(self.stored[key], step)
        self._move_open_ones()
        return Counter(
            created=len(plan.create) + len(plan.revive),
            voided=len(plan.void),
            overturned=len(plan.overturn),
            relevelled=len(plan.relevel),
            unchanged=plan.unchanged,
        )

    def _new(self, step: Step) -> Escalation:
        return Escalation(
            pupil=self.pupil,
            path=self.pupil.path,
            day=step.day,
            period=step.period,
            count=step.count,
            count_now=step.count,
            level=step.level,
            owner=step.rung.owner,
            document=step.rung.document,
            due_at=self.due_at(step),
            record_only=step.period != self.period or self.is_away,
            digest=step.digest,
            created_at=clock.now(),
        )

    def due_at(self, step):
        return clock.end_of(due_on(step, self.calendar, noticed_on=self.noticed_on))

    def open_duty_for(self, escalation: Escalation):
        """An escalation that counts has its duty; closed periods and dropped-out pupils give records only."""
        if escalation.record_only:
            return
        chair = chair_of(escalation.owner, escalation.path)
        escalation.duty = open_duty(
            "escalation",
            f"escalation:{escalation.pk}",
            title=f"{self.pupil.name} 第{escalation.count_now}次旷课({escalation.day:%m月%d日})",
            chair=chair,
            path=escalation.path,
            due_at=escalation.due_at,
            pupil=self.pupil.pk,
            about=escalation.pk,
        )
        escalation.save()

    def _void(self, escalation):
        escalation.state = EscalationState.VOIDED
        escalation.save()
        if escalation.duty:
            cancel_duty(escalation.duty, text="旷课已更正,不再需要处理")
        self._record(escalation, f"第{escalation.count_now}次旷课的处理作废:当天不再是旷课")

    def _overturn(self, escalation):
        """What was done stays on record; the guardians are told and a discipline is lifted."""
        escalation.state = EscalationState.OVERTURNED
        escalation.save()
        self._record(escalation, f"第{escalation.count}次旷课的处理撤销:当天不再是旷课,惩戒解除")
        if escalation.suspension:
            lift_suspension(escalation.suspension, by=escalation.performed_by)
        open_duty(
            "tell_guardians",
            f"tell_guardians:{escalation.pk}:{escalation.history.count()}",
            title=f"告知{self.pupil.name}家长:{escalation.day:%m月%d日}的旷课处理已撤销",
            chair=chair_of(PostKind.CLASS_TEACHER, self.pupil.path),
            path=self.pupil.path,
            due_at=clock.end_of(self.calendar.add_school_days(self.today, 1)),
            pupil=self.pupil.pk,
            about=escalation.pk,
        )

    def _revive(self, escalation, step):
        """The day counts after all: what was performed stands again, what was not is open again."""
        if escalation.state == EscalationState.OVERTURNED:
            escalation.state = EscalationState.PERFORMED
            escalation.count_now, escalation.period = step.count, step.period
            escalation.save()
        else:
            escalation.state = EscalationState.OPEN
            self._relevel(escalation, step)
        self._record(escalation, f"{escalation.day:%m月%d日}仍是旷课,恢复处理")

    def _relevel(self, escalation, step):
        escalation.count_now, escalation.period = step.count, step.period
        if escalation.state == EscalationState.PERFORMED:
            escalation.save()
            return
        moved = escalation.level != step.level
        escalation.count, escalation.digest = step.count, step.digest
        escalation.record_only = step.period != self.period or self.is_away
        if moved or escalation.duty is None or escalation.duty.state != "open":
            escalation.level, escalation.owner, escalation.document = step.level, step.rung.owner, step.rung.document
            noticed = max(filter(None, (self.noticed_on, self.today)))
            escalation.due_at = clock.end_of(due_on(step, self.calendar, noticed_on=noticed))
            _set_measures(escalation, step.rung.measures)
        escalation.save()
        self.open_duty_for(escalation)

    def _move_open_ones(self):
        """A pupil who changed class keeps the count; open duties go to the new class's people."""
        for escalation in self.stored.values():
            if escalation.state != EscalationState.OPEN or escalation.path == self.pupil.path:
                continue
            escalation.path = self.pupil.path
            escalation.save()
            if escalation.duty:
                move_duty(escalation.duty, chair_of(escalation.owner, escalation.path), escalation.path)

    def _record(self, escalation, text):
        record(self.pupil, "escalation", text, by=None, on=self.today, link=f"/escalations/{escalation.pk}/")


def _create(created):
    """New escalations with their measures, history and duties."""
    rows = create_with_history(Escalation, [escalation for _, escalation, _ in created])
    Measure.objects.bulk_create(
        Measure(escalation=escalation, kind=MeasureKind(kind))
        for escalation, (_, _, step) in zip(rows, created, strict=True)
        for kind in step.rung.measures
    )
    for escalation, (follower, _, _) in zip(rows, created, strict=True):
        follower.open_duty_for(escalation)
        follower._record(escalation, f"{escalation.day:%m月%d日}旷课,本期第{escalation.count}次")


def _set_measures(escalation, kinds):
    """The measures of the new level; a record that has done one of them already keeps it."""
    Measure.objects.filter(escalation=escalation, record__isnull=True).exclude(kind__in=kinds).delete()
    known = set(escalation.measures.values_list("kind", flat=True))
    Measure.objects.bulk_create(Measure(escalation=escalation, kind=kind) for kind in kinds if kind not in known)


def move_duty(duty: Duty, chair: Chair, path):
    duty.post_kind, duty.chair_path, duty.path = chair.kind, chair.path, path
    duty.save()


def chair_of(owner, class_path) -> Chair:
    """The post that a rung names, for a pupil of that class."""
    paths = {
        PostKind.CLASS_TEACHER: class_path,
        PostKind.GRADE_HEAD: cohort_path(class_path),
    }
    return Chair(owner, paths.get(owner) or school_path(class_path))
