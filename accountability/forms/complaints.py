"""What people from outside write, and what whoever handles it answers."""

import uuid

from django import forms

from accountability.enums import Against, Grievance
from accountability.forms.files import FilesField
from casework.forms import area
from organisation.enums import UnitKind
from organisation.models import Unit
from students.forms import choice_field, text_field


class ComplaintForm(forms.Form):
    """Name and phone may stay empty; `request_id` makes the same form sent twice one complaint."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    county = forms.ModelChoiceField(
        Unit.objects.none(), label="所在县(区)", empty_label=None, widget=forms.Select(attrs={"class": "form-select"})
    )
    against = choice_field("反映谁的问题", Against.choices, help_text="反映县教育局的,由上一级教育局办理")
    kind = choice_field("什么事", Grievance.choices)
    place = text_field("学校或单位名称", 120)
    text = forms.CharField(
        label="情况",
        max_length=3000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 6}),
        help_text="什么时候、在哪里、谁做了什么",
    )
    papers = FilesField(label="照片、材料", help_text="可以不传;照片或 PDF,最多 3 个,每个不超过 5 MB")
    name = text_field("您的姓名", 60, required=False, help_text="可以不写。只有办理人能看到,不会告诉被反映的人")
    phone = text_field("联系电话", 20, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["county"].queryset = Unit.objects.of_kind(UnitKind.COUNTY).open()
        self.fields["request_id"].initial = uuid.uuid4


class QueryForm(forms.Form):
    number = forms.CharField(
        label="查询码",
        max_length=60,
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        help_text="16 位字母和数字,大小写、横线都可以",
    )


class AcceptForm(forms.Form):
    """Nothing to fill in."""


class PassUpForm(forms.Form):
    """Nothing to fill in."""


class AnswerForm(forms.Form):
    text = area("答复", help_text="投诉人凭查询码看到这段话:不写学生和投诉人的姓名、电话、证件号")


class RevealForm(forms.Form):
    reason = text_field("查看原因", 200, help_text="会记入查阅记录")
