"""Who may do a duty, perform a step of the ladder (roles.md)."""

from casework.enums import LetterKind
from casework.models.letter import IN_CHARGE
from organisation.enums import PUPIL_POSTS, PostKind
from organisation.queries.posts import answers_for

DEPUTISED = {PostKind.PRINCIPAL: PostKind.DEPUTY_PRINCIPAL}


def answers(person, kind, path, *, on) -> bool:
    """Whether the person holds the post, stands in for a vacant one, or is the principal's delegate."""
    deputy = DEPUTISED.get(kind)
    if deputy and any(post.kind == deputy and post.unit.path == path for post in person.posts_on(on)):
        return True
    return answers_for(person, kind, path, on=on)


def may_do(person, duty, *, on) -> bool:
    """Who answers for its chair; who is named, where it is owed in person."""
    if duty.person_id:
        return duty.person_id == person.pk
    return answers(person, duty.post_kind, duty.chair_path, on=on)


def may_perform(person, escalation, chair, *, on) -> bool:
    return answers(person, chair.kind, chair.path, on=on)


def may_see_ladder(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=PUPIL_POSTS))


# Letters (F13, P30): who issues which by hand, who serves them, who sets their templates.

SCHOOL_LETTERS = (
    PostKind.CLASS_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
)
COUNTY_POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
SCHOOL_LEADERS = (PostKind.DROPOUT_OFFICER, PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL)
# Every other kind comes out of its own act: a step of the ladder, a case, a conference, an appeal.
LETTER_KINDS_BY_HAND = {
    LetterKind.SUMMONS: SCHOOL_LETTERS,
    LetterKind.TUTORING: SCHOOL_LETTERS,
    LetterKind.ENQUIRY: (*SCHOOL_LEADERS, *COUNTY_POSTS),
    LetterKind.LEAVE_DECISION: COUNTY_POSTS,
}
TEMPLATE_POSTS = (
    PostKind.HEAD_OF_TEACHING,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
    PostKind.TOWNSHIP_OFFICER,
    *COUNTY_POSTS,
)


def may_see_letters(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=(*PUPIL_POSTS, PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER)))


def may_issue(person, kind, pupil, *, on) -> bool:
    return person.holds(*LETTER_KINDS_BY_HAND.get(kind, ()), at=pupil.path, on=on)


def may_serve(person, letter, *, on) -> bool:
    """Serving a letter, its receipt included: who issued it, the child's school, the township or county that sent it."""
    if letter.issued_by_id == person.pk and person.posts_on(on):
        return True
    if person.holds(*SCHOOL_LETTERS, *COUNTY_POSTS, at=letter.pupil.path, on=on):
        return True
    return person.holds(PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER, at=letter.issuer.path, on=on)


def may_set_template(person, unit, *, on) -> bool:
    """By an own post at the unit itself: nobody writes another unit's letters."""
    return any(post.unit_id == unit.pk and post.kind in TEMPLATE_POSTS for post in person.posts_on(on))


# Dropout cases (F30–F36, roles.md): the school's two lines, the township's, and the county's second person.

REPORTERS = (
    PostKind.CLASS_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
    PostKind.COUNTY_CLERK,
)
PERSUADERS = (
    PostKind.CLASS_TEACHER,
    PostKind.HEAD_OF_TEACHING,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
)
OFFICERS = (PostKind.DROPOUT_OFFICER, PostKind.DEPUTY_PRINCIPAL, PostKind.PRINCIPAL)
GOVERNMENT = (PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER)
CASE_POSTS = (*PUPIL_POSTS, *GOVERNMENT)


def may_see_cases(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=CASE_POSTS))


def of_township(person, case, *, on, kinds=GOVERNMENT) -> bool:
    """Whether the person sits in the township where the child lives."""
    return case.township is not None and person.holds(*kinds, at=case.township.path, on=on)


