import datetime
import django.db.models.deletion
import organisation.fields
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0005_warnings_and_support"),
        ("organisation", "0002_statutory_calendar"),
        ("students", "0005_guardian_phones_and_learning"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalLetterHead",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("word", models.CharField(db_index=True, max_length=12, verbose_name="机关代字")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical 机关代字",
                "verbose_name_plural": "historical 机关代字",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="LetterHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=12, unique=True, verbose_name="机关代字")),
            ],
            options={
                "verbose_name": "机关代字",
                "verbose_name_plural": "机关代字",
            },
        ),
        migrations.CreateModel(
            name="LinkKnock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("since", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "链接访问计数",
                "verbose_name_plural": "链接访问计数",
            },
        ),
        migrations.RemoveField(
            model_name="historicalletter",
            name="fields",
        ),
        migrations.RemoveField(
            model_name="historicalletter",
            name="file",
        ),
        migrations.RemoveField(
            model_name="historicalletter",
            name="text",
        ),
        migrations.RemoveField(
            model_name="historicallettertemplate",
            name="file",
        ),
        migrations.RemoveField(
            model_name="historicallettertemplate",
            name="text",
        ),
        migrations.RemoveField(
            model_name="letter",
            name="file",
        ),
        migrations.RemoveField(
            model_name="lettertemplate",
            name="file",
        ),
        migrations.RemoveField(
            model_name="lettertemplate",
            name="text",
        ),
        migrations.AddField(
            model_name="historicalletter",
            name="dated",
            field=models.DateField(default=datetime.date(2026, 9, 1), verbose_name="发文日期"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicalletter",
            name="file_sha256",
            field=models.CharField(blank=True, max_length=64, verbose_name="Word 文件摘要"),
        ),
        migrations.AddField(
            model_name="historicalletter",
            name="witness",
            field=models.CharField(blank=True, max_length=80, verbose_name="见证人"),
        ),
        migrations.AddField(
            model_name="historicallettertemplate",
            name="name",
            field=models.CharField(default="", max_length=120, verbose_name="文件名"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicallettertemplate",
            name="sha256",
            field=models.CharField(default="", max_length=64, verbose_name="摘要"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicallettertemplate",
            name="taken_back_at",
            field=models.DateTimeField(null=True, verbose_name="撤回时间"),
        ),
        migrations.AddField(
            model_name="historicallettertemplate",
            name="taken_back_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="撤回人",
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="dated",
            field=models.DateField(default=datetime.date(2026, 9, 1), verbose_name="发文日期"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="letter",
            name="file_sha256",
            field=models.CharField(blank=True, max_length=64, verbose_name="Word 文件摘要"),
        ),
        migrations.AddField(
            model_name="letter",
            name="witness",
            field=models.CharField(blank=True, max_length=80, verbose_name="见证人"),
        ),
        migrations.AddField(
            model_name="lettertemplate",
            name="name",
            field=models.CharField(default="", max_length=120, verbose_name="文件名"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="lettertemplate",
            name="sha256",
            field=models.CharField(default="", max_length=64, verbose_name="摘要"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="lettertemplate",
            name="taken_back_at",
            field=models.DateTimeField(null=True, verbose_name="撤回时间"),
        ),
        migrations.AddField(
            model_name="lettertemplate",
            name="taken_back_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="撤回人",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="guardian",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="students.guardian",
                verbose_name="监护人",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="polls",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="查询次数"),
        ),
        migrations.AddField(
            model_name="message",
            name="secret",
            field=organisation.fields.SealedField(blank=True, column="secret"),
        ),
        migrations.AddField(
            model_name="message",
            name="unclear",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="signedlink",
            name="guardian",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="students.guardian",
                verbose_name="监护人",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="address",
            field=organisation.fields.SealedField(column="address", verbose_name="号码或地址"),
        ),
        migrations.AlterField(
            model_name="message",
            name="letter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="casework.letter"
            ),
        ),
        migrations.AlterField(
            model_name="signedlink",
            name="made_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="生成人",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["receipt", "issued_at"], name="casework_le_receipt_b1d370_idx"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("receipt__in", ["signed", "refused"]), _negated=True),
                    ("received_at__isnull", False),
                    _connector="OR",
                ),
                name="a_receipt_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("receipt", "refused"), _negated=True),
                    models.Q(("witness", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_refused_letter_has_its_witness",
            ),
        ),
        migrations.AddField(
            model_name="historicalletterhead",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalletterhead",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="organisation.unit",
                verbose_name="单位",
            ),
        ),
        migrations.AddField(
            model_name="letterhead",
            name="unit",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letter_head",
                to="organisation.unit",
                verbose_name="单位",
            ),
        ),
        migrations.AddConstraint(
            model_name="linkknock",
            constraint=models.UniqueConstraint(fields=("key", "since"), name="knocks_are_counted_once"),
        ),
    ]
