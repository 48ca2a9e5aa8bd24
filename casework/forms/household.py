"""What people fill in when they compare lists with the register."""

from django import forms

from casework.enums.household import ExemptReason, ListKind, WrongSide
from casework.forms.ladder import area
from organisation import clock
from organisation.models import Unit
from students.forms import choice_field, day_field, file_field, text_field

PAPERS = ".jpg,.jpeg,.png,.webp,.pdf"


class ListForm(forms.Form):
    kind = choice_field("名单", ListKind.choices)
    file = file_field("名单文件(.xlsx)", ".xlsx")
    on = day_field("名单日期", help_text="名单是哪一天的;比对用今天的学籍")

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > clock.today():
            raise forms.ValidationError("名单日期不能晚于今天。")
        return on


class EvidenceForm(forms.Form):
    text = area("依据")
    paper = file_field("材料", PAPERS, required=False)


class ProvedForm(forms.Form):
    text = area("依据", help_text="在哪里就读、由谁证明")
    paper = file_field("证明材料", PAPERS)


class DataErrorForm(EvidenceForm):
    side = choice_field("哪一边错", WrongSide.choices)
    right_number = text_field("正确的身份证件号", 18, required=False, help_text="号码错的必填")
    field_order = ("side", "right_number", "text", "paper")


class SuspectedForm(EvidenceForm):
    school = forms.ModelChoiceField(
        Unit.objects.none(), label="应当接收的学校", widget=forms.Select(attrs={"class": "form-select"})
    )
    field_order = ("school", "text", "paper")

    def __init__(self, *args, schools=None, **kwargs):
        super().__init__(*args, **kwargs)
        if schools is None:  # the child has a file, and with it a school
            del self.fields["school"]
        else:
            self.fields["school"].queryset = schools
            self.fields["school"].label_from_instance = lambda unit: unit.name


class ExemptForm(ProvedForm):
    detail = choice_field("原因", ExemptReason.choices)
    field_order = ("detail", "text", "paper")


class UndoForm(forms.Form):
    text = text_field("撤销原因", 300)
