from casework.models.appeal import Appeal, CommitteeMember, Hearing
from casework.models.case import (
    Approval,
    Case,
    CaseCause,
    CaseMove,
    EnforcementStep,
    Episode,
    FollowUp,
    Placement,
    PlacementProof,
    Visit,
)
from casework.models.duty import Duty, Lapse, Reminder
from casework.models.escalation import Escalation, Measure, TalkRecord
from casework.models.household import HouseholdBatch, HouseholdEntry, HouseholdRow
from casework.models.letter import Letter, LetterCounter, LetterHead, LetterTemplate, LinkKnock, SignedLink
from casework.models.message import Message
from casework.models.ratio import RatioRecord, RatioStep
from casework.models.referral import LabourInspection, LabourOutcome, LabourReferral, RestrictedReferral
from casework.models.support import Conference, CounsellingNote, PlanMeasure, SupportEntry, SupportPlan
from casework.models.truancy import InquiryEntry, InquiryMember, Summons, TruancyInquiry
from casework.models.warning import RiskSignal, RiskWarning, TeacherReport, TierChange

__all__ = [
    "Approval",
    "Case",
    "CaseCause",
    "CaseMove",
    "Conference",
    "CounsellingNote",
    "Duty",
    "EnforcementStep",
    "Episode",
    "Escalation",
    "FollowUp",
    "Lapse",
    "Letter",
    "LetterCounter",
    "LetterHead",
    "LetterTemplate",
    "LinkKnock",
    "Measure",
    "Message",
    "Placement",
    "PlacementProof",
    "PlanMeasure",
    "Reminder",
    "RiskSignal",
    "RiskWarning",
    "SignedLink",
    "SupportEntry",
    "SupportPlan",
    "TalkRecord",
    "TeacherReport",
    "TierChange",
    "Visit",
    "Appeal",
    "CommitteeMember",
    "Hearing",
    "RatioRecord",
    "RatioStep",
    "InquiryEntry",
    "InquiryMember",
    "Summons",
    "TruancyInquiry",
    "HouseholdBatch",
    "HouseholdEntry",
    "HouseholdRow",
    "LabourInspection",
    "LabourOutcome",
    "LabourReferral",
    "RestrictedReferral",
]
