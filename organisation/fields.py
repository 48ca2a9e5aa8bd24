"""Model fields of the product's own."""

from django.db import models

from organisation.sealing import seal, unseal


class SealedField(models.TextField):
    """A text that is sealed in the database and in history, and plain in Python. `column` binds it to its place."""

    def __init__(self, *args, column, **kwargs):
        self.column = column
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "column": self.column}

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return seal(value, column=self.column) if value else value

    def from_db_value(self, value, expression, connection):
        return unseal(value, column=self.column) if value else value
