"""What is done about a warning, one page an act: conference, plan, review, support, counselling (F21, F22)."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from casework.actions.ladder import chair_of
from casework.actions.warnings.support import (
    add_support,
    call_conference,
    cancel_conference,
    hold_conference,
    make_plan,
    review_plan,
    write_counselling,
)
from casework.enums import SupportKind
from casework.forms import ConferenceForm, CounsellingForm, MinutesForm, PlanForm, ReviewForm, SupportForm
from casework.models import Conference, CounsellingNote, PlanMeasure, RiskWarning, SupportPlan
from casework.permissions import may_chair, may_convene, may_counsel, may_help
from casework.queries.pupils import nameable
from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction, PostKind
from organisation.errors import NotYours, Refused
from students.actions.attachments import store_attachment


def _act(request, form, do, *, done, to):
    """(answer, refusal): after a valid form and a willing action a redirect, else the page again."""
    if request.method != "POST" or not form.is_valid():
        return None, None
    try:
        do(form.cleaned_data)
    except Refused as refused:
        return None, refused
    messages.success(request, done)
    return redirect(*to), None


def _page(request, form, refusal, *, title, sub, back, submit, **more):
    context = {"form": form, "refusal": refusal, "title": title, "sub": sub, "back": back, "submit": submit, **more}
    return render(request, "casework/warning_form.html", context, status=refusal.status if refusal else 200)


def _warning(request, pk) -> RiskWarning:
    rows = RiskWarning.objects.visible_to(request.user, on=clock.today()).select_related("pupil")
    found = get_object_or_404(rows, pk=pk)
    if not may_convene(request.user, found, on=clock.today()):
        raise NotYours("permission_denied", "由班主任(年级组长、教导主任)办理。")
    return found


def _back(warning):
    return [("warning", warning.pk, warning.pupil.name)]


def _paper(request, data, path):
    return store_attachment(data["paper"], by=request.user, path=path) if data.get("paper") else None


@require_http_methods(["GET", "HEAD", "POST"])
def conference_call(request, pk):
    """Call a conference; the guardians get their letter."""
    warning = _warning(request, pk)
    form = ConferenceForm(request.POST or None)

    def do(data):
        call_conference(warning, by=request.user, **data)

    answer, refusal = _act(request, form, do, done="已通知,给家长的通知书已生成。", to=("warning", pk))
    sub = "保存后生成给家长的《预警会议通知书》,附回执"
    return answer or _page(request, form, refusal, title="召集帮扶会议", sub=sub, back=_back(warning), submit="通知")


@require_http_methods(["GET", "HEAD", "POST"])
def conference(request, pk):
    """The minutes of a conference, or that it will not take place."""
    today = clock.today()
    rows = Conference.objects.visible_to(request.user, on=today).select_related("warning__pupil", "pupil")
    found = get_object_or_404(rows, pk=pk)
    chairs = may_chair(request.user, chair_of(found.chair_post, found.path), on=today)
    convenes = may_convene(request.user, found.warning, on=today)
    if not chairs and not convenes:
        raise NotYours("permission_denied", f"会议由{found.get_chair_post_display()}主持并登记。")
    cancels = "cancel" in request.POST
    form = MinutesForm(request.POST if request.method == "POST" and not cancels else None, request.FILES or None)
    to = ("warning", found.warning_id)
    if cancels:
        cancel_conference(found, by=request.user)
        messages.success(request, "已取消,请另行召集。")
        return redirect(*to)

    def do(data):
        if not chairs:
            raise NotYours("permission_denied", f"会议由{found.get_chair_post_display()}主持并登记。")
        hold_conference(found, by=request.user, **{**data, "paper": _paper(request, data, found.path)})

    answer, refusal = _act(request, form, do, done="会议记录已保存。", to=to)
    sub = f"由{found.get_chair_post_display()}主持 · {found.place}"
    return answer or _page(
        request,
        form,
        refusal,
        title="帮扶会议记录",
        sub=sub,
        back=_back(found.warning),
        submit="保存记录",
        cancel="取消会议" if convenes else "",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request, pk):
    """A plan with its measures, helper and day of review."""
    warning = _warning(request, pk)
    form = PlanForm(request.POST or None)

    def do(data):
        given = {name: data[name] for name in ("goal", "helper", "review_on")}
        make_plan(warning, measures=form.measures, by=request.user, **given)

    answer, refusal = _act(request, form, do, done="帮扶计划已保存,各项措施已列入待办。", to=("warning", pk))
    sub = "措施至少一项;责任岗位会收到待办"
    return answer or _page(
        request, form, refusal, title="制定帮扶计划", sub=sub, back=_back(warning), submit="保存计划"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan_review(request, pk):
    """What came of a plan."""
    rows = SupportPlan.objects.visible_to(request.user, on=clock.today()).select_related("warning__pupil")
    plan = get_object_or_404(rows, pk=pk)
    if not may_convene(request.user, plan.warning, on=clock.today()):
        raise NotYours("permission_denied", "帮扶计划由班主任评估。")
    form = ReviewForm(request.POST or None)

    def do(data):
        review_plan(plan, by=request.user, **data)

    answer, refusal = _act(request, form, do, done="评估已保存。", to=("warning", plan.warning_id))
    return answer or _page(
        request, form, refusal, title="评估帮扶计划", sub=plan.goal, back=_back(plan.warning), submit="保存评估"
    )


def _open_measures(pupil, *, counselling):
    rows = PlanMeasure.objects.filter(plan__pupil=pupil, plan__reviewed_on__isnull=True)
    counsels = Q(kind=SupportKind.COUNSELLING)
    return rows.filter(counsels if counselling else ~counsels)


@require_http_methods(["GET", "HEAD", "POST"])
def support_new(request, number):
    """Something done for a child: a talk, tutoring, a subsidy, pairing."""
    today = clock.today()
    pupil = get_object_or_404(nameable(request.user, on=today), number=number)
    if not may_help(request.user, pupil.path, on=today):
        raise NotYours("permission_denied", "帮扶由任教老师、班主任或学校登记。")
    form = SupportForm(
        request.POST or None,
        request.FILES or None,
        measures=_open_measures(pupil, counselling=False),
        initial={"kind": request.GET.get("kind", "talk"), "helper": request.user.name},
    )

    def do(data):
        add_support(pupil, by=request.user, **{**data, "paper": _paper(request, data, pupil.path)})

    standing = RiskWarning.objects.visible_to(request.user, on=today).raised().filter(pupil=pupil).first()
    to = ("warning", standing.pk) if standing else ("support_new", number)
    answer, refusal = _act(request, form, do, done="已登记。", to=to)
    back = _back(standing) if standing else []
    return answer or _page(request, form, refusal, title="登记帮扶", sub=pupil.name, back=back, submit="登记")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def counselling(request, number):
    """The counsellor's notes of a child: for the counsellor and the principal only; others do not find the page."""
    today, person = clock.today(), request.user
    pupil = get_object_or_404(nameable(person, on=today), number=number)
    if not person.holds(PostKind.COUNSELLOR, PostKind.PRINCIPAL, at=pupil.path, on=today):
        raise Http404
    counsels = may_counsel(person, pupil.path, on=today)
    form = CounsellingForm(request.POST or None, measures=_open_measures(pupil, counselling=True))

    def do(data):
        write_counselling(pupil, by=person, **data)

    answer, refusal = _act(request, form, do, done="已登记。", to=("counselling", number))
    if answer:
        return answer
    log_access(person, AccessAction.VIEW, what="counselling", key=pupil.number, path=pupil.path)
    notes = CounsellingNote.objects.visible_to(person, on=today).filter(pupil=pupil).select_related("by", "entry")
    context = {"pupil": pupil, "form": form if counsels else None, "notes": notes, "refusal": refusal}
    return render(request, "casework/counselling.html", context, status=refusal.status if refusal else 200)
