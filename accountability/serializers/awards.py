"""What the API says about awards."""

from rest_framework import serializers

from accountability.enums import BanReason


class NomineeShape(serializers.Serializer):
    """A person by key, a unit by code."""

    kind = serializers.ChoiceField(["person", "unit"])
    id = serializers.CharField()
    name = serializers.CharField()


class ReasonShape(serializers.Serializer):
    reason = serializers.ChoiceField(BanReason.choices)
    text = serializers.CharField()


class NominationShape(serializers.Serializer):
    subject = NomineeShape()
    year = serializers.IntegerField()
    may_be_nominated = serializers.BooleanField()
    reasons = ReasonShape(many=True)


def nomination(subject, bans, year) -> dict:
    """May the subject be nominated for the year, and if not why."""
    is_person = hasattr(subject, "login")
    return {
        "subject": {
            "kind": "person" if is_person else "unit",
            "id": str(subject.pk) if is_person else subject.code,
            "name": subject.name,
        },
        "year": year,
        "may_be_nominated": not bans,
        "reasons": [{"reason": str(ban.reason), "text": ban.text} for ban in bans],
    }
