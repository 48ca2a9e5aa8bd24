"""Findings walked to a state as the procedure walks them, leads and complaints, with fixed dates."""

import uuid
from datetime import date
from itertools import count

from accountability.actions.complaints import file_complaint, find_complaint
from accountability.actions.leads import open_lead
from accountability.enums import LeadSource
from accountability.models import Finding, FindingStep
from organisation import clock
from organisation.enums import PostKind
from organisation.models import Person, Unit
from students.tests.factories import moment

NOVEMBER = date(2026, 11, 2)
_serial = count(1)


def served_finding(subject, unit, *, form="circular", sanction="", since=NOVEMBER, expires_on=None) -> Finding:
    """A decision in force against a person or a unit."""
    is_unit = isinstance(subject, Unit)
    finding = Finding.objects.create(
        subject_person=None if is_unit else subject,
        subject_unit=subject if is_unit else None,
        subject_post="" if is_unit else PostKind.CLASS_TEACHER,
        path=unit.path,
        state="investigating",
        decider_kind=PostKind.PRINCIPAL,
        decider_path=unit.path,
        opened_at=moment(since),
    )
    for number, (kind, state) in enumerate((("notified", "notified"), ("waived", "heard")), start=1):
        step = {"before": finding.state, "after": state, "on": since, "at": moment(since), "digest": str(number)}
        FindingStep(finding=finding, number=number, kind=kind, **step).save()
        finding.state, finding.notified_at = state, moment(since)
        finding.save()
    finding.state, finding.form, finding.sanction, finding.decided_at = "decided", form, sanction, moment(since)
    finding.save()
    finding.state, finding.in_force_from, finding.expires_on = "served", since, expires_on
    finding.save()
    return finding


def revoke(finding):
    finding.state = "revoked"
    finding.save()


def lead_against(subject, *, key="", source=LeadSource.HAND, **more):
    """A lead by hand against a unit or a person with their present post."""
    post = subject.posts_on(clock.today())[0] if isinstance(subject, Person) else subject
    evidence = {"title": "督查发现问题", "text": "台账不全"}
    lead, _ = open_lead(source=source, subject=post, key=key or f"test:{next(_serial)}", evidence=evidence, **more)
    return lead


def make_complaint(county, **said):
    """A complaint as somebody without a login hands it in; the row and its query number."""
    given = {
        "against": "school",
        "kind": "pushed_out",
        "place": "某某中学",
        "text": "老师让孩子别来了",
        "name": "",
        "phone": "",
    }
    number = file_complaint(request_id=uuid.uuid4(), county=county, **given | said)
    return find_complaint(number), number
