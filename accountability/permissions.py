"""Who may do what in a matter of accountability (roles.md, P23): conflicts of interest first, read anew each time."""

from accountability.models import Finding
from accountability.models.finding import HEADS
from accountability.queries.conflicts import conflict_of, has_decided, has_investigated, posts_of, team_of
from accountability.queries.seats import DECIDERS
from accountability.rules.superiors import is_below
from organisation.enums import PostKind

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
