from datetime import date, timedelta

import chinese_calendar
from django.db import migrations


def seed(apps, schema_editor):
    """The statutory calendar as far as the library knows it: only days that differ from their weekday."""
    StatutoryDay = apps.get_model("organisation", "StatutoryDay")
    first, last = date(2020, 1, 1), max(chinese_calendar.constants.holidays | chinese_calendar.constants.workdays)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    rows = []
    for day in days:
        is_workday = chinese_calendar.is_workday(day)
        if is_workday != (day.weekday() < 5):
            detail = chinese_calendar.get_holiday_detail(day)[1]
            name = chinese_calendar.Holiday(detail).chinese if detail else ""
            rows.append(StatutoryDay(date=day, is_workday=is_workday, name=f"{name}调休" if is_workday else name))
    StatutoryDay.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("organisation", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
