"""Who decides, and who hears an appeal (P23): a seat above the subject's; where nobody free sits on it, one further up."""

from accountability.enums import SCREENED_BY, SCREENS_NEXT
from accountability.models import Finding
from accountability.queries.conflicts import conflict_of, has_decided, has_investigated
from organisation.enums import PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.posts import Chair, PostBook

UNITS_DECIDED_BY = {
    UnitKind.SCHOOL: PostKind.BUREAU_HEAD,
    UnitKind.TOWNSHIP: PostKind.COUNTY_LEADER,
    UnitKind.COUNTY: PostKind.PREFECTURE_LEADER,
    UnitKind.PREFECTURE: PostKind.PROVINCE_OFFICER,
}
# The seats that may come to decide: those that screen, and those a vacant one falls to.
DECIDERS = {*SCREENED_BY.values(), *SCREENS_NEXT.values(), PostKind.CENTRAL_HEAD, PostKind.COUNTY_CLERK}


def chair_above(book: PostBook, chair: Chair) -> Chair | None:
    """The next seat up: governments' seats go to the bureau of the same level, and then one level up."""
    kind = SCREENS_NEXT.get(PostKind(chair.kind))
    return Chair(kind, book.seat(kind, chair.path)) if kind else book.next_chair(chair)


def first_free(book: PostBook, chair: Chair, is_free) -> Chair:
    """The chair, or the first one above it on which somebody sits whom nothing keeps out; the topmost where nobody does."""
    while True:
        holder = book.own_holder(chair)
        if holder is not None and is_free(holder.person):
            return chair
        above = chair_above(book, chair)
        if above is None:
            return chair
        chair = above


def deciding_chair(finding: Finding, *, on) -> Chair:
    """The seat that decides the matter now."""
    book = PostBook([finding.path], on=on)
    if finding.is_about_unit:
        kind = UNITS_DECIDED_BY[UnitKind(finding.subject_unit.kind)]
    else:
        kind = SCREENED_BY.get(PostKind(finding.subject_post), PostKind.PRINCIPAL)

    def is_free(person):
        return not conflict_of(person, finding, on=on) and not has_investigated(person, finding)

    return first_free(book, Chair(kind, book.seat(kind, finding.path)), is_free)


def appeal_chair(finding: Finding, *, on) -> Chair:
    """The seat above the one that decided."""
    book = PostBook([finding.path], on=on)
    kind = SCREENED_BY[PostKind(finding.decider_kind)]

    def is_free(person):
        kept_out = conflict_of(person, finding, on=on) or has_decided(person, finding)
        return not kept_out and not has_investigated(person, finding)

    return first_free(book, Chair(kind, book.seat(kind, finding.decider_path)), is_free)


def issuer_of(finding: Finding) -> Unit:
    """The unit in whose name documents go out."""
    return Unit.objects.get(path=finding.decider_path)
