"""Dropout cases as the API says and takes them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from casework.enums import CASE_MOVES, CASE_VERBS, CaseSource, CaseState
from casework.models import Case, Episode, Visit


class EpisodeShape(serializers.ModelSerializer):
    class Meta:
        model = Episode
        fields = [
            "number",
            "away_since",
            "last_attended",
            "suspected_on",
            "confirmed_on",
            "persuading_on",
            "reported_on",
            "noticed_on",
            "enforcing_on",
            "returned_on",
            "ended_on",
        ]


def verbs_from(state: str) -> list[str]:
    """The verbs that a state allows, in the order of the procedure."""
    after = CASE_MOVES[CaseState(state)]
    relapses = state in (CaseState.RETURNED, CaseState.CLOSED)
    return [
        verb
        for verb, target in CASE_VERBS.items()
        if (target in after and (verb == "reopen") == (relapses and target == CaseState.PERSUADING))
        or (verb == "enforce" and state == CaseState.ENFORCING)
    ]


class CaseSerializer(serializers.ModelSerializer):
    student = serializers.CharField(source="pupil.number")
    opened = serializers.DateField(source="opened_on")
    episodes = EpisodeShape(many=True)
    main_cause = serializers.SerializerMethodField()
    causes = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField()
    state = serializers.ChoiceField(CaseState.choices)
    source = serializers.ChoiceField(CaseSource.choices)

    class Meta:
        model = Case
        fields = ["id", "student", "state", "source", "opened", "episodes", "main_cause", "causes", "next"]

    def get_main_cause(self, case) -> str | None:
        return next((cause.cause for cause in case.causes.all() if cause.is_main), None)

    def get_causes(self, case) -> list[str]:
        return [cause.cause for cause in case.causes.all()]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField([*CASE_VERBS])))
    def get_next(self, case):
        return verbs_from(case.state)


class CaseInput(serializers.Serializer):
    student = serializers.CharField(max_length=10)
    source = serializers.ChoiceField(CaseSource.choices, default=CaseSource.REPORT)
    away_since = serializers.DateField(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=300)


class CaseVerbInput(serializers.Serializer):
    """What the verbs ask for; each takes its own part of it."""

    text = serializers.CharField(max_length=500, required=False, allow_blank=True)
    on = serializers.DateField(required=False)
    last_attended = serializers.DateField(required=False)
    causes = serializers.ListField(child=serializers.CharField(max_length=16), required=False, max_length=14)
    education_line = serializers.CharField(max_length=40, required=False)
    government_line = serializers.CharField(max_length=40, required=False)
    received_by = serializers.CharField(max_length=80, required=False, allow_blank=True)
    step = serializers.CharField(max_length=10, required=False)
    basis = serializers.CharField(max_length=200, required=False, allow_blank=True)
    number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    served_on = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    placement = serializers.CharField(max_length=13, required=False)
    place = serializers.CharField(max_length=120, required=False, allow_blank=True)
    to_class = serializers.CharField(max_length=30, required=False)
    reason = serializers.CharField(max_length=12, required=False)
    papers = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=20)


class VisitInput(serializers.Serializer):
    kind = serializers.CharField(max_length=10, default="home")
    at = serializers.DateTimeField()
    place = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    visitors = serializers.ListField(child=serializers.CharField(max_length=60), max_length=10, default=list)
    outcome = serializers.CharField(max_length=12)
    text = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    guardians_view = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    next_step = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    whereabouts = serializers.CharField(max_length=12, required=False)
    whereabouts_text = serializers.CharField(max_length=200, required=False, allow_blank=True)
    causes = serializers.ListField(child=serializers.CharField(max_length=16), required=False, max_length=14)
    photos = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=10, default=list)


class VisitSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="entered_by.name")

    class Meta:
        model = Visit
        fields = ["id", "kind", "at", "place", "visitors", "outcome", "text", "guardians_view", "next_step", "by"]
