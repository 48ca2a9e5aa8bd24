"""A dropout laid to teaching, corporal punishment or pushing out becomes a lead (F59, D16 五): a nightly sweep over cases."""

from accountability.actions.leads import open_lead
from accountability.enums import LeadSource
from accountability.models import Lead
from casework.enums import CaseState, Cause
from casework.models import CaseCause
from organisation.enums import UnitKind
from organisation.models import Unit
from organisation.rules.paths import STEP

DONE_BY_SCHOOL = (Cause.TEACHING,)


def cause_key(case_id) -> str:
    return f"cause:{case_id}"


def open_leads_for_causes() -> int:
    """One lead a case, against the school where it began: a case names no person, so screening finds out who it was.

    Run as often as one likes; a cleared case gives none. Returns how many were opened.
    """
    causes = CaseCause.objects.filter(cause__in=DONE_BY_SCHOOL).exclude(case__state=CaseState.CLEARED)
    found = {one.case_id: one for one in causes.select_related("case")}
    known = set(Lead.objects.filter(source=LeadSource.CAUSE).values_list("key", flat=True))
    missing = {case: one for case, one in found.items() if cause_key(case) not in known}
    schools = _schools_of({one.case.origin_path for one in missing.values()})
    opened = 0
    for case, one in missing.items():
        school = schools.get(one.case.origin_path)
        if school is not None:
            _, new = open_lead(
                source=LeadSource.CAUSE, subject=school, key=cause_key(case), evidence=_evidence(case, one)
            )
            opened += new
    return opened


def _schools_of(paths) -> dict[str, Unit]:
    """{class path: its school}, in one statement."""
    above = {path[:end] for path in paths for end in range(STEP, len(path) + 1, STEP)}
    schools = list(Unit.objects.filter(path__in=above, kind=UnitKind.SCHOOL))
    return {path: school for path in paths for school in schools if path.startswith(school.path)}


def _evidence(case, one) -> dict:
    """Without the child's name: who may see the case finds it there."""
    said = f"个案登记的辍学原因:{one.get_cause_display()}。" + (f"说明:{one.text}" if one.text else "")
    return {
        "title": "登记的辍学原因涉及教育教学行为",
        "text": said,
        "references": [{"kind": "case", "key": str(case), "label": f"劝返个案 {case} 号"}],
    }
