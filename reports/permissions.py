"""Who sees figures, who the names behind them, who makes returns (roles.md)."""

from organisation.enums import PUPIL_POSTS, PostKind
from reports.models import SEES_FIGURES

COMPUTE_POSTS = (
    PostKind.PRINCIPAL,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.DROPOUT_OFFICER,
    PostKind.REGISTRAR,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.PREFECTURE_OFFICER,
    PostKind.PROVINCE_OFFICER,
)
RETURN_POSTS = (
    PostKind.PRINCIPAL,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.DROPOUT_OFFICER,
    PostKind.REGISTRAR,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
)
NAMES_POSTS = (*PUPIL_POSTS, PostKind.TOWNSHIP_OFFICER)


def may_see_figures(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=SEES_FIGURES))


def may_see_names(person, unit, *, on) -> bool:
    """Whether the person may see the pupils behind a figure of the unit; some posts see figures and no names."""
    return person.holds(*NAMES_POSTS, at=unit.path, on=on)


def may_compute(person, unit, *, on) -> bool:
    return person.holds(*COMPUTE_POSTS, at=unit.path, on=on)


def may_make_return(person, unit, *, on) -> bool:
    return person.holds(*RETURN_POSTS, at=unit.path, on=on)
