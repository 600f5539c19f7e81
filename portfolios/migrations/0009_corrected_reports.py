import django.db.models.deletion
from django.db import migrations, models

LOOK_AGAIN = """
UPDATE portfolios_report SET due_at = now() + random() * interval '30 days'
WHERE status = 'ready' AND due_at IS NULL AND stuck_at IS NULL
"""
"""Finished reports were fetched once and for all; from now on they are looked at now and then."""


class Migration(migrations.Migration):
    dependencies = [("portfolios", "0008_insights_and_visits")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="corrected_at",
            field=models.DateTimeField(
                blank=True, help_text="When Bluum was found to have corrected it.", null=True
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                help_text="The corrected one; then this is what was shown before.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="earlier",
                to="portfolios.report",
            ),
        ),
        migrations.AlterModelOptions(
            name="report",
            options={"ordering": ["-last_day", "-first_day", "kind", "replaced_by_id"]},
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_by", None)),
                fields=("account", "kind", "span", "first_day", "last_day"),
                name="report_once_current",
            ),
        ),
        migrations.RemoveConstraint(model_name="report", name="report_once"),
        migrations.RunSQL(LOOK_AGAIN, migrations.RunSQL.noop),
    ]
