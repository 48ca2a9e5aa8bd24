"""The verbs of a matter as its page offers them: each with its form, for whom it is, and the action that takes it."""

from collections.abc import Callable
from dataclasses import dataclass

from accountability.actions.findings import correcting, deciding, hearing, opening, reviewing, team
from accountability.actions.findings.steps import rules_of
from accountability.enums import FINDING_VERBS, FindingState, Form, StepKind
from accountability.forms import findings as forms
from accountability.permissions import is_subject, may_answer_appeal, may_decide, may_investigate
from accountability.queries.steps import REVIEWS, last_step, since_notice, unanswered
from organisation import clock
from organisation.models import Person, Post, Unit
from organisation.rules.paths import at_or_below

S, K = FindingState, StepKind


@dataclass
class Step:
    """One thing that this person may do in this matter now."""

    key: str
    label: str
    form: object
    run: Callable
    hint: str = ""
    is_next: bool = False


class Offer:
    """Collects what may be done, in the order of the procedure."""

    def __init__(self, finding):
        self.finding, self.rules = finding, rules_of(finding)
        self.steps: dict[str, Step] = {}

    def __call__(self, key, label, form, run, *, hint="", is_next=False, when=True, **more):
        if when:
            built = form(finding=self.finding, rules=self.rules, prefix=key, **more)
            self.steps[key] = Step(key, label, built, run, hint, is_next)

    def at(self, verb) -> bool:
        return self.finding.state in FINDING_VERBS[verb]


def steps_for_handler(finding, person) -> dict[str, Step]:
    """What the person may do now, the procedure's next step opened."""
    on, offer = clock.today(), Offer(finding)
    decides, investigates = may_decide(person, finding, on=on), may_investigate(person, finding, on=on)
    handles, state, hand_on = decides or investigates, finding.state, bool(finding.round)
    if decides:
        offer(
            "screen", "初核:应当调查", forms.OpinionForm, opening.screen_matter, is_next=True, when=offer.at("screen")
        )
        offer(
            "team",
            "更换调查人" if hand_on else "组成调查组",
            forms.TeamForm,
            _team,
            hint="当事人、其下属、有未办结待办的人回避",
            is_next=not hand_on,
            when=offer.at("investigate"),
            people=candidates(finding, person),
        )
    if investigates:
        offer(
            "evidence",
            "登记证据",
            forms.EvidenceForm,
            team.add_evidence,
            hint="每种情形至少一项",
            when=offer.at("investigate"),
        )
    if handles:
        offer("ground", "增加情形", forms.GroundForm, opening.add_ground, when=offer.at("investigate"))
        first = state == S.INVESTIGATING
        offer(
            "notify",
            "告知事实和依据" if first else "有新的事实,重新告知",
            forms.NotifyForm,
            hearing.notify_subject,
            hint="当事人随即看到,开始计算申辩期限",
            is_next=first and hand_on,
            when=offer.at("notify") and hand_on,
        )
        offer("hear", "听取申辩并答复", forms.HearForm, hearing.hear_defence, is_next=True, when=offer.at("hear"))
        offer("serve", "登记送达", forms.ServeForm, deciding.serve_decision, is_next=True, when=offer.at("serve"))
        offer(
            "check", "核查改正情况", forms.CheckForm, correcting.check_correction, is_next=True, when=_ordered(finding)
        )
    if decides:
        offer("decide", "作出决定", forms.DecideForm, deciding.decide_matter, is_next=True, when=offer.at("decide"))
        offer(
            "publish",
            "登记通报",
            forms.PublishForm,
            deciding.publish_decision,
            when=state == S.SERVED and finding.form == Form.CIRCULAR,
        )
        offer(
            "order",
            "责令改正",
            forms.OrderForm,
            correcting.order_correction,
            when=state in correcting.WHEN and not _ordered(finding),
        )
    _offer_reviews(offer, finding, person, decides, handles, on)
    if decides:
        offer("dismiss", "不予追究", forms.OpinionForm, opening.dismiss_matter, when=offer.at("dismiss"))
        offer(
            "refer", "移送司法机关", forms.ReferForm, deciding.refer_matter, hint="涉嫌犯罪的", when=offer.at("refer")
        )
    return offer.steps


def _offer_reviews(offer, finding, person, decides, handles, on):
    if not offer.at("review"):
        return
    asked = unanswered(finding, *REVIEWS)
    if asked is None:
        over = last_step(finding, K.APPEAL_ANSWER) is not None
        offer("review", "登记复核或申诉的申请", forms.AskForm, reviewing.ask_review, when=handles and not over)
        return
    answers = decides if asked.kind == K.REVIEW else may_answer_appeal(person, finding, on=on)
    label = "答复复核" if asked.kind == K.REVIEW else "处理申诉"
    offer("answer", label, forms.AnswerForm, reviewing.answer_review, is_next=True, when=answers)


def steps_for_subject(finding, person) -> dict[str, Step]:
    """What the person concerned may do now."""
    offer = Offer(finding)
    if not is_subject(person, finding, on=clock.today()):
        return {}
    hear = offer.at("hear")
    said = hear and since_notice(finding, K.STATEMENT).exists()
    offer("state", "提交陈述申辩", forms.StatementForm, hearing.state_defence, is_next=not said, when=hear)
    offer(
        "waive",
        "放弃陈述申辩",
        forms.ConfirmForm,
        hearing.waive_defence,
        hint="放弃后直接进入决定",
        when=hear and not said,
    )
    offer(
        "receipt",
        "签收处理决定书",
        forms.ConfirmForm,
        deciding.receipt_by_subject,
        is_next=True,
        when=offer.at("serve"),
    )
    if offer.at("review") and unanswered(finding, *REVIEWS) is None and not last_step(finding, K.APPEAL_ANSWER):
        rests_on = last_step(finding, K.REVIEW_ANSWER) or last_step(finding, K.SERVED)
        label = "提出申诉" if rests_on.kind == K.REVIEW_ANSWER else "申请复核"
        in_time = clock.today() <= rests_on.due_on
        offer("review", label, forms.MyReviewForm, reviewing.ask_review, when=in_time)
    return offer.steps


def _ordered(finding) -> bool:
    return unanswered(finding, K.ORDERED) is not None


def _team(finding, *, people, **values):
    return team.name_team(finding, list(people), **values)


def candidates(finding, person):
    """Who may be named: the staff of the school; of an office those who sit in it, and the heads of central schools."""
    seat = Unit.objects.get(path=finding.decider_path)
    held = Post.objects.held(on=clock.today()).exclude(person=person).exclude(person=finding.subject_person_id)
    near = held.filter(unit=seat) | held.filter(
        unit__path__startswith=seat.path, unit__kind="township", kind="central_head"
    )
    if seat.kind == "school":
        near = held.filter(at_or_below("unit__path", [seat.path]))
    return Person.objects.filter(pk__in=near.values("person")).order_by("name")


def take_step(request, finding, steps) -> str:
    """Take the step that was posted; its label where it was done, empty where its form has errors or it is not offered."""
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        return ""
    more = {"people": candidates(finding, request.user)} if step.key == "team" else {}
    step.form = type(step.form)(
        request.POST, request.FILES, prefix=step.key, finding=finding, rules=rules_of(finding), **more
    )
    step.is_next = True
    if not step.form.is_valid():
        return ""
    step.run(finding, by=request.user, **step.form.values)
    return step.label
