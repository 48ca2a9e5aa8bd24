"""How a matter begins (F51): a kept lead opens one, or who decides or inspects puts one; it is screened, or put aside."""

from django.db import transaction

from accountability.actions.findings.duties import done, drop, owe_seat
from accountability.actions.findings.steps import (
    calendar_of,
    locked,
    require_decider,
    require_handler,
    require_state,
    require_texts,
    rules_of,
    write_step,
)
from accountability.enums import LIVE_FINDINGS, Act, FindingState, StepKind
from accountability.models import Evidence, Finding, FindingGround
from accountability.permissions import may_open
from accountability.queries.conflicts import posts_of, pupil_of_lead
from accountability.queries.seats import UNITS_DECIDED_BY, deciding_chair
from accountability.rules.grounds import check_ground, known_grounds
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from organisation.queries.edition import rule_book
from students.models import Pupil

_S = FindingState


@transaction.atomic
def open_from_lead(lead, *, by, act=Act.LATE) -> Finding:
    """A lead that was kept is a matter to be investigated, with what it rests on as its first ground and proof."""
    finding = Finding(
        subject_person=lead.subject,
        subject_unit=lead.subject_unit,
        subject_post=lead.subject_post,
        path=lead.path,
        lead=lead,
        pupil_id=pupil_of_lead(lead),
        state=_S.INVESTIGATING,
    )
    _begin(finding, by, lead.reason)
    if lead.lapse_id:
        said = f"{lead.evidence['kind']}“{lead.evidence['title']}”逾期 {lead.evidence['late_days']} 天"
        ground = _ground(finding, lead.ground, Act.LATE, said, lead.lapse.since, by, require_fit=False)
        due = lead.evidence["due_at"][:16].replace("T", " ")
        title, text = "系统的逾期记录", f"待办期限 {due};自 {lead.evidence['since']} 起逾期;初核:{lead.reason}"
    else:
        ground = _ground(finding, lead.ground, act, lead.reason, None, by)
        title, text = f"线索:{lead.evidence['title']}"[:120], f"{lead.evidence['text']}\n初核:{lead.reason}".strip()
    Evidence(finding=finding, ground=ground, title=title, text=text, by=by, at=clock.now()).save()
    ask_for_team(finding)
    return finding


@transaction.atomic
def put_matter(*, by, grounds, text, subject_person=None, subject_unit=None, subject_post="", pupil=None) -> Finding:
    """A matter put without a lead, to be screened by who decides it: `grounds` are [{"code", "act", "text", "acted_on"}].

    Raises Malformed (`missing`, `bad_subject`, `no_ground`, …), NotYours, Refused (`already_open`).
    """
    today = clock.today()
    require_texts(text=text)
    if not grounds:
        raise Malformed("no_ground", "请至少列明一种情形。", fields={"grounds": ["必填"]})
    finding = Finding(subject_person=subject_person, subject_unit=subject_unit, pupil=pupil, state=_S.SCREENING)
    finding.path, finding.subject_post = _place(subject_person, subject_unit, subject_post, today)
    subject_posts = posts_of(subject_person, on=today) if subject_person else []
    is_own = subject_person and subject_person.pk == by.pk
    if is_own or not may_open(by, finding.path, subject_posts=subject_posts, on=today):
        raise NotYours("permission_denied", "问责事项由有权决定的上级或督学提出,不得对本人或上级提出。")
    if pupil and not Pupil.objects.visible_to(by, on=today).filter(pk=pupil.pk).exists():
        raise Malformed("bad_pupil", "没有这个学生。", fields={"pupil": ["不存在"]})
    same = Finding.objects.filter(subject_person=subject_person, subject_unit=subject_unit, state__in=LIVE_FINDINGS)
    codes = {ground["code"] for ground in grounds}
    if same.filter(path=finding.path, pupil=pupil, grounds__code__in=codes).exists():
        raise Refused("already_open", "对同一当事人的同一情形已有办理中的事项。")
    _begin(finding, by, text.strip())
    for ground in grounds:
        _ground(finding, ground["code"], ground["act"], ground["text"], ground.get("acted_on"), by)
    owe_seat(finding, "finding_screen", calendar_of(finding).add_working_days(today, _screening_days(finding)))
    return finding


