"""Dropout cases over the API (F30–F36): they change by named steps only."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from casework.actions.cases.opening import open_case
from casework.actions.cases.verbs import (
    bring_back,
    clear_case,
    close_case,
    confirm_case,
    enforce_case,
    reopen_case,
    report_case,
    serve_notice,
    start_persuasion,
)
from casework.actions.cases.visits import record_visit
from casework.enums import CASE_VERBS, CaseState
from casework.models import Case
from casework.permissions import may_open_case, may_see_cases, may_visit
from casework.queries.cases import for_page
from casework.serializers import CaseInput, CaseSerializer, CaseVerbInput, VisitInput, VisitSerializer
from organisation.api.views import PagedView, View, checked
from organisation.enums import UnitKind
from organisation.errors import Malformed, NotYours
from organisation.models import Person, Unit
from organisation.serializers import ProblemSerializer
from students.models import Attachment, Pupil

PROBLEMS = {400: ProblemSerializer, 403: ProblemSerializer, 404: ProblemSerializer, 409: ProblemSerializer}
# What each verb takes of what was sent, under which name its action knows it.
VERBS = {
    "confirm": (confirm_case, {"text": "text", "last_attended": "last_attended", "causes": "causes"}),
    "persuade": (
        start_persuasion,
        {"text": "text", "education_line": "education_line", "government_line": "government_line"},
    ),
    "report": (report_case, {"text": "text"}),
    "notice": (serve_notice, {"text": "text", "on": "on", "received_by": "received_by", "paper": "paper"}),
    "enforce": (
        enforce_case,
        {
            "step": "kind",
            "basis": "basis",
            "number": "number",
            "on": "on",
            "served_on": "served_on",
            "until": "until",
            "paper": "paper",
        },
    ),
    "return": (
        bring_back,
        {
            "text": "text",
            "on": "on",
            "placement": "placement",
            "place": "place",
            "to_class": "to_class",
            "paper": "paper",
        },
    ),
    "close": (close_case, {"text": "text", "papers": "papers"}),
    "clear": (clear_case, {"text": "text", "reason": "reason", "papers": "papers"}),
    "reopen": (reopen_case, {"text": "text", "last_attended": "last_attended"}),
}


def papers_of(person, ids, *, on) -> list[Attachment]:
    """Uploaded papers that the person may use. Raises Malformed (`bad_paper`)."""
    found = list(Attachment.objects.visible_to(person, on=on).filter(pk__in=ids))
    if len(found) < len({*ids}):
        raise Malformed("bad_paper", "证明材料不存在。", fields={"papers": ["不存在"]})
    return found


class CaseView(View):
    def case(self, pk) -> Case:
        return get_object_or_404(Case.objects.visible_to(self.person, on=self.today).select_related("pupil"), pk=pk)

    def answer(self, case, status=200):
        return Response(CaseSerializer(for_page(Case.objects.filter(pk=case.pk)).get()).data, status=status)


@extend_schema(
    summary="劝返个案",
    parameters=[
        OpenApiParameter("student", str, description="学生编号"),
        OpenApiParameter("state", str, enum=CaseState.values),
    ],
)
class Cases(PagedView):
    serializer_class = CaseSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Case.objects.none()
        if not may_see_cases(self.person, on=self.today):
            raise NotYours("permission_denied", "您的岗位不查看个案。")
        rows = for_page(Case.objects.visible_to(self.person, on=self.today))
        wanted = self.request.query_params
        if wanted.get("student"):
            rows = rows.filter(pupil__number=wanted["student"])
        if wanted.get("state"):
            rows = rows.filter(state=wanted["state"])
        return rows.order_by("-opened_on", "-pk")

    @extend_schema(
        summary="上报疑似辍学",
        operation_id="cases_open",
        request=CaseInput,
        responses={201: CaseSerializer, **PROBLEMS},
    )
    def post(self, request):
        if not may_see_cases(self.person, on=self.today):
            raise NotYours("permission_denied", "您的岗位不办理个案。")
        sent = checked(CaseInput, request.data)
        pupils = Pupil.objects.visible_to(self.person, on=self.today).select_related("residence")
        pupil = get_object_or_404(pupils, number=sent.pop("student"))
        if not may_open_case(self.person, pupil, on=self.today):
            raise NotYours("permission_denied", "疑似辍学由班主任、控辍专干、学校负责人、乡镇或教育局上报。")
        case = open_case(pupil, by=self.person, **sent)
        return Response(CaseSerializer(for_page(Case.objects.filter(pk=case.pk)).get()).data, status=201)


class CaseDetail(CaseView):
    @extend_schema(summary="一个个案", responses={200: CaseSerializer, 404: ProblemSerializer})
    def get(self, request, pk):
        return self.answer(self.case(pk))


class CaseStep(CaseView):
    @extend_schema(
        summary="办理个案的一步",
        operation_id="cases_step",
        request=CaseVerbInput,
        parameters=[OpenApiParameter("verb", str, "path", enum=[*CASE_VERBS])],
        responses={200: CaseSerializer, **PROBLEMS},
    )
    def post(self, request, pk, verb):
        if verb not in VERBS:
            raise Http404
        case = self.case(pk)
        action, names = VERBS[verb]
        sent = self._values(checked(CaseVerbInput, request.data))
        given = {known: sent[name] for name, known in names.items() if name in sent}
        if verb == "clear":
            given.setdefault("reason", "")
        return self.answer(action(case, by=self.person, **given))

    def _values(self, sent) -> dict:
        """What was sent, with people, classes and papers looked up in scope."""
        sent = dict(sent)
        for line in ("education_line", "government_line"):
            if line in sent:
                sent[line] = Person.objects.filter(login=sent[line], is_active=True).first()
                if sent[line] is None:
                    raise Malformed("unknown_person", "没有这个登录名。", fields={line: ["没有这个登录名"]})
        if "to_class" in sent:
            units = Unit.objects.visible_to(self.person, on=self.today).of_kind(UnitKind.CLASS)
            sent["to_class"] = units.filter(code=sent["to_class"]).first()
            if sent["to_class"] is None:
                raise Malformed("bad_class", "没有这个班级。", fields={"to_class": ["没有这个班级"]})
        if "papers" in sent:
            sent["papers"] = papers_of(self.person, sent["papers"], on=self.today)
            sent["paper"] = next(iter(sent["papers"]), None)
        return sent


class CaseVisits(CaseView):
    @extend_schema(
        summary="登记走访", operation_id="cases_visit", request=VisitInput, responses={201: VisitSerializer, **PROBLEMS}
    )
    def post(self, request, pk):
        case = self.case(pk)
        if not may_visit(self.person, case, on=self.today):
            raise NotYours("permission_denied", "走访由学校或居住地乡镇、村登记。")
        sent = dict(checked(VisitInput, request.data))
        sent["photos"] = papers_of(self.person, sent["photos"], on=self.today)
        return Response(VisitSerializer(record_visit(case, by=self.person, **sent)).data, status=201)
