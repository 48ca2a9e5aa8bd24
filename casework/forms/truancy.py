"""What people write down about shares of absence, inquiries, appeals and hearings."""

from django import forms

from casework.enums.truancy import Appearance, InquirySource, MemberKind, RatioMeasure
from casework.forms.cases import PAPERS, moment_field
from casework.forms.ladder import area
from organisation import clock
from organisation.models import Person
from students.forms import choice_field, day_field, file_field, text_field


class RatioForm(forms.Form):
    kind = choice_field("措施", RatioMeasure.choices)
    at = moment_field("时间")
    place = text_field("地点", 100, initial="学校")
    by = text_field("办理人", 100)
    text = area("内容")
    statement = area("学生(家长)陈述", required=False)
    paper = file_field("签字或照片", PAPERS, required=False)

    def __init__(self, *args, kinds=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at"].initial = clock.now()
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]


class ReportForm(forms.Form):
    source = choice_field("来源", [one for one in InquirySource.choices if one[0] != InquirySource.ROLLS])
    text = area("情况")


class GroupForm(forms.Form):
    people = forms.ModelMultipleChoiceField(
        Person.objects.none(), label="成员(至少两人,其中一名校领导)", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people


class TextForm(forms.Form):
    text = area("情况")
    paper = file_field("材料", PAPERS, required=False)


class SummonsForm(forms.Form):
    appointed_at = moment_field("约谈时间")
    place = text_field("地点", 100, initial="学校会议室")


class AppearanceForm(TextForm):
    appearance = choice_field("到场", [one for one in Appearance.choices if one[0] != Appearance.WAITING])
    field_order = ["appearance", "text", "paper"]


class TutoringForm(forms.Form):
    school_part = area("学校安排")
    family_part = area("家长配合")
    until = day_field("至")


class AppealForm(forms.Form):
    filed_by = text_field("申诉人", 80)
    relation = text_field("与学生关系", 30)
    filed_on = day_field("提出日期")
    text = area("理由")
    safety_reason = text_field("不暂停措施的理由", 300, required=False, help_text="申诉期间措施暂停;只有为学生安全才写")
    paper = file_field("申诉书", PAPERS, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["filed_on"].initial = clock.today()


class CommitteeForm(forms.Form):
    """Seven lines of a name and what the person is; empty ones are left out."""

    LINES = range(1, 8)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for number in self.LINES:
            self.fields[f"name_{number}"] = text_field(f"成员 {number}", 80, required=number <= 5)
            self.fields[f"kind_{number}"] = choice_field("身份", MemberKind.choices, required=False)

    @property
    def members(self) -> list[dict]:
        data = self.cleaned_data
        lines = ((data[f"name_{number}"].strip(), data[f"kind_{number}"]) for number in self.LINES)
        return [{"name": name, "kind": kind or MemberKind.TEACHER} for name, kind in lines if name]


class DecisionForm(forms.Form):
    upheld = choice_field("决定", [("0", "维持原措施"), ("1", "申诉成立,撤销原措施")])
    text = area("审查意见")


class HearingOfferForm(forms.Form):
    measure = choice_field("拟作出的措施", [("记过", "记过"), ("留校察看", "留校察看")])
    appointed = text_field("听证时间", 60)
    where = text_field("地点", 100)


class HearingForm(forms.Form):
    state = choice_field("结果", [("asked", "要求听证"), ("waived", "放弃听证"), ("held", "已听证")])
    chair = text_field("主持人", 80, required=False)
    minutes = area("笔录", required=False)
