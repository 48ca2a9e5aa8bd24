"""Grounds of accountability, leads and who screens them, findings and their procedure."""

from accountability.enums.findings import (
    FINDING_MOVES,
    FINDING_VERBS,
    IN_FORCE,
    LIVE_FINDINGS,
    Act,
    FindingState,
    Form,
    HarmGround,
    ReviewOutcome,
    Sanction,
    Scope,
    StepKind,
)
from accountability.enums.leads import LEAD_MOVES, SCREENED_BY, SCREENS_NEXT, Ground, LeadState

__all__ = [
    "FINDING_MOVES",
    "FINDING_VERBS",
    "IN_FORCE",
    "LEAD_MOVES",
    "LIVE_FINDINGS",
    "SCREENED_BY",
    "SCREENS_NEXT",
    "Act",
    "FindingState",
    "Form",
    "Ground",
    "HarmGround",
    "LeadState",
    "ReviewOutcome",
    "Sanction",
    "Scope",
    "StepKind",
]
