"""What people fill in about accountability, by noun."""

from accountability.forms.commendations import WithdrawForm
from accountability.forms.complaints import AcceptForm, AnswerForm, ComplaintForm, PassUpForm, QueryForm, RevealForm
from accountability.forms.leads import LayToForm, LeadForm, ScreenForm

__all__ = [
    "AcceptForm",
    "AnswerForm",
    "ComplaintForm",
    "LayToForm",
    "LeadForm",
    "PassUpForm",
    "QueryForm",
    "RevealForm",
    "ScreenForm",
    "WithdrawForm",
]
