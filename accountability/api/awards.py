"""Award bans over the API (F53): who is barred in a year; may somebody be nominated, and if not why."""

from collections import defaultdict

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from accountability.enums import NOMINATORS
from accountability.queries.award_bans import bans_in, bans_of, key_of
from accountability.queries.nominees import nominees
from accountability.serializers.awards import NominationShape, nomination
from organisation.api.views import View
from organisation.errors import Malformed
from organisation.models import Person
from organisation.rules.grades import school_year
from organisation.serializers import ProblemSerializer

FIRST_YEAR, LAST_YEAR = 2000, 2100


@extend_schema(
    summary="评优资格",
    parameters=[
        OpenApiParameter("year", int, description="学年,默认本学年"),
        OpenApiParameter("unit", str, description="单位代码:这个单位能否评优"),
        OpenApiParameter("person", str, description="登录名:这个人能否评优"),
    ],
    responses={
        200: inline_serializer(
            "AwardBanPage",
            {
                "next": serializers.CharField(allow_null=True),
                "previous": serializers.CharField(allow_null=True),
                "results": NominationShape(many=True),
            },
        ),
        400: ProblemSerializer,
        404: ProblemSerializer,
    },
)
class AwardBans(View):
    """All who are barred, in one's scope and oneself; or, asked for one, whether that one may be nominated."""

    def get(self, request):
        year = self._year()
        asked = self._asked(year)
        if asked is not None:
            found = bans_of([asked], year, on=self.today).get(key_of(asked), [])
            return self._page([nomination(asked, found, year)])
        paths = self.person.paths(on=self.today, kinds=NOMINATORS)
        bans = bans_in(paths, year, on=self.today) if paths else []
        bans += [
            ban for ban in bans_of([self.person], year, on=self.today).get(key_of(self.person), []) if ban not in bans
        ]
        grouped, subjects = defaultdict(list), {}
        for ban in bans:
            grouped[ban.key].append(ban)
            subjects[ban.key] = ban.subject
        return self._page([nomination(subjects[key], grouped[key], year) for key in sorted(grouped)])

    def _page(self, rows):
        return Response({"next": None, "previous": None, "results": rows})

    def _year(self) -> int:
        text = self.request.query_params.get("year", "")
        if not text:
            return school_year(self.today)
        year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Malformed("bad_year", "学年应写成四位数字,如 2026。", fields={"year": ["有误"]})
        return year

    def _asked(self, year):
        """The person or unit that is asked about. Raises Http404 out of scope: of others one may ask as nominator only."""
        wanted = self.request.query_params
        people, units = nominees(self.person, year, on=self.today)
        if wanted.get("unit"):
            found = units.filter(code=wanted["unit"][:24]).first()
        elif wanted.get("person"):
            own = Person.objects.filter(pk=self.person.pk)
            found = (people | own).filter(login=wanted["person"][:40]).first()
        else:
            return None
        if found is None:
            raise Http404
        return found
