from django.db import migrations

POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "ALTER TABLE students_enrolment ADD CONSTRAINT spells_of_a_pupil_never_overlap"
    " EXCLUDE USING gist (pupil_id WITH =, daterange(starts, ends, '[)') WITH &&) DEFERRABLE INITIALLY IMMEDIATE",
)
OVERLAP = """
CREATE TRIGGER spells_of_a_pupil_never_overlap_on_{event} BEFORE {event} ON students_enrolment
FOR EACH ROW WHEN EXISTS (
    SELECT 1 FROM students_enrolment AS other
    WHERE other.pupil_id = NEW.pupil_id AND other.id IS NOT NEW.id
      AND (other.ends IS NULL OR other.ends > NEW.starts) AND (NEW.ends IS NULL OR NEW.ends > other.starts)
) BEGIN SELECT RAISE(ABORT, 'spells_of_a_pupil_never_overlap'); END
"""


def forbid_overlap(apps, schema_editor):
    """No two spells of a pupil overlap. SQLite rebuilds a table to alter it: such a migration repeats this step."""
    statements = {
        "postgresql": POSTGRESQL,
        "sqlite": [OVERLAP.format(event=event) for event in ("INSERT", "UPDATE")],
    }
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("students", "0001_initial")]
    operations = [migrations.RunPython(forbid_overlap, migrations.RunPython.noop)]
