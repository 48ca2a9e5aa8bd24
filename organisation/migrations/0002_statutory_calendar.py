from django.db import migrations

from organisation.actions.holidays import seed_statutory_days


def seed(apps, schema_editor):
    seed_statutory_days(apps.get_model("organisation", "StatutoryDay"))


class Migration(migrations.Migration):
    dependencies = [("organisation", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
