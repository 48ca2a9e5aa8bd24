"""Several files in one field; what is in them is checked by the action."""

from django import forms

ACCEPT = ".jpg,.jpeg,.png,.webp,.pdf"


class Files(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """As many files as were chosen, as a list."""

    def __init__(self, **kwargs):
        widget = Files(attrs={"class": "form-control", "accept": ACCEPT, "multiple": True})
        super().__init__(widget=widget, required=False, max_length=200, **kwargs)

    def clean(self, data, initial=None):
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files]
