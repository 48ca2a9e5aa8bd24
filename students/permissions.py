"""Who may do what with pupils, rolls, slips and the register (roles.md)."""

from organisation.enums import PUPIL_POSTS, PostKind, UnitKind
from organisation.models import Unit
from organisation.queries.posts import answers_for
from organisation.rules.paths import ancestors
from students.models import LeaveSlip

REGISTER_POSTS = (PostKind.REGISTRAR, PostKind.COUNTY_CLERK)
IMPORT_POSTS = (PostKind.REGISTRAR, PostKind.COUNTY_CLERK)
EXPORT_POSTS = (PostKind.REGISTRAR, PostKind.COUNTY_CLERK)
HOME_POSTS = (PostKind.CLASS_TEACHER, PostKind.HEAD_OF_TEACHING, PostKind.DROPOUT_OFFICER)
RESTRICTED_POSTS = (PostKind.DROPOUT_OFFICER, PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL)
REVEAL_POSTS = (
    PostKind.CLASS_TEACHER,
    PostKind.HEAD_OF_TEACHING,
    PostKind.REGISTRAR,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
    PostKind.COUNTY_CLERK,
    PostKind.BUREAU_HEAD,
    PostKind.TOWNSHIP_OFFICER,
)


SLIP_POSTS = (
    PostKind.CLASS_TEACHER,
    PostKind.HEAD_OF_TEACHING,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
)


def may_see_files(person, *, on) -> bool:
    """Whether there are any children's files that the person may look for."""
    return bool(person.paths(on=on, kinds=(*PUPIL_POSTS, PostKind.TOWNSHIP_OFFICER)))


def may_call_roll(person, school_class, *, on) -> bool:
    """The class teacher, or whoever stands in for a vacant class; the head of teaching for any class of the school."""
    if answers_for(person, PostKind.CLASS_TEACHER, school_class.path, on=on):
        return True
    return may_change_late(person, school_class, on=on)


def may_change_late(person, school_class, *, on) -> bool:
    """After the teacher's time: the head of teaching, or whoever stands in for a vacant one."""
    return answers_for(person, PostKind.HEAD_OF_TEACHING, school_path_of(person, school_class, on=on), on=on)


def may_name_substitute(person, school_class, *, on) -> bool:
    return may_change_late(person, school_class, on=on)


def may_enter_slip(person, thing, *, on) -> bool:
    """For a pupil, or for the children of a class: its teacher or whoever stands in, and who decides longer slips."""
    if person.holds(*SLIP_POSTS, at=thing.path, on=on):
        return True
    return answers_for(person, PostKind.CLASS_TEACHER, thing.path, on=on)


def may_decide_slip(person, slip: LeaveSlip, chair, *, on) -> bool:
    """The post that the slip's length asks for, or one above it in the school."""
    order = (PostKind.CLASS_TEACHER, PostKind.HEAD_OF_TEACHING, PostKind.PRINCIPAL)
    stronger = order[order.index(chair.kind) :]
    deputy = (PostKind.DEPUTY_PRINCIPAL,)
    if person.holds(*stronger, *deputy, at=slip.path, on=on):
        return True
    return answers_for(person, chair.kind, chair.path, on=on)


def may_change_slip(person, slip: LeaveSlip, chair, *, on) -> bool:
    """Who decides the slip, or entered it and still has its class: withdraws it, hands in the certificate."""
    entered = slip.entered_by_id == person.pk and may_enter_slip(person, slip, on=on)
    return entered or may_decide_slip(person, slip, chair, on=on)


def may_change_register(person, pupil, *, on) -> bool:
    """The school's registrar, or who stands in for a vacant one; the county clerk for schools of the county."""
    if person.holds(*REGISTER_POSTS, at=pupil.path, on=on):
        return True
    return answers_for(person, PostKind.REGISTRAR, school_path_of(person, pupil, on=on), on=on)


def may_edit_home(person, pupil, *, on) -> bool:
    """Home, carer, guardians and categories: who keeps the register, and who knows the child at school."""
    return person.holds(*HOME_POSTS, at=pupil.path, on=on) or may_change_register(person, pupil, on=on)


def may_see_restricted(person, pupil, *, on) -> bool:
    """Health, justice and free notes: those in charge of the school's cases (roles.md)."""
    return person.holds(*RESTRICTED_POSTS, at=pupil.path, on=on)


def may_merge(person, kept, other, *, on) -> bool:
    """Who may change the register of both files: the registrar within a school, the county clerk across schools."""
    return all(may_change_register(person, pupil, on=on) for pupil in (kept, other))


def may_reveal(person, pupil, *, on) -> bool:
    return person.holds(*REVEAL_POSTS, at=pupil.path, on=on)


def may_import(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=IMPORT_POSTS))


def import_unit(person, *, on):
    """The unit for whose register the person imports: an import's findings are gone with the post there."""
    return next(post.unit for post in person.posts_on(on) if post.kind in IMPORT_POSTS)


def may_export(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=EXPORT_POSTS))


def school_path_of(person, thing, *, on) -> str:
    """The path of the school of a class or pupil; from the person's own posts where one sits on it, which needs no statement."""
    for post in person.posts_on(on):
        if post.unit.kind == UnitKind.SCHOOL and thing.path.startswith(post.unit.path):
            return post.unit.path
    school = Unit.objects.filter(path__in=ancestors(thing.path), kind=UnitKind.SCHOOL)
    return school.values_list("path", flat=True).first()


def may_accept_transfer(person, transfer, *, on) -> bool:
    """The receiving school's registrar, or who stands in for a vacant one; its county's clerk."""
    return may_change_register(person, transfer.to_school, on=on)


def may_confirm_arrival(person, expected, *, on) -> bool:
    """Who sent the child, and the bureau above."""
    return person.holds(*REGISTER_POSTS, at=expected.from_path, on=on)


# Marks, incidents and study plans (F06, F24): subject teachers for the classes they teach, the head of teaching for all.

MARK_POSTS = (PostKind.SUBJECT_TEACHER, PostKind.CLASS_TEACHER, PostKind.HEAD_OF_TEACHING)
INCIDENT_POSTS = (*MARK_POSTS, PostKind.GRADE_HEAD, PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL)
PLAN_POSTS = (PostKind.CLASS_TEACHER, PostKind.GRADE_HEAD, PostKind.HEAD_OF_TEACHING)


def may_enter_marks(person, school_class, *, on) -> bool:
    return person.holds(*MARK_POSTS, at=school_class.path, on=on)


def may_correct_marks(person, path, *, on) -> bool:
    """Another teacher's mark is corrected by the head of teaching or the class teacher."""
    return person.holds(PostKind.CLASS_TEACHER, PostKind.HEAD_OF_TEACHING, at=path, on=on)


def may_enter_incident(person, path, *, on) -> bool:
    return person.holds(*INCIDENT_POSTS, at=path, on=on)


def may_withdraw_incident(person, incident, *, on) -> bool:
    """Whoever wrote it down, as long as he or she teaches there; else the head of teaching or the principal."""
    if incident.entered_by_id == person.pk and may_enter_incident(person, incident.path, on=on):
        return True
    return person.holds(PostKind.HEAD_OF_TEACHING, PostKind.PRINCIPAL, at=incident.path, on=on)


def may_plan_study(person, pupil, *, on) -> bool:
    return person.holds(*PLAN_POSTS, at=pupil.path, on=on)


def may_see_learning(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=INCIDENT_POSTS))
