"""What people fill in about leads."""

import uuid

from django import forms

from accountability.enums import Act
from accountability.forms.files import FilesField
from accountability.queries.subjects import UNNAMED
from accountability.rules.grounds import known_grounds
from casework.forms import area
from organisation import clock
from students.forms import choice_field, day_field, text_field


class ScreenForm(forms.Form):
    """The verb is the button's; of a late duty ground and act are known."""

    ground = choice_field("认定的情形", (), required=False, help_text="保留时必填;“发生了辍学”本身不是情形")
    act = choice_field("行为", [("", "请选择"), *Act.choices], required=False, help_text="保留时必填,须与情形相符")
    reason = forms.CharField(
        label="意见",
        max_length=500,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
        required=False,  # the action says so, in its own words
    )

    def __init__(self, *args, is_late_duty, local, **kwargs):
        super().__init__(*args, **kwargs)
        known = ((code, f"{code} {label}") for code, label in known_grounds(local).items())
        self.fields["ground"].choices = [("", "请选择"), *known]
        if is_late_duty:
            del self.fields["act"]


class LayToForm(forms.Form):
    """From a complaint to a lead: against whom, on what."""

    subject = choice_field("对象", ())
    ground = choice_field("情形", UNNAMED, required=False)
    text = area("初步了解的情况", help_text="不写投诉人的姓名和电话")

    def __init__(self, *args, subjects, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = subjects


class LeadForm(LayToForm):
    """A lead by hand; `request_id` makes the same form sent twice one lead."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    title = text_field("事项", 120, help_text="一句话,如:开学两周未报送台账")
    on = day_field("发现日期")
    papers = FilesField(label="材料", help_text="照片或 PDF,最多 3 个")
    field_order = ["subject", "ground", "title", "on", "text", "papers"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = "情况", ""
        self.fields["on"].initial = clock.today
        self.fields["request_id"].initial = uuid.uuid4
