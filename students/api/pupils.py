"""Pupils: list, search by number, file, timeline, reveal, register changes, papers."""

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from organisation.actions.access import log_access
from organisation.api.views import PagedView, View, checked
from organisation.enums import AccessAction, UnitKind
from organisation.errors import Malformed, NotYours
from organisation.models import Unit
from organisation.serializers import ProblemSerializer
from students.actions.attachments import store_attachment
from students.actions.register import change_register
from students.actions.reveal import reveal
from students.models import Enrolment, Pupil, TimelineEntry
from students.permissions import may_change_register, may_reveal, may_see_files
from students.queries.attachments import papers_of
from students.queries.pupils import find_by_number, find_pupils
from students.serializers import (
    ChangeInput,
    ChangeShape,
    PaperShape,
    PupilFileSerializer,
    PupilSerializer,
    RevealInput,
    RevealShape,
    SearchInput,
    TimelineSerializer,
)


class PupilView(View):
    def pupil(self, number) -> Pupil:
        pupils = Pupil.objects.visible_to(self.person, on=self.today).select_related("school_class")
        return get_object_or_404(pupils.known_as(number))


@extend_schema(summary="学生", parameters=[OpenApiParameter("q", str, description="姓名或拼音首字母")])
class Pupils(PagedView):
    serializer_class = PupilSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Pupil.objects.none()
        return find_pupils(self.person, on=self.today, q=self.request.query_params.get("q", "")).order_by(
            "sort_key", "pk"
        )


class PupilSearch(View):
    @extend_schema(summary="按号码查找", request=SearchInput, responses={200: PupilSerializer(many=True)})
    def post(self, request):
        if not may_see_files(self.person, on=self.today):
            raise NotYours("permission_denied", "您的岗位不查看学生档案。")
        found = find_by_number(self.person, on=self.today, **checked(SearchInput, request.data))
        return Response({"next": None, "previous": None, "results": PupilSerializer(found, many=True).data})


class PupilDetail(PupilView):
    @extend_schema(summary="学生档案", responses={200: PupilFileSerializer, 404: ProblemSerializer})
    def get(self, request, number):
        pupil = self.pupil(number)
        log_access(self.person, AccessAction.VIEW, what="pupil", key=pupil.number, path=pupil.path)
        seen = {"person": self.person, "on": self.today}
        pupil.seen_guardians = pupil.guardians.visible_to(**seen)
        pupil.seen_spells = pupil.enrolments.visible_to(**seen).select_related("school_class")
        return Response(PupilFileSerializer(pupil).data)


@extend_schema(summary="学生经过")
class PupilTimeline(PagedView):
    serializer_class = TimelineSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return TimelineEntry.objects.none()
        pupils = Pupil.objects.visible_to(self.person, on=self.today)
        pupil = get_object_or_404(pupils.known_as(self.kwargs["number"]))
        entries = pupil.timeline.visible_to(self.person, on=self.today)
        return entries.select_related("by").order_by("-on", "-at", "-pk")


class PupilReveal(PupilView):
    @extend_schema(summary="查看完整号码", request=RevealInput, responses={200: RevealShape, 403: ProblemSerializer})
    def post(self, request, number):
        pupil = self.pupil(number)
        if not may_reveal(self.person, pupil, on=self.today):
            raise NotYours("permission_denied", "您的岗位不查看完整号码。")
        sent = checked(RevealInput, request.data)
        return Response(
            {"field": sent["field"], "value": reveal(pupil, sent["field"], reason=sent["reason"], by=self.person)}
        )


class PupilChanges(PupilView):
    @extend_schema(
        summary="学籍异动",
        request=ChangeInput,
        responses={201: ChangeShape, 400: ProblemSerializer, 403: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request, number):
        pupil = self.pupil(number)
        if not may_change_register(self.person, pupil, on=self.today):
            raise NotYours("permission_denied", "学籍异动由学籍管理员办理。")
        sent = dict(checked(ChangeInput, request.data))
        to_class, paper_ids = sent.pop("to_class", None), sent.pop("papers")
        if to_class:
            units = Unit.objects.visible_to(self.person, on=self.today)
            sent["to_class"] = units.filter(code=to_class, kind=UnitKind.CLASS).first()
            if sent["to_class"] is None:
                raise Malformed("bad_class", "没有这个班级。", fields={"to_class": ["没有这个班级"]})
        papers = papers_of(self.person, pupil.pk, paper_ids, on=self.today)
        change = change_register(pupil, sent.pop("kind"), by=self.person, papers=papers, **sent)
        spell = Enrolment.objects.filter(pupil=pupil).order_by("starts").last()
        change.status = spell.status if spell and spell.ends is None else ""
        return Response(ChangeShape(change).data, status=201)


class Papers(PupilView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="上传证明材料",
        request={
            "multipart/form-data": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
        responses={201: PaperShape, 400: ProblemSerializer},
        parameters=[OpenApiParameter("number", OpenApiTypes.STR, "path")],
    )
    def post(self, request, number):
        pupil = self.pupil(number)
        if "file" not in request.FILES:
            raise Malformed("missing", "请选择文件。", fields={"file": ["必填"]})
        paper = store_attachment(request.FILES["file"], by=self.person, path=pupil.path)
        return Response(PaperShape(paper).data, status=201)
