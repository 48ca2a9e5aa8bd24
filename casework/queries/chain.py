"""What this floor writes down and nobody may bend: cases with their moves and parts, the ladder, letters, inquiries, appeals."""

from casework.models import (
    Appeal,
    Approval,
    Case,
    CaseCause,
    CaseMove,
    Conference,
    Duty,
    EnforcementStep,
    Episode,
    Escalation,
    FollowUp,
    Hearing,
    InquiryEntry,
    LabourOutcome,
    LabourReferral,
    Letter,
    Placement,
    PlacementProof,
    RestrictedReferral,
    Summons,
    SupportEntry,
    SupportPlan,
    TalkRecord,
    TruancyInquiry,
    Visit,
)
from organisation.chain import seal_history, seal_rows

RECEIPT = ("receipt", "received_at", "received_by", "receipt_paper", "receipt_note", "witness", "reply")


def seal_casework():
    seal_rows(CaseMove, place="case__path")
    seal_rows(InquiryEntry, place="inquiry__path")
    seal_rows(Letter, place="path", but=("pupil", "path", *RECEIPT))
    for model in (Case, Duty, Escalation, Letter, TruancyInquiry, Appeal, Conference, SupportPlan, SupportEntry):
        seal_history(model)
    for model in (CaseCause, Visit, EnforcementStep, Placement, Approval, LabourReferral, RestrictedReferral, Episode):
        seal_history(model, place="case__path")
    seal_history(PlacementProof, place="placement__case__path")
    seal_history(FollowUp, place="episode__case__path")
    seal_history(TalkRecord, place="pupil__path")
    seal_history(Summons, place="inquiry__path")
    seal_history(Hearing, place="escalation__path")
    seal_history(LabourOutcome, place="referral__path")
