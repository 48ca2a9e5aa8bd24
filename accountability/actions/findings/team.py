"""The team (F51): at least two whom nothing keeps out, named by who decides; what they gather."""

from django.db import transaction

from accountability.actions.findings.duties import done, drop, owe_team
from accountability.actions.findings.files import keep_upload
from accountability.actions.findings.steps import (
    ARTICLE,
    calendar_of,
    locked,
    require_decider,
    require_investigator,
    require_state,
    require_texts,
    rules_of,
    write_step,
)
from accountability.enums import FindingState, StepKind
from accountability.models import Evidence, Finding, Investigator
from accountability.queries.conflicts import conflict_of, posts_of
from organisation import clock
from organisation.errors import Malformed, Refused


@transaction.atomic
def name_team(finding: Finding, people, *, by, text="") -> Finding:
    """Name those who investigate; named again they replace the former team, with a reason.

    Raises NotYours, Malformed (`missing`, `small_team`), Refused (`wrong_state`, `conflict`, `not_in_reach`).
    """
    finding = locked(finding)
    require_decider(by, finding)
    require_state(finding, "investigate")
    if finding.round:
        require_texts(text=text)
    people = list({person.pk: person for person in people}.values())
    needed = rules_of(finding).investigators
    if len(people) < needed:
        raise Malformed("small_team", f"调查人不少于 {needed} 人。", fields={"investigators": [f"不少于 {needed} 人"]})
    finding.round += 1
    chairs = [_chair_of(person, finding, by) for person in people]
    now = clock.now()
    for person, (kind, path) in zip(people, chairs, strict=True):
        member = Investigator(
            finding=finding, round=finding.round, person=person, post_kind=kind, post_path=path, by=by, at=now
        )
        member.save()
    names = "、".join(person.name for person in people)
    said = f"调查人:{names}" + (f"。更换理由:{text.strip()}" if text.strip() else "")
    write_step(finding, StepKind.TEAM, by=by, text=said)
    done(finding, "finding_team", by=by)
    _hand_over(finding)
    return finding


def _chair_of(person, finding, by) -> tuple[str, str]:
    """The post in which somebody investigates. Raises Refused."""
    on = clock.today()
    if person.pk == by.pk:
        raise Refused("conflict", "决定人不得参加调查。", article=ARTICLE)
    reason = conflict_of(person, finding, on=on)
    if reason:
        raise Refused("conflict", f"{person.name}{reason},应当回避。", article=ARTICLE)
    within = [(kind, path) for kind, path in posts_of(person, on=on) if path.startswith(finding.decider_path)]
    if not within:
        raise Refused("not_in_reach", f"{person.name}在本单位及下级没有岗位,不能指定为调查人。")
    return min(within, key=lambda chair: len(chair[1]))


def _hand_over(finding):
    """What the former team still owed, the new one owes."""
    days = calendar_of(finding)
    if finding.state == FindingState.INVESTIGATING:
        drop(finding, "finding_investigate")
        owe_team(
            finding, "finding_investigate", days.add_working_days(clock.today(), rules_of(finding).investigation_days)
        )
    elif finding.state == FindingState.NOTIFIED:
        drop(finding, "finding_hear")
        owe_team(finding, "finding_hear", days.add_working_days(clock.today(), rules_of(finding).answer_days))


@transaction.atomic
def add_evidence(finding: Finding, ground, *, title, text, by, upload=None) -> Evidence:
    """One proof of a ground, with its paper. Raises NotYours, Malformed, Refused."""
    finding = locked(finding)
    require_investigator(by, finding)
    require_state(finding, "investigate")
    require_texts(title=title, text=text)
    if ground is None or ground.finding_id != finding.pk:
        raise Malformed("unknown_ground", "请选择所证明的情形。", fields={"ground": ["请选择"]})
    file = keep_upload(finding, upload, by=by)
    evidence = Evidence(
        finding=finding, ground=ground, title=title.strip()[:120], text=text.strip(), file=file, by=by, at=clock.now()
    )
    evidence.save()
    write_step(finding, StepKind.EVIDENCE, by=by, text=f"{evidence.title}({ground.code})", file=file)
    return evidence
