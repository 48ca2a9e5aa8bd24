"""Escalations and duties over the API (F10, F42)."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from casework.actions.duties import complete_duty, lateness_of
from casework.actions.ladder import chair_of
from casework.actions.perform import perform_escalation
from casework.enums import EscalationState
from casework.models import Duty, Escalation
from casework.permissions import may_do, may_perform, may_see_ladder
from casework.queries.inbox import chairs_of, holders_of
from casework.serializers import CompleteInput, DutySerializer, EscalationSerializer, PerformInput
from organisation import clock
from organisation.api.views import PagedView, View, checked
from organisation.errors import NotYours
from organisation.models import Unit
from organisation.serializers import ProblemSerializer
from students.queries.attachments import papers_of


@extend_schema(
    summary="旷课处理",
    parameters=[
        OpenApiParameter("student", str, description="学生编号"),
        OpenApiParameter("state", str, enum=EscalationState.values),
    ],
)
class Escalations(PagedView):
    serializer_class = EscalationSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Escalation.objects.none()
        if not may_see_ladder(self.person, on=self.today):
            raise NotYours("permission_denied", "您的岗位不查看旷课处理。")
        rows = Escalation.objects.visible_to(self.person, on=self.today).select_related("pupil")
        wanted = self.request.query_params
        if wanted.get("student"):
            rows = rows.filter(pupil__number=wanted["student"])
        if wanted.get("state"):
            rows = rows.filter(state=wanted["state"])
        return rows.prefetch_related("measures").order_by("-day", "-pk")


class Perform(View):
    @extend_schema(
        summary="办理旷课处理",
        request=PerformInput,
        responses={200: EscalationSerializer, 403: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request, pk):
        escalation = get_object_or_404(Escalation.objects.visible_to(self.person, on=self.today), pk=pk)
        if not may_perform(self.person, escalation, chair_of(escalation.owner, escalation.path), on=self.today):
            raise NotYours("permission_denied", f"这一步由{escalation.get_owner_display()}办理。")
        sent = checked(PerformInput, request.data)
        performed = perform_escalation(escalation, sent["records"], by=self.person)
        return Response(EscalationSerializer(performed).data)


def duty_context(duties, on) -> dict:
    """Holders, unit codes and lateness of these duties, in four statements."""
    codes = dict(Unit.objects.filter(path__in={duty.chair_path for duty in duties}).values_list("path", "code"))
    return {"units": codes, "holders": holders_of(duties, on=on), "late_days": lateness_of(duties, on=on)}


@extend_schema(
    summary="待办",
    parameters=[
        OpenApiParameter("mine", str, description="1:只看由我办理的"),
        OpenApiParameter("overdue", str, description="1:只看逾期未办的"),
    ],
)
class Duties(PagedView):
    serializer_class = DutySerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Duty.objects.none()
        rows = Duty.objects.visible_to(self.person, on=self.today)
        if self.request.query_params.get("mine") == "1":
            rows = Duty.objects.open().of_chairs(chairs_of(self.person, on=self.today), self.person)
        if self.request.query_params.get("overdue") == "1":
            rows = rows.overdue(at=clock.now())
        return rows.select_related("pupil").order_by("due_at", "pk")

    def list(self, request, *args, **kwargs):
        page = self.paginate_queryset(self.get_queryset())
        context = {**self.get_serializer_context(), **duty_context(page, self.today)}
        return self.get_paginated_response(DutySerializer(page, many=True, context=context).data)


class Complete(View):
    @extend_schema(
        summary="办结待办",
        request=CompleteInput,
        responses={200: DutySerializer, 403: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request, pk):
        mine = Duty.objects.of_chairs(chairs_of(self.person, on=self.today), self.person).filter(pk=pk)
        duty = mine.first() or get_object_or_404(Duty.objects.visible_to(self.person, on=self.today), pk=pk)
        if not may_do(self.person, duty, on=self.today):
            raise NotYours("permission_denied", "这项待办不由您办理。")
        sent = checked(CompleteInput, request.data)
        ids = [sent["proof"]] if sent["proof"] else []
        proof = next(iter(papers_of(self.person, duty.pupil_id, ids, on=self.today, field="proof")), None)
        done = complete_duty(duty, text=sent["text"], proof=proof, by=self.person)
        return Response(DutySerializer(done, context=duty_context([done], self.today)).data)
