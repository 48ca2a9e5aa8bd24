"""Risk warnings as the API says them, and a teacher's report as it takes it."""

from rest_framework import serializers

from casework.enums import Tier
from casework.models import RiskSignal, RiskWarning, TeacherReport


class SignalShape(serializers.ModelSerializer):
    class Meta:
        model = RiskSignal
        fields = ["key", "points", "tier", "text"]


class WarningSerializer(serializers.ModelSerializer):
    student = serializers.CharField(source="pupil.number")
    tier = serializers.ChoiceField(Tier.choices)
    since = serializers.DateField(source="risen_on")
    opened = serializers.DateField(source="opened_on")
    signals = SignalShape(many=True)

    class Meta:
        model = RiskWarning
        fields = ["id", "student", "tier", "points", "state", "opened", "since", "signals"]


class ReportInput(serializers.Serializer):
    student = serializers.CharField(max_length=10)
    points = serializers.IntegerField()
    reason = serializers.CharField(max_length=200, allow_blank=True)


class ReportSerializer(serializers.ModelSerializer):
    """The report, and the warning that the child has now (null where it has none)."""

    student = serializers.CharField(source="pupil.number")
    warning = serializers.SerializerMethodField()

    class Meta:
        model = TeacherReport
        fields = ["id", "student", "points", "reason", "on", "warning"]

    def get_warning(self, report) -> int | None:
        return RiskWarning.objects.raised().filter(pupil=report.pupil_id).values_list("pk", flat=True).first()
