"""What this floor writes down and nobody may bend: leads, findings with every step, truth checks, commendations."""

from accountability.models import (
    Commendation,
    Complaint,
    Evidence,
    Finding,
    FindingDocument,
    FindingGround,
    FindingStep,
    Investigator,
    Lead,
    SpotCount,
    TruthHit,
)
from organisation.chain import seal_history, seal_rows


def seal_accountability():
    for model in (FindingGround, Investigator, FindingStep):
        seal_rows(model, place="finding__path")
    for model in (Evidence, FindingDocument):
        seal_rows(model, place="finding__path", also=("file__sha256",))
    for model in (Lead, Finding, SpotCount, TruthHit, Commendation):
        seal_history(model)
    seal_history(Complaint, place="handler_path")
