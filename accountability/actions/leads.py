"""Leads (F50, P22, P23): opened by what the regulation says or by whoever found something, screened by a post above."""

from django.db import transaction
from django.utils.timezone import localtime

from accountability.actions.findings.opening import open_from_lead
from accountability.actions.seats import ask_to_screen, screening_chair, seat_lead
from accountability.enums import LEAD_MOVES, LIVE_FINDINGS, Act, Ground, HarmGround, LeadSource, LeadState
from accountability.models import Finding, Lead
from accountability.permissions import may_screen
from accountability.rules.grounds import check_ground, known_grounds
from casework.actions.duties import close_duty, days_late
from casework.enums import DutyState
from casework.kinds import kind_of
from casework.models import Duty, Lapse
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused, require_move
from organisation.models import Person, Post, Unit
from organisation.queries.edition import rule_book

GROUNDS = {*Ground.values, *HarmGround.values}
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
            opened += _open(lapse, ground, late)
    for lead in Lead.objects.waiting().select_related("lapse__duty", "subject", "subject_unit"):
        _reseat(lead)
    return opened


@transaction.atomic
def _open(lapse, ground, late) -> bool:
    """The lapse is locked first: of two workers the second finds the lead there."""
    Lapse.objects.select_for_update().get(pk=lapse.pk)
    if Lead.objects.filter(lapse=lapse).exists():
        return False
    duty = lapse.duty
    lead = Lead(
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
        opened_at=clock.now(),
    )
    _put_before_screener(lead)
    return True


def _put_before_screener(lead):
    chair = screening_chair(lead)
    lead.screener_kind, lead.screener_path = chair.kind, chair.path
    lead.save(force_insert=True)
    ask_to_screen(lead)


@transaction.atomic
def _reseat(lead):
    seat_lead(lead)


@transaction.atomic
def open_lead(
    *, source: LeadSource, subject: Post | Unit, key: str, evidence: dict, ground: Ground | str = "", by: Person = None
) -> tuple[Lead, bool]:
    """Open a lead against a unit, or against who holds (or held) a post; with the same key, find the one that is there.

    `evidence` as on the model: "title", "text", "references". Without a ground the screener names it.
    Returns the lead and whether it is new. Raises Malformed (`unknown_ground`).
    """
    if ground and ground not in GROUNDS:
        raise Malformed("unknown_ground", "没有这种问责情形。", fields={"ground": ["未知"]})
    _lock(subject)
    found = Lead.objects.filter(key=key).first()
    if found is not None:
        return found, False
    against = (
        {"subject_unit": subject, "path": subject.path}
        if isinstance(subject, Unit)
        else {"subject": subject.person, "subject_post": subject.kind, "path": subject.unit.path}
    )
    evidence = {"title": "", "text": "", "references": [], **evidence}
    lead = Lead(
        source=source, key=key, ground=ground, evidence=evidence, entered_by=by, opened_at=clock.now(), **against
    )
    _put_before_screener(lead)
    return lead, True


def _lock(subject):
    """Of two who open a lead against the same at once the second waits, and finds what the first opened."""
    model, key = (Unit, subject.pk) if isinstance(subject, Unit) else (Post, subject.pk)
    list(model.objects.select_for_update(no_key=True).filter(pk=key).values_list("pk"))


@transaction.atomic
def screen_lead(lead: Lead, verb: str, *, reason: str, by, ground="", act="") -> Lead:
    """Keep a lead, so that it becomes a matter (F51), or dismiss it with a reason.

    Kept, it names a ground and a late, false, omitted or wrong act: of a late duty they are known, of all else the
    screener names them. A class is no subject of a matter: its lead is kept until somebody puts one against a person.
    Raises NotYours, Malformed (`unknown_verb`, `reason_needed`, `ground_needed`, `no_act`), Refused (`wrong_state`,
    `has_finding`, `act_does_not_fit`).
    """
    rows = Lead.objects.select_for_update(of=("self",)).select_related("subject", "subject_unit", "lapse__duty")
    lead = rows.get(pk=lead.pk)
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
    lead.reason = reason.strip()[:500]
    if state == LeadState.KEPT:
        lead.ground = _named_ground(lead, ground or lead.ground, act)
    lead.state = state
    lead.screened_at, lead.screened_by = clock.now(), by
    lead.save()
    for duty in Duty.objects.open().filter(key=f"screen_lead:{lead.pk}"):
        close_duty(duty, by=by, text=lead.get_state_display())
    if state == LeadState.KEPT and not lead.is_of_class:
        open_from_lead(lead, act=act or Act.LATE, by=by)
    return lead


def _named_ground(lead, ground, act) -> str:
    """A late duty's ground and act stand; of all else they fit one another, and the reason says what was done."""
    local = rule_book(lead.path).rules(lead.path, on=clock.today()).accountability.local_grounds
    if not ground:
        raise Malformed(
            "ground_needed",
            "发生辍学本身不是问责情形:保留线索须认定迟延、失实、不作为或违规的具体情形。",
            fields={"ground": ["必填"]},
        )
    if not lead.lapse_id:
        check_ground(ground, act, lead.reason, local)
    elif ground not in known_grounds(local):
        raise Malformed("unknown_ground", "没有这种追究情形。", fields={"ground": ["请选择"]})
    return ground
