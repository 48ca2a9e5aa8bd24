"""Who may do what in a matter of accountability (roles.md, P23): conflicts of interest first, read anew each time."""

from accountability.enums import NOMINATORS
from accountability.enums.awards import COMMENDS_IN_SCHOOL, COMMENDS_SCHOOLS
from accountability.models import Finding
from accountability.models.finding import HEADS
from accountability.models.lead import own_units
from accountability.models.truth import COUNT_POSTS, TRUTH_POSTS
from accountability.queries.conflicts import conflict_of, has_decided, has_investigated, posts_of, team_of
from accountability.queries.seats import DECIDERS
from accountability.rules.superiors import is_below
from casework.permissions import answers
from organisation.enums import PostKind, UnitKind

OPENERS = {*DECIDERS, PostKind.INSPECTOR}


def sits(person, finding: Finding, *, on, seat="decider") -> bool:
    """Whether the person holds the seat that decides, or the one that hears the appeal."""
    return (getattr(finding, f"{seat}_kind"), getattr(finding, f"{seat}_path")) in posts_of(person, on=on)


def may_decide(person, finding, *, on) -> bool:
    """Nobody decides a matter against themselves or above them, as a party, or one that they investigated (F51)."""
    kept_out = conflict_of(person, finding, on=on) or has_investigated(person, finding)
    return sits(person, finding, on=on) and not kept_out


def may_investigate(person, finding, *, on) -> bool:
    """Who is of the present team, still in some post, and kept out by nothing."""
    is_member = person.pk in {member.person_id for member in team_of(finding)}
    return is_member and bool(posts_of(person, on=on)) and not conflict_of(person, finding, on=on)


def may_handle(person, finding, *, on) -> bool:
    """Telling, hearing, serving: the team or who decides."""
    return may_investigate(person, finding, on=on) or may_decide(person, finding, on=on)


def may_answer_appeal(person, finding, *, on) -> bool:
    """The seat above; never who decided."""
    kept_out = conflict_of(person, finding, on=on) or has_decided(person, finding) or has_investigated(person, finding)
    return sits(person, finding, on=on, seat="appeal") and not kept_out


def is_subject(person, finding, *, on) -> bool:
    """The person concerned; for a unit, its head."""
    if finding.subject_person_id:
        return finding.subject_person_id == person.pk
    return any(kind in HEADS and path == finding.subject_unit.path for kind, path in posts_of(person, on=on))


def may_open(person, path, *, subject_posts, on) -> bool:
    """Who decides such matters, or inspects, over the place; never a subordinate against who is above."""
    own = posts_of(person, on=on)
    over = any(kind in OPENERS and path.startswith(at) for kind, at in own)
    return over and not is_below(own, subject_posts)


def opens_matters(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=OPENERS))


# Leads, complaints, awards.

# Inspectors and offices that come upon something; a principal about the own staff.
ENTERS_LEADS = (
    PostKind.PRINCIPAL,
    PostKind.TOWNSHIP_OFFICER,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
    PostKind.LABOUR_OFFICER,
    PostKind.PERSONNEL,
    PostKind.COUNTY_LEADER,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PREFECTURE_LEADER,
)
OVERSEES = (
    PostKind.PRINCIPAL,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.INSPECTOR,
    PostKind.COUNTY_LEADER,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PREFECTURE_LEADER,
)
COMPLAINT_POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, PostKind.PREFECTURE_OFFICER)


def is_party(person, lead, *, on) -> bool:
    """Whether the matter is the person's own: against themselves, or against a unit that they belong to."""
    if lead.subject_unit_id:
        return lead.subject_unit.path in own_units(person, on=on)
    return person.pk == lead.subject_id


def may_screen(person, lead, *, on) -> bool:
    """Who sits on the screening chair, and is no party."""
    seats = {(post.kind, post.unit.path) for post in person.posts_on(on)}
    return (lead.screener_kind, lead.screener_path) in seats and not is_party(person, lead, on=on)


def may_enter_leads(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=ENTERS_LEADS))


def may_enter_lead_against(person, unit, *, on) -> bool:
    """A unit in one's scope that is not one's own, or whose staff one answers for."""
    return person.holds(*ENTERS_LEADS, at=unit.path, on=on)


def may_oversee(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=OVERSEES))


def may_see_complaints(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=COMPLAINT_POSTS))


def may_handle_complaint(person, complaint, *, on) -> bool:
    """Who sits on the handling seat, and the head of the bureau whose clerk does."""
    seats = {(post.kind, post.unit.path) for post in person.posts_on(on)}
    own = (complaint.handler_kind, complaint.handler_path) in seats
    heads = complaint.handler_kind == PostKind.COUNTY_CLERK and (PostKind.BUREAU_HEAD, complaint.handler_path) in seats
    is_own = complaint.unit_id and complaint.unit.path in own_units(person, on=on)
    return (own or heads) and not is_own


def may_nominate(person, *, on) -> bool:
    """Who asks whether others may be nominated."""
    return bool(person.paths(on=on, kinds=NOMINATORS))


def commending_post(unit) -> PostKind:
    """The principal commends within the own school, the bureau head schools and who serves a whole school."""
    in_school = unit.kind in (UnitKind.COHORT, UnitKind.CLASS)
    return COMMENDS_IN_SCHOOL if in_school else COMMENDS_SCHOOLS


def may_commend(person, unit, subject=None, *, on) -> bool:
    """The right post for the place; of people the principal too; nobody themselves or a class of their own."""
    kinds = {commending_post(unit)} | ({COMMENDS_IN_SCHOOL} if subject is not None else set())
    is_own = subject == person if subject is not None else unit.path in own_units(person, on=on)
    return person.holds(*kinds, at=unit.path, on=on) and not is_own


def may_withdraw(person, commendation, *, on) -> bool:
    """Who confirms such, and the bureau head; nobody's own."""
    kinds = (COMMENDS_IN_SCHOOL, COMMENDS_SCHOOLS) if commendation.is_within_school else (COMMENDS_SCHOOLS,)
    return person.holds(*kinds, at=commendation.path, on=on) and commendation.subject_id != person.pk


# Truth checks (F66).


def may_see_truth(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=TRUTH_POSTS))


def may_decide_truth(person, hit, *, on) -> bool:
    """Who sits on the seat, or is the principal's delegate; never who called the rolls."""
    return person.pk != hit.about_id and answers(person, hit.chair_kind, hit.chair_path, on=on)


def may_see_counts(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=COUNT_POSTS))


def counts_at(person, *, on) -> list[str]:
    """Where the person counts heads: an inspector's county."""
    return person.paths(on=on, kinds=(PostKind.INSPECTOR,))


def may_count(person, school_class, *, on) -> bool:
    return person.holds(PostKind.INSPECTOR, at=school_class.path, on=on)
