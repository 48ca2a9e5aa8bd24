"""Who answers: commitments, routine work, leads, complaints, what was handed in with them, findings, commendations."""

from accountability.models.activity import Activity, GuardianAbsence
from accountability.models.awareness import AwarenessSurvey, SurveyAnswer
from accountability.models.commendation import Commendation
from accountability.models.commitment import Commitment, CommitmentLink, CommitmentWording
from accountability.models.complaint import Complaint
from accountability.models.contact import HomeContact
from accountability.models.document import FindingDocument, FindingFile
from accountability.models.exhibit import Exhibit
from accountability.models.finding import Finding
from accountability.models.inspection import Deficiency, InspectionAnswer, SelfInspection
from accountability.models.lead import Lead
from accountability.models.plan import GroupMember, LeadingGroup, PlanItem, YearPlan
from accountability.models.record import Evidence, FindingGround, FindingStep, Investigator
from accountability.models.truth import SpotAbsence, SpotCount, TruthHit

__all__ = [
    "Activity",
    "AwarenessSurvey",
    "Commendation",
    "Commitment",
    "CommitmentLink",
    "CommitmentWording",
    "Complaint",
    "Deficiency",
    "Evidence",
    "Exhibit",
    "Finding",
    "FindingDocument",
    "FindingFile",
    "FindingGround",
    "FindingStep",
    "GroupMember",
    "GuardianAbsence",
    "HomeContact",
    "InspectionAnswer",
    "Investigator",
    "Lead",
    "LeadingGroup",
    "PlanItem",
    "SelfInspection",
    "SpotAbsence",
    "SpotCount",
    "SurveyAnswer",
    "TruthHit",
    "YearPlan",
]
