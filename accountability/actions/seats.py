"""Who screens a lead (P23): the seat above its subject, passed up where it is empty or its holder is a party."""

from accountability.enums import SCREENED_BY, UNIT_SCREENED_BY, LeadState
from accountability.models import Lead
from accountability.permissions import is_party
from accountability.queries.seats import first_free
from casework.actions.duties import open_duty
from casework.kinds import kind_of
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind, UnitKind
from organisation.models import Post
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair, PostBook


def screening_chair(lead: Lead) -> Chair:
    """Staff: the principal; principals and schools: the bureau head; bureaus: the prefecture; townships: the county (P23).

    Where the seat is empty, or a party sits on it, the matter goes to the next post up.
    """
    today = clock.today()
    base = lead.lapse.duty.chair_path if lead.lapse_id else lead.path
    book = PostBook([base], on=today)
    if lead.subject_unit_id:
        kind = UNIT_SCREENED_BY[UnitKind(lead.subject_unit.kind)]
    else:
        kind = SCREENED_BY.get(PostKind(lead.subject_post), PostKind.PRINCIPAL)
    return first_free(book, Chair(kind, book.seat(kind, base)), lambda person: not is_party(person, lead, on=today))


def seat_lead(lead: Lead):
    """Where the screening seat fell empty, or a party came to sit on it, the matter moves to who screens it now."""
    if lead.state != LeadState.SCREENING:
        return
    seat = Chair(lead.screener_kind, lead.screener_path)
    sitting = Post.objects.held(on=clock.today()).filter(kind=seat.kind, unit__path=seat.path).select_related("person")
    if any(not is_party(post.person, lead, on=clock.today()) for post in sitting):
        return
    chair = screening_chair(lead)
    if chair != seat:
        lead.screener_kind, lead.screener_path = chair.kind, chair.path
        lead.save()
        ask_to_screen(lead)


def ask_to_screen(lead: Lead):
    """The duty of whoever sits on the lead's seat."""
    path = lead.lapse.duty.path if lead.lapse_id else lead.path
    book = rule_book(path)
    calendar, days = book.calendar(path), book.rules(path, on=clock.today()).duty.screening_days
    add = calendar.add_school_days if lead.screener_kind in SCHOOL_POSTS else calendar.add_working_days
    open_duty(
        "screen_lead",
        f"screen_lead:{lead.pk}",
        title=f"初核线索:{lead.subject_name},{what_it_is(lead)}"[:200],
        chair=Chair(lead.screener_kind, lead.screener_path),
        path=lead.screener_path,
        due_at=clock.end_of(add(clock.today(), days)),
        about=lead.pk,
    )


def what_it_is(lead: Lead) -> str:
    if lead.lapse_id:
        return f"{kind_of(lead.lapse.duty).label}逾期 {lead.evidence['late_days']} 天"
    return lead.evidence["title"]
