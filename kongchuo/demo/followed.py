"""What came of the demo's year: register changes of those who went, ladder records, late duties, figures, a return."""

from datetime import date, timedelta
from random import Random

from accountability.actions.leads import open_leads
from casework.actions.duties import chase_duties
from casework.actions.follow import follow_absences, open_roll_duties
from casework.enums import Discipline, DutyState, EscalationState, MeasureKind
from casework.models import Duty, Escalation, Measure, RiskWarning, TalkRecord
from kongchuo.demo import backtest, ledgers, letters, routine, truth, warnings
from kongchuo.demo.cases import date_back, date_rows, tell_cases
from kongchuo.demo.pupils import moment
from organisation.actions.bulk import create_with_history
from organisation.models import FactChange, Post, Unit
from organisation.queries.posts import Chair, PostBook
from organisation.rules.grades import school_year, school_year_start
from reports.actions.rates import compute_rates, open_leads_over_limits
from reports.actions.returns import make_return
from students.actions.register import change_register
from students.enums import ChangeKind
from students.models import Enrolment, Mark, Pupil, RegisterChange, Roll

SAID = {
    MeasureKind.VERBAL_WARNING: "与学生谈话,提醒按时到校,学生表示改正。",
    MeasureKind.WRITTEN_WARNING: "送达书面警告,家长已在回执上签字。",
    MeasureKind.INDIVIDUAL_TALK: "单独谈话,了解到学生近来学习跟不上,约定每天放学后补课。",
    MeasureKind.CLASS_TALK: "班会上讲按时到校的重要,不点名。",
    MeasureKind.CRITICISM: "年级组长严肃批评,指出再次旷课的后果。",
    MeasureKind.GUARDIANS_TOLD: "电话告知家长,家长表示配合督促。",
    MeasureKind.ONE_TO_ONE_TALK: "校领导一对一谈话,学生说明了原因。",
    MeasureKind.HOME_VISIT: "到家中走访,与监护人商定每日接送。",
    MeasureKind.DISCIPLINE: "经研究给予教育惩戒。",
}


def follow(random: Random, built, days: list[date], fates, today: date):
    """From rolls to inboxes, figures and files, by the product's own actions wherever they are quick enough."""
    letters.give_words()
    _register(random, fates, days, today)
    follow_absences()
    _perform(random, today)
    warnings.fill(random, built, today)
    letters.fill(random, built, today)
    ledgers.fill(random, built, today)
    backtest.fill(built, today)
    routine.fill(random, built, today)
    open_roll_duties()
    chase_duties()
    open_leads()
    truth.fill(built, days)
    FactChange.objects.all().delete()
    for as_of in _cut_offs(today):
        computed = compute_rates(built.root, as_of=as_of)
    open_leads_over_limits(computed)
    last_month = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    for unit in [*built.schools[:2], built.county]:
        make_return(Unit.objects.get(pk=unit.pk), last_month)


