from accountability.models.activity import Activity, GuardianAbsence
from accountability.models.awareness import AwarenessSurvey, SurveyAnswer
from accountability.models.commitment import Commitment, CommitmentLink, CommitmentWording
from accountability.models.contact import HomeContact
from accountability.models.inspection import Deficiency, InspectionAnswer, SelfInspection
from accountability.models.lead import Lead
from accountability.models.plan import GroupMember, LeadingGroup, PlanItem, YearPlan

__all__ = [
    "Activity",
    "AwarenessSurvey",
    "Commitment",
    "CommitmentLink",
    "CommitmentWording",
    "Deficiency",
    "GroupMember",
    "GuardianAbsence",
    "HomeContact",
    "InspectionAnswer",
    "Lead",
    "LeadingGroup",
    "PlanItem",
    "SelfInspection",
    "SurveyAnswer",
    "YearPlan",
]
