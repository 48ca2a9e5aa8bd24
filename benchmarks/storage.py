"""What the rolls of a year take in the database, against a row for every pupil and session."""

from django.db import connection
from django.db.models import Sum

from benchmarks.measure import Line
from students.models import Mark, Roll, RollVersion

SAMPLE_DAYS = 5
OURS = (Roll, Mark, RollVersion)
PRESENT = "benchmark_present"
KEY = {"postgresql": "bigserial PRIMARY KEY", "sqlite": "integer PRIMARY KEY"}
# Everybody on the class list of each roll of the sampled days, as the naive table would hold them.
FILL = f"""
INSERT INTO {PRESENT} (roll_id, pupil_id, date, kind)
SELECT roll.id, spell.pupil_id, roll.date, 'present' FROM students_roll AS roll
JOIN students_enrolment AS spell ON spell.school_class_id = roll.school_class_id AND spell.status = 'in_school'
 AND spell.starts <= roll.date AND (spell.ends IS NULL OR spell.ends > roll.date)
WHERE roll.date >= %s
"""


def measure(world):
    rows = sum(model.objects.count() for model in OURS)
    size = sum(_bytes(model._meta.db_table) for model in OURS)
    naive_rows = Roll.objects.aggregate(rows=Sum("expected"))["rows"]
    naive_size = _sampled_row_bytes() * naive_rows
    also = {"rows": rows, "row per pupil": naive_rows, "rows of it": f"{rows / naive_rows:.3f}"}
    also["MB, row per pupil"] = naive_size / 1e6
    reach = "≤ 1/20 of row per pupil"
    yield Line("a year's rolls", world.pupils, "MB", size / 1e6, naive_size / 1e6, is_rate=True, reach=reach, also=also)


def _sampled_row_bytes() -> float:
    days = Roll.objects.order_by("-date").values_list("date", flat=True).distinct()[:SAMPLE_DAYS]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {PRESENT} (id {KEY[connection.vendor]}, roll_id bigint NOT NULL, pupil_id bigint NOT NULL,"
            " date date NOT NULL, kind varchar(11) NOT NULL, UNIQUE (roll_id, pupil_id))"
        )
        cursor.execute(f"CREATE INDEX {PRESENT}_by_pupil ON {PRESENT} (pupil_id, date)")
        cursor.execute(FILL, [min(days)])
        cursor.execute(f"SELECT count(*) FROM {PRESENT}")
        (rows,) = cursor.fetchone()
        size = _bytes(PRESENT)
        cursor.execute(f"DROP TABLE {PRESENT}")
    return size / rows


def _bytes(table) -> int:
    """The table with its indexes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        else:
            cursor.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = %s)",
                [table],
            )
        return cursor.fetchone()[0]
