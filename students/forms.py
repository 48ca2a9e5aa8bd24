"""What people fill in about pupils, in their words."""

from datetime import date

from django import forms

from organisation import clock
from organisation.enums import Session, UnitKind
from organisation.fields import DAY_LIMITS
from organisation.models import Unit
from organisation.rules.paths import STEP, at_or_below
from students.actions.edit import HOME_FIELDS, IDENTITY_FIELDS, RESTRICTED_FIELDS
from students.enums import CHANGE_EFFECTS, ChangeKind, IncidentKind, PlanResult, SlipKind
from students.models import Pupil
from students.rules.learning import FULL_MARKS

SEALED = ("identity_number", "registry_number")
DATE = {"type": "date", "class": "form-control"}
LEAVE_KINDS = [(kind.value, kind.label) for kind in SlipKind if kind != SlipKind.SUSPENSION]


def day_field(label, **kwargs):
    """A day between sensible years, as a date input."""
    widget = forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    return forms.DateField(label=label, validators=DAY_LIMITS, widget=widget, **kwargs)


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


class FileForm(forms.ModelForm):
    """A child's file, as far as the person may correct it. Numbers are not shown: empty leaves them as they are."""

    class Meta:
        model = Pupil
        fields = [*IDENTITY_FIELDS, *HOME_FIELDS, *RESTRICTED_FIELDS]

    def __init__(self, *args, names, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in names}
        for name, field in self.fields.items():
            plain = isinstance(field.widget, forms.CheckboxInput)
            is_choice = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = (
                "form-check-input" if plain else "form-select" if is_choice else "form-control"
            )
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs=DATE, format="%Y-%m-%d")
            if name in SEALED:
                field.widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "maxlength": 40})
                field.required, field.help_text, self.initial[name] = False, "不显示原号码;留空则不改", ""
        if "residence" in self.fields:
            county = Unit.objects.filter(path=self.instance.path[: 3 * STEP])
            township = Unit.objects.filter(at_or_below("path", county.values_list("path", flat=True)))
            self.fields["residence"].queryset = township.of_kind(UnitKind.TOWNSHIP)

    def _post_clean(self):
        """The action writes, and checks what it writes: the instance stays as it is."""

    def wanted(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if not (name in SEALED and not value)}


class GuardianForm(forms.Form):
    name = text_field("监护人姓名", 80, required=False)
    relation = text_field("关系", 30, required=False)
    phone = text_field("电话", 20, required=False, help_text="不显示原号码;留空则不改")
    lives_with = forms.NullBooleanField(
        label="共同居住", widget=forms.NullBooleanSelect(attrs={"class": "form-select"}), required=False
    )

    def clean(self):
        data = super().clean()
        if data.get("name") and not data.get("relation"):
            self.add_error("relation", "请填写关系。")
        return data

    def said(self) -> dict:
        return self.cleaned_data | {"phone": self.cleaned_data["phone"] or None}


class MergeForm(forms.Form):
    other = text_field("另一份档案", 40, help_text="编号、学籍号或身份证件号")
    reason = text_field("合并原因", 200, required=False, help_text="如:转入时无证件,重复建档")


def long_text_field(label, **kwargs):
    widget = forms.Textarea(attrs={"class": "form-control", "rows": 3})
    return forms.CharField(label=label, widget=widget, max_length=2000, **kwargs)


class IncidentForm(forms.Form):
    pupil = forms.ModelChoiceField(
        Pupil.objects.none(), label="学生", widget=forms.Select(attrs={"class": "form-select"})
    )
    on = day_field("日期")
    kind = choice_field("类别", IncidentKind.choices)
    text = long_text_field("情况", help_text="写清时间、经过;不写评价")

    def __init__(self, *args, pupils, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pupil"].queryset = pupils
        self.fields["on"].initial = clock.today()


class LearningImportForm(forms.Form):
    """A workbook of marks (with its term and full marks) or of incidents."""

    file = file_field("工作簿(.xlsx)", ".xlsx")

    def __init__(self, *args, terms=(), **kwargs):
        super().__init__(*args, **kwargs)
        if terms:
            self.fields["term"] = choice_field("学期", [(term.key, term.name) for term in terms])
            self.fields["full"] = forms.TypedChoiceField(
                label="满分",
                choices=[("", "只有等级,没有分数"), *((str(full), f"满分 {full}") for full in FULL_MARKS)],
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
                help_text="初中可填分数,系统按制度折成等级;分数不保存",
            )


class StudyPlanForm(forms.Form):
    goals = long_text_field("目标")
    measures = long_text_field("措施")
    helper = text_field("帮扶人", 80)


class PlanResultForm(forms.Form):
    result = choice_field("学期评估", PlanResult.choices)
    assessment = long_text_field("依据和下一步")
