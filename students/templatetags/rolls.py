"""What the page of a roll says over and over."""

from functools import lru_cache

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from students.enums import MarkKind

register = template.Library()


@register.filter
@lru_cache(maxsize=len(MarkKind) + 1)
def mark_options(chosen: str):
    """The options of a pupil's select: the same few for every pupil of every class, so each is written once."""
    options = (
        (kind, mark_safe(" selected") if kind == chosen else "", label)
        for kind, label in [("", "到校"), *MarkKind.choices]
    )
    return format_html_join("", '<option value="{}"{}>{}</option>', options)
