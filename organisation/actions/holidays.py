"""The statutory calendar as the library knows it, into the editable table: only days that differ from their weekday."""

from datetime import date, timedelta

import chinese_calendar

FIRST = date(2020, 1, 1)


def seed_statutory_days(model) -> int:
    """Fill the table of the given model (a migration passes its own) with what is not there yet."""
    last = max(chinese_calendar.constants.holidays | chinese_calendar.constants.workdays)
    rows = []
    for day in (FIRST + timedelta(days=n) for n in range((last - FIRST).days + 1)):
        is_workday = chinese_calendar.is_workday(day)
        if is_workday != (day.weekday() < 5):
            detail = chinese_calendar.get_holiday_detail(day)[1]
            name = chinese_calendar.Holiday(detail).chinese if detail else ""
            rows.append(model(date=day, is_workday=is_workday, name=f"{name}调休" if is_workday else name))
    model.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
