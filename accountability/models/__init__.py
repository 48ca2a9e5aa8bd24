"""Who answers: leads, complaints, what was handed in with them, commendations."""

from accountability.models.commendation import Commendation
from accountability.models.complaint import Complaint
from accountability.models.exhibit import Exhibit
from accountability.models.lead import Lead

__all__ = ["Commendation", "Complaint", "Exhibit", "Lead"]
