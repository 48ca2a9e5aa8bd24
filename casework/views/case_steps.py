"""The steps of a case as its page offers them: each with its form, for whom it is, and the action that takes it."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.actions.cases import placements, verbs
from casework.actions.cases.visits import record_visit
from casework.enums import CASE_MOVES, LIVE_CASES, CaseState
from casework.forms import cases as forms
from casework.permissions import (
    may_approve,
    may_ask_ending,
    may_bring_back,
    may_confirm,
    may_enforce,
    may_forward,
    may_notice,
    may_persuade,
    may_visit,
)
from casework.queries.cases import approver_of, chair_for
from casework.queries.conduct import school_path
from organisation import clock
from organisation.enums import SCHOOL_POSTS, PostKind, UnitKind
from organisation.models import Person, Post, Unit
from organisation.rules.paths import at_or_below
from students.actions.attachments import store_attachment

_S = CaseState


@dataclass
class Step:
    """One thing that this person may do to this case now."""

    key: str
    label: str
    form: object
    run: Callable
    hint: str = ""
    is_next: bool = False


def steps_for(case, person) -> dict[str, Step]:
    """What the person may do now, the procedure's next step first."""
    on = clock.today()
    moves = CASE_MOVES[_S(case.state)]
    found: dict[str, Step] = {}

    def offer(key, label, form, run, *, hint="", is_next=False, **more):
        found[key] = Step(key, label, form(case=case, prefix=key, **more), run, hint, is_next)

    waiting = case.approvals.filter(granted__isnull=True).first()
    if waiting and may_approve(person, approver_of(waiting), case.path, on=on) and waiting.asked_by_id != person.pk:
        _offer_decision(offer, case, waiting)
    if case.state == _S.SUSPECTED and may_confirm(person, case, chair_for(case, PostKind.PRINCIPAL), on=on):
        offer(
            "confirm", "确认辍学", forms.ConfirmForm, verbs.confirm_case, hint="学籍记为辍学,随即开始劝返", is_next=True
        )
    if case.state == _S.CONFIRMED and may_persuade(person, case, on=on):
        people = _people(case, on)
        offer("persuade", "开始劝返", forms.PersuadeForm, verbs.start_persuasion, is_next=True, people=people)
    if case.state in LIVE_CASES and case.state != _S.RETURNED and may_visit(person, case, on=on):
        offer("visit", "登记走访", forms.VisitForm, _visit, is_next=case.state in (_S.SUSPECTED, _S.PERSUADING))
    if case.state == _S.PERSUADING and may_persuade(person, case, on=on):
        offer("report", "填报辍学报告单", forms.PlainForm, verbs.report_case, hint="劝返满一周仍未返校")
    if case.state == _S.REPORTED and case.episode.forwarded_on is None and may_forward(person, case, on=on):
        offer("forward", "报送乡镇和教育局", forms.PlainForm, verbs.forward_report, is_next=True)
    if case.state == _S.REPORTED and may_notice(person, case, chair_for(case, PostKind.TOWNSHIP_OFFICER), on=on):
        offer("notice", "送达返校通知书", forms.NoticeForm, verbs.serve_notice, is_next=True)
    if case.state in (_S.NOTICED, _S.ENFORCING) and may_enforce(person, case, on=on):
        offer("enforce", "法律步骤", forms.EnforceForm, verbs.enforce_case, hint="按顺序;学校不得作出", is_next=True)
    if _S.RETURNED in moves and may_bring_back(person, case, on=on):
        offer("return", "登记返校", forms.BackForm, verbs.bring_back, classes=_classes(case, on))
    _offer_ending(offer, case, person, waiting, moves, on)
    return found


def _offer_decision(offer, case, waiting):
    if waiting.kind == "close":
        offer("close", "同意销号", forms.PlainForm, verbs.close_case, is_next=True)
    else:
        reason = waiting.reason
        run = lambda case, *, by, text="", **more: verbs.clear_case(  # noqa: E731
            case, by=by, reason=reason, text=text or waiting.text, **more
        )
        offer("clear", f"同意排除({waiting.get_reason_display()})", forms.PlainForm, run, is_next=True)
    offer("refuse", "不同意", forms.RemarkForm, verbs.refuse_ending)


def _offer_ending(offer, case, person, waiting, moves, on):
    works = may_ask_ending(person, case, on=on)
    county = may_approve(person, PostKind.COUNTY_CLERK, case.path, on=on)
    if case.state in (_S.RETURNED, _S.CLOSED) and may_visit(person, case, on=on):
        if case.episode.follow_ups.filter(done_on__isnull=True).exists():
            offer("follow_up", "登记回访", forms.FollowUpForm, _follow_up, is_next=case.state == _S.RETURNED)
        offer("proof", "登记安置证明", forms.ProofForm, placements.prove_month, hint="不在原校的每月一次")
    if case.state in (_S.RETURNED, _S.CLOSED) and may_confirm(person, case, chair_for(case, PostKind.PRINCIPAL), on=on):
        offer("reopen", "复辍:重新劝返", forms.ReopenForm, verbs.reopen_case)
    if waiting is None and _S.CLOSED in moves and (works or county):
        offer(
            "close",
            "销号" if county else "申请销号",
            forms.EndForm,
            _with_papers(verbs.close_case),
            hint="返校后到校满天数",
        )
    if waiting is None and _S.CLEARED in moves and (works or county):
        offer("clear", "排除", forms.ClearForm, _with_papers(verbs.clear_case), hint="不是辍学的;失联不能排除")
    if works or county:
        initial = {"platform_on": case.platform_on, "note": case.note}
        offer("ledger", "台账登记", forms.ReferForm, placements.note_on_ledger, initial=initial)


def _people(case, on):
    school = school_path(case.path)
    held = Post.objects.held(on=on)
    staff = held.filter(at_or_below("unit__path", [school]), kind__in=SCHOOL_POSTS)
    home = [case.township.path] if case.township else []
    officers = held.filter(
        at_or_below("unit__path", home), kind__in=(PostKind.TOWNSHIP_OFFICER, PostKind.VILLAGE_OFFICER)
    )
    return tuple(Person.objects.filter(pk__in=posts.values("person")).order_by("name") for posts in (staff, officers))


def _classes(case, on):
    classes = Unit.objects.filter(at_or_below("path", [school_path(case.path)]), kind=UnitKind.CLASS).open()
    return classes.filter(pk__in=[unit.pk for unit in classes if unit.is_at_stage(on=on)])


def _visit(case, *, by, paper=None, **values):
    return record_visit(case, by=by, photos=[paper] if paper else [], **values)


def _follow_up(case, *, by, day, **values):
    return verbs.make_follow_up(case, int(day), by=by, **values)


def _with_papers(action):
    def run(case, *, by, paper=None, **values):
        return action(case, by=by, papers=[paper] if paper else [], **values)

    return run


def take_step(request, case, steps) -> str:
    """Take the step that was posted; its label where it was done, empty where its form has errors."""
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        return ""
    form = type(step.form)(request.POST, request.FILES, prefix=step.key, case=case, **_form_arguments(step, case))
    step.form, step.is_next = form, True
    if not form.is_valid():
        return ""
    values = form.values
    if values.get("paper"):
        values["paper"] = store_attachment(values["paper"], by=request.user, path=case.path)
    step.run(case, by=request.user, **values)
    return step.label


def _form_arguments(step, case) -> dict:
    on = clock.today()
    if step.key == "persuade":
        return {"people": _people(case, on)}
    return {"classes": _classes(case, on)} if step.key == "return" else {}
