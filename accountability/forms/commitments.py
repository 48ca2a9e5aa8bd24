"""Making, signing and declining commitments; and what a guardian writes on the page of a link."""

from django import forms

from accountability.enums import CommitmentKind
from casework.forms.letters import PHOTOS
from organisation import clock
from students.forms import day_field, file_field, long_text_field, text_field


class MakeForm(forms.Form):
    """Which kinds to make for the unit."""

    kinds = forms.MultipleChoiceField(
        label="责任书", widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check"})
    )

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(kind.value, CommitmentKind(kind).label) for kind in kinds]
        self.fields["kinds"].initial = [kind.value for kind in kinds]


class PaperForm(forms.Form):
    """The photo of one signed sheet, or of several that lie together."""

    on = day_field("签订日期")
    paper = file_field("签字页照片或扫描件", PHOTOS)
    signed_by = text_field("签字人", 80, required=False, help_text="不填按责任书上的乙方登记")

    def __init__(self, *args, many=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()
        if many:
            del self.fields["signed_by"]
            self.fields["paper"].help_text = "几份签字页可以扫描成一个 PDF"


class DeclineForm(forms.Form):
    note = long_text_field("家长的意见和已做的解释")


class SignForm(forms.Form):
    """What a guardian writes on the page of a link."""

    name = forms.CharField(label="签字人姓名", min_length=2, max_length=30, strip=True)
    agreed = forms.BooleanField(label="我已读过,愿意遵守", error_messages={"required": "请先读完,再勾选这一项。"})
