"""What people fill in about truth checks and headcounts."""

from django import forms

from organisation import clock
from organisation.enums import Session
from students.forms import choice_field, day_field, file_field, text_field


class DecideForm(forms.Form):
    """The verb is the button's; the action says in its own words what is missing."""

    reason = forms.CharField(
        label="核实经过和结论",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )


class SpotCountForm(forms.Form):
    """One class, one session, as it is counted on the spot."""

    counted = forms.IntegerField(
        label="实有人数",
        min_value=0,
        max_value=200,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
    )
    day = day_field("日期")
    session = choice_field("时段", Session.choices)
    photo = file_field("照片", "image/*", required=False, help_text="可不拍;照片里的位置信息不保存")
    note = text_field("说明", 200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        now = clock.now()
        self.fields["day"].initial = now.date()
        self.fields["session"].initial = Session.AM if now.hour < 12 else Session.PM