def _screening_days(finding):
    return rule_book(finding.path).rules(finding.path, on=clock.today()).duty.screening_days


def _place(person, unit, post, today) -> tuple[str, str]:
    """Where the act was done, and in which post."""
    if (person is None) == (unit is None):
        raise Malformed("bad_subject", "当事人是一个人或一个单位。", fields={"subject": ["请选择"]})
    if unit is not None:
        if unit.kind not in UNITS_DECIDED_BY:
            raise Malformed("bad_subject", "当事单位是学校、乡镇、县或市(州)。", fields={"subject": ["请选择"]})
        return unit.path, ""
    found = [(kind, path) for kind, path in posts_of(person, on=today) if not post or kind == post]
    if not found:
        raise Malformed("bad_subject", "当事人目前没有这个岗位。", fields={"subject": ["请选择"]})
    kind, path = found[0]
    return path, kind


def _begin(finding, by, text):
    now = clock.now()
    finding.opened_at, finding.opened_by = now, by
    chair = deciding_chair(finding, on=clock.today())
    finding.decider_kind, finding.decider_path = chair.kind, chair.path
    finding.save()
    write_step(finding, StepKind.OPENED, by=by, text=text)


def _ground(finding, code, act, text, acted_on, by, *, require_fit=True) -> FindingGround:
    local = rules_of(finding).local_grounds
    label = check_ground(code, act, text, local) if require_fit else known_grounds(local)[code]
    if acted_on and acted_on > clock.today():
        raise Malformed("bad_time", "行为的日期不能在今天以后。", fields={"acted_on": ["日期不对"]})
    ground = FindingGround(
        finding=finding,
        code=code,
        label=label[:120],
        act=act,
        text=text.strip(),
        acted_on=acted_on,
        by=by,
        at=clock.now(),
    )
    ground.save()
    return ground


def ask_for_team(finding):
    owe_seat(finding, "finding_team", calendar_of(finding).add_working_days(clock.today(), rules_of(finding).team_days))


@transaction.atomic
def screen_matter(finding: Finding, *, text, by) -> Finding:
    """Somebody looked at it and found a named act: it is investigated. Raises NotYours, Malformed, Refused."""
    finding = locked(finding)
    require_decider(by, finding)
    require_state(finding, "screen")
    require_texts(text=text)
    write_step(finding, StepKind.SCREENED, by=by, after=_S.INVESTIGATING, text=text.strip())
    done(finding, "finding_screen", by=by)
    ask_for_team(finding)
    return finding


@transaction.atomic
def add_ground(finding: Finding, *, code, act, text, by, acted_on=None) -> FindingGround:
    """One more ground, until it is decided. Raises NotYours, Malformed, Refused."""
    finding = locked(finding)
    require_handler(by, finding)
    require_state(finding, "dismiss")
    if finding.grounds.filter(code=code, act=act).count() > 8:
        raise Refused("too_many", "同一情形已列明多次,请写进取证。")
    ground = _ground(finding, code, act, text, acted_on, by)
    write_step(finding, StepKind.GROUND, by=by, text=f"{ground.label}({ground.get_act_display()}):{ground.text}")
    return ground


@transaction.atomic
def dismiss_matter(finding: Finding, *, text, by) -> Finding:
    """No finding is made, with the reason; at any time before a decision. Raises NotYours, Malformed, Refused."""
    finding = locked(finding)
    require_decider(by, finding)
    require_state(finding, "dismiss")
    require_texts(text=text)
    finding.ended_at = clock.now()
    write_step(finding, StepKind.DISMISSED, by=by, after=_S.DISMISSED, text=text.strip())
    drop(finding)
    return finding
