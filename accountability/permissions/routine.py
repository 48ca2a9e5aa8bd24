"""Who may make, sign and record what of commitments and routine work (roles.md, F40, F41)."""

from accountability.enums import ROUTINES, ActivityKind, CommitmentKind
from casework.permissions import answers
from organisation.enums import PUPIL_POSTS, PostKind, UnitKind

LEADERS = (PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL)
OFFICE = (PostKind.HEAD_OF_TEACHING, PostKind.DROPOUT_OFFICER, *LEADERS)
BUREAU = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
K = CommitmentKind
MAKERS = {
    K.COUNTY_TOWNSHIP: BUREAU,
    K.TOWNSHIP_VILLAGE: (PostKind.TOWNSHIP_OFFICER, *BUREAU),
    K.BUREAU_PRINCIPAL: BUREAU,
    K.PRINCIPAL_CLASS_TEACHER: (PostKind.DROPOUT_OFFICER, *LEADERS, *BUREAU),
    K.PRINCIPAL_TEACHER: (PostKind.DROPOUT_OFFICER, *LEADERS, *BUREAU),
    K.TEACHER_GUARDIAN: (PostKind.CLASS_TEACHER, PostKind.DROPOUT_OFFICER, *LEADERS, *BUREAU),
}
# Who may be named for an item of a plan: posts that sit at the planning unit itself.
PLAN_POSTS = {
    UnitKind.SCHOOL: (*OFFICE, PostKind.REGISTRAR, PostKind.COUNSELLOR),
    UnitKind.COUNTY: (*BUREAU, PostKind.INSPECTOR),
}
SEES_COMMITMENTS = (
    *PUPIL_POSTS,
    PostKind.SUBJECT_TEACHER,
    PostKind.TOWNSHIP_OFFICER,
    PostKind.VILLAGE_OFFICER,
    PostKind.COUNTY_LEADER,
)
SEES_ROUTINE = (*PUPIL_POSTS, PostKind.COUNSELLOR)
SEES_INSPECTIONS = tuple(kind for kind in PUPIL_POSTS if kind not in (PostKind.CLASS_TEACHER, PostKind.GRADE_HEAD))
# Who may record an activity for a unit besides the post that owes it.
RECORDS = {
    UnitKind.CLASS: (PostKind.CLASS_TEACHER, PostKind.GRADE_HEAD, *OFFICE),
    UnitKind.SCHOOL: (*OFFICE, PostKind.COUNSELLOR),
}


def may_see_commitments(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=SEES_COMMITMENTS))


def may_see_routine(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=SEES_ROUTINE))


def may_see_inspections(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=SEES_INSPECTIONS))


def kinds_to_make(person, path, *, on) -> list[CommitmentKind]:
    """The kinds of commitments that the person may make at and below a unit."""
    return [kind for kind, posts in MAKERS.items() if person.holds(*posts, at=path, on=on)]


def may_sign(person, sheet, *, on) -> bool:
    """Who records a signature: the signer, and whoever makes such sheets there."""
    if person.pk == sheet.signer_id and person.posts_on(on):
        return True
    return person.holds(*MAKERS[K(sheet.kind)], at=sheet.path, on=on)


def may_plan(person, unit, *, on) -> bool:
    """Plans and groups: a school's by its leaders and dropout officer, a county's by the bureau; at the unit itself."""
    if unit.kind == UnitKind.SCHOOL:
        posts = (PostKind.DROPOUT_OFFICER, *LEADERS)
    else:
        posts = BUREAU if unit.kind == UnitKind.COUNTY else ()
    return any(post.unit_id == unit.pk and post.kind in posts for post in person.posts_on(on))


def may_finish_item(person, item, *, on) -> bool:
    """Who holds the item's post at the plan's unit, or stands in for it; and who plans there."""
    return may_plan(person, item.plan.unit, on=on) or answers(person, item.post_kind, item.plan.path, on=on)


def may_record(person, kind, unit, *, on) -> bool:
    """An activity of a unit: those who work there, and whoever answers for it while the post is vacant."""
    (owed,) = ROUTINES[ActivityKind(kind)]
    if unit.kind != owed.level:
        return False
    return person.holds(*RECORDS[owed.level], at=unit.path, on=on) or answers(person, owed.post, unit.path, on=on)


def may_survey(person, unit, *, on) -> bool:
    return unit.kind == UnitKind.SCHOOL and person.holds(*OFFICE, at=unit.path, on=on)


def may_inspect_school(person, unit, *, on) -> bool:
    return unit.kind == UnitKind.SCHOOL and person.holds(*OFFICE, at=unit.path, on=on)


def may_correct(person, deficiency, *, on) -> bool:
    return person.holds(*OFFICE, at=deficiency.path, on=on) or answers(
        person, deficiency.post_kind, deficiency.path, on=on
    )


def may_check(person, deficiency, *, on) -> bool:
    """Another person than who corrected it (asked for in the action): the principal, or the bureau where the principal did."""
    return person.holds(*LEADERS, PostKind.INSPECTOR, *BUREAU, at=deficiency.path, on=on)


def may_contact(person, path, *, on) -> bool:
    """Families are contacted by the class teacher, and by whoever leads grade or school."""
    return person.holds(PostKind.CLASS_TEACHER, PostKind.GRADE_HEAD, *OFFICE, at=path, on=on)
