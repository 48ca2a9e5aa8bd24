"""Duties (F42): opened once, done by who answers for them, chased while they are late."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from casework.enums import DutyState, ReminderStage
from casework.kinds import kind_of
from casework.models import Duty, Lapse, Reminder
from casework.permissions import may_do
from organisation import clock
from organisation.enums import SCHOOL_POSTS
from organisation.errors import Malformed, NotYours, Refused
from organisation.models import Post
from organisation.queries.edition import rule_book, rule_books
from organisation.queries.posts import Chair, PostBook
from organisation.rules.paths import ancestors


def open_duty(kind, key, *, title, chair: Chair, path, due_at: datetime, pupil=None, about=None, person=None) -> Duty:
    """Open a duty, open it again where it was cancelled, or bring an open one up to date; one key is one duty.

    Named with a `person` it is owed in person and passes to nobody, whoever holds the post.
    """
    fields = {
        "kind": kind,
        "title": title,
        "post_kind": chair.kind,
        "chair_path": chair.path,
        "path": path,
        "due_at": due_at,
        "pupil_id": pupil,
        "about": about,
        "person_id": person,
    }
    duty, made = Duty.objects.get_or_create(key=key, defaults={**fields, "opened_at": clock.now()})
    fields["state"] = DutyState.OPEN
    if not made and duty.state != DutyState.DONE and any(getattr(duty, name) != fields[name] for name in fields):
        for name, value in fields.items():
            setattr(duty, name, value)
        duty.save()
        if duty.due_at > clock.now():  # a new term: what was late under the old one stays as long as it was
            _end_lapses(duty)
    return duty


def close_duty(duty: Duty, *, by=None, text="", proof=None):
    """The duty is done, by its own act or by hand; what was late stays with whom it was late."""
    if duty.state != DutyState.OPEN:
        return
    duty.state, duty.done_at, duty.done_by, duty.text, duty.proof = DutyState.DONE, clock.now(), by, text[:500], proof
    duty.save()
    _end_lapses(duty)


def cancel_duty(duty: Duty, *, text=""):
    """Nothing is left to do: what it rested on is gone."""
    if duty.state != DutyState.OPEN:
        return
    duty.state, duty.text = DutyState.CANCELLED, text[:500]
    duty.save()
    _end_lapses(duty)


def _end_lapses(duty):
    Lapse.objects.filter(duty=duty, until__isnull=True).update(until=clock.today())


@transaction.atomic
def complete_duty(duty: Duty, *, text, by, proof=None) -> Duty:
    """Say that a duty is done and how. Raises NotYours, Malformed (`text_needed`), Refused (`done_elsewhere`, `wrong_state`)."""
    duty = Duty.objects.select_for_update().get(pk=duty.pk)
    if not may_do(by, duty, on=clock.today()):
        raise NotYours("permission_denied", "这项待办不由您办理。")
    if not text.strip():
        raise Malformed("text_needed", "请写明办理情况。", fields={"text": ["必填"]})
    if kind_of(duty).own_act:
        raise Refused("done_elsewhere", f"“{kind_of(duty).label}”在它自己的页面办理,办完后自动销去。")
    if duty.state != DutyState.OPEN:
        raise Refused("wrong_state", f"这项待办{duty.get_state_display()}。")
    close_duty(duty, by=by, text=text.strip(), proof=proof)
    return duty


def chase_duties() -> dict:
    """Remind of what is due or late, and write down with whom it is late; run as often as one likes.

    On the day and one day late the holder, three days late the next post up (procedures §7).
    """
    today, now = clock.today(), clock.now()
    due = list(Duty.objects.open().filter(due_at__lte=clock.end_of(today)))
    book = PostBook({duty.chair_path for duty in due}, on=today)
    counted = {"reminded": 0, "lapsed": 0}
    for duty in due:
        if duty.person_id:
            counted["reminded"] += _remind_in_person(duty, now)
            continue
        holder = book.holder(Chair(duty.post_kind, duty.chair_path))
        if holder is None:
            continue
        late = late_days(duty, on=today)
        rules = rule_book(duty.path).rules(duty.path, on=today).duty
        if duty.due_at < now:
            counted["lapsed"] += _lapse(duty, holder, today)
        stages = [(ReminderStage.DUE, holder)]
        if late >= rules.remind_holder_days:
            stages.append((ReminderStage.LATE, holder))
        if late >= rules.remind_next_days:
            stages.append((ReminderStage.NEXT_POST, _next_up(book, holder)))
        for stage, post in stages:
            if post is not None:
                _, made = Reminder.objects.get_or_create(
                    duty=duty, stage=stage, person=post.person, defaults={"at": now}
                )
                counted["reminded"] += made
    return counted


def _remind_in_person(duty, now) -> int:
    """Who owes it in person is reminded on the day and once it is late; nobody else is told, and no lapse is written."""
    stages = [ReminderStage.DUE, *([ReminderStage.LATE] if late_days(duty, on=clock.today()) else [])]
    made = [
        Reminder.objects.get_or_create(duty=duty, stage=stage, person_id=duty.person_id, defaults={"at": now})[1]
        for stage in stages
    ]
    return sum(made)


def _next_up(book, holder):
    """Who answers above the holder, and is somebody else: a teacher may hold several posts (P4)."""
    chair = Chair(holder.kind, holder.unit.path)
    while (chair := book.next_chair(chair)) is not None:
        above = book.holder(chair)
        if above is None or above.person_id != holder.person_id:
            return above
    return None


def _lapse(duty, holder, today) -> int:
    """Write down with whom the duty is late now, and with whom it was before the post changed hands; returns how many."""
    due = clock_day(duty.due_at)
    open_ones = list(Lapse.objects.filter(duty=duty, until__isnull=True))
    written = 0
    if not open_ones and due < today and not duty.lapses.exists():
        first = PostBook([duty.chair_path], on=due).holder(Chair(duty.post_kind, duty.chair_path))
        if first is not None and first.person_id != holder.person_id:  # nobody looked between the due day and today
            open_ones.append(_write_lapse(duty, first, due))
            written += 1
    since = max(due, holder.first_day)
    for lapse in open_ones:
        if lapse.person_id == holder.person_id:
            return written
        since = _handed_over(duty, lapse, holder, today)
        lapse.until = max(since - timedelta(days=1), lapse.since)
        lapse.save()
    _write_lapse(duty, holder, since)
    return written + 1


def _write_lapse(duty, holder, since):
    """One a person: held again, or late again under a new term, it runs anew."""
    lapse, made = Lapse.objects.get_or_create(
        duty=duty, person=holder.person, defaults={"since": since, "post_kind": holder.kind}
    )
    if not made:
        lapse.since, lapse.until, lapse.post_kind = since, None, holder.kind
        lapse.save()
    return lapse


def _handed_over(duty, lapse, holder, today):
    """The day on which a late duty passed from the lapse's person to the present holder: the day after the one's last,
    or the other's first; today where neither says, as when an account was closed."""
    places = {"unit__path__in": ancestors(duty.chair_path), "kind": lapse.post_kind}
    ended = Post.objects.filter(person=lapse.person_id, last_day__gte=lapse.since, last_day__lt=today, **places)
    last_day = ended.aggregate(day=Max("last_day"))["day"]
    if last_day is not None:
        return max(last_day + timedelta(days=1), holder.first_day)
    return holder.first_day if holder.first_day > lapse.since else today


def clock_day(moment: datetime):
    """The product's day of a moment."""
    return moment.astimezone(clock.now().tzinfo).date()


def late_days(duty, *, on) -> int:
    """How many days a duty is or was late: school days for a school's posts, working days for offices; 0 if in time,
    and of one that was cancelled (with whom it had been late stands in its lapses)."""
    return lateness_of([duty], on=on)[duty.pk]


def lateness_of(duties, *, on) -> dict[int, int]:
    """{duty: how many days it is or was late}, in one statement for any number of duties."""
    books = rule_books({duty.path for duty in duties})
    return {
        duty.pk: 0
        if duty.state == DutyState.CANCELLED
        else _days_late(
            duty,
            clock_day(duty.due_at),
            clock_day(duty.done_at) if duty.done_at else on,
            books[duty.path].calendar(duty.path),
        )
        for duty in duties
    }


def days_late(duty, since, until) -> int:
    return _days_late(duty, since, until, rule_book(duty.path).calendar(duty.path))


def _days_late(duty, since, until, calendar) -> int:
    if duty.post_kind in SCHOOL_POSTS:
        return calendar.school_days_between(since, until)
    return calendar.working_days_between(since, until)
