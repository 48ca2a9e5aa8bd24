"""What follows from facts that changed below: the outbox is drained, ladder and duties are brought in line."""

import logging
from collections import Counter
from datetime import time, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from casework.actions.batches import in_batches
from casework.actions.cases.opening import clear_arrived, follow_absentees, follow_moved_cases
from casework.actions.duties import cancel_duty, close_duty, open_duty
from casework.actions.inquiries import open_inquiries
from casework.actions.ladder import bring_ladder, chair_of, follow_ladder, move_duty, outcomes
from casework.actions.ratio import bring_ratios
from casework.actions.warnings.following import follow_warnings
from casework.models import Case, Duty, Escalation, RiskWarning
from casework.queries.conduct import TRUANT, WEIGHED
from organisation import clock
from organisation.enums import PostKind, Session
from organisation.models import FactChange, Regulation
from organisation.queries.edition import COUNTY_LENGTH, rule_book
from organisation.queries.posts import Chair
from organisation.rules.paths import at_or_below
from students.actions.slips import chair_for, excuse_marks
from students.enums import WITHOUT_SLIP, EnrolmentStatus, MarkKind, SlipKind, SlipState, TransferState
from students.models import Enrolment, LeaveSlip, Mark, Pupil, Roll, Transfer
from students.rules.roll import REGULAR_SESSIONS

logger = logging.getLogger(__name__)


def follow_facts(*, given_up=False) -> int:
    """Drain the outbox; returns how many rows were followed. Killed at any point, what was not followed is still there.

    A row that fails stays and is tried again by a later run, more and more seldom, up to `MOST_ATTEMPTS` times;
    `given_up` tries those too for which that was in vain.
    """
    waiting = FactChange.objects.all() if given_up else FactChange.objects.due(at=timezone.now())
    followed = 0
    for key in list(waiting.order_by("pk").values_list("pk", flat=True)):
        followed += _follow_row(key)
    return followed


def _follow_row(key) -> bool:
    """Follow one row and take it off the outbox in one transaction; False where another worker has it, or it failed."""
    change = None
    try:
        with transaction.atomic():
            change = _taken(key)
            if change is None:
                return False
            _follow(change)
            change.delete()
    except Exception:
        FactChange.objects.filter(pk=key).update(attempts=F("attempts") + 1)
        logger.exception("fact %s not followed (%s)", key, change)
        return False
    return True


def _taken(key) -> FactChange | None:
    skip = {"skip_locked": True} if connection.features.has_select_for_update_skip_locked else {}
    return FactChange.objects.select_for_update(**skip).filter(pk=key).first()


def _follow(change):
    follow = {
        "roll": _follow_roll,
        "slip": _follow_slip,
        "enrolment": _follow_enrolment,
        "calendar": _follow_rules,
        "regulation": _follow_rules,
        "transfer": _follow_transfer,
    }.get(change.kind)
    if follow:
        follow(change)


def _noticed(change):
    """The day on which the change was recorded; never after the product's day."""
    return min(timezone.localdate(change.created_at), clock.today())


def _follow_roll(change):
    roll = Roll.objects.select_related("school_class", "submitted_by").filter(pk=change.about).first()
    if roll is not None:
        excuse_marks(change.pupils, roll.date, roll.date)
        _close_call(roll)
        _find_out(roll)
        alert_sick(roll)
    follow_ladder(change.pupils, noticed_on=_noticed(change))
    watched = _watched(roll, change.pupils)
    follow_absentees(watched)
    follow_conduct(change.pupils)
    follow_warnings(watched | _warned(change.path))


def _watched(roll, changed) -> set[int]:
    """Whose presence or absence on this roll may open, settle or move a case: changed marks, absentees, live cases."""
    watched = set(changed)
    if roll is not None:
        watched |= set(roll.marks.filter(kind__in=WITHOUT_SLIP).values_list("pupil", flat=True))
        watched |= set(Case.objects.live().filter(path=roll.path).values_list("pupil", flat=True))
    return watched


def _warned(path) -> set[int]:
    """Who has a standing warning in a class: being there may lower it."""
    return set(RiskWarning.objects.standing().filter(at_or_below("path", [path])).values_list("pupil", flat=True))


def _close_call(roll):
    for duty in Duty.objects.open().filter(key=call_key(roll.school_class_id, roll.date, roll.session)):
        close_duty(duty, by=roll.submitted_by, text="已点名")


def call_key(school_class, day, session) -> str:
    return f"call_roll:{school_class}:{day}:{session}"


