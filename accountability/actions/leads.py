"""Leads from late duties (F50, P22, P23): opened by what the regulation says, screened by a post above, never by oneself."""

from django.db import transaction
from django.utils.timezone import localtime

from accountability.actions.findings.opening import open_from_lead
from accountability.enums import LEAD_MOVES, LIVE_FINDINGS, SCREENED_BY, LeadState
from accountability.models import Finding, Lead
from accountability.queries.seats import chair_above
from casework.actions.duties import close_duty, days_late, open_duty
from casework.enums import DutyState
from casework.kinds import kind_of
from casework.models import Duty, Lapse
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Post
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair, PostBook

VERBS = {"keep": LeadState.KEPT, "dismiss": LeadState.DISMISSED}


def open_leads() -> int:
    """A lead for every lapse that has lasted the regulation's days; run as often as one likes. Returns how many."""
    today, opened = clock.today(), 0
    lapses = Lapse.objects.filter(lead__isnull=True, since__lt=today).exclude(duty__state=DutyState.CANCELLED)
    for lapse in lapses.select_related("duty__pupil", "person"):
        rules = rule_book(lapse.duty.path).rules(lapse.duty.path, on=today).duty
        late = days_late(lapse.duty, lapse.since, lapse.until or today)
        ground = rules.grounds.get(lapse.duty.kind)
        if ground and late >= rules.lead_days:
            opened += _open(lapse, ground, late, rules.screening_days)
    for lead in Lead.objects.filter(state=LeadState.SCREENING).select_related("lapse__duty", "subject"):
        _seat(lead)
    return opened


@transaction.atomic
def _open(lapse, ground, late, screening_days) -> bool:
    """The lapse is locked first: of two workers the second finds the lead there."""
    Lapse.objects.select_for_update().get(pk=lapse.pk)
    if Lead.objects.filter(lapse=lapse).exists():
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
            "due_at": localtime(duty.due_at).isoformat(),
            "since": lapse.since.isoformat(),
            "until": lapse.until.isoformat() if lapse.until else "",
            "late_days": late,
        },
        screener_kind=chair.kind,
        screener_path=chair.path,
        opened_at=clock.now(),
    )
    _ask(lead, chair, screening_days)
    return True


def _ask(lead, chair, screening_days):
    duty = lead.lapse.duty
    calendar = rule_book(duty.path).calendar(duty.path)
    add = calendar.add_school_days if chair.kind in SCHOOL_POSTS else calendar.add_working_days
    open_duty(
        "screen_lead",
        f"screen_lead:{lead.pk}",
        title=f"初核线索:{lead.subject.name},{kind_of(duty).label}逾期 {lead.evidence['late_days']} 天",
        chair=chair,
        path=chair.path,
        due_at=clock.end_of(add(clock.today(), screening_days)),
        about=lead.pk,
    )


@transaction.atomic
def _seat(lead):
    """Where the screening seat fell empty, or the subject came to sit on it, the matter moves to who screens it now."""
    seat = Chair(lead.screener_kind, lead.screener_path)
    sitting = Post.objects.held(on=clock.today()).filter(kind=seat.kind, unit__path=seat.path)
    if sitting.exclude(person=lead.subject_id).exists():
        return
    chair = screening_chair(lead.lapse)
    if chair != seat:
        lead.screener_kind, lead.screener_path = chair.kind, chair.path
        lead.save()
        rules = rule_book(lead.path).rules(lead.path, on=clock.today()).duty
        _ask(lead, chair, rules.screening_days)


def screening_chair(lapse) -> Chair:
    """Staff: the principal; principals: the bureau head; bureaus: the prefecture; townships: the county (P23).

    Where the seat is empty, or the subject sits on it, the matter goes to the next post up.
    """
    book = PostBook([lapse.duty.chair_path], on=clock.today())
    kind = SCREENED_BY.get(PostKind(lapse.post_kind), PostKind.PRINCIPAL)
    chair = Chair(kind, book.seat(kind, lapse.duty.chair_path))
    while True:
        holder = book.own_holder(chair)
        if holder is not None and holder.person_id != lapse.person_id:
            return chair
        above = chair_above(book, chair)
        if above is None:
            return chair
        chair = above


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
    if Finding.objects.filter(lead=lead, state__in=LIVE_FINDINGS).exists():
        raise Refused("has_finding", "这条线索已立案,请在问责事项中办理。")
    lead.state, lead.reason = state, reason.strip()[:500]
    lead.screened_at, lead.screened_by = clock.now(), by
    lead.save()
    for duty in Duty.objects.open().filter(key=f"screen_lead:{lead.pk}"):
        close_duty(duty, by=by, text=lead.get_state_display())
    if state == LeadState.KEPT:
        open_from_lead(lead, by=by)
    return lead


def may_screen(person, lead, *, on) -> bool:
    """Who sits on the screening chair, and is not the subject."""
    seats = {(post.kind, post.unit.path) for post in person.posts_on(on)}
    return person.pk != lead.subject_id and (lead.screener_kind, lead.screener_path) in seats
