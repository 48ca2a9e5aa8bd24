"""Who answers: leads, complaints, what was handed in with them, findings, commendations."""

from accountability.models.commendation import Commendation
from accountability.models.complaint import Complaint
from accountability.models.document import FindingDocument, FindingFile
from accountability.models.exhibit import Exhibit
from accountability.models.finding import Finding
from accountability.models.lead import Lead
from accountability.models.record import Evidence, FindingGround, FindingStep, Investigator
from accountability.models.truth import SpotAbsence, SpotCount, TruthHit

__all__ = [
    "Commendation",
    "Complaint",
    "Evidence",
    "Exhibit",
    "Finding",
    "FindingDocument",
    "FindingFile",
    "FindingGround",
    "FindingStep",
    "Investigator",
    "Lead",
    "SpotAbsence",
    "SpotCount",
    "TruthHit",
]
