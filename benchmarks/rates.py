"""All dropout rates of a county at every level, against one statement that adds up the same numbers.

The floor yields what has to be yielded: every figure of every unit and stage as a row of its own, back in the client.
"""

from benchmarks.measure import Line, side_by_side, statements_of
from benchmarks.raw import Raw
from organisation import clock
from organisation.rules.grades import school_year, school_year_start
from organisation.rules.paths import path_after
from reports.actions.rates import compute_rates
from reports.enums import Formula, StageOf
from reports.queries.rates import compute

FLOOR = """
WITH fact AS (
  SELECT spell.path, unit.stage,
    CASE WHEN {due} THEN 1 ELSE 0 END AS opening, CASE WHEN {due} THEN pupil.fingerprint ELSE 0 END AS fingerprint,
    CASE WHEN {there} THEN 1 ELSE 0 END AS enrolled, CASE WHEN {there} THEN pupil.fingerprint ELSE 0 END AS enrolled_fingerprint,
    CASE WHEN {there} AND spell.status = 'dropped_out' THEN 1 ELSE 0 END AS ledger,
    CASE WHEN {begun} THEN 1 ELSE 0 END AS gross,
    CASE WHEN {begun} AND {there} THEN 1 ELSE 0 END AS out_now
  FROM students_enrolment AS spell
  JOIN organisation_unit AS unit ON unit.id = spell.school_class_id
  JOIN students_pupil AS pupil ON pupil.id = spell.pupil_id
  WHERE spell.path >= '{path}' AND spell.path < '{after}' AND ({due} OR {there} OR {begun})
), by_class AS (
  SELECT path, stage, sum(opening) AS opening, sum(fingerprint) AS fingerprint, sum(enrolled) AS enrolled,
    sum(enrolled_fingerprint) AS enrolled_fingerprint, sum(ledger) AS ledger, sum(gross) AS gross, sum(out_now) AS out_now
  FROM fact GROUP BY path, stage
), level(length) AS (VALUES {levels}), whose(own) AS (VALUES (true), (false)), of_unit AS (
  SELECT substr(path, 1, length) AS path, CASE WHEN own THEN stage ELSE 'all' END AS stage, sum(opening) AS opening,
    sum(fingerprint) AS fingerprint, sum(enrolled) AS enrolled, sum(enrolled_fingerprint) AS enrolled_fingerprint,
    sum(ledger) AS ledger, sum(gross) AS gross, sum(out_now) AS out_now
  FROM by_class JOIN level ON level.length <= length(path) CROSS JOIN whose
  GROUP BY 1, 2
)
SELECT path, stage, 'dropout_rate', out_now, opening, fingerprint FROM of_unit
UNION ALL SELECT path, stage, 'dropout_rate_gross', gross, opening, fingerprint FROM of_unit
UNION ALL SELECT path, stage, 'dropout_rate_net_flow', gross, opening, fingerprint FROM of_unit
UNION ALL SELECT path, stage, 'dropout_stock', ledger, enrolled, enrolled_fingerprint FROM of_unit
ORDER BY 1, 2, 3
"""


def measure(world):
    as_of = clock.today()
    statement = _floor(world.county.path, as_of)
    statements = statements_of(lambda: compute(world.county, as_of=as_of))
    with Raw() as raw:
        _require_same(raw.run(statement), compute(world.county, as_of=as_of), world.county)
        ours, floor = side_by_side(lambda: compute(world.county, as_of=as_of), lambda: raw.run(statement), times=5)
    figures = len(compute(world.county, as_of=as_of).figures)
    stored, _ = side_by_side(lambda: compute_rates(world.county, as_of=as_of), lambda: None)
    also = {"figures": figures, "with storing s": stored}
    yield Line(
        "rates, all levels",
        world.pupils,
        "s",
        ours,
        floor,
        reach="≤ 1.5 ×, ≤ 5 statements",
        statements=statements,
        also=also,
    )


def _floor(path, as_of):
    census = school_year_start(school_year(as_of))
    covers = "spell.starts <= '{0}' AND (spell.ends IS NULL OR spell.ends > '{0}')"
    taught = "spell.status IN ('in_school', 'home_teaching')"
    out = "spell.status = 'dropped_out'"
    return FLOOR.format(
        due=f"({covers.format(census)} AND ({taught} OR {out} AND spell.starts = '{census}'))",
        there=f"({covers.format(as_of)})",
        begun=f"({out} AND spell.starts BETWEEN '{census}' AND '{as_of}')",
        path=path,
        after=path_after(path),
        levels=", ".join(f"({length})" for length in range(len(path), 33, 4)),
    )


def _require_same(rows, computed, county):
    """A floor that adds up something else would be none."""
    ours = {
        figure.stage: (figure.numerator, figure.denominator)
        for figure in computed.figures
        if figure.unit.pk == county.pk and figure.formula == Formula.DROPOUT_STOCK and figure.stage != StageOf.ALL
    }
    floor = {
        stage: (part, whole)
        for path, stage, formula, part, whole, _ in rows
        if path == county.path and formula == Formula.DROPOUT_STOCK and stage != StageOf.ALL
    }
    if len(rows) != len(computed.figures):
        raise RuntimeError(f"floor yields {len(rows)} figures instead of {len(computed.figures)}")
    if ours != floor:
        raise RuntimeError(f"floor and figures differ: {floor} {ours}")
