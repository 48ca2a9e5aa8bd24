"""What people fill in about a matter of accountability, step by step."""

from django import forms

from accountability.enums import Act, Form, ReviewOutcome, Scope
from accountability.rules.forms import forms_for, sanctions_for
from accountability.rules.grounds import known_grounds
from casework.forms.ladder import area
from organisation import clock
from organisation.models import Person, Unit
from students.forms import choice_field, day_field, file_field, text_field
from students.models import Pupil

PAPERS = ".jpg,.jpeg,.png,.webp,.pdf"
BLANK = ("", "请选择")


def grounds_as_choices(local):
    return [BLANK, *((code, f"{code} {label}") for code, label in known_grounds(local).items())]


def yes_or_no(label, **kwargs):
    return forms.TypedChoiceField(
        label=label,
        choices=[("", "请选择"), ("1", "是"), ("0", "否")],
        coerce=lambda value: value == "1",
        empty_value=None,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        **kwargs,
    )


class StepForm(forms.Form):
    """A step of a matter; what is left empty is left out."""

    def __init__(self, *args, finding=None, rules=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.finding, self.rules = finding, rules

    @property
    def values(self) -> dict:
        """What was filled in, by the names that the action knows."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}


class OpinionForm(StepForm):
    text = area("意见和理由")


class PutForm(StepForm):
    subject_kind = choice_field("当事人是", [("person", "个人"), ("unit", "单位")])
    subject = text_field("当事人", 60, help_text="个人填姓名、登录名或工号;单位填名称或代码")
    code = choice_field("情形", [BLANK])
    act = choice_field("行为", [BLANK, *Act.choices])
    ground_text = area("具体行为", help_text="何时、何事、如何迟延、虚假、不作为或违规。学生辍学本身不是追究的理由。")
    acted_on = day_field("发生日期", required=False)
    student = text_field("涉及学生的编号", 10, required=False, help_text="没有的不填")
    text = area("来源和说明")

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["code"].choices = grounds_as_choices(self.rules.local_grounds)

    def clean(self):
        data, today = super().clean(), clock.today()
        found = find_subject(self.by, data.get("subject_kind"), data.get("subject", ""), on=today)
        if found is None:
            self.add_error("subject", "没有找到,或不止一个;请填登录名、工号或单位代码。")
        data["subject"] = found
        data["pupil"] = None
        if data.get("student"):
            data["pupil"] = Pupil.objects.visible_to(self.by, on=today).filter(number=data["student"]).first()
            if data["pupil"] is None:
                self.add_error("student", "没有这个学生。")
        return data


def find_subject(by, kind, text, *, on):
    """The one person or unit in scope that is meant; None where there is none or more than one."""
    text = text.strip()
    if not text:
        return None
    if kind == "unit":
        rows = Unit.objects.visible_to(by, on=on)
        tries = [rows.filter(code=text), rows.filter(name=text)]
    else:
        rows = Person.objects.visible_to(by, on=on)
        tries = [rows.filter(login=text), rows.filter(staff_number=text), rows.filter(name=text)]
    for rows in tries:
        found = list(rows[:2])
        if found:
            return found[0] if len(found) == 1 else None
    return None


class TeamForm(StepForm):
    people = forms.ModelMultipleChoiceField(
        Person.objects.none(), label="调查人(两人以上)", widget=forms.CheckboxSelectMultiple
    )
    text = text_field("更换理由", 300, required=False, help_text="首次组成不填")

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people


class GroundForm(StepForm):
    code = choice_field("情形", [BLANK])
    act = choice_field("行为", [BLANK, *Act.choices])
    text = area("具体行为")
    acted_on = day_field("发生日期", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = grounds_as_choices(self.rules.local_grounds)


class EvidenceForm(StepForm):
    ground = forms.ModelChoiceField(None, label="证明哪种情形", widget=forms.Select(attrs={"class": "form-select"}))
    title = text_field("名称", 120, help_text="如:家访登记簿、谈话笔录")
    text = area("证明什么")
    upload = file_field("材料", PAPERS, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ground"].queryset = self.finding.grounds.all()


class FormChoice(StepForm):
    """Which form, for this subject; a 纪律处分 says which."""

    form = choice_field("追究形式", [BLANK])
    sanction = choice_field("处分种类", [BLANK], required=False, help_text="只有纪律处分要选")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        post = self.finding.subject_post
        self.fields["form"].choices = [BLANK, *((one.value, one.label) for one in forms_for(post))]
        if Form.SANCTION in forms_for(post):
            self.fields["sanction"].choices = [BLANK, *((one.value, one.label) for one in sanctions_for(post))]
        else:
            del self.fields["sanction"]


class NotifyForm(FormChoice):
    facts = area("查明的事实")
    basis = area("依据", help_text="制度、规定的条款")
    new_facts = area("新的事实", required=False, help_text="重新告知时必填")
    field_order = ["facts", "basis", "form", "sanction", "new_facts"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.finding.notified_at is None:
            del self.fields["new_facts"]


class HearForm(StepForm):
    how = choice_field("情况", [("heard", "听取了陈述申辩"), ("waived", "本人书面放弃"), ("lapsed", "逾期未提出")])
    text = area("陈述申辩的内容", required=False, help_text="口头的记录要点;已在线提交的可以不填")
    answer = area("书面答复", required=False)
    outcome = choice_field(
        "是否采纳",
        [("", "—"), ("accepted", "采纳"), ("partly", "部分采纳"), ("rejected", "不采纳")],
        required=False,
    )
    upload = file_field("笔录或放弃的书面材料", PAPERS, required=False)


class DecideForm(FormChoice):
    reasons = area("量处的理由", help_text="包括是否采纳申辩、从轻的理由")
    no_grave_result = yes_or_no("没有造成严重后果")
    corrected_in_time = yes_or_no("已及时改正", help_text="两项都是,才能据此从轻或免予追究")
    scope = choice_field("通报范围", [BLANK, *Scope.choices], required=False, help_text="只有通报批评要选")
    authority = text_field("处分决定机关", 80, required=False, help_text="纪律处分由有任免权的机关作出,这里登记")
    authority_number = text_field("处分决定文号", 60, required=False)


class ServeForm(StepForm):
    on = day_field("送达日期", required=False, help_text="不填为今天")
    received_by = text_field("签收人", 80, required=False)
    witness = text_field("见证人", 80, required=False, help_text="拒收留置送达时填写")
    upload = file_field("回执或现场材料", PAPERS, required=False)


class PublishForm(StepForm):
    scope = choice_field("通报范围", [BLANK, *Scope.choices], help_text="不得超出决定的范围")
    text = area("在哪里、怎样通报")
    on = day_field("日期", required=False)


class OrderForm(StepForm):
    days = forms.IntegerField(
        label="期限(工作日)", min_value=1, max_value=250, widget=forms.NumberInput(attrs={"class": "form-control"})
    )
    what = area("改正什么")
    check = area("怎样核查")


class CheckForm(StepForm):
    corrected = forms.TypedChoiceField(
        label="结果",
        choices=[("", "请选择"), ("1", "已改正"), ("0", "没有改正")],
        coerce=lambda value: value == "1",
        empty_value=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    text = area("核查情况")
    upload = file_field("材料", PAPERS, required=False)

    @property
    def values(self) -> dict:
        return {**super().values, "corrected": self.cleaned_data["corrected"]}


class ReferForm(StepForm):
    authority = text_field("移送机关", 80)
    basis = area("移送依据")
    text = area("情况")


class AskForm(StepForm):
    text = area("理由")
    on = day_field("申请日期", required=False, help_text="纸面申请按收到的日期;不填为今天")


class AnswerForm(StepForm):
    outcome = choice_field("结果", [BLANK, *ReviewOutcome.choices])
    text = area("审查意见")


class StatementForm(StepForm):
    text = area("陈述申辩")
    upload = file_field("材料", PAPERS, required=False)


class ConfirmForm(StepForm):
    sure = forms.BooleanField(label="我确认")

    @property
    def values(self) -> dict:
        return {}


class MyReviewForm(StepForm):
    text = area("理由")
