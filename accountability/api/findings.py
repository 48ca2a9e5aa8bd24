"""Matters of accountability over the API (F50–F54): they change by named verbs only, and their record is only added to."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accountability.actions.findings import deciding, hearing, opening, reviewing, team
from accountability.enums import FINDING_VERBS, FindingState, ReviewOutcome
from accountability.models import Finding
from accountability.queries.pages import for_list
from accountability.serializers import FindingInput, FindingSerializer, FindingVerbInput
from organisation.actions.access import log_access
from organisation.api.views import PagedView, View, checked
from organisation.enums import AccessAction
from organisation.errors import Malformed
from organisation.models import Person, Unit
from organisation.serializers import ProblemSerializer
from students.models import Pupil

PROBLEMS = {400: ProblemSerializer, 403: ProblemSerializer, 404: ProblemSerializer, 409: ProblemSerializer}


def _review(finding, *, by, text, outcome=None, on=None):
    """Ask for a review or appeal; with an outcome: answer what was asked."""
    if outcome is None:
        return reviewing.ask_review(finding, by=by, text=text, on=on)
    return reviewing.answer_review(finding, by=by, text=text, outcome=outcome)


def _revoke(finding, *, by, text):
    return reviewing.answer_review(finding, by=by, text=text, outcome=ReviewOutcome.REVOKED)


# What each verb takes of what was sent, and what is empty where it was not sent.
VERBS = {
    "screen": (opening.screen_matter, {"text": ""}, ()),
    "dismiss": (opening.dismiss_matter, {"text": ""}, ()),
    "investigate": (team.name_team, {"people": ()}, ("text",)),
    "notify": (hearing.notify_subject, {"facts": "", "basis": "", "form": ""}, ("sanction", "new_facts")),
    "hear": (hearing.hear_defence, {}, ("how", "text", "answer", "outcome")),
    "decide": (
        deciding.decide_matter,
        {"form": "", "reasons": ""},
        ("sanction", "no_grave_result", "corrected_in_time", "authority", "authority_number", "scope"),
    ),
    "serve": (deciding.serve_decision, {}, ("received_by", "on")),
    "review": (_review, {"text": ""}, ("outcome", "on")),
    "revoke": (_revoke, {"text": ""}, ()),
    "refer": (deciding.refer_matter, {"authority": "", "basis": "", "text": ""}, ()),
}


class FindingView(View):
    def answer(self, pk, status=200):
        found = for_list(Finding.objects.filter(pk=pk)).get()
        return Response(FindingSerializer(found).data, status=status)

    def finding(self, pk) -> Finding:
        found = Finding.objects.visible_to(self.person, on=self.today).filter(pk=pk).first()
        if found is None:
            raise Http404
        path = found.decider_path
        log_access(self.person, AccessAction.VIEW, what="finding", key=str(found.pk), path=path, reason="API")
        return found


@extend_schema(summary="问责事项", parameters=[OpenApiParameter("state", str, enum=FindingState.values)])
class Findings(PagedView):
    """Those that one handles, and those that concern oneself once notified."""

    serializer_class = FindingSerializer

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Finding.objects.none()
        rows = for_list(Finding.objects.visible_to(self.person, on=self.today))
        state = self.request.query_params.get("state")
        return rows.filter(state=state) if state else rows

    @extend_schema(
        summary="提出问责事项",
        operation_id="findings_put",
        request=FindingInput,
        responses={201: FindingSerializer, **PROBLEMS},
    )
    def post(self, request):
        sent = checked(FindingInput, request.data)
        found = opening.put_matter(
            by=self.person,
            grounds=sent["grounds"],
            text=sent["text"],
            subject_post=sent["post"],
            **self._named(sent),
        )
        return Response(FindingSerializer(for_list(Finding.objects.filter(pk=found.pk)).get()).data, status=201)

    def _named(self, sent) -> dict:
        """Subject and child, looked up in scope."""
        asked = {
            "subject_person": (Person.objects.visible_to, "login", "person"),
            "subject_unit": (Unit.objects.visible_to, "code", "unit"),
            "pupil": (Pupil.objects.visible_to, "number", "student"),
        }
        found = {}
        for name, (visible, field, key) in asked.items():
            if key in sent:
                found[name] = visible(self.person, on=self.today).filter(**{field: sent[key]}).first()
                if found[name] is None:
                    raise Malformed("not_found", "没有找到,或不在您的范围内。", fields={key: ["没有找到"]})
        return found


class FindingDetail(FindingView):
    @extend_schema(summary="一个问责事项", responses={200: FindingSerializer, 404: ProblemSerializer})
    def get(self, request, pk):
        return self.answer(self.finding(pk).pk)


class FindingVerb(FindingView):
    @extend_schema(
        summary="办理问责事项的一步",
        operation_id="findings_verb",
        request=FindingVerbInput,
        parameters=[OpenApiParameter("verb", str, "path", enum=[*FINDING_VERBS])],
        responses={200: FindingSerializer, **PROBLEMS},
    )
    def post(self, request, pk, verb):
        if verb not in VERBS:
            raise Http404
        finding = self.finding(pk)
        action, needed, more = VERBS[verb]
        sent = dict(checked(FindingVerbInput, request.data))
        if "investigators" in sent:
            sent["people"] = self._people(sent["investigators"])
        given = {name: sent.get(name, empty) for name, empty in needed.items()}
        given |= {name: sent[name] for name in more if name in sent}
        action(finding, by=self.person, **given)
        return self.answer(finding.pk)

    def _people(self, logins):
        people = list(Person.objects.visible_to(self.person, on=self.today).filter(login__in=logins))
        if len(people) < len(set(logins)):
            raise Malformed("unknown_person", "没有这个登录名。", fields={"investigators": ["没有这个登录名"]})
        return people
