from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0001_trading")]

    operations = [
        migrations.AlterField(
            model_name="quote",
            name="bars",
            field=models.JSONField(
                default=dict,
                help_text="Reach to [[instant, close, open, high, low], …], oldest first.",
            ),
        ),
    ]
