"""Matters of accountability as the API says and takes them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accountability.enums import FINDING_VERBS, Act, FindingState, Form, ReviewOutcome, Sanction, Scope
from accountability.models import Finding, FindingGround


class GroundShape(serializers.ModelSerializer):
    class Meta:
        model = FindingGround
        fields = ["code", "label", "act"]


class SubjectShape(serializers.Serializer):
    kind = serializers.ChoiceField(["person", "unit"])
    name = serializers.CharField()
    code = serializers.CharField(help_text="个人为登录名,单位为代码")
    post = serializers.CharField(allow_blank=True)


class SanctionShape(serializers.Serializer):
    form = serializers.ChoiceField(Form.choices)
    sanction = serializers.ChoiceField(Sanction.choices, allow_blank=True)
    in_force_from = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)


class FindingSerializer(serializers.ModelSerializer):
    """{"id", "subject", "state", "grounds", "sanction", "next": [verbs]}; `sanction` is null until it is decided."""

    subject = serializers.SerializerMethodField()
    state = serializers.ChoiceField(FindingState.choices)
    grounds = GroundShape(many=True)
    sanction = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField()

    class Meta:
        model = Finding
        fields = ["id", "subject", "state", "grounds", "sanction", "next"]

    @extend_schema_field(SubjectShape)
    def get_subject(self, finding):
        if finding.subject_person:
            person = finding.subject_person
            return {"kind": "person", "name": person.name, "code": person.login, "post": finding.subject_post}
        return {"kind": "unit", "name": finding.subject_unit.name, "code": finding.subject_unit.code, "post": ""}

    @extend_schema_field(SanctionShape(allow_null=True))
    def get_sanction(self, finding):
        if not finding.form:
            return None
        return {
            "form": finding.form,
            "sanction": finding.sanction,
            "in_force_from": finding.in_force_from and finding.in_force_from.isoformat(),
            "expires_on": finding.expires_on and finding.expires_on.isoformat(),
        }

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField([*FINDING_VERBS])))
    def get_next(self, finding):
        return [verb for verb, states in FINDING_VERBS.items() if finding.state in states]


class GroundInput(serializers.Serializer):
    code = serializers.CharField(max_length=8)
    act = serializers.ChoiceField(Act.choices)
    text = serializers.CharField(max_length=5000)
    acted_on = serializers.DateField(required=False, allow_null=True, default=None)


class FindingInput(serializers.Serializer):
    """A matter put without a lead: against a person (login) or a unit (code)."""

    person = serializers.CharField(max_length=40, required=False)
    unit = serializers.CharField(max_length=24, required=False)
    post = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    student = serializers.CharField(max_length=10, required=False)
    grounds = GroundInput(many=True, allow_empty=False)
    text = serializers.CharField(max_length=5000)


class FindingVerbInput(serializers.Serializer):
    """What the verbs ask for; each takes its own part of it."""

    text = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    investigators = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=9)
    facts = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    basis = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    new_facts = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    form = serializers.CharField(max_length=10, required=False, allow_blank=True)
    sanction = serializers.CharField(max_length=13, required=False, allow_blank=True)
    how = serializers.ChoiceField(["heard", "lapsed"], required=False)
    answer = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    outcome = serializers.ChoiceField(["accepted", "partly", "rejected", *ReviewOutcome.values], required=False)
    reasons = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    no_grave_result = serializers.BooleanField(required=False)
    corrected_in_time = serializers.BooleanField(required=False)
    authority = serializers.CharField(max_length=80, required=False, allow_blank=True)
    authority_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    scope = serializers.ChoiceField(Scope.choices, required=False)
    received_by = serializers.CharField(max_length=80, required=False, allow_blank=True)
    on = serializers.DateField(required=False)
