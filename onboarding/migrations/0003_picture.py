from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0002_advice")]

    operations = [
        migrations.AddField(
            "externallink",
            "returned_at",
            models.DateTimeField(
                blank=True,
                null=True,
                help_text="When the person came back from Plaid, with or without.",
            ),
        ),
        migrations.AddField(
            "externallink",
            "refusal",
            models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AddField(
            "externalaccount",
            "mask",
            models.CharField(blank=True, db_default="", help_text="Last digits.", max_length=8),
        ),
    ]
