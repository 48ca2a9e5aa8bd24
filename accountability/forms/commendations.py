"""What people fill in about commendations."""

from django import forms

from students.forms import text_field


class WithdrawForm(forms.Form):
    reason = text_field("撤回原因", 300)
