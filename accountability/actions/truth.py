"""Truth checks (F66): what they find is put before somebody who is no party, who explains it or confirms it."""

from collections import defaultdict

from django.db import transaction

from accountability.actions.leads import open_lead
from accountability.enums import LeadSource
from accountability.enums.truth import TRUTH_MOVES, TRUTH_VERBS, TruthState
from accountability.models import TruthHit
from accountability.permissions import may_decide_truth
from accountability.queries.truth import findings_at
from accountability.rules.truth import Found
from casework.actions.duties import close_duty, open_duty
from casework.models import Duty
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind
from organisation.errors import Malformed, NotYours, require_move
from organisation.models import Post, Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair, PostBook
from students.actions.timeline import record
from students.enums import Audience

# Whose own rolls the school's head does not look at: the county does.
HEADS = (PostKind.PRINCIPAL, PostKind.DEPUTY_PRINCIPAL)


def check_truth(path: str = "") -> list[Found]:
    """Run every check at or below a path (all counties without one); what is new is put before somebody.

    Returns what stands there now, found before or not. Run as often as one likes.
    """
    today = clock.today()
    counties = Unit.objects.of_kind("county").values_list("path", flat=True)
    paths = [county for county in counties if county.startswith(path)] or [path]
    found = [one for place in paths for one in findings_at(place, on=today)]
    known = set(TruthHit.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
    for one in found:
        if one.key not in known:
            put_before(one)
    _reseat()
    return found


@transaction.atomic
def put_before(one: Found) -> TruthHit:
    """Keep what was found, once, and ask whoever looks at it."""
    chair = deciding_chair(one.path, one.about)
    hit, made = TruthHit.objects.get_or_create(
        key=one.key,
        defaults={
            "kind": one.kind,
            "title": one.title[:200],
            "path": one.path,
            "school_class_id": one.school_class,
            "pupil_id": one.pupil,
            "roll_id": one.roll,
            "about_id": one.about,
            "evidence": [_plain(said) for said in one.evidence],
            "found_at": clock.now(),
            "chair_kind": chair.kind,
            "chair_path": chair.path,
        },
    )
    if made:
        _ask(hit)
    return hit


def _plain(said) -> dict:
    return {"side": said.side, "text": said.text, "kind": said.kind, "key": said.key}


def deciding_chair(path: str, about: int | None) -> Chair:
    """The principal; the county where the rolls are a school head's own, or the seat is empty; then the next post up."""
    book = PostBook([path], on=clock.today())
    school = book.seat(PostKind.PRINCIPAL, path)
    chair = Chair(PostKind.PRINCIPAL, school)
    heads = [book.own_holder(Chair(kind, school)) for kind in HEADS]
    if any(head and head.person_id == about for head in heads):
        chair = Chair(PostKind.COUNTY_CLERK, book.seat(PostKind.COUNTY_CLERK, path))
    while True:
        holder = book.own_holder(chair)
        if holder is not None and holder.person_id != about:
            return chair
        above = book.next_chair(chair)
        if above is None:
            return chair
        chair = above


def _reseat():
    """Where the seat fell empty, or who called the rolls came to sit on it, the matter moves to who looks at it now."""
    hits = list(TruthHit.objects.waiting())
    posts = Post.objects.held(on=clock.today()).filter(unit__path__in={hit.chair_path for hit in hits})
    sitting = defaultdict(set)
    for kind, path, person in posts.values_list("kind", "unit__path", "person"):
        sitting[kind, path].add(person)
    for hit in hits:
        if not sitting[hit.chair_kind, hit.chair_path] - {hit.about_id}:
            _move(hit)


@transaction.atomic
def _move(hit):
    hit = TruthHit.objects.select_for_update().get(pk=hit.pk)
    chair = deciding_chair(hit.path, hit.about_id)
    if hit.state == TruthState.OPEN and chair != Chair(hit.chair_kind, hit.chair_path):
        hit.chair_kind, hit.chair_path = chair.kind, chair.path
        hit.save()
        _ask(hit)


def _ask(hit):
    book = rule_book(hit.path)
    calendar, days = book.calendar(hit.path), book.rules(hit.path, on=clock.today()).truth.decide_days
    add = calendar.add_school_days if hit.chair_kind in SCHOOL_POSTS else calendar.add_working_days
    open_duty(
        "truth_look",
        f"truth_look:{hit.pk}",
        title=f"核实:{hit.get_kind_display()},{hit.title}"[:200],
        chair=Chair(hit.chair_kind, hit.chair_path),
        path=hit.chair_path,
        due_at=clock.end_of(add(clock.today(), days)),
        about=hit.pk,
    )


@transaction.atomic
def decide_truth(hit: TruthHit, verb: str, *, reason: str, by) -> TruthHit:
    """Say what came of looking: explained, or confirmed and thereby a lead. Raises NotYours, Malformed, Refused."""
    hit = TruthHit.objects.select_for_update(of=("self",)).select_related("school_class", "pupil").get(pk=hit.pk)
    if not may_decide_truth(by, hit, on=clock.today()):
        raise NotYours("permission_denied", "这条核查不由您核实。")
    if verb not in TRUTH_VERBS:
        raise Malformed("unknown_verb", "请选择“已说明”或“属实”。")
    if not reason.strip():
        raise Malformed("reason_needed", "请写明核实的经过和结论。", fields={"reason": ["必填"]})
    require_move(TruthState(hit.state), TRUTH_VERBS[verb], TRUTH_MOVES)
    hit.state, hit.reason = TRUTH_VERBS[verb], reason.strip()[:500]
    hit.decided_by, hit.decided_at = by, clock.now()
    if hit.state == TruthState.CONFIRMED:
        hit.lead = _lead_of(hit, by)
    hit.save()
    if hit.pupil_id and hit.state == TruthState.CONFIRMED:
        text = f"真实性核查属实:{hit.get_kind_display()}"
        record(hit.pupil, "truth", text, by=by, on=clock.today(), audience=Audience.FINDING)
    for duty in Duty.objects.open().filter(key=f"truth_look:{hit.pk}"):
        close_duty(duty, by=by, text=hit.get_state_display())
    return hit


def _lead_of(hit, by):
    """Against who called the rolls, in the post held then and there; against the class where nobody holds one."""
    posts = Post.objects.filter(person=hit.about_id).select_related("person", "unit").order_by("-first_day", "-pk")
    own = [post for post in posts if hit.path.startswith(post.unit.path)]
    references = [{"kind": "truth_hit", "key": hit.pk, "label": hit.get_kind_display()}]
    lead, _ = open_lead(
        source=LeadSource.TRUTH,
        subject=own[0] if own else hit.school_class,
        key=f"truth:{hit.pk}",
        evidence={"title": hit.title, "text": hit.reason, "references": references},
        by=by,
    )
    return lead
