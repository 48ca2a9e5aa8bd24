from accountability.models.document import FindingDocument, FindingFile
from accountability.models.finding import Finding
from accountability.models.lead import Lead
from accountability.models.record import Evidence, FindingGround, FindingStep, Investigator

__all__ = [
    "Evidence",
    "Finding",
    "FindingDocument",
    "FindingFile",
    "FindingGround",
    "FindingStep",
    "Investigator",
    "Lead",
]
