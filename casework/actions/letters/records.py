"""Letters that rest on a record: the written warning of a step, a talk, a visit; and those issued by hand."""

from django.db import transaction
from django.utils import timezone

from casework.actions.letters.issuing import day_text, issue_letter
from casework.enums import LetterKind, MeasureKind
from casework.models import Escalation, Letter, TalkRecord, Visit
from casework.permissions import may_issue
from casework.queries.letters import issuer_by_hand
from casework.rules.letter_texts import labels_of
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from students.models import Pupil


@transaction.atomic
def issue_warning(escalation: Escalation, *, by) -> Letter:
    """The written warning of a step of the ladder, once: asked for again it is the same letter (procedures §2)."""
    escalation = Escalation.objects.select_for_update().get(pk=escalation.pk)
    before = letters_about("escalation", escalation.pk).filter(kind=LetterKind.WRITTEN_WARNING).first()
    if before:
        return before
    if not escalation.measures.filter(kind=MeasureKind.WRITTEN_WARNING).exists():
        raise Refused("not_a_measure", "这一步没有书面警告。")
    days = Escalation.objects.live().filter(pupil=escalation.pupil, period=escalation.period, day__lte=escalation.day)
    return issue_letter(
        LetterKind.WRITTEN_WARNING,
        escalation.pupil,
        by=by,
        about_kind="escalation",
        about=escalation.pk,
        days="、".join(day_text(day) for day in days.order_by("day").values_list("day", flat=True)),
        count=escalation.count_now,
    )


@transaction.atomic
def issue_talk_record(talk: TalkRecord, *, by) -> Letter:
    """The record of a talk or home visit as a numbered document, once."""
    talk = TalkRecord.objects.select_for_update().get(pk=talk.pk)
    before = letters_about("talk_record", talk.pk).first()
    if before:
        return before
    about = {"by": by, "about_kind": "talk_record", "about": talk.pk, "at": time_text(talk.at), "where": talk.place}
    if talk.kind == MeasureKind.HOME_VISIT:
        said = {"visitors": talk.by, "text": talk.text, "view": talk.statement}
        return issue_letter(LetterKind.HOME_VISIT, talk.pupil, **said, **about)
    said = {"speaker": talk.by, "text": talk.text, "statement": talk.statement}
    return issue_letter(LetterKind.TALK, talk.pupil, **said, **about)


@transaction.atomic
def issue_visit_record(visit: Visit, *, by) -> Letter:
    """The record of a visit of a case as a numbered document, once."""
    visit = Visit.objects.select_for_update().get(pk=visit.pk)
    before = letters_about("visit", visit.pk).first()
    if before:
        return before
    return issue_letter(
        LetterKind.HOME_VISIT,
        visit.case.pupil,
        by=by,
        about_kind="visit",
        about=visit.pk,
        at=time_text(visit.at),
        where=visit.place,
        visitors="、".join(visit.visitors),
        text=f"{visit.get_outcome_display()}。{visit.text}",
        view=visit.guardians_view,
        next_step=visit.next_step,
    )


@transaction.atomic
def issue_by_hand(kind: LetterKind, pupil, *, by, **fields) -> Letter:
    """A letter that a post issues from the child's page; the same words twice on a day are one letter.

    Raises NotYours, Malformed (`missing`).
    """
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    today = clock.today()
    if not may_issue(by, kind, pupil, on=today):
        raise NotYours("permission_denied", f"您的岗位不签发{LetterKind(kind).label}。")
    empty = [label for name, label in labels_of(kind).items() if name in fields and not str(fields[name]).strip()]
    if empty:
        raise Malformed("missing", f"请填写:{'、'.join(empty)}。", fields={label: ["必填"] for label in empty})
    for before in Letter.objects.filter(kind=kind, pupil=pupil, issued_by=by, dated=today, about_kind=""):
        if all(before.fields.get(name) == str(value) for name, value in fields.items()):
            return before
    return issue_letter(kind, pupil, by=by, issuer=issuer_by_hand(by, kind, pupil, on=today), **fields)


def letters_about(about_kind, about):
    return Letter.objects.filter(about_kind=about_kind, about=about)


def time_text(moment) -> str:
    local = timezone.localtime(moment)
    return f"{day_text(local)} {local:%H:%M}"
