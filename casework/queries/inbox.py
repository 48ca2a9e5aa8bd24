"""我的待办 (F42): what falls to a person now, by own chairs, by vacant ones, and as the principal's delegate."""

from casework.enums import ReminderStage
from casework.models import Duty, Reminder
from organisation.enums import NEXT_POST, PostKind
from organisation.models import Person
from organisation.queries.posts import Chair, PostBook
from organisation.rules.paths import at_or_below


def kinds_below(kind) -> list[str]:
    """The kinds of posts that, vacant, may fall to a post of this kind."""
    found, edge = [], {PostKind(kind)}
    while edge:
        edge = {below for below, above in NEXT_POST.items() if above in edge and below not in found}
        found += edge
    return found


def chairs_of(person, *, on) -> list[tuple[str, str]]:
    """All chairs that the person answers for now: own, the principal's as delegate, and vacant ones with open duties."""
    posts = person.posts_on(on)
    own = [(post.kind, post.unit.path) for post in posts]
    own += [(PostKind.PRINCIPAL, path) for kind, path in own if kind == PostKind.DEPUTY_PRINCIPAL]
    vacant = set()
    for post in posts:
        below = Duty.objects.open().filter(
            at_or_below("chair_path", [post.unit.path]), post_kind__in=kinds_below(post.kind)
        )
        vacant |= set(below.order_by().values_list("post_kind", "chair_path").distinct())
    vacant -= set(own)
    if vacant:
        book = PostBook({path for _, path in vacant}, on=on)
        holders = {chair: book.holder(Chair(*chair)) for chair in vacant}
        own += [chair for chair, holder in holders.items() if holder and holder.person_id == person.pk]
    return own


def duties_of(person, *, on):
    """The open duties that fall to the person now, the most urgent first."""
    return Duty.objects.open().of_chairs(chairs_of(person, on=on), person).select_related("pupil")


def late_below(person, *, on):
    """Duties of posts below that are three days late and still open: the next post up is told."""
    told = Reminder.objects.visible_to(person, on=on).filter(stage=ReminderStage.NEXT_POST)
    return Duty.objects.open().filter(reminders__in=told).select_related("pupil")


def holders_of(duties, *, on) -> dict[int, str]:
    """{duty: who holds it now}, in two statements."""
    shared = [duty for duty in duties if duty.person_id is None]
    book = PostBook({duty.chair_path for duty in shared}, on=on)
    found = {duty.pk: book.holder(Chair(duty.post_kind, duty.chair_path)) for duty in shared}
    own = Person.objects.in_bulk({duty.person_id for duty in duties} - {None})
    named = {duty.pk: own[duty.person_id].name for duty in duties if duty.person_id}
    return {pk: post.person.name if post else "" for pk, post in found.items()} | named
