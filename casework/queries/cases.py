"""A case as its rules see it, and whose chair each of its duties stands on."""

from datetime import date

from django.db.models import Prefetch
from django.utils import timezone

from casework.enums import ApprovalKind, CaseState, ClearReason, VisitKind
from casework.models import Approval, Case, Episode
from casework.queries.away import attended_since, runs_away
from casework.queries.conduct import school_path
from casework.rules.cases import CaseFacts
from organisation.enums import PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.edition import rule_book
from organisation.queries.posts import Chair
from organisation.rules.paths import STEP, ancestors
from students.models import Pupil

COUNTY_DEPTH = 3 * STEP


def facts_of(case: Case, *, on) -> CaseFacts:
    """The present episode in days."""
    episode = case.episode
    visits = [(timezone.localdate(visit.at), visit.kind) for visit in episode.visits.all()]
    asked = case.approvals.filter(granted__isnull=True).first()
    attended, counted_on, away_again = 0, None, None
    if case.state == CaseState.RETURNED:
        attended, counted_on = attended_since(case.pupil, episode.returned_on, on=on), on
    if case.state in (CaseState.RETURNED, CaseState.CLOSED):
        away_again = seen_away_again(case, on=on)
    return CaseFacts(
        state=CaseState(case.state),
        suspected_on=episode.suspected_on,
        contacts=tuple(day for day, _ in visits),
        home_visits=tuple(day for day, kind in visits if kind in (VisitKind.HOME, VisitKind.WORKPLACE)),
        confirmed_on=episode.confirmed_on,
        persuading_on=episode.persuading_on,
        reported_on=episode.reported_on,
        forwarded_on=episode.forwarded_on,
        noticed_on=episode.noticed_on,
        notice_until=episode.notice_until,
        steps=tuple((step.kind, step.on, step.until) for step in episode.steps.all()),
        follow_ups=tuple((one.day, one.due_on) for one in _follow_ups(case) if one.done_on is None),
        attended=attended,
        counted_on=counted_on,
        asked=asked.kind if asked else "",
        asked_on=timezone.localdate(asked.asked_at) if asked else None,
        asked_of=approver_of(asked) if asked else "",
        away_again=away_again,
    )


def seen_away_again(case: Case, *, on) -> date | None:
    """The day on which a returned child's run of absence grew as long as makes a suspicion; None while it has not."""
    run = runs_away([case.pupil_id], on=on).get(case.pupil_id, [])
    enough = rule_book(case.path).rules(case.path, on=on).case.suspected_after_school_days
    run = [day for day in run if day > case.episode.returned_on]
    return run[enough - 1] if len(run) >= enough else None


def _follow_ups(case):
    """Later follow-ups go on after closing; a relapse ends them."""
    if case.state not in (CaseState.RETURNED, CaseState.CLOSED):
        return ()
    return case.episode.follow_ups.all()


def approver_of(approval: Approval) -> str:
    """The county decides; a data error the school's principal (P14)."""
    if approval.kind == ApprovalKind.CLEAR and approval.reason == ClearReason.DATA_ERROR:
        return PostKind.PRINCIPAL
    return PostKind.COUNTY_CLERK


def chair_for(case: Case, post) -> Chair:
    """Where a post sits that answers for the case: in the child's school, township of residence or county."""
    if post == PostKind.CLASS_TEACHER:
        return Chair(post, case.path)
    if post in (PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER):
        return Chair(post, case.township.path) if case.township else county_chair(case)
    if post in (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD):
        return Chair(post, case.path[:COUNTY_DEPTH])
    return Chair(post, school_path(case.path))


def county_chair(case) -> Chair:
    return Chair(PostKind.COUNTY_CLERK, case.path[:COUNTY_DEPTH])


def township_of(pupil: Pupil) -> Unit | None:
    """The township of residence; where it is not known, the one in which the school lies."""
    if pupil.residence_id:
        return pupil.residence
    return Unit.objects.filter(path__in=ancestors(pupil.path), kind=UnitKind.TOWNSHIP).first()


def for_page(cases):
    """Cases with what a page about them shows, in few statements."""
    return cases.select_related("pupil", "township", "education_line", "government_line").prefetch_related(
        "causes", Prefetch("episodes", Episode.objects.order_by("number"))
    )
