"""Base of the API's views, and the units."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from organisation import clock
from organisation.models import Unit
from organisation.serializers import UnitSerializer


def parents_of(units) -> dict[str, str]:
    """{path: code} of the parents of these units, in one statement."""
    paths = {unit.path[:-4] for unit in units}
    return dict(Unit.objects.filter(path__in=paths).values_list("path", "code"))


def checked(serializer_class: type[Serializer], data) -> dict:
    """What was sent, as values; raises the problem document of what is wrong with it (400)."""
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class View(APIView):
    """A view that knows today and who asks."""

    @property
    def today(self):
        return clock.today()

    @property
    def person(self):
        return self.request.user


class PagedView(ListAPIView):
    """A list with cursors."""

    @property
    def today(self):
        return clock.today()

    @property
    def person(self):
        return self.request.user


class UnitPages(PagedView):
    """Lists units with the codes of their parents."""

    serializer_class = UnitSerializer

    def list(self, request, *args, **kwargs):
        page = self.paginate_queryset(self.get_queryset())
        context = {**self.get_serializer_context(), "parents": parents_of(page)}
        return self.get_paginated_response(UnitSerializer(page, many=True, context=context).data)


@extend_schema(summary="单位")
class Units(UnitPages):
    """The units in one's scope."""

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Unit.objects.none()
        return Unit.objects.visible_to(self.person, on=self.today).order_by("path")
