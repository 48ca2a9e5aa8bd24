"""Dates, rates and units as people write them."""

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils import timezone

register = template.Library()
WEEKDAYS = "一二三四五六日"


@register.filter
def day(value):
    """2026年11月23日"""
    return f"{value.year}年{value.month}月{value.day}日" if value else ""


@register.filter
def short_day(value):
    """11月23日"""
    return f"{value.month}月{value.day}日" if value else ""


@register.filter
def weekday(value):
    """星期一"""
    return f"星期{WEEKDAYS[value.weekday()]}" if value else ""


@register.filter
def moment(value):
    """2026年11月23日 08:05"""
    if not value:
        return ""
    local = timezone.localtime(value)
    return f"{day(local)} {local:%H:%M}"


@register.filter
def clock_time(value):
    """08:05"""
    return f"{timezone.localtime(value):%H:%M}" if value else ""


@register.filter
def percent(value, digits=2):
    """A fraction as 0.60%; a dash where there is none."""
    if value is None or value == "":
        return "—"
    step = Decimal(1).scaleb(-int(digits))
    return f"{(Decimal(value) * 100).quantize(step, ROUND_HALF_UP)}%"


@register.filter
def label_on(unit, on):
    """What people call the unit on that day: 七(3)班."""
    return unit.label(on=on)


@register.inclusion_tag("partials/heading.html", takes_context=True)
def heading(context, key, label):
    """A column's heading that sorts the list, and turns the order when it already does."""
    asked = context["request"].GET.get("sort", "")
    state = {key: "ascending", f"-{key}": "descending"}.get(asked, "")
    turned = f"-{key}" if state == "ascending" else key
    return {"label": label, "state": state, "link": query(context, sort=turned, page=None)}


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """The present query string with some parameters changed; None or empty takes one away."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            parameters.pop(name, None)
        else:
            parameters[name] = value
    return f"?{parameters.urlencode()}"
