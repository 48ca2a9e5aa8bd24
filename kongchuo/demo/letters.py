"""The demo's letters: written warnings of the ladder's second steps, most signed, some waiting, one answered, one refused."""

from datetime import timedelta
from random import Random

from casework.actions.letters import issue_letter
from casework.actions.letters.links import find_link, make_link, sign_link
from casework.actions.letters.receipts import take_refusal
from casework.actions.letters.records import issue_warning
from casework.enums import EscalationState, LetterKind, MeasureKind
from casework.models import Escalation, Letter, LetterHead
from organisation.models import Unit

MOST = 60
SHORT = {
    "九年一贯制学校": "九年校",
    "中心小学": "小学",
    "初级中学": "中学",
    "五四制学校": "五四校",
    "特殊教育学校": "特校",
}
SUMMONS = {"reason": "近期多次旷课", "where": "学校接待室"}


def give_words():
    """Every office and school numbers its letters by a word of its own."""
    for unit in Unit.objects.filter(kind__in=("county", "township", "school")):
        word = "".join(char for char in unit.name if "\u4e00" <= char <= "\u9fff")
        for long, short in SHORT.items():
            word = word.replace(long, short)
        LetterHead.objects.create(unit=unit, word=word[:12])


def fill(random: Random, built, today):
    """Issue, serve and answer a few, by the product's own actions."""
    done = Escalation.objects.filter(
        state=EscalationState.PERFORMED,
        measures__kind=MeasureKind.WRITTEN_WARNING,
        performed_at__date__gte=today - timedelta(days=60),
    )
    for escalation in done.select_related("performed_by", "pupil").order_by("-day", "pk")[:MOST]:
        letter = issue_warning(escalation, by=escalation.performed_by)
        _serve(random, letter, escalation.performed_by)
    for letter in Letter.objects.filter(receipt="waiting").select_related("pupil", "issued_by").order_by("pk")[:5]:
        issue_letter(LetterKind.SUMMONS, letter.pupil, by=letter.issued_by, appointed="本周五15:00", **SUMMONS)


def _serve(random, letter, by):
    lot = random.random()
    guardian = letter.pupil.guardians.first()
    if lot < 0.6 and guardian:
        reply = random.choice(("", "", "", "孩子这几天身体不好,以后一定按时送到校。"))
        sign_link(find_link(make_link(letter, by=by, guardian=guardian)), name=guardian.name, reply=reply)
    elif lot < 0.7:
        take_refusal(letter, witness="王某(村干部)", note="当面送达,家长不愿签字,留置在家中。", by=by)