def may_open_case(person, pupil, *, on) -> bool:
    if person.holds(*REPORTERS, at=pupil.path, on=on):
        return True
    home = pupil.residence.path if pupil.residence_id else pupil.path
    return person.holds(PostKind.TOWNSHIP_OFFICER, at=home, on=on)


def may_confirm(person, case, chair, *, on) -> bool:
    """A school leader confirms."""
    return answers(person, PostKind.PRINCIPAL, chair.path, on=on)


def may_persuade(person, case, *, on) -> bool:
    return person.holds(*PERSUADERS, at=case.path, on=on)


def may_visit(person, case, *, on) -> bool:
    """Both lines owe visits (P12)."""
    named = person.pk in (case.education_line_id, case.government_line_id) and bool(person.posts_on(on))
    return named or person.holds(*REPORTERS, at=case.path, on=on) or of_township(person, case, on=on)


def may_forward(person, case, *, on) -> bool:
    return person.holds(*OFFICERS, at=case.path, on=on)


def may_notice(person, case, chair, *, on) -> bool:
    """The township serves the notice; the county where there is no township."""
    return answers(person, chair.kind, chair.path, on=on) or of_township(person, case, on=on)


def may_enforce(person, case, *, on) -> bool:
    """Only a township or a bureau acts; a school issues no order and no penalty (义务教育法 58)."""
    acts = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
    return of_township(person, case, on=on, kinds=(PostKind.TOWNSHIP_OFFICER,)) or person.holds(
        *acts, at=case.path, on=on
    )


def may_bring_back(person, case, *, on) -> bool:
    return may_visit(person, case, on=on)


def may_ask_ending(person, case, *, on) -> bool:
    """A closing or clearing is asked for by those who work on the case, and decided by others."""
    return person.holds(*REPORTERS, at=case.path, on=on) or of_township(person, case, on=on)


def may_approve(person, approver, path, *, on) -> bool:
    """The county, for data errors the school's principal (P14)."""
    if approver == PostKind.COUNTY_CLERK:
        return person.holds(PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, at=path, on=on)
    return person.holds(PostKind.PRINCIPAL, PostKind.DEPUTY_PRINCIPAL, at=path, on=on)


def may_assign(person, case, *, on) -> bool:
    """Who names the responsible persons: the school's leaders, the township, the county."""
    return person.holds(*OFFICERS, PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, at=case.path, on=on) or of_township(
        person, case, on=on, kinds=(PostKind.TOWNSHIP_OFFICER,)
    )


# Serious truancy, appeals, hearings (F12, F15).

SCHOOL_LEADERS = (PostKind.PRINCIPAL, PostKind.DEPUTY_PRINCIPAL)


def may_report_truancy(person, pupil, *, on) -> bool:
    kinds = (*PERSUADERS, PostKind.GRADE_HEAD, PostKind.SUBJECT_TEACHER, PostKind.COUNSELLOR)
    return person.holds(*kinds, at=pupil.path, on=on)


def may_lead_inquiry(person, inquiry, *, on) -> bool:
    return person.holds(*SCHOOL_LEADERS, at=inquiry.path, on=on)


def may_handle_inquiry(person, inquiry, *, on) -> bool:
    """A member of the group, as long as the member holds a post."""
    return bool(person.posts_on(on)) and inquiry.members.filter(person=person).exists()


