"""States, kinds and tables of accountability, by noun."""

from accountability.enums.awards import (
    COMMENDATION_MOVES,
    NOMINATORS,
    BanReason,
    CommendationState,
    Merit,
)
from accountability.enums.complaints import (
    COMPLAINT_MOVES,
    COMPLAINT_VERBS,
    HANDLED_BY,
    PENDING_COMPLAINTS,
    Against,
    ComplaintState,
    Grievance,
)
from accountability.enums.leads import (
    LEAD_MOVES,
    SCREENED_BY,
    SCREENS_NEXT,
    UNIT_SCREENED_BY,
    Ground,
    LeadSource,
    LeadState,
)

__all__ = [
    "COMMENDATION_MOVES",
    "COMPLAINT_MOVES",
    "COMPLAINT_VERBS",
    "HANDLED_BY",
    "LEAD_MOVES",
    "NOMINATORS",
    "PENDING_COMPLAINTS",
    "SCREENED_BY",
    "SCREENS_NEXT",
    "UNIT_SCREENED_BY",
    "Against",
    "BanReason",
    "CommendationState",
    "ComplaintState",
    "Grievance",
    "Ground",
    "LeadSource",
    "LeadState",
    "Merit",
]
