"""The clocks of a finding (procedures §8). Pure."""

from datetime import date, timedelta


def end_of_term(calendar, start: date, days: int) -> date:
    """The last day of a term of calendar days that begins the day after `start`; one that ends on a holiday ends on the
    first working day after it."""
    last = start + timedelta(days=days)
    return last if calendar.is_working_day(last) else calendar.add_working_days(last, 1)
