"""Who may screen, enter leads, handle complaints, commend (P23, roles.md). Nobody in a matter of their own."""

from accountability.enums import NOMINATORS
from accountability.enums.awards import COMMENDS_IN_SCHOOL, COMMENDS_SCHOOLS
from accountability.models.lead import own_units
from organisation.enums import PostKind, UnitKind

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
