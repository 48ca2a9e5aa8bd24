"""Before a term starts every child in orange or red is contacted (P8): one duty a child of the class teacher, by hand."""

from datetime import date, timedelta

from django.db import transaction

from casework.actions.duties import cancel_duty, open_duty
from casework.enums import HEIGHTS, DutyState, Tier
from casework.models import Duty, RiskWarning
from organisation import clock
from organisation.enums import PostKind
from organisation.queries.edition import rule_books
from organisation.queries.posts import Chair
from organisation.rules.calendar import SchoolCalendar, TermSpan
from organisation.rules.grades import school_year
from students.models import Pupil

KIND = "term_contact"
ONE_DAY = timedelta(days=1)
CONTACTED = [tier for tier, height in HEIGHTS.items() if height >= HEIGHTS[Tier.ORANGE]]


def coming_term(calendar: SchoolCalendar, today: date, *, within: int) -> TermSpan | None:
    """The term that begins in so many calendar days or fewer; none on its first day, which is too late."""
    year = school_year(today)
    terms = [*calendar.terms_of(year), *calendar.terms_of(year + 1)]
    return next((term for term in terms if today < term.first_day <= today + within * ONE_DAY), None)


@transaction.atomic
def open_term_contacts() -> dict:
    """Each night: open what is owed in the last days of a holiday, cancel what no longer holds; again changes nothing."""
    today = clock.today()
    standing = RiskWarning.objects.standing().filter(tier__in=CONTACTED).order_by("pupil")
    wanted = _wanted(list(standing.select_related("pupil")), today)
    known = {duty.key: duty for duty in Duty.objects.filter(kind=KIND, key__in=wanted)}
    stale = list(Duty.objects.open().filter(kind=KIND).exclude(pupil__in=standing.values("pupil")).order_by("pupil"))
    fresh = [fields for key, fields in wanted.items() if key not in known or _differs(known[key], fields)]
    touched = {fields["pupil"] for fields in fresh} | {duty.pupil_id for duty in stale}
    list(Pupil.objects.select_for_update(no_key=True).filter(pk__in=touched).order_by("pk").values_list("pk"))
    for fields in fresh:
        open_duty(KIND, **fields)
    for duty in stale:
        cancel_duty(duty, text="已不是橙色、红色预警")
    return {"opened": len(fresh), "cancelled": len(stale)}


def _wanted(warnings, today) -> dict[str, dict]:
    """{key: what opens the duty}: one for each child and term."""
    books = rule_books({warning.path for warning in warnings})
    found = {}
    for warning in warnings:
        book = books[warning.path]
        within = book.rules(warning.path, on=today).warning.contact_before_term_days
        term = coming_term(book.calendar(warning.path), today, within=within)
        if term is not None:
            key = f"{KIND}:{warning.pupil_id}:{term.key}"
            found[key] = {
                "key": key,
                "title": f"开学前联系{warning.pupil.name},了解能否按时返校",
                "chair": Chair(PostKind.CLASS_TEACHER, warning.path),
                "path": warning.path,
                "due_at": clock.end_of(term.first_day - ONE_DAY),
                "pupil": warning.pupil_id,
                "about": warning.pk,
            }
    return found


def _differs(duty, fields) -> bool:
    """Cancelled meanwhile, or the child is in another class now; what is done stays done."""
    if duty.state == DutyState.DONE:
        return False
    now = (duty.state, duty.path, duty.about, duty.due_at)
    return now != (DutyState.OPEN, fields["path"], fields["about"], fields["due_at"])
