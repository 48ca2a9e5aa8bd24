"""Conflicts of interest (F51): who must keep out of a matter, looked up anew at every verb."""

from accountability.enums import StepKind
from accountability.models import Finding, FindingStep, Investigator
from accountability.rules.superiors import is_below
from casework.kinds import confidential_kinds
from casework.models import Duty, Lapse
from casework.permissions import answers
from organisation.models import Person, Post

ITSELF, UNIT, BELOW = "是本事项的当事人", "属于当事单位", "是当事人的下属"
OWES, WAS_LATE = "与本事项有未办结的待办", "是本事项逾期待办的责任人"
INVESTIGATED, DECIDED = "参加过本事项的调查", "作出了原决定"


def posts_of(person, *, on) -> list[tuple[str, str]]:
    """(kind, path) of the posts held now: read anew, since a post may have changed since the person was loaded."""
    held = Post.objects.held(on=on).filter(person_id=person.pk)
    return list(held.values_list("kind", "unit__path"))


def conflict_of(person: Person, finding: Finding, *, on) -> str:
    """Why the person must keep out of the matter; empty where nothing speaks against."""
    own = posts_of(person, on=on)
    if finding.subject_person_id == person.pk:
        return ITSELF
    if finding.is_about_unit:
        if any(path.startswith(finding.subject_unit.path) for _, path in own):
            return UNIT
    else:
        answered = (finding.subject_post, finding.path)  # the post in which the act was done, held still or not
        if is_below(own, [*posts_of(finding.subject_person, on=on), answered]):
            return BELOW
    return _party(person, finding, on=on)


def _party(person, finding, *, on) -> str:
    """Whether the person has a duty open in the matter, or was late with one."""
    duties = duties_of_matter(finding)
    if Lapse.objects.filter(duty__in=duties, person=person).exists():
        return WAS_LATE
    for duty in duties.open():
        owes = (
            duty.person_id == person.pk if duty.person_id else answers(person, duty.post_kind, duty.chair_path, on=on)
        )
        if owes:
            return OWES
    return ""


def duties_of_matter(finding):
    """The duty that was late, and those about the child concerned; the matter's own procedure is not among them."""
    lapse = finding.lead.lapse if finding.lead else None
    child = finding.pupil_id or (lapse.duty.pupil_id if lapse else None)
    rows = Duty.objects.filter(pk=lapse.duty_id) if lapse else Duty.objects.none()
    if child:
        rows = rows | Duty.objects.filter(pupil=child)
    return rows.exclude(kind__in=confidential_kinds())


def has_investigated(person, finding) -> bool:
    return Investigator.objects.filter(finding_id=finding.pk, person=person).exists()


def has_decided(person, finding) -> bool:
    return FindingStep.objects.of_kind(StepKind.DECIDED).filter(finding_id=finding.pk, by=person).exists()


def team_of(finding) -> list:
    """The investigators of the present team."""
    return list(finding.investigators.filter(round=finding.round).select_related("person"))