def may_enter_appeal(person, escalation, *, on) -> bool:
    """The school may not stand in the way of an appeal: any of its posts writes it down, and so does the bureau."""
    kinds = (*PERSUADERS, PostKind.GRADE_HEAD, PostKind.COUNSELLOR, PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
    return person.holds(*kinds, at=escalation.path, on=on)


def may_answer_appeal(person, appeal, *, on) -> bool:
    return person.holds(*SCHOOL_LEADERS, at=appeal.path, on=on)


def may_review_appeal(person, appeal, *, on) -> bool:
    return person.holds(PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD, at=appeal.path, on=on)


# Risk warnings and support (F20–F24, roles.md).

WARNING_REPORTERS = (
    PostKind.CLASS_TEACHER,
    PostKind.SUBJECT_TEACHER,
    PostKind.GRADE_HEAD,
    PostKind.HEAD_OF_TEACHING,
    PostKind.COUNSELLOR,
    PostKind.DROPOUT_OFFICER,
    PostKind.DEPUTY_PRINCIPAL,
    PostKind.PRINCIPAL,
)
# Who knows every child of a class; a counsellor knows those who were referred.
TEACHING_POSTS = tuple(kind for kind in WARNING_REPORTERS if kind != PostKind.COUNSELLOR)
HELPERS = WARNING_REPORTERS
CONVENERS = (PostKind.CLASS_TEACHER, PostKind.GRADE_HEAD, PostKind.HEAD_OF_TEACHING)
WARNING_POSTS = (*PUPIL_POSTS, PostKind.COUNSELLOR)
POINTS_POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
BACKTEST_POSTS = (PostKind.PRINCIPAL, *POINTS_POSTS)


def may_see_warnings(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=WARNING_POSTS))


def may_report_worry(person, path, *, on) -> bool:
    """Whoever teaches the child, or leads the school."""
    return person.holds(*WARNING_REPORTERS, at=path, on=on)


def may_convene(person, warning, *, on) -> bool:
    """The class teacher convenes (D9), or who stands in for a vacant class; grade head and head of teaching may too."""
    if person.holds(*CONVENERS, at=warning.path, on=on):
        return True
    return answers(person, PostKind.CLASS_TEACHER, warning.path, on=on)


def may_chair(person, chair, *, on) -> bool:
    return answers(person, chair.kind, chair.path, on=on)


def may_help(person, path, *, on) -> bool:
    """Entries of support are written by those who work with the child at school."""
    return person.holds(*HELPERS, at=path, on=on)


def may_counsel(person, path, *, on) -> bool:
    return person.holds(PostKind.COUNSELLOR, at=path, on=on)


def may_change_points(person, path, *, on) -> bool:
    return person.holds(*POINTS_POSTS, at=path, on=on)


# The register comparison and its ledgers (F68), referrals (F34, P13).

COMPARE_POSTS = (PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
COMPARE_READERS = (*COMPARE_POSTS, PostKind.INSPECTOR, PostKind.TOWNSHIP_OFFICER)


def may_compare(person, path, *, on) -> bool:
    """The county's bureau imports lists and decides their rows."""
    return person.holds(*COMPARE_POSTS, at=path, on=on)


def may_see_compare(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=COMPARE_READERS))


def may_give_evidence(person, row, *, on) -> bool:
    """The township where the child lives, and the bureau."""
    return may_compare(person, row.path, on=on) or person.holds(PostKind.TOWNSHIP_OFFICER, at=row.township.path, on=on)


def may_refer_labour(person, case, *, on) -> bool:
    """Who is in charge of the case in school, township or county."""
    kinds = (*OFFICERS, PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)
    return person.holds(*kinds, at=case.path, on=on) or of_township(
        person, case, on=on, kinds=(PostKind.TOWNSHIP_OFFICER,)
    )


def may_refer_restricted(person, case, *, on) -> bool:
    """The people in charge of the case, and nobody else (P13)."""
    return person.holds(*IN_CHARGE, at=case.path, on=on)


def may_enter_outcome(person, referral, *, on) -> bool:
    """The county's labour officer, or who stands in for a vacant one."""
    return answers(person, PostKind.LABOUR_OFFICER, referral.county.path, on=on)


def may_inspect(person, county_path, *, on) -> bool:
    return answers(person, PostKind.LABOUR_OFFICER, county_path, on=on)


REFERRAL_POSTS = (PostKind.LABOUR_OFFICER, PostKind.COUNTY_CLERK, PostKind.BUREAU_HEAD)


def may_see_referrals(person, *, on) -> bool:
    return bool(person.paths(on=on, kinds=(*CASE_POSTS, PostKind.LABOUR_OFFICER)))
