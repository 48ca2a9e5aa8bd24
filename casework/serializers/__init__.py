"""What the API says and takes about casework, by noun."""

from casework.serializers.cases import (
    CaseInput,
    CaseSerializer,
    CaseVerbInput,
    VisitInput,
    VisitSerializer,
)
from casework.serializers.ladder import CompleteInput, DutySerializer, EscalationSerializer, PerformInput
from casework.serializers.warnings import ReportInput, ReportSerializer, WarningSerializer

__all__ = [
    "CaseInput",
    "CaseSerializer",
    "CaseVerbInput",
    "CompleteInput",
    "DutySerializer",
    "EscalationSerializer",
    "PerformInput",
    "ReportInput",
    "ReportSerializer",
    "VisitInput",
    "VisitSerializer",
    "WarningSerializer",
]
