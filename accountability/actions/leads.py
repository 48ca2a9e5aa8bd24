"""Leads from late duties (F50, P22, P23): opened by what the regulation says, screened by a post above, never by oneself."""

from django.db import transaction

from accountability.enums import LEAD_MOVES, SCREENED_BY, LeadState
from accountability.models import Lead
from casework.actions.duties import close_duty, days_late, open_duty
from casework.kinds import kind_of
from casework.models import Duty, Lapse
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair, PostBook

VERBS = {"keep": LeadState.KEPT, "dismiss": LeadState.DISMISSED}


def open_leads() -> int:
    """A lead for every lapse that has lasted the regulation's days; run as often as one likes. Returns how many."""
    today, opened = clock.today(), 0
    lapses = Lapse.objects.filter(lead__isnull=True, since__lt=today).select_related("duty__pupil", "person")
    for lapse in lapses:
        rules = rule_book(lapse.duty.path).rules(lapse.duty.path, on=today).duty
        late = days_late(lapse.duty, lapse.since, lapse.until or today)
        ground = rules.grounds.get(lapse.duty.kind)
        if ground and late >= rules.lead_days and lapse.duty.state != "cancelled":
            opened += _open(lapse, ground, late, rules.screening_days)
    return opened


@transaction.atomic
def _open(lapse, ground, late, screening_days) -> bool:
    Lapse.objects.select_for_update().get(pk=lapse.pk)
    if Lead.objects.filter(lapse=lapse).exists():  # another run was faster
        return False
    duty = lapse.duty
    chair = screening_chair(lapse)
    lead = Lead.objects.create(
        lapse=lapse,
        subject=lapse.person,
        subject_post=lapse.post_kind,
        path=duty.path,
        ground=ground,
        evidence={
            "kind": kind_of(duty).label,
            "title": duty.title,
            "duty": duty.pk,
            "due_at": duty.due_at.isoformat(),
            "since": lapse.since.isoformat(),
            "until": lapse.until.isoformat() if lapse.until else "",
            "late_days": late,
        },
        screener_kind=chair.kind,
        screener_path=chair.path,
        opened_at=clock.now(),
    )
    calendar = rule_book(duty.path).calendar(duty.path)
    add = calendar.add_school_days if chair.kind in SCHOOL_POSTS else calendar.add_working_days
    open_duty(
        "screen_lead",
        f"screen_lead:{lead.pk}",
        title=f"初核线索:{lapse.person.name},{kind_of(duty).label}逾期 {late} 天",
        chair=chair,
        path=chair.path,
        due_at=clock.end_of(add(clock.today(), screening_days)),
        about=lead.pk,
    )
    return True


def screening_chair(lapse) -> Chair:
    """Staff: the principal; principals: the bureau head; bureaus: the prefecture; townships: the county (P23).

    Where the seat is empty, or the subject sits on it, the matter goes to the next post up.
    """
    book = PostBook([lapse.duty.chair_path], on=clock.today())
    kind = SCREENED_BY.get(PostKind(lapse.post_kind), PostKind.PRINCIPAL)
    chair = Chair(kind, book.seat(kind, lapse.duty.chair_path))
    while (next_up := book.next_chair(chair)) is not None:
        holder = book.holder(chair)
        if holder is None:
            break
        if holder.person_id != lapse.person_id:
            return Chair(holder.kind, holder.unit.path)
        chair = next_up
    return chair


@transaction.atomic
def screen_lead(lead: Lead, verb: str, *, reason: str, by) -> Lead:
    """Keep a lead for a finding, or dismiss it with a reason. Raises NotYours, Malformed, Refused."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if not may_screen(by, lead, on=clock.today()):
        raise NotYours("permission_denied", "这条线索不由您初核。")
    if verb not in VERBS:
        raise Malformed("unknown_verb", "请选择保留或不予立案。")
    if not reason.strip():
        raise Malformed("reason_needed", "请写明初核意见。", fields={"reason": ["必填"]})
    state = VERBS[verb]
    if lead.state == LeadState.KEPT and state == LeadState.KEPT:
        raise Refused("wrong_state", "这条线索已经保留。")
    require_move(LeadState(lead.state), state, LEAD_MOVES)
    lead.state, lead.reason = state, reason.strip()[:500]
    lead.screened_at, lead.screened_by = clock.now(), by
    lead.save()
    for duty in Duty.objects.open().filter(key=f"screen_lead:{lead.pk}"):
        close_duty(duty, by=by, text=lead.get_state_display())
    return lead


def may_screen(person, lead, *, on) -> bool:
    """Who sits on the screening chair, and is not the subject."""
    seats = {(post.kind, post.unit.path) for post in person.posts_on(on)}
    return person.pk != lead.subject_id and (lead.screener_kind, lead.screener_path) in seats