def _find_out(roll):
    """“待核实” is to be found out by noon (procedures §1); resolved by correcting the roll, or by a slip."""
    unverified = {
        mark.pupil_id: mark.pupil
        for mark in roll.marks.filter(kind=MarkKind.UNVERIFIED, slip__isnull=True).select_related("pupil")
    }
    prefix = f"find_out:{roll.pk}:"
    for duty in Duty.objects.open().filter(key__startswith=prefix).exclude(pupil__in=unverified):
        close_duty(duty, by=roll.submitted_by, text="已核实")
    if not unverified or roll.date < clock.today():
        return
    rules = rule_book(roll.path).rules(roll.path, on=roll.date).roll
    due = max(clock.at(roll.date, rules.find_out_by), timezone.localtime(roll.submitted_at))
    under_way = set(Duty.objects.open().filter(key__startswith=prefix).values_list("pupil", flat=True))
    for pk, pupil in unverified.items():
        if pk in under_way:  # submitted again: the clock runs on
            continue
        open_duty(
            "find_out",
            f"{prefix}{pk}",
            title=f"核实{pupil.name}{roll.get_session_display()}为何未到校",
            chair=chair_of(PostKind.CLASS_TEACHER, roll.path),
            path=roll.path,
            due_at=due,
            pupil=pk,
            about=roll.pk,
        )


def alert_sick(roll):
    """Three sick with the same symptom in a class on a day, or five in three days: the school is alerted (因病缺勤)."""
    book = rule_book(roll.path)
    rules, calendar = book.rules(roll.path, on=roll.date).roll, book.calendar(roll.path)
    first = roll.date
    for _ in range(rules.sick_alert_window_days - 1):
        first = calendar.last_school_day(first - timedelta(days=1))
    marks = Mark.objects.filter(roll__school_class=roll.school_class_id, date__range=(first, roll.date))
    sick = marks.filter(kind=MarkKind.SICK) | marks.filter(slip__kind=SlipKind.SICK)
    rows = set(sick.values_list("pupil", "date", "note"))
    symptoms = Counter(note.strip() for _, day, note in {row for row in rows if row[1] == roll.date})
    same = max(symptoms.values(), default=0)
    window = len({pupil for pupil, *_ in rows})
    if same < rules.sick_alert_same_day and window < rules.sick_alert_in_window:
        return
    number = max(same, window)
    open_duty(
        "sick_alert",
        f"sick_alert:{roll.school_class_id}:{roll.date}",
        title=f"{roll.school_class.label(on=roll.date)} {number} 名学生因病缺勤,请核实并按规定报告",
        chair=chair_of(PostKind.HEAD_OF_TEACHING, roll.path),
        path=roll.path,
        due_at=clock.end_of(max(roll.date, clock.today())),
        about=roll.pk,
    )


def _follow_slip(change):
    slip = LeaveSlip.objects.select_related("pupil").filter(pk=change.about).first()
    if slip is not None:
        excuse_marks(change.pupils, slip.first_day, slip.last_day)
        _slip_duty(slip)
        for roll in Roll.objects.filter(
            marks__pupil=slip.pupil_id, date__range=(slip.first_day, slip.last_day)
        ).distinct():
            _find_out(roll)
    follow_ladder(change.pupils, noticed_on=_noticed(change))
    follow_absentees(change.pupils)
    follow_conduct(change.pupils)
    follow_warnings(change.pupils)


def follow_conduct(pupil_ids):
    """What follows from a share or a count of unexcused absence beyond the ladder (F11, F12)."""
    in_batches(pupil_ids, bring_ratios, open_inquiries)


def _slip_duty(slip):
    key = f"slip:{slip.pk}"
    if slip.state == SlipState.REQUESTED:
        open_duty(
            "slip",
            key,
            title=f"审批{slip.pupil.name}的{slip.get_kind_display()}({slip.first_day:%m月%d日}起)",
            chair=chair_for(slip),
            path=slip.path,
            due_at=clock.end_of(max(slip.first_day, clock.today())),
            pupil=slip.pupil_id,
            about=slip.pk,
        )
        return
    for duty in Duty.objects.open().filter(key=key):
        if slip.decided_by:
            close_duty(duty, by=slip.decided_by, text=slip.get_state_display())
        else:
            cancel_duty(duty, text="已撤销")


def _follow_enrolment(change):
    pupils = change.pupils or _concerned(change.path)
    follow_ladder(pupils, noticed_on=_noticed(change))
    follow_moved_cases(pupils)
    clear_arrived(pupils)
    follow_warnings(change.pupils or _warned(change.path))
    for duty in Duty.objects.open().filter(pupil__in=pupils, post_kind=PostKind.CLASS_TEACHER).select_related("pupil"):
        if duty.path != duty.pupil.path and duty.kind != "find_out" and not duty.key.startswith(("case:", "warning:")):
            move_duty(duty, chair_of(PostKind.CLASS_TEACHER, duty.pupil.path), duty.pupil.path)


