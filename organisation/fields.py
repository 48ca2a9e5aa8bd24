"""Model fields of the product's own, and what days people may enter."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from organisation.rules.calendar import FIRST_DAY, LAST_DAY
from organisation.sealing import seal, unseal

# For every form and serializer that takes a day.
DAY_LIMITS = [
    MinValueValidator(FIRST_DAY, f"日期应在 {FIRST_DAY.year} 年以后。"),
    MaxValueValidator(LAST_DAY, f"日期应在 {LAST_DAY.year} 年以前。"),
]


class SealedField(models.TextField):
    """A text that is sealed in the database and in history, and plain in Python. `column` binds it to its place.

    Where it is searched by, `indexed_in` names the field of its blind index, `indexed_as` what the index speaks of.
    """

    def __init__(self, *args, column, indexed_in="", indexed_as="", **kwargs):
        self.column, self.indexed_in, self.indexed_as = column, indexed_in, indexed_as
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "column": self.column}

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return seal(value, column=self.column) if value else value

    def from_db_value(self, value, expression, connection):
        return unseal(value, column=self.column) if value else value
