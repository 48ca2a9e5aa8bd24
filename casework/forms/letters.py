"""What people fill in about letters: by hand, receipts, messages, templates; and what a guardian writes back."""

import uuid

from django import forms

from casework.enums import Channel, LetterKind
from casework.forms.ladder import area
from casework.gateways import channels_offered
from casework.rules.letter_texts import labels_of
from organisation import clock
from students.forms import choice_field, day_field, file_field, text_field

PHOTOS = ".jpg,.jpeg,.png,.webp,.pdf"
# What a person fills in of a letter issued by hand; long ones are areas.
LONG = ("reason", "school_part", "family_part")
DAYS = ("since", "until")


class LetterForm(forms.Form):
    """The blanks of a letter that is issued by hand."""

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, **kwargs)
        labels = labels_of(kind)
        for name in BY_HAND[kind]:
            label = labels[name]
            if name == "leave":
                self.fields[name] = choice_field(label, [("休学", "休学"), ("缓学", "缓学")])
            elif name in DAYS:
                self.fields[name] = day_field(label)
            elif name == "appointed":
                self.fields[name] = moment_field(label)
            elif name in LONG:
                self.fields[name] = area(label, help_text=HELP.get((kind, name), ""))
            else:
                self.fields[name] = text_field(label, 120, help_text=HELP.get((kind, name), ""))

    def clean(self):
        found = super().clean()
        since, until = found.get("since"), found.get("until")
        if since and until and until < since:
            raise forms.ValidationError("截止日期不能早于起始日期。")
        return found

    def written(self) -> dict[str, str]:
        """The blanks in the words of the letter."""
        return {name: in_words(value) for name, value in self.cleaned_data.items()}


BY_HAND = {
    LetterKind.SUMMONS: ("reason", "appointed", "where"),
    LetterKind.TUTORING: ("school_part", "family_part", "since", "until"),
    LetterKind.ENQUIRY: ("addressee",),
    LetterKind.LEAVE_DECISION: ("leave", "since", "until", "reason"),
}
HELP = {
    (LetterKind.SUMMONS, "reason"): "接在“因某某同学”之后,如:近期多次旷课",
    (LetterKind.ENQUIRY, "addressee"): "收文单位全称",
}


def in_words(value) -> str:
    if hasattr(value, "hour"):
        return f"{value.year}年{value.month}月{value.day}日{value:%H:%M}"
    if hasattr(value, "year"):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value).strip()


def moment_field(label):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, input_formats=["%Y-%m-%dT%H:%M"], widget=widget)


class PaperReceiptForm(forms.Form):
    received_by = text_field("签收人", 80, help_text="与学生的关系也请写上,如:李大山(父亲)")
    on = day_field("签收日期")
    paper = file_field("回执照片", PHOTOS)
    reply = area("家长在回执上写的意见", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix="paper", **kwargs)
        self.fields["on"].initial = clock.today()


class RefusalForm(forms.Form):
    witness = text_field("见证人", 80, help_text="姓名和身份,如:王某(村干部)")
    on = day_field("送达日期")
    note = area("送达经过", help_text="在何处、怎样留置,对方怎样表示")
    paper = file_field("照片", PHOTOS, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix="refusal", **kwargs)
        self.fields["on"].initial = clock.today()


class SendForm(forms.Form):
    """One guardian, one channel; the request's own number makes a second click the same message."""

    guardian = choice_field("监护人", [])
    channel = choice_field("渠道", [])
    mail = forms.EmailField(
        label="邮箱(电子邮件渠道)", required=False, widget=forms.EmailInput(attrs={"class": "form-control"})
    )
    request_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, guardians, **kwargs):
        super().__init__(*args, prefix="send", **kwargs)
        options = [
            (guardian.pk, f"{guardian.name}({guardian.relation}){guardian.masked_phone}") for guardian in guardians
        ]
        self.fields["guardian"].choices = options
        self.fields["channel"].choices = [(channel.value, channel.label) for channel in channels_offered()]
        self.fields["request_id"].initial = uuid.uuid4
        if Channel.EMAIL not in channels_offered():
            del self.fields["mail"]


class ReplyForm(forms.Form):
    text = area("阅处情况")


class TemplateForm(forms.Form):
    file = file_field("Word 模板(.docx)", ".docx")


class WordForm(forms.Form):
    word = text_field("机关代字", 12, help_text="2 至 12 个汉字,用在文号里,如“么站中学”")


class GuardianForm(forms.Form):
    """What a guardian writes on the page of a signed link."""

    name = forms.CharField(label="签收人姓名", min_length=2, max_length=30, strip=True)
    reply = forms.CharField(label="有什么要对学校说(可以不写)", max_length=1000, required=False, widget=forms.Textarea)


class GuardianAppealForm(forms.Form):
    """What a guardian has against a measure, on the page of a signed link."""

    filed_by = forms.CharField(label="您的姓名", min_length=2, max_length=30, strip=True)
    relation = forms.CharField(label="与学生关系", max_length=30, strip=True)
    text = forms.CharField(label="不服的理由", max_length=2000, widget=forms.Textarea)
