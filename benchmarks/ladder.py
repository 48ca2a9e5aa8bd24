"""Rebuilding the ladder, the shares and the inquiries from the rolls, against statements that read what they need."""

from benchmarks.measure import Line, side_by_side, statements_of
from benchmarks.raw import Raw
from casework.actions.follow import follow_absences
from casework.models import Escalation
from organisation import clock
from organisation.rules.grades import school_year, school_year_start

TRUANT_DAYS = """
SELECT mark.pupil_id, mark.date, count(*)
FROM students_mark AS mark
JOIN students_roll AS roll ON roll.id = mark.roll_id
JOIN students_enrolment AS spell ON spell.pupil_id = mark.pupil_id AND spell.school_class_id = roll.school_class_id
 AND spell.status = 'in_school' AND spell.starts <= mark.date AND (spell.ends IS NULL OR spell.ends > mark.date)
WHERE mark.slip_id IS NULL AND (mark.kind = 'truant' OR mark.kind = 'unverified' AND mark.date < %s)
GROUP BY mark.pupil_id, mark.date ORDER BY mark.pupil_id, mark.date
"""
# What the days are compared with, and what F11 divides: sessions called of everybody who was ever truant.
STORED = "SELECT pupil_id, day, state, count_now, level, period, path FROM casework_escalation ORDER BY pupil_id, day"
SESSIONS = """
SELECT spell.pupil_id, roll.date >= %s, count(*)
FROM students_enrolment AS spell
JOIN students_roll AS roll ON roll.school_class_id = spell.school_class_id AND roll.date >= spell.starts
 AND (spell.ends IS NULL OR roll.date < spell.ends) AND roll.submitted_at >= spell.recorded_at
WHERE spell.status = 'in_school' AND spell.pupil_id IN (
  SELECT pupil_id FROM students_mark WHERE slip_id IS NULL AND kind IN ('truant', 'unverified'))
GROUP BY 1, 2
"""


def measure(world):
    follow_absences()
    statements = statements_of(follow_absences)
    today = clock.today()
    with Raw() as raw:

        def floor():
            raw.run(STORED)
            raw.run(SESSIONS, [str(school_year_start(school_year(today)))])
            return raw.run(TRUANT_DAYS, [str(today)])

        days = len(floor())
        ours, floored = side_by_side(follow_absences, floor)
    also = {"escalations": Escalation.objects.count(), "truant days": days}
    yield Line("rebuild the ladder", world.pupils, "s", ours, floored, statements=statements, also=also)
