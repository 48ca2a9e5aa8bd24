"""The warnings of a whole county as they are followed each night, against statements that count what signals count."""

from benchmarks.measure import Line, side_by_side, statements_of
from benchmarks.raw import Raw
from casework.actions.warnings.following import follow_all_warnings
from casework.models import RiskWarning
from organisation import clock
from organisation.queries.edition import rule_book

# Per pupil: absent sessions of the term, truant days and late or early sessions of the window; then sessions called.
MARKS = """
SELECT mark.pupil_id,
  sum(CASE WHEN mark.date >= %s AND coalesce(slip.kind, mark.kind) IN ('truant', 'unverified', 'sick', 'personal') THEN 1 ELSE 0 END),
  count(DISTINCT CASE WHEN mark.date >= %s AND slip.id IS NULL AND mark.kind IN ('truant', 'unverified') THEN mark.date END),
  sum(CASE WHEN mark.date >= %s AND slip.id IS NULL AND mark.kind IN ('late', 'early_leave') THEN 1 ELSE 0 END)
FROM students_mark AS mark
LEFT JOIN students_leaveslip AS slip ON slip.id = mark.slip_id
WHERE mark.date BETWEEN %s AND %s
GROUP BY mark.pupil_id
"""
CALLED = """
SELECT spell.pupil_id, sum(called.number)
FROM students_enrolment AS spell
JOIN (SELECT school_class_id, date, count(*) AS number FROM students_roll WHERE date BETWEEN %s AND %s
  GROUP BY school_class_id, date) AS called
  ON called.school_class_id = spell.school_class_id AND called.date >= spell.starts
  AND (spell.ends IS NULL OR called.date < spell.ends)
WHERE spell.status = 'in_school'
GROUP BY spell.pupil_id
"""


def measure(world):
    today = clock.today()
    book = rule_book(world.county.path)
    calendar, rules = book.calendar(world.county.path), book.rules(world.county.path, on=today).warning
    term = str(calendar.semester_of(today).first_day)
    window, until = str(calendar.add_school_days_back(today, rules.window_days - 1)), str(today)
    follow_all_warnings(world.county.path)

    def follow():
        follow_all_warnings(world.county.path)

    statements = statements_of(follow)
    with Raw() as raw:

        def floor():
            raw.run(MARKS, [term, window, window, min(term, window), until])
            raw.run(CALLED, [term, until])

        ours, floored = side_by_side(follow, floor)
    also = {"warnings": RiskWarning.objects.raised().count(), "µs a pupil": ours * 1e6 / world.pupils}
    yield Line("nightly warnings", world.pupils, "s", ours, floored, statements=statements, also=also)
