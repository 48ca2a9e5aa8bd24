"""Appeals on the phone (F15): the link of the letter about a measure, or about its answer, takes what the guardian has against it."""

from dataclasses import dataclass

from django.db import transaction

from casework.actions.appeals import ask_review, file_appeal
from casework.enums import EscalationState
from casework.enums.truancy import AppealState
from casework.models import Appeal, Escalation, SignedLink
from organisation.errors import Refused

ANSWERED = (AppealState.REJECTED,)


@dataclass(frozen=True)
class Objection:
    """What a guardian may object to by a link: a measure, or the committee's answer; and what was filed already."""

    escalation: Escalation
    answered: Appeal | None
    filed: Appeal | None

    @property
    def is_open(self) -> bool:
        if self.answered:
            return self.answered.state in ANSWERED
        return self.filed is None and self.escalation.state == EscalationState.PERFORMED


def objection_of(link: SignedLink) -> Objection | None:
    """None for a letter that speaks of no measure."""
    letter = link.letter
    if letter.about_kind == "appeal":
        answered = Appeal.objects.select_related("escalation").filter(pk=letter.about).first()
        return answered and Objection(answered.escalation, answered, answered if answered.review_filed_on else None)
    if letter.about_kind == "escalation":
        escalation = Escalation.objects.filter(pk=letter.about).first()
        return escalation and Objection(escalation, None, escalation.appeals.order_by("pk").last())
    return None


@transaction.atomic
def appeal_by_link(link: SignedLink, *, filed_by, relation, text) -> Appeal:
    """File the appeal, or ask the bureau for a review of its answer. Raises Refused (`not_a_measure`), and what filing refuses."""
    objection = objection_of(link)
    if objection is None:
        raise Refused("not_a_measure", "这份文书不是处理决定,不能在这里申诉。")
    if objection.answered:
        return ask_review(objection.answered, text=f"{filed_by}({relation}):{text}", by=None)
    return file_appeal(objection.escalation, filed_by=filed_by, relation=relation, text=text, by=None)
