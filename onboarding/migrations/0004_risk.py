from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0003_picture")]

    operations = [
        migrations.AddField(
            "riskassessment",
            "conflicts",
            models.JSONField(
                db_default=[],
                default=list,
                help_text="What doesn't go together, in words, with how it was settled.",
            ),
        ),
        migrations.AddField(
            "riskassessment",
            "seconds",
            models.JSONField(db_default={}, default=dict, help_text="Question to seconds it took."),
        ),
        migrations.AddField(
            "riskassessment",
            "need_goals",
            models.PositiveSmallIntegerField(
                blank=True,
                help_text="How many goals the needed level was looked for.",
                null=True,
            ),
        ),
        migrations.AddField(
            "riskdraft",
            "seconds",
            models.JSONField(db_default={}, default=dict, help_text="Question to seconds it took."),
        ),
        migrations.AddField(
            "riskdraft",
            "shown",
            models.JSONField(
                db_default={}, default=dict, help_text="The question shown last, and when (UTC)."
            ),
        ),
        migrations.AddField(
            "riskdraft",
            "pending",
            models.JSONField(
                blank=True,
                help_text="A change asked for after a fall, waiting for its second yes.",
                null=True,
            ),
        ),
        migrations.AddField(
            "application",
            "funding_source",
            models.JSONField(
                db_default=[],
                default=list,
                help_text="Where the money comes from, in Bluum's words.",
            ),
        ),
        migrations.AddField(
            "application",
            "birth_year",
            models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
