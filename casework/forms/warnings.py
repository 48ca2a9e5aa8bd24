"""What people fill in about warnings, conferences, plans and support."""

from datetime import timedelta

from django import forms

from casework.actions.warnings.support import MEASURE_POSTS
from casework.enums import SupportKind
from casework.forms.ladder import area
from organisation import clock
from students.enums import PlanResult
from students.forms import choice_field, day_field, file_field, text_field
from students.models import Pupil

PAPERS = ".jpg,.jpeg,.png,.webp,.pdf"
MOST_MEASURES = 4
POSTS = [(kind.value, kind.label) for kind in MEASURE_POSTS]


def moment_field(label, **kwargs):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, input_formats=["%Y-%m-%dT%H:%M"], widget=widget, **kwargs)


class WorryForm(forms.Form):
    """A teacher's own report."""

    pupil = forms.ModelChoiceField(
        Pupil.objects.none(), label="学生", widget=forms.Select(attrs={"class": "form-select"})
    )
    points = forms.TypedChoiceField(
        label="分值", coerce=int, widget=forms.Select(attrs={"class": "form-select"}), help_text="越担心分越高"
    )
    reason = area("理由", help_text="看到了什么、什么时候;不写评价")

    def __init__(self, *args, pupils, points, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pupil"].queryset = pupils
        self.fields["points"].choices = [(number, f"{number} 分") for number in points]


class ConferenceForm(forms.Form):
    at = moment_field("会议时间")
    place = text_field("地点", 100)
    invited = text_field("邀请", 300, help_text="家长另发通知书;此处写参加的教师等")


class MinutesForm(forms.Form):
    held_at = moment_field("召开时间")
    attendees = text_field("参加人员", 300)
    guardians_present = forms.TypedChoiceField(
        label="家长",
        choices=[("1", "到会"), ("0", "未到会")],
        coerce=lambda value: value == "1",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    guardians_view = area("家长意见", required=False)
    minutes = area("会议记录")
    paper = file_field("签到表或照片", PAPERS, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["held_at"].initial = clock.now()


class PlanForm(forms.Form):
    """A plan with up to four measures; lines without text are left out."""

    goal = area("目标")
    helper = text_field("帮扶责任人", 80)
    review_on = day_field("评估日期")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["review_on"].initial = clock.today() + timedelta(days=30)
        for number in range(1, MOST_MEASURES + 1):
            needed = number == 1
            self.fields[f"kind_{number}"] = choice_field(f"措施{number}", SupportKind.choices)
            self.fields[f"text_{number}"] = text_field(f"措施{number}内容", 300, required=needed)
            self.fields[f"post_{number}"] = choice_field(f"措施{number}责任岗位", POSTS)

    @property
    def measures(self) -> list[dict]:
        data = self.cleaned_data
        return [
            {"kind": data[f"kind_{n}"], "text": data[f"text_{n}"], "post_kind": data[f"post_{n}"]}
            for n in range(1, MOST_MEASURES + 1)
            if data.get(f"text_{n}", "").strip()
        ]


class ReviewForm(forms.Form):
    result = choice_field("结果", PlanResult.choices)
    review = area("依据和下一步")


class MeasureField(forms.ModelChoiceField):
    def label_from_instance(self, measure):
        return f"{measure.get_kind_display()}:{measure.text}"


class SupportForm(forms.Form):
    kind = choice_field("类别", [choice for choice in SupportKind.choices if choice[0] != SupportKind.COUNSELLING])
    on = day_field("日期")
    text = area("内容")
    amount = forms.DecimalField(
        label="金额(元)",
        required=False,
        max_digits=9,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "form-control", "step": "0.01"}),
        help_text="资助必填",
    )
    helper = text_field("帮扶人", 80, required=False)
    paper = file_field("材料", PAPERS, required=False)

    def __init__(self, *args, measures, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()
        self.fields["measure"] = measure_field(measures)


class CounsellingForm(forms.Form):
    on = day_field("日期")
    text = area("辅导记录", help_text="只有心理辅导员和校长能看")
    summary = area("给班主任的书面小结", help_text="班主任和学校负责人能看;不写隐私")

    def __init__(self, *args, measures, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()
        self.fields["measure"] = measure_field(measures)


def measure_field(measures):
    widget = forms.Select(attrs={"class": "form-select"})
    return MeasureField(measures, label="对应计划措施", required=False, widget=widget)


class PointsForm(forms.Form):
    """The table of points, one box a step; what is left as it stands is no change."""

    title = text_field("名称", 100, required=False)
    effective_from = day_field("施行日期", required=False)

    def __init__(self, *args, warning, labels, **kwargs):
        super().__init__(*args, **kwargs)
        self.warning = warning
        points = warning.points
        for name in type(points).model_fields:
            value, label = getattr(points, name), labels[name]
            steps = [(name, value)] if isinstance(value, int) else list(_steps(name, value))
            for key, number in steps:
                suffix = f"(满 {key.split('-')[1]})" if "-" in key else ""
                self.fields[key] = forms.IntegerField(
                    label=f"{label}{suffix}",
                    min_value=0,
                    max_value=10,
                    initial=number,
                    widget=forms.NumberInput(attrs={"class": "form-control"}),
                )
        for name, label in (("yellow_points", "黄色起点分"), ("orange_points", "橙色起点分")):
            self.fields[name] = forms.IntegerField(
                label=label,
                min_value=1,
                max_value=40,
                initial=getattr(warning, name),
                widget=forms.NumberInput(attrs={"class": "form-control"}),
            )

    def clean(self):
        data = super().clean()
        if data.get("yellow_points") and data.get("orange_points") and data["orange_points"] <= data["yellow_points"]:
            self.add_error("orange_points", "橙色起点分应高于黄色。")
        return data

    @property
    def changes(self) -> dict:
        """What differs from the table in force, in the shape of the regulation."""
        changed: dict = {}
        for name in type(self.warning.points).model_fields:
            value = getattr(self.warning.points, name)
            wanted = self._wanted(name, value)
            if wanted != (value if isinstance(value, int) else [step.model_dump() for step in value]):
                changed.setdefault("points", {})[name] = wanted
        for name in ("yellow_points", "orange_points"):
            if self.cleaned_data[name] != getattr(self.warning, name):
                changed[name] = self.cleaned_data[name]
        return changed

    def _wanted(self, name, value):
        if isinstance(value, int):
            return self.cleaned_data[name]
        return [
            {"at_least": int(key.split("-")[1]), "points": self.cleaned_data[key]} for key, _ in _steps(name, value)
        ]


def _steps(name, steps):
    return [(f"{name}-{step.at_least}", step.points) for step in steps]


class BacktestForm(forms.Form):
    """Which of one's units, up to which day."""

    unit_code = choice_field("单位", [])
    as_of = day_field("截止日期", help_text="只用这一天以前满了观察期的记录")

    def __init__(self, *args, units, today, **kwargs):
        super().__init__(*args, initial={"as_of": today}, **kwargs)
        self._units, self._today = {unit.code: unit for unit in units}, today
        self.fields["unit_code"].choices = [(unit.code, unit.name) for unit in units]

    def clean_as_of(self):
        if self.cleaned_data["as_of"] > self._today:
            raise forms.ValidationError("截止日期不能晚于今天。")
        return self.cleaned_data["as_of"]

    @property
    def unit(self):
        return self._units[self.cleaned_data["unit_code"]]


class GroupExportForm(forms.Form):
    reason = text_field("导出原因", 200, min_length=2, help_text="会记入查阅记录")