def _register(random, fates, days, today):
    """Who vanished has a case; a few others moved or fell ill."""
    stories = tell_cases(random, fates, days, today)
    for story in stories:
        _unmark(story.pupil, story.away[0])
    date_back(stories)
    for story in stories:
        story.close()
    quiet = Enrolment.objects.filter(ends__isnull=True, status="in_school").exclude(pupil__in=fates.gone)
    keys = list(quiet.order_by("pk").values_list("pupil", flat=True))
    for key in random.sample(keys, min(len(keys), max(3, len(keys) // 150))):
        pupil = Pupil.objects.get(pk=key)
        on = random.choice(days[-40:-2])
        if pupil.school_class.entry_year == school_year(today) and on <= school_year_start(school_year(today)):
            continue
        kind = random.choice((ChangeKind.TRANSFER_OUT, ChangeKind.SUSPEND, ChangeKind.HOME_TEACHING))
        given = {"to_school": "外县学校"} if kind == ChangeKind.TRANSFER_OUT else {"reason": "因病"}
        until = {"until": today + timedelta(days=120)} if kind == ChangeKind.SUSPEND else {}
        change_register(pupil, kind, date=on, by=None, **given, **until)
        _unmark(pupil, on)
        _date_as_of(pupil)


def _unmark(pupil, since):
    """Rolls after the day on which the register says that the child was gone do not list it."""
    marks = Mark.objects.filter(pupil=pupil, date__gt=since + timedelta(days=10))
    marks.delete()


def _date_as_of(pupil):
    """The demo's changes were entered a few days after they happened, not today."""
    for change in RegisterChange.objects.filter(pupil=pupil).exclude(kind=ChangeKind.ENROL):
        at = moment(change.effective_on + timedelta(days=1), 16)
        began = list(change.began.values_list("pk", flat=True))
        for rows, keys, field in ((RegisterChange, [change.pk], "at"), (Enrolment, began, "recorded_at")):
            date_rows(rows, keys, **{field: at})


def _perform(random, today):
    """Steps older than a few days were mostly performed, with their records; some were left, and are late."""
    escalations = list(
        Escalation.objects.filter(state=EscalationState.OPEN, day__lt=today - timedelta(days=4)).select_related("duty")
    )
    book = PostBook({escalation.path for escalation in escalations}, on=today)
    done = [escalation for escalation in escalations if random.random() < 0.88]
    records: list[TalkRecord] = []
    measures: list[tuple[Measure, int]] = []
    for escalation in done:
        holder = book.holder(_chair(escalation)) or Post.objects.select_related("person").first()
        at = moment(min(escalation.day + timedelta(days=random.randrange(1, 4)), today), 16, random.randrange(60))
        for measure in escalation.measures.all():
            measures.append((measure, len(records)))
            records.append(_record(escalation, measure, holder.person, at))
        escalation.state, escalation.performed_at, escalation.performed_by = (
            EscalationState.PERFORMED,
            at,
            holder.person,
        )
        escalation.save()
        if escalation.duty:
            duty = escalation.duty
            duty.state, duty.done_at, duty.done_by, duty.text = DutyState.DONE, at, holder.person, "各项措施已登记"
            duty.save()
    saved = create_with_history(TalkRecord, records)
    for measure, number in measures:
        measure.record = saved[number]
    Measure.objects.bulk_update([measure for measure, _ in measures], ["record"], batch_size=500)


def _chair(escalation) -> Chair:
    depth = {"class_teacher": 0, "grade_head": 4}.get(escalation.owner, 8)
    return Chair(escalation.owner, escalation.path[: len(escalation.path) - depth])


def _record(escalation, measure, person, at) -> TalkRecord:
    is_discipline = measure.kind == MeasureKind.DISCIPLINE
    return TalkRecord(
        pupil_id=escalation.pupil_id,
        kind=measure.kind,
        at=at,
        place="学生家中" if measure.kind == MeasureKind.HOME_VISIT else "教师办公室",
        by=person.name,
        text=SAID[MeasureKind(measure.kind)],
        statement="我会按时到校。",
        discipline=Discipline.AFTER_CLASS if is_discipline else "",
        entered_by=person,
        entered_at=at,
    )


def _cut_offs(today) -> list[date]:
    """Twice a month through the school year, and today: the line of the chart."""
    day, found = school_year_start(school_year(today)) + timedelta(days=14), []
    while day < today:
        found.append(day)
        day += timedelta(days=15)
    return [*found, today]


def counted() -> dict[str, int]:
    """What the demo holds, for the message at its end."""
    return {
        "学校": Unit.objects.filter(kind="school").count(),
        "班级": Unit.objects.filter(kind="class").count(),
        "学生": Pupil.objects.count(),
        "点名": Roll.objects.count(),
        "考勤标记": Mark.objects.count(),
        "旷课处理": Escalation.objects.count(),
        "预警": RiskWarning.objects.raised().count(),
        "待办": Duty.objects.filter(state=DutyState.OPEN).count(),
    }
