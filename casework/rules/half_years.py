"""Half-years, in which the labour authority inspects (F34). Pure."""

from datetime import date


def half_of(on: date) -> str:
    """2026-H2 is July to December 2026."""
    return f"{on.year}-H{1 if on.month <= 6 else 2}"


def end_of_half(on: date) -> date:
    return date(on.year, 6, 30) if on.month <= 6 else date(on.year, 12, 31)
