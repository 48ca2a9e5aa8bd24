"""Lets an installation's days pass: its class is called twice a school day, and what follows from a roll is followed.

Run in `manage.py shell` while nothing else of the installation runs; LIVE names the days and who is away.
"""

import json
import os
from datetime import date

from django.conf import settings

from casework.actions.follow import follow_facts
from organisation.models import Person, Unit
from organisation.queries.calendars import calendar_for
from students.actions.rolls import submit_roll
from students.models import Enrolment

given = json.loads(os.environ["LIVE"])
school_class = Unit.objects.get(code=given["class"])
teacher = Person.objects.get(login=given["teacher"])
first, last = (date.fromisoformat(given[name]) for name in ("first", "last"))
for day in calendar_for(school_class.path).school_days(first, last):
    settings.KONGCHUO_TODAY = day.isoformat()
    listed = Enrolment.objects.current(on=day).with_status("in_school").filter(pupil__name__in=given["away"])
    marks = [{"student": spell.pupil.number, "kind": "truant", "note": ""} for spell in listed.select_related("pupil")]
    for session in ("am", "pm"):
        submit_roll(school_class, day, session, version=0, marks=marks, by=teacher)
    follow_facts()
