"""Classes and their rolls (F05)."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from organisation.api.views import UnitPages, View, checked, parents_of
from organisation.enums import ROLL_POSTS, Session, UnitKind
from organisation.errors import NotYours
from organisation.models import Unit
from organisation.queries.units import the_day, visible_unit
from organisation.serializers import ProblemSerializer, UnitSerializer
from students.actions.rolls import submit_roll
from students.permissions import may_call_roll
from students.queries.rolls import sheet_for
from students.serializers import RollInput, RollSerializer, RollShape


@extend_schema(summary="班级")
class Classes(UnitPages):
    """The classes in one's scope."""

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Unit.objects.none()
        return Unit.objects.visible_to(self.person, on=self.today).of_kind(UnitKind.CLASS).order_by("path")


class ClassDetail(View):
    @extend_schema(summary="班级详情", responses={200: UnitSerializer, 404: ProblemSerializer})
    def get(self, request, code):
        unit = visible_unit(self.person, code, on=self.today, kinds=[UnitKind.CLASS])
        return Response(UnitSerializer(unit, context={"parents": parents_of([unit])}).data)


SESSION = OpenApiParameter("session", str, "path", enum=Session.values)


class RollView(View):
    """One roll. Open to whoever sees names and rolls of the class."""

    def class_and_day(self, code, date, session):
        day = the_day(date)
        if session not in Session.values:
            raise Http404
        unit = visible_unit(self.person, code, on=self.today, kinds=[UnitKind.CLASS])
        if not self.person.holds(*ROLL_POSTS, at=unit.path, on=self.today):
            raise Http404
        return unit, day

    @extend_schema(summary="一份点名", parameters=[SESSION], responses={200: RollShape, 404: ProblemSerializer})
    def get(self, request, code, date, session):
        unit, day = self.class_and_day(code, date, session)
        return Response(RollSerializer(sheet_for(unit, day, session)).data)

    @extend_schema(
        summary="提交或更正点名",
        parameters=[SESSION],
        request=RollInput,
        responses={
            200: RollShape,
            201: RollShape,
            400: ProblemSerializer,
            403: ProblemSerializer,
            409: ProblemSerializer,
        },
    )
    def put(self, request, code, date, session):
        unit, day = self.class_and_day(code, date, session)
        if not may_call_roll(self.person, unit, on=self.today):
            raise NotYours("permission_denied", "这个班不由您点名。")
        sent = checked(RollInput, request.data)
        saved = submit_roll(
            unit,
            day,
            session,
            version=sent["version"],
            marks=sent["marks"],
            by=self.person,
            called_at=sent.get("called_at"),
            reason=sent["reason"],
        )
        return Response(RollSerializer(saved.sheet).data, status=201 if saved.first else 200)
