"""What the API says and takes about duties and the ladder."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from casework.enums import EscalationState
from casework.models import Duty, Escalation
from organisation.serializers import MomentField


class DutySerializer(serializers.ModelSerializer):
    """`holder` is whoever holds the post now; `holders`, `units` and `late_days` come with the context."""

    student = serializers.CharField(source="pupil.number", default=None, allow_null=True)
    post = serializers.CharField(source="post_kind")
    unit = serializers.SerializerMethodField()
    holder = serializers.SerializerMethodField()
    late_days = serializers.SerializerMethodField()
    about = serializers.CharField(source="title")

    class Meta:
        model = Duty
        fields = ["id", "kind", "about", "student", "post", "unit", "holder", "due_at", "state", "late_days"]

    def get_unit(self, duty) -> str | None:
        return self.context["units"].get(duty.chair_path)

    def get_holder(self, duty) -> str | None:
        return self.context["holders"].get(duty.pk) or None

    def get_late_days(self, duty) -> int:
        return self.context["late_days"][duty.pk]


class MeasureShape(serializers.Serializer):
    kind = serializers.CharField()
    done = serializers.BooleanField()


class EscalationSerializer(serializers.ModelSerializer):
    student = serializers.CharField(source="pupil.number")
    date = serializers.DateField(source="day")
    count = serializers.IntegerField(source="count_now")
    state = serializers.ChoiceField(EscalationState.choices)
    duty = serializers.IntegerField(source="duty_id", allow_null=True)
    measures = serializers.SerializerMethodField()

    class Meta:
        model = Escalation
        fields = ["id", "student", "date", "count", "level", "state", "due_at", "duty", "measures"]

    @extend_schema_field(MeasureShape(many=True))
    def get_measures(self, escalation):
        return [{"kind": one.kind, "done": one.record_id is not None} for one in escalation.measures.all()]


class RecordInput(serializers.Serializer):
    measure = serializers.CharField(max_length=30)
    at = MomentField()
    place = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    by = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    statement = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    discipline = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")


class PerformInput(serializers.Serializer):
    records = RecordInput(many=True, max_length=20)


class CompleteInput(serializers.Serializer):
    text = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    proof = serializers.UUIDField(required=False, allow_null=True, default=None)
