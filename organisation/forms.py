"""What administrators and heads fill in."""

from django import forms

from organisation import clock
from organisation.enums import PostKind, Session
from organisation.fields import DAY_LIMITS
from organisation.models import Person, Unit

SELECT = {"class": "form-select"}
TEXT = {"class": "form-control"}
DATE = {"type": "date", "class": "form-control"}


class SchoolDayForm(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label="单位", widget=forms.Select(attrs=SELECT))
    date = forms.DateField(label="日期", validators=DAY_LIMITS, widget=forms.DateInput(attrs=DATE))
    session = forms.ChoiceField(
        label="时段", choices=[("", "全天"), *Session.choices], required=False, widget=forms.Select(attrs=SELECT)
    )
    is_open = forms.TypedChoiceField(
        label="安排",
        choices=[("0", "放假"), ("1", "上课")],
        coerce=lambda value: value == "1",
        widget=forms.Select(attrs=SELECT),
    )
    note = forms.CharField(label="说明", max_length=60, required=False, widget=forms.TextInput(attrs=TEXT))

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["unit"].initial = units.first()


class PersonForm(forms.ModelForm):
    """A new account; its first password is made by the system."""

    class Meta:
        model = Person
        fields = ["name", "login", "staff_number", "phone"]
        widgets = {name: forms.TextInput(attrs=TEXT) for name in fields}

    def clean_staff_number(self):
        return self.cleaned_data["staff_number"] or None


class PostForm(forms.Form):
    kind = forms.ChoiceField(label="岗位", choices=PostKind.choices, widget=forms.Select(attrs=SELECT))
    unit_code = forms.CharField(label="单位代码", max_length=24, widget=forms.TextInput(attrs=TEXT))
    first_day = forms.DateField(
        label="起", validators=DAY_LIMITS, widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["first_day"].initial = clock.today()

    def clean(self):
        data = super().clean()
        data["unit"] = Unit.objects.filter(code=data.get("unit_code", "")).first()
        if data["unit"] is None:
            self.add_error("unit_code", "没有这个单位。")
        return data
