"""Risk warnings over the API (F20): the list, and a teacher's own report."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from casework.actions.warnings.support import report_worry
from casework.enums import Tier
from casework.models import RiskWarning
from casework.permissions import may_report_worry
from casework.queries.pupils import nameable
from casework.serializers import ReportInput, ReportSerializer, WarningSerializer
from organisation.api.views import PagedView, checked
from organisation.errors import NotYours
from organisation.serializers import ProblemSerializer
from students.models import Pupil

PROBLEMS = {400: ProblemSerializer, 403: ProblemSerializer, 404: ProblemSerializer, 409: ProblemSerializer}


class Warnings(PagedView):
    serializer_class = WarningSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return RiskWarning.objects.none()
        rows = RiskWarning.objects.visible_to(self.person, on=self.today).raised()
        wanted = self.request.query_params
        if wanted.get("student"):
            rows = rows.filter(pupil__number=wanted["student"])
        if wanted.get("tier"):
            rows = rows.filter(tier=wanted["tier"])
        return rows.select_related("pupil").prefetch_related("signals").order_by("-risen_on", "-pk")

    @extend_schema(
        summary="风险预警",
        operation_id="warnings_list",
        parameters=[
            OpenApiParameter("student", str, description="学生编号"),
            OpenApiParameter("tier", str, enum=[Tier.RED, Tier.ORANGE, Tier.YELLOW]),
        ],
    )
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="教师报告",
        operation_id="warnings_report",
        request=ReportInput,
        responses={201: ReportSerializer, **PROBLEMS},
    )
    def post(self, request):
        pupil = self._pupil(request.data)
        if pupil is not None and not may_report_worry(self.person, pupil.path, on=self.today):
            raise NotYours("permission_denied", "由任教老师、班主任或学校负责人报告。")
        sent = checked(ReportInput, request.data)
        report = report_worry(pupil, points=sent["points"], reason=sent["reason"], by=self.person)
        return Response(ReportSerializer(report).data, status=201)

    def _pupil(self, data) -> Pupil | None:
        """The child that was named; None where nothing that can be a number was sent, which is said to be malformed."""
        number = data.get("student") if isinstance(data, dict) else None
        if not isinstance(number, str) or not number:
            return None
        pupil = nameable(self.person, on=self.today).filter(number=number[:10]).first()
        if pupil is None:
            raise Http404
        return pupil
