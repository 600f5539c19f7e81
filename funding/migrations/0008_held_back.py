from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funding", "0007_dividends")]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="held_back_until",
            field=models.DateTimeField(
                blank=True,
                help_text="Bluum kept its old dates, so it is paused there until what is left out "
                "passed.",
                null=True,
            ),
        ),
    ]
