"""The self-inspection point by point, correction and check."""

from django import forms

from accountability.actions.inspections import Finding
from accountability.enums import InspectionResult
from accountability.permissions import OFFICE
from casework.forms.letters import PHOTOS
from organisation import clock
from organisation.enums import PostKind
from students.forms import choice_field, day_field, file_field, long_text_field, text_field

POSTS = [("", "请选择"), *((kind, PostKind(kind).label) for kind in OFFICE)]


class InspectionForm(forms.Form):
    """The frame of a self-inspection."""

    on = day_field("自查日期")
    who = text_field("参加人员", 200, help_text="如:校长、教导主任、年级组长")
    summary = long_text_field("总的情况", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()


class PointForm(forms.Form):
    """One point: in order or not; what is not says what, and who puts it right by when."""

    result = forms.ChoiceField(label="结果", choices=InspectionResult.choices, widget=forms.RadioSelect)
    note = text_field("情况", 300, required=False)
    post_kind = choice_field("整改岗位", POSTS, required=False)
    due_on = day_field("整改期限", required=False)

    def __init__(self, *args, item, **kwargs):
        super().__init__(*args, prefix=item.key, **kwargs)
        self.item = item

    def finding(self) -> Finding:
        return Finding(**self.cleaned_data)


class CorrectForm(forms.Form):
    text = long_text_field("怎样整改的")
    paper = file_field("照片、材料", PHOTOS, required=False)


class CheckForm(forms.Form):
    passed = choice_field("复查结果", [("yes", "已整改到位,销号"), ("no", "没有到位,重新整改")])
    note = long_text_field("复查看到的情况")
    due_on = day_field("新的整改期限", required=False, help_text="没有到位的必填")
