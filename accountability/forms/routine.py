"""Plans, groups, activities, questionnaires and contacts."""

from django import forms

from accountability.enums import Audience, ContactKind, GroupKind, GroupRole
from accountability.permissions import PLAN_POSTS
from casework.forms.letters import PHOTOS
from organisation import clock
from organisation.enums import PostKind
from students.forms import choice_field, day_field, file_field, long_text_field, text_field


def number_field(label, **kwargs):
    widget = forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, max_value=1_000_000, widget=widget, **kwargs)


class GoalsForm(forms.Form):
    goals = long_text_field("目标", help_text="如:辍学率控制在 0.6% 以内,每名学生家访一次")


class ItemForm(forms.Form):
    title = text_field("事项", 200)
    post_kind = choice_field("责任岗位", [])
    due_on = day_field("完成日期")

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["post_kind"].choices = [(kind, PostKind(kind).label) for kind in PLAN_POSTS[unit.kind]]


class SettleItemForm(forms.Form):
    text = long_text_field("完成情况")
    paper = file_field("材料", PHOTOS, required=False)


class GroupForm(forms.Form):
    """Everybody who may sit in a group, with a role or none."""

    kind = choice_field("小组", GroupKind.choices)
    on = day_field("日期")

    def __init__(self, *args, posts, seated, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()
        self.posts = posts
        roles = [("", "不参加"), *GroupRole.choices]
        for post in posts:
            label = f"{post.person.name}({post.get_kind_display()})"
            self.fields[f"seat_{post.person_id}"] = choice_field(
                label, roles, required=False, initial=seated.get(post.person_id, "")
            )

    def seats(self) -> list[tuple]:
        """(post, role) of who was given one."""
        given = ((post, self.cleaned_data[f"seat_{post.person_id}"]) for post in self.posts)
        return [(post, role) for post, role in given if role]


class ActivityForm(forms.Form):
    held = choice_field("开展情况", [("yes", "已开展"), ("no", "没有开展")], initial="yes")
    on = day_field("日期")
    topic = text_field("主题", 120, required=False)
    place = text_field("地点", 100, required=False)
    who = text_field("参加人员", 300, required=False)
    expected = number_field("应到人数", required=False)
    attended = number_field("实到人数", required=False)
    text = long_text_field("记录", help_text="没有开展的写明原因:如实写比补一份更好")
    paper = file_field("照片、材料", PHOTOS, required=False)

    def __init__(self, *args, counted=False, day=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = day or clock.today()
        if counted:  # the class list counts
            del self.fields["expected"], self.fields["attended"]


class PaperForm(forms.Form):
    paper = file_field("照片、材料", PHOTOS)


class SurveyForm(forms.Form):
    audience = choice_field("对象", Audience.choices)
    source = choice_field("方式", [("link", "网上问卷(发链接)"), ("paper", "纸质问卷(填统计数)")])
    asked = number_field("应答人数", help_text="一共请多少人作答;收满即止")
    answered = number_field("作答人数(纸质)", required=False)
    aware = number_field("知晓人数(纸质)", required=False, help_text="五题答对四题以上的人数")

    def clean(self):
        data = super().clean()
        if data.get("source") == "paper":
            for name in ("answered", "aware"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, "纸质问卷请填统计数。")
        return data


class ContactForm(forms.Form):
    kind = choice_field("方式", ContactKind.choices)
    on = day_field("日期")
    whom = text_field("见到(通话)的人", 80, help_text="如:祖母 王某")
    text = long_text_field("情况")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = clock.today()
        self.fields["text"].max_length = 500
