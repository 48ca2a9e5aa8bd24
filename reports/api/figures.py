"""Rates, the pupils behind them, and returns over the API (F60–F62)."""

import io

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from organisation.actions.access import log_access
from organisation.api.views import PagedView, View
from organisation.enums import AccessAction
from organisation.errors import Malformed, NotYours
from organisation.queries.regulations import RegulationBook
from organisation.queries.units import the_day, visible_unit
from organisation.serializers import ProblemSerializer
from reports.actions.returns import write_return
from reports.enums import NAMED, Formula
from reports.models import MonthlyReturn, Snapshot
from reports.permissions import may_make_return, may_see_figures, may_see_names
from reports.queries.rates import latest_day
from reports.queries.shown import denominator_of, judged, numerator_of
from reports.serializers import CountedPupil, RateShape, ReturnSerializer, rate_line
from students.models import Pupil

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@extend_schema(
    summary="辍学率",
    responses=RateShape(many=True),
    parameters=[
        OpenApiParameter("unit", str, required=False, description="单位代码,默认自己的单位"),
        OpenApiParameter("as_of", OpenApiTypes.DATE),
        OpenApiParameter("formula", str, enum=Formula.values),
    ],
)
class Rates(PagedView):
    """Stored figures of a unit and of everything below it, on the latest or a given cut-off day."""

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Snapshot.objects.none()
        if not may_see_figures(self.person, on=self.today):
            raise NotYours("permission_denied", "您的岗位不查看指标。")
        wanted = self.request.query_params
        code = wanted.get("unit") or self.person.posts_on(self.today)[0].unit.code
        self.unit = visible_unit(self.person, code, on=self.today)
        rows = Snapshot.objects.visible_to(self.person, on=self.today).below(self.unit.path)
        rows = rows.filter(as_of=the_day(wanted["as_of"]) if wanted.get("as_of") else latest_day(self.unit.path))
        if wanted.get("formula"):
            if wanted["formula"] not in Formula.values:
                raise Malformed("unknown_formula", "没有这种口径。", fields={"formula": Formula.values})
            rows = rows.filter(formula=wanted["formula"])
        return rows.select_related("unit").order_by("path", "stage", "formula", "pk")

    def list(self, request, *args, **kwargs):
        page = self.paginate_queryset(self.get_queryset())
        book = RegulationBook(self.unit.path)
        return self.get_paginated_response([rate_line(judged(row, book)) for row in page])


@extend_schema(
    summary="指标名单",
    responses={200: CountedPupil(many=True), 403: ProblemSerializer},
    parameters=[OpenApiParameter("part", str, enum=["numerator", "denominator"])],
)
class RatePupils(PagedView):
    """The pupils behind a figure; 403 for posts that see figures and no names."""

    serializer_class = CountedPupil

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Pupil.objects.none()
        snapshots = Snapshot.objects.visible_to(self.person, on=self.today).select_related("unit")
        snapshot = get_object_or_404(snapshots, pk=self.kwargs["pk"])
        if not may_see_names(self.person, snapshot.unit, on=self.today):
            raise NotYours("permission_denied", "您的岗位只看数字,不看名单。")
        part = self.request.query_params.get("part", "numerator")
        if part not in ("numerator", "denominator"):
            raise Malformed(
                "unknown_part", "part 应为 numerator 或 denominator。", fields={"part": ["numerator", "denominator"]}
            )
        if part == "numerator" and snapshot.formula not in NAMED:
            raise Malformed("no_names", "净流失率的分子是增减之差,没有名单。")
        visible = Pupil.objects.visible_to(self.person, on=self.today)
        log_access(self.person, AccessAction.VIEW, what="rate", key=str(snapshot.pk), path=snapshot.path)
        if part == "numerator":
            return visible.filter(pk__in=numerator_of(snapshot).order_by().values("pupil")).order_by("sort_key", "pk")
        return denominator_of(snapshot).filter(pk__in=visible.values("pk"))


@extend_schema(summary="报表", responses=ReturnSerializer(many=True))
class Returns(PagedView):
    serializer_class = ReturnSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return MonthlyReturn.objects.none()
        if not may_see_figures(self.person, on=self.today):
            raise NotYours("permission_denied", "您的岗位不查看报表。")
        rows = MonthlyReturn.objects.visible_to(self.person, on=self.today)
        return rows.select_related("unit").order_by("-period", "path", "pk")


class ReturnFile(View):
    @extend_schema(summary="报表文件", responses={(200, XLSX): OpenApiTypes.BINARY, 404: ProblemSerializer})
    def get(self, request, pk):
        rows = MonthlyReturn.objects.visible_to(self.person, on=self.today).select_related("unit")
        kept = get_object_or_404(rows, pk=pk)
        if not may_make_return(self.person, kept.unit, on=self.today):
            raise NotYours("permission_denied", "报表由学校负责人或教育局取用。")
        log_access(self.person, AccessAction.EXPORT, what="return", key=str(kept.pk), path=kept.path)
        file = io.BytesIO()
        write_return(kept, file)
        response = HttpResponse(file.getvalue(), content_type=XLSX)
        response["Content-Disposition"] = f'attachment; filename="return-{kept.unit.code}-{kept.period}.xlsx"'
        return response
