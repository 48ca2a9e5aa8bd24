"""Figures and returns as the API gives them."""

from rest_framework import serializers

from reports.models import MonthlyReturn
from reports.rules.rates import fraction


class RateShape(serializers.Serializer):
    id = serializers.IntegerField()
    unit = serializers.CharField()
    stage = serializers.CharField()
    formula = serializers.CharField()
    as_of = serializers.DateField()
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    rate = serializers.CharField(allow_null=True)
    threshold = serializers.CharField(allow_null=True)
    state = serializers.CharField()


def rate_line(shown) -> dict:
    snapshot = shown.snapshot
    return {
        "id": snapshot.pk,
        "unit": snapshot.unit.code,
        "stage": snapshot.stage,
        "formula": snapshot.formula,
        "as_of": snapshot.as_of.isoformat(),
        "numerator": snapshot.numerator,
        "denominator": snapshot.denominator,
        "rate": fraction(shown.judged.rate),
        "threshold": fraction(shown.judged.threshold),
        "state": str(shown.judged.state),
    }


class CountedPupil(serializers.Serializer):
    number = serializers.CharField()
    name = serializers.CharField()


class ReturnSerializer(serializers.ModelSerializer):
    unit = serializers.CharField(source="unit.code")

    class Meta:
        model = MonthlyReturn
        fields = ["id", "kind", "unit", "period", "digest", "made_at"]
