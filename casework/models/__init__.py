from casework.models.duty import Duty, Lapse, Reminder
from casework.models.escalation import Escalation, Measure, TalkRecord

__all__ = ["Duty", "Escalation", "Lapse", "Measure", "Reminder", "TalkRecord"]
