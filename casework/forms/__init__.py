"""What people fill in about casework, by noun."""

from casework.forms.ladder import CompleteForm, RecordForm, area

__all__ = ["CompleteForm", "RecordForm", "area"]