def _follow_transfer(change):
    """A transfer that was offered waits for the receiving school's registrar."""
    transfer = Transfer.objects.select_related("pupil", "to_school").filter(pk=change.about).first()
    if transfer is None:
        return
    key = f"transfer:{transfer.pk}"
    if transfer.state == TransferState.OFFERED:
        calendar = rule_book(transfer.to_school.path).calendar(transfer.to_school.path)
        open_duty(
            "transfer",
            key,
            title=f"接收{transfer.pupil.name}转学",
            chair=Chair(PostKind.REGISTRAR, transfer.to_school.path),
            path=transfer.to_school.path,
            due_at=clock.end_of(calendar.add_school_days(timezone.localdate(transfer.asked_at), 5)),
            about=transfer.pk,
        )
        return
    for duty in Duty.objects.open().filter(key=key):
        close_duty(duty, by=transfer.decided_by, text=transfer.get_state_display())


def _follow_rules(change):
    follow_ladder(_concerned(change.path), noticed_on=_noticed(change))


def _concerned(path="") -> set[int]:
    """Pupils at or below a unit (everywhere without one) who have truancy or a ladder: nobody else's can change."""
    marked, laddered = Mark.objects.filter(kind__in=_weighing_kinds()), Escalation.objects.all()
    if path:
        pupils = Pupil.objects.filter(at_or_below("path", [path]))
        marked, laddered = marked.filter(pupil__in=pupils), laddered.filter(pupil__in=pupils)
    either = (
        marked.order_by().values_list("pupil", flat=True).union(laddered.order_by().values_list("pupil", flat=True))
    )
    return set(either)


def _weighing_kinds() -> tuple:
    """Marks that can make a step: lateness only where some regulation, past or present, gives it weight (P18)."""
    weighs_lateness = Regulation.objects.filter(rules__ladder__has_key="weights").exists()
    return WEIGHED if weighs_lateness else TRUANT


def follow_absences(path="", *, since=None) -> Counter:
    """Rebuild what follows from the rolls of a unit; `since` chooses pupils, counts run from the period's start."""
    concerned = _concerned(path)
    if since is not None:
        lately = Mark.objects.filter(date__gte=since).values_list("pupil", flat=True)
        laddered = Escalation.objects.filter(day__gte=since).values_list("pupil", flat=True)
        concerned &= {*lately, *laddered}
    return outcomes(in_batches(concerned, bring_ladder, bring_ratios, open_inquiries))


def open_roll_duties() -> int:
    """At each cut-off: a duty for every class whose roll is not in (F05). A normal day leaves none."""
    today, now = clock.today(), clock.now()
    rolls = Roll.objects.filter(date=today)
    called = set(rolls.values_list("school_class", "session"))
    _close_called(rolls)
    spells = Enrolment.objects.current(on=today).with_status(EnrolmentStatus.IN_SCHOOL)
    classes = spells.order_by().values_list("school_class", "path").distinct()
    books = {county: rule_book(county) for county in {path[:COUNTY_LENGTH] for _, path in classes}}
    opened = 0
    for school_class, path in classes:
        book = books[path[:COUNTY_LENGTH]]
        rules, calendar = book.rules(path, on=today).roll, book.calendar(path)
        for session in REGULAR_SESSIONS:
            due = clock.at(today, rules.cut_off(session))
            if now < due or (school_class, session) in called or not calendar.is_school_day(today, session):
                continue
            opened += _open_call(school_class, path, today, session, due)
    return opened


def _close_called(rolls):
    """A roll may come in at the very moment when its duty is opened: then the duty is done."""
    waiting = list(Duty.objects.open().filter(kind="call_roll", about__in=rolls.values("school_class")))
    if waiting:
        by_key = {call_key(roll.school_class_id, roll.date, roll.session): roll for roll in rolls}
        for duty in waiting:
            if duty.key in by_key:
                close_duty(duty, by=by_key[duty.key].submitted_by, text="已点名")


def _open_call(school_class, path, day, session, due) -> bool:
    key = call_key(school_class, day, session)
    if Duty.objects.filter(key=key).exists():
        return False
    open_duty(
        "call_roll",
        key,
        title=f"{day:%m月%d日}{Session(session).label}还没有点名",
        chair=chair_of(PostKind.CLASS_TEACHER, path),
        path=path,
        due_at=due,
        about=school_class,
    )
    return True


def settle_unverified() -> int:
    """After midnight: “待核实” of past days counts as truant; what was to be found out is taken over by the ladder."""
    today = clock.today()
    duties = Duty.objects.open().filter(kind="find_out", due_at__lt=clock.at(today, time.min))
    pupils = {duty.pupil_id for duty in duties}
    for duty in duties:
        cancel_duty(duty, text="当天没有核实,已按旷课处理")
    unsettled = Mark.objects.filter(kind=MarkKind.UNVERIFIED, slip__isnull=True, date__lt=today)
    recent = unsettled.filter(date__gte=today - timedelta(days=14)).values_list("pupil", flat=True)
    pupils.update(recent)
    follow_ladder(pupils, noticed_on=today)
    return len(duties)
