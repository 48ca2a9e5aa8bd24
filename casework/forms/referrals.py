"""What people fill in about referrals and inspections."""

from django import forms

from casework.enums.referrals import Authority, Harm, LabourOutcomeKind
from casework.forms.ladder import area
from organisation import clock
from students.forms import choice_field, day_field, text_field


class TodayForm(forms.Form):
    """A form whose day is today unless somebody says otherwise."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()


class LabourForm(forms.Form):
    employer = text_field("用人单位", 120)
    place = text_field("地点", 120)
    is_hazardous = forms.BooleanField(label="有毒有害、危险作业", required=False)
    text = area("情况")


class OutcomeForm(TodayForm):
    kind = choice_field("结果", LabourOutcomeKind.choices)
    on = day_field("日期")
    text = text_field("说明", 300)


class CloseForm(forms.Form):
    """Nothing to fill in."""


class InspectionForm(TodayForm):
    on = day_field("检查日期")
    places = area("检查单位")
    children_found = forms.IntegerField(
        label="发现童工人数",
        min_value=0,
        max_value=9999,
        initial=0,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    text = area("情况", required=False)


class RestrictedForm(forms.Form):
    harm = choice_field("情形", Harm.choices)
    authority = choice_field("移送机关", Authority.choices)
    addressee = text_field("受文单位", 120, help_text="如:某县公安局某派出所")
    text = area("情况")


class AnswerForm(TodayForm):
    on = day_field("答复日期")
    text = area("答复")
