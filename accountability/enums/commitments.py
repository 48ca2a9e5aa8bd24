"""Commitments 责任书 (F40, P26): between whom, how far, and on which letter's text."""

from django.db import models

from casework.enums import LetterKind


class CommitmentKind(models.TextChoices):
    COUNTY_TOWNSHIP = "county_township", "县与乡镇"
    TOWNSHIP_VILLAGE = "township_village", "乡镇与村"
    BUREAU_PRINCIPAL = "bureau_principal", "教育局与校长"
    PRINCIPAL_CLASS_TEACHER = "principal_class_teacher", "校长与班主任"
    PRINCIPAL_TEACHER = "principal_teacher", "校长与任课教师"
    TEACHER_GUARDIAN = "teacher_guardian", "教师与家长"


GOVERNMENT_KINDS = (CommitmentKind.COUNTY_TOWNSHIP, CommitmentKind.TOWNSHIP_VILLAGE)
# Those that somebody with a post signs; the guardians' are of children.
STAFF_KINDS = tuple(kind for kind in CommitmentKind if kind != CommitmentKind.TEACHER_GUARDIAN)
LETTER_OF = {
    CommitmentKind.COUNTY_TOWNSHIP: LetterKind.COMMIT_TOWNSHIP,
    CommitmentKind.TOWNSHIP_VILLAGE: LetterKind.COMMIT_TOWNSHIP,
    CommitmentKind.BUREAU_PRINCIPAL: LetterKind.COMMIT_PRINCIPAL,
    CommitmentKind.PRINCIPAL_CLASS_TEACHER: LetterKind.COMMIT_TEACHER,
    CommitmentKind.PRINCIPAL_TEACHER: LetterKind.COMMIT_TEACHER,
    CommitmentKind.TEACHER_GUARDIAN: LetterKind.COMMIT_GUARDIAN,
}


class CommitmentState(models.TextChoices):
    WAITING = "waiting", "待签"
    SIGNED = "signed", "已签"
    DECLINED = "declined", "家长未签"
    VOID = "void", "作废"


# A sheet whose signer left before signing is void, and stands again where the person or child comes back. A guardian
# who declined may still sign; what was signed stays.
COMMITMENT_MOVES = {
    CommitmentState.WAITING: {CommitmentState.SIGNED, CommitmentState.DECLINED, CommitmentState.VOID},
    CommitmentState.DECLINED: {CommitmentState.SIGNED},
    CommitmentState.VOID: {CommitmentState.WAITING},
    CommitmentState.SIGNED: set(),
}


class SignedHow(models.TextChoices):
    PAPER = "paper", "纸质签字"
    LINK = "link", "链接签字"
