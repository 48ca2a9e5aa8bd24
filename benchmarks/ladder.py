"""Rebuilding the ladder from the rolls, against one statement that finds the same truant days."""

from benchmarks.measure import Line, side_by_side, statements_of
from benchmarks.raw import Raw
from casework.actions.follow import follow_absences
from casework.models import Escalation
from organisation import clock

TRUANT_DAYS = """
SELECT mark.pupil_id, mark.date, count(*)
FROM students_mark AS mark
JOIN students_roll AS roll ON roll.id = mark.roll_id
JOIN students_enrolment AS spell ON spell.pupil_id = mark.pupil_id AND spell.school_class_id = roll.school_class_id
 AND spell.status = 'in_school' AND spell.starts <= mark.date AND (spell.ends IS NULL OR spell.ends > mark.date)
WHERE mark.slip_id IS NULL AND (mark.kind = 'truant' OR mark.kind = 'unverified' AND mark.date < %s)
GROUP BY mark.pupil_id, mark.date ORDER BY mark.pupil_id, mark.date
"""


def measure(world):
    follow_absences()
    statements = statements_of(follow_absences)
    with Raw() as raw:
        days = len(raw.run(TRUANT_DAYS, [str(clock.today())]))
        ours, floor = side_by_side(follow_absences, lambda: raw.run(TRUANT_DAYS, [str(clock.today())]))
    also = {"escalations": Escalation.objects.count(), "truant days": days}
    yield Line("rebuild the ladder", world.pupils, "s", ours, floor, statements=statements, also=also)
