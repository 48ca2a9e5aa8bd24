from students.models.attachment import Attachment
from students.models.enrolment import Enrolment, RegisterChange
from students.models.learning import Incident, StudyPlan, TermMark
from students.models.pupil import Guardian, Pupil, PupilAlias, PupilGrant
from students.models.roll import Mark, Roll, RollVersion
from students.models.slip import LeaveSlip
from students.models.staging import StagedGuardian, StagedPupil
from students.models.timeline import TimelineEntry
from students.models.transfer import ArrivalExpectation, Transfer

__all__ = [
    "ArrivalExpectation",
    "Attachment",
    "Enrolment",
    "Guardian",
    "Incident",
    "LeaveSlip",
    "Mark",
    "Pupil",
    "PupilAlias",
    "PupilGrant",
    "RegisterChange",
    "Roll",
    "RollVersion",
    "StagedGuardian",
    "StagedPupil",
    "StudyPlan",
    "TermMark",
    "TimelineEntry",
    "Transfer",
]
