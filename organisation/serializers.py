"""Shapes of the API that every floor uses."""

from rest_framework import serializers

from organisation.models import Unit


class MomentField(serializers.DateTimeField):
    """A moment; one at the very edge of what a calendar can say is none."""

    def to_internal_value(self, value):
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")


class UnitSerializer(serializers.ModelSerializer):
    """{"code", "name", "kind", "parent"}; `parents` in the context gives {path: code}."""

    parent = serializers.SerializerMethodField()

    class Meta:
        model = Unit
        fields = ["code", "name", "kind", "parent"]

    def get_parent(self, unit) -> str | None:
        return self.context["parents"].get(unit.path[:-4])


class ProblemSerializer(serializers.Serializer):
    """An error as an RFC 9457 problem document."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    fields_ = serializers.DictField()
    article = serializers.CharField()

    def get_fields(self):
        fields = super().get_fields()
        fields["fields"] = fields.pop("fields_")
        return fields
