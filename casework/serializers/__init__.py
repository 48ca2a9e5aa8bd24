"""What the API says and takes about casework, by noun."""

from casework.serializers.cases import (
    CaseInput,
    CaseSerializer,
    CaseVerbInput,
    VisitInput,
    VisitSerializer,
)
from casework.serializers.ladder import CompleteInput, DutySerializer, EscalationSerializer, PerformInput

__all__ = [
    "CaseInput",
    "CaseSerializer",
    "CaseVerbInput",
    "CompleteInput",
    "DutySerializer",
    "EscalationSerializer",
    "PerformInput",
    "VisitInput",
    "VisitSerializer",
]
