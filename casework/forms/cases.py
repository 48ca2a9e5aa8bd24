"""What people write down about a case, step by step."""

from django import forms

from casework.enums import Cause, ClearReason, PlacementKind, StepKind, VisitKind, VisitOutcome, Whereabouts
from casework.forms.ladder import area
from organisation import clock
from organisation.models import Person, Unit
from students.forms import choice_field, day_field, file_field, text_field

PAPERS = ".jpg,.jpeg,.png,.webp,.pdf"
CHOICE = {"class": "form-select"}


def moment_field(label):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, input_formats=["%Y-%m-%dT%H:%M"], widget=widget)


def causes_field(**kwargs):
    return forms.MultipleChoiceField(
        label="原因(可多选)",
        choices=Cause.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        **kwargs,
    )


class StepForm(forms.Form):
    """A step of a case; what is left empty is left out."""

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case

    @property
    def values(self) -> dict:
        """What was filled in, by the names that the action knows."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}


class OpenForm(forms.Form):
    source = choice_field(
        "发现方式", [("left", "不办手续离校"), ("report", "上报(其他)"), ("not_arrived", "开学未报到")]
    )
    away_since = day_field("缺席自", required=False)
    text = area("情况")


class VisitForm(StepForm):
    kind = choice_field("方式", VisitKind.choices)
    at = moment_field("时间")
    place = text_field("地点", 100, initial="学生家中")
    visitors = text_field("走访人", 200, help_text="两人以上,用顿号分开,如:余老师、村干部王某")
    outcome = choice_field("结果", VisitOutcome.choices)
    text = area("情况")
    guardians_view = area("监护人意见", required=False)
    next_step = text_field("下一步", 300)
    whereabouts = choice_field("去向", [("", "没有新情况"), *Whereabouts.choices], required=False)
    whereabouts_text = text_field("去向说明", 200, required=False, help_text="如:广东某厂")
    causes = causes_field()
    paper = file_field("照片", PAPERS, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at"].initial = clock.now()

    def clean_visitors(self):
        text = self.cleaned_data["visitors"].replace(",", "、").replace("\uff0c", "、").replace(" ", "、")
        return [name for name in text.split("、") if name.strip()]


class ConfirmForm(StepForm):
    last_attended = day_field("最后到校日")
    causes = causes_field()
    text = area("说明", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["causes"].initial = [cause.cause for cause in self.case.causes.all()]


class PersuadeForm(StepForm):
    education_line = forms.ModelChoiceField(
        Person.objects.none(), label="教育线责任人", required=False, widget=forms.Select(attrs=CHOICE)
    )
    government_line = forms.ModelChoiceField(
        Person.objects.none(), label="政府线责任人", required=False, widget=forms.Select(attrs=CHOICE)
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["education_line"].queryset, self.fields["government_line"].queryset = people


class PlainForm(StepForm):
    text = area("说明", required=False)


class NoticeForm(StepForm):
    on = day_field("送达日期")
    received_by = text_field("签收人", 80, help_text="与学生的关系也写上,如:马某(父亲)")
    paper = file_field("送达回证", PAPERS, required=False)


class EnforceForm(StepForm):
    kind = choice_field("步骤", StepKind.choices)
    basis = text_field("法律依据", 200, required=False, help_text="宣传教育以外必填;法律没有设定罚款")
    number = text_field("文号", 60, required=False)
    on = day_field("作出日期")
    served_on = day_field("送达日期", required=False)
    until = day_field("期限至", required=False)
    paper = file_field("文书", PAPERS, required=False)


class BackForm(StepForm):
    on = day_field("返校日期")
    placement = choice_field("安置方式", PlacementKind.choices)
    place = text_field("就读地点", 120, required=False, help_text="不在原校的必填")
    to_class = forms.ModelChoiceField(
        Unit.objects.none(), label="编入班级", required=False, widget=forms.Select(attrs=CHOICE)
    )
    paper = file_field("证明", PAPERS, required=False, help_text="不在原校的必填")
    text = area("说明", required=False)

    def __init__(self, *args, classes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_class"].queryset = classes
        self.fields["to_class"].label_from_instance = lambda unit: unit.label(on=clock.today())


class FollowUpForm(StepForm):
    day = choice_field("回访", [])
    text = area("情况")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        waiting = self.case.episode.follow_ups.filter(done_on__isnull=True)
        self.fields["day"].choices = [(one.day, f"返校后第 {one.day} 天({one.due_on:%m月%d日})") for one in waiting]


class EndForm(StepForm):
    text = area("依据")
    paper = file_field("证明材料", PAPERS, required=False)


class ClearForm(EndForm):
    text = area("依据", help_text="在他校就读的写明学校全称")
    reason = choice_field("原因", ClearReason.choices)
    field_order = ["reason", "text", "paper"]


class RemarkForm(StepForm):
    remark = area("不同意的原因")


class ReopenForm(StepForm):
    last_attended = day_field("最后到校日")
    text = area("情况")


class ProofForm(StepForm):
    month = text_field("月份", 7, help_text="如:2026-11")
    days = forms.IntegerField(
        label="到课(送教)天数", min_value=0, max_value=31, widget=forms.NumberInput(attrs={"class": "form-control"})
    )
    text = text_field("说明", 300)
    paper = file_field("证明", PAPERS, required=False)


class ReferForm(StepForm):
    """Where the case is put down on the national platform, and what else is noted about it (P15)."""

    platform_on = day_field("国家平台录入日期", required=False)
    note = text_field("备注", 300, required=False)


class AssignForm(forms.Form):
    """Whom to name for which line of the chosen cases."""

    line = choice_field("责任线", [("education_line", "教育线"), ("government_line", "政府线")])
    person = forms.ModelChoiceField(Person.objects.none(), label="责任人", widget=forms.Select(attrs=CHOICE))

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people
