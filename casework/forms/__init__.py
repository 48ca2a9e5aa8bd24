"""What people fill in about casework, by noun."""

from casework.forms.ladder import CompleteForm, RecordForm, area
from casework.forms.letters import (
    GuardianAppealForm,
    GuardianForm,
    LetterForm,
    PaperReceiptForm,
    RefusalForm,
    ReplyForm,
    SendForm,
    TemplateForm,
    WordForm,
)
from casework.forms.warnings import (
    BacktestForm,
    ConferenceForm,
    CounsellingForm,
    GroupExportForm,
    MinutesForm,
    PlanForm,
    PointsForm,
    ReviewForm,
    SupportForm,
    WorryForm,
)

__all__ = [
    "BacktestForm",
    "CompleteForm",
    "ConferenceForm",
    "CounsellingForm",
    "GroupExportForm",
    "MinutesForm",
    "PlanForm",
    "PointsForm",
    "RecordForm",
    "ReviewForm",
    "SupportForm",
    "WorryForm",
    "GuardianAppealForm",
    "GuardianForm",
    "LetterForm",
    "PaperReceiptForm",
    "RefusalForm",
    "ReplyForm",
    "SendForm",
    "TemplateForm",
    "WordForm",
    "area",
]
