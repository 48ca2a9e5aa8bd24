"""What the API says and takes about rolls and pupils."""

from rest_framework import serializers

from organisation.fields import DAY_LIMITS
from organisation.serializers import MomentField
from students.enums import ChangeKind
from students.models import Pupil, TimelineEntry


class MarkSerializer(serializers.Serializer):
    student = serializers.CharField(max_length=10)
    kind = serializers.CharField(max_length=20, help_text="truant unverified late early_leave sick personal official")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ListedSerializer(serializers.Serializer):
    number = serializers.CharField()
    name = serializers.CharField()


class RollSerializer(serializers.Serializer):
    """A roll as it stands; `version` 0 before the first submission."""

    def to_representation(self, sheet):
        marks = [
            {"student": pupil.number, "kind": pupil.kind, "note": pupil.note} for pupil in sheet.listed if pupil.kind
        ]
        return {
            "class": sheet.school_class.code,
            "date": sheet.day.isoformat(),
            "session": sheet.session,
            "version": sheet.version,
            "submitted": sheet.roll is not None,
            "students": [{"number": pupil.number, "name": pupil.name} for pupil in sheet.listed],
            "marks": marks,
        }


class RollShape(serializers.Serializer):
    """The shape of a roll, for the description of the API."""

    date = serializers.DateField()
    session = serializers.CharField()
    version = serializers.IntegerField()
    submitted = serializers.BooleanField()
    students = ListedSerializer(many=True)
    marks = MarkSerializer(many=True)

    def get_fields(self):
        return {"class": serializers.CharField(), **super().get_fields()}


class RollInput(serializers.Serializer):
    version = serializers.IntegerField(min_value=0)
    marks = MarkSerializer(many=True, max_length=500)
    called_at = MomentField(required=False)
    request_id = serializers.CharField(required=False, max_length=64)
    reason = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")


class PupilSerializer(serializers.ModelSerializer):
    """A line of the pupils' list; numbers are masked."""

    school_class = serializers.CharField(source="school_class.code")
    identity_number = serializers.CharField(source="masked_identity_number")
    registry_number = serializers.CharField(source="masked_registry_number")

    class Meta:
        model = Pupil
        fields = ["number", "name", "sex", "born_on", "ethnicity", "school_class", "identity_number", "registry_number"]

    def get_fields(self):
        fields = super().get_fields()
        fields["class"] = fields.pop("school_class")
        return fields


class GuardianShape(serializers.Serializer):
    name = serializers.CharField()
    relation = serializers.CharField()
    phone = serializers.CharField(source="masked_phone")


class SpellShape(serializers.Serializer):
    school_class = serializers.CharField(source="school_class.code")
    status = serializers.CharField()
    starts = serializers.DateField()
    ends = serializers.DateField(allow_null=True)

    def get_fields(self):
        fields = super().get_fields()
        fields["class"] = fields.pop("school_class")
        return fields


class PupilFileSerializer(PupilSerializer):
    guardians = GuardianShape(many=True, source="seen_guardians")
    enrolments = SpellShape(many=True, source="seen_spells")

    class Meta(PupilSerializer.Meta):
        fields = [
            *PupilSerializer.Meta.fields,
            "is_boarder",
            "is_left_behind",
            "is_migrant",
            "is_orphan",
            "is_disabled",
            "is_poor",
            "guardians",
            "enrolments",
        ]


class TimelineSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="by.name", allow_null=True, default=None)

    class Meta:
        model = TimelineEntry
        fields = ["on", "at", "kind", "text", "by"]


class SearchInput(serializers.Serializer):
    registry_number = serializers.CharField(required=False, max_length=40)
    identity_number = serializers.CharField(required=False, max_length=40)

    def validate(self, data):
        if len(data) != 1:
            raise serializers.ValidationError("请给出学籍号或身份证件号其中一项。")
        return data


class RevealInput(serializers.Serializer):
    field = serializers.ChoiceField(["identity_number", "registry_number", "phone"])
    reason = serializers.CharField(min_length=2, max_length=200)


class RevealShape(serializers.Serializer):
    field = serializers.CharField()
    value = serializers.CharField()


class ChangeInput(serializers.Serializer):
    kind = serializers.ChoiceField(ChangeKind.choices)
    date = serializers.DateField(validators=DAY_LIMITS)
    to_class = serializers.CharField(required=False, max_length=30)
    to_school = serializers.CharField(required=False, max_length=120)
    reason = serializers.CharField(required=False, max_length=300, allow_blank=True, default="")
    until = serializers.DateField(required=False, validators=DAY_LIMITS)
    papers = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=20)


class ChangeShape(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    date = serializers.DateField()
    student = serializers.CharField(source="pupil.number")
    status = serializers.CharField()


class PaperShape(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField()
