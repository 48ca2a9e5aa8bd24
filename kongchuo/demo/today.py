"""The demo's today: the last school day not after the real one, so that there is a roll to call on a Sunday too."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from organisation.rules.calendar import SchoolCalendar


class StatutoryCalendar(dict):
    """The statutory calendar as far as the library knows it, weekdays beyond."""

    def get(self, day, default=None):
        try:
            return chinese_calendar.is_workday(day)
        except NotImplementedError:
            return default


def last_school_day(on: date) -> date:
    return SchoolCalendar(StatutoryCalendar()).last_school_day(on)


def school_days_until(on: date, *, back: int) -> list[date]:
    return SchoolCalendar(StatutoryCalendar()).school_days(on - timedelta(days=back), on)


if __name__ == "__main__":
    print(last_school_day(datetime.now(ZoneInfo("Asia/Shanghai")).date()).isoformat())
