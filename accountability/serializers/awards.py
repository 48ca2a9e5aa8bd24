"""What the API says about awards."""

from rest_framework import serializers

from accountability.enums import BanReason
from accountability.serializers import SubjectShape


class ReasonShape(serializers.Serializer):
    reason = serializers.ChoiceField(BanReason.choices)
    text = serializers.CharField()


class NominationShape(serializers.Serializer):
    subject = SubjectShape()
    year = serializers.IntegerField()
    may_be_nominated = serializers.BooleanField()
    reasons = ReasonShape(many=True)


def nomination(subject, bans, year) -> dict:
    """May the subject be nominated for the year, and if not why."""
    is_person = hasattr(subject, "login")
    return {
        "subject": {
            "kind": "person" if is_person else "unit",
            "name": subject.name,
            "code": subject.login if is_person else subject.code,
            "post": "",
        },
        "year": year,
        "may_be_nominated": not bans,
        "reasons": [{"reason": str(ban.reason), "text": ban.text} for ban in bans],
    }
