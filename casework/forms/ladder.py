"""What people write down when they have talked, visited or decided."""

from django import forms

from casework.enums import FORBIDDEN, Discipline, MeasureKind
from organisation import clock
from students.forms import choice_field, file_field, text_field

LAWFUL = [("", "请选择"), *Discipline.choices]
# Offered only so that the answer names the article: what a school may not do (F14).
UNLAWFUL = ("法律禁止", [(key, found.label) for key, found in FORBIDDEN.items()])


def area(label, **kwargs):
    widget = forms.Textarea(attrs={"class": "form-control", "rows": 3})
    return forms.CharField(label=label, widget=widget, max_length=5000, **kwargs)


class RecordForm(forms.Form):
    """One record for one measure; empty ones are left out."""

    at = forms.DateTimeField(
        label="时间",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M"),
    )
    place = text_field("地点", 100, required=False)
    by = text_field("办理人", 100, required=False)
    text = area("内容", required=False)
    statement = area("学生(家长)陈述", required=False)
    paper = file_field("签字或照片", ".jpg,.jpeg,.png,.webp,.pdf", required=False)

    def __init__(self, *args, measure, **kwargs):
        super().__init__(*args, prefix=measure, **kwargs)
        self.measure = measure
        self.label = MeasureKind(measure).label
        self.fields["at"].initial = clock.now()
        if measure == MeasureKind.DISCIPLINE:
            self.fields["discipline"] = choice_field("教育惩戒", [*LAWFUL, UNLAWFUL], required=False)

    @property
    def is_filled(self) -> bool:
        data = getattr(self, "cleaned_data", {})
        return bool(data.get("text") or data.get("discipline"))


class CompleteForm(forms.Form):
    text = area("办理情况")
    proof = file_field("证明材料", ".jpg,.jpeg,.png,.webp,.pdf", required=False)
