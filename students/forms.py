"""What people fill in about pupils, in their words."""

from datetime import date

from django import forms

from organisation import clock
from organisation.enums import Session
from organisation.models import Unit
from students.enums import CHANGE_EFFECTS, ChangeKind, SlipKind

DATE = {"type": "date", "class": "form-control"}
LEAVE_KINDS = [(kind.value, kind.label) for kind in SlipKind if kind != SlipKind.SUSPENSION]


def day_field(label, **kwargs):
    """A day between sensible years, as a date input."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), **kwargs)


def text_field(label, length, **kwargs):
    return forms.CharField(
        label=label, max_length=length, widget=forms.TextInput(attrs={"class": "form-control"}), **kwargs
    )


def choice_field(label, choices, **kwargs):
    return forms.ChoiceField(
        label=label, choices=choices, widget=forms.Select(attrs={"class": "form-select"}), **kwargs
    )


def file_field(label, accept, **kwargs):
    widget = forms.FileInput(attrs={"class": "form-control", "accept": accept})
    return forms.FileField(label=label, widget=widget, **kwargs)


class SlipForm(forms.Form):
    kind = choice_field("类别", LEAVE_KINDS)
    first_day = day_field("从")
    first_session = choice_field("从(时段)", Session.choices, initial=Session.AM)
    last_day = day_field("至")
    last_session = choice_field("至(时段)", Session.choices, initial=Session.EVENING)
    applied_by = text_field("申请人", 80, help_text="如:父亲 马某")
    reason = text_field("事由", 200)
    certificate = file_field(
        "证明", ".jpg,.jpeg,.png,.webp,.pdf", required=False, help_text="病假超过 3 天须有医院证明"
    )


class ChangeForm(forms.Form):
    kind = choice_field("异动类别", [c for c in ChangeKind.choices if CHANGE_EFFECTS[ChangeKind(c[0])].before])
    date = day_field("日期", help_text="辍学填最后到校日,其他填新状态的第一天")
    to_class = forms.ModelChoiceField(
        Unit.objects.none(), label="转入班级", required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    to_school = text_field("去向学校", 120, required=False)
    reason = text_field("原因", 300, required=False)
    until = day_field("至(休学、缓学)", required=False)
    paper = file_field("证明材料", ".jpg,.jpeg,.png,.webp,.pdf", required=False)

    def __init__(self, *args, classes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_class"].queryset = classes
        self.fields["to_class"].label_from_instance = lambda unit: unit.label(on=clock.today())
        self.fields["date"].initial = clock.today()


class RosterForm(forms.Form):
    file = file_field("名册(.xlsx)", ".xlsx")
    since = day_field("名册日期", help_text="名册所说的日期,年级按这一天的学年计算")

    def clean_since(self):
        since = self.cleaned_data["since"]
        if not date(2015, 1, 1) <= since <= clock.today():
            raise forms.ValidationError("日期应在 2015 年以后,不晚于今天。")
        return since


class ExportForm(forms.Form):
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label="单位", widget=forms.Select(attrs={"class": "form-select"})
    )
    reason = text_field("导出原因", 200, help_text="会记入查阅记录")

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units


class RevealForm(forms.Form):
    field = choice_field(
        "查看", [("identity_number", "身份证件号"), ("registry_number", "学籍号"), ("phone", "监护人电话")]
    )
    reason = text_field("查看原因", 200, min_length=2)


class MergeForm(forms.Form):
    other = text_field("另一份档案", 40, help_text="编号、学籍号或身份证件号")
    reason = text_field("合并原因", 200, required=False, help_text="如:转入时无证件,重复建档")
