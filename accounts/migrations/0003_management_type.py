from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_notice_topic")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="management_type",
            field=models.CharField(
                choices=[("advised", "Managed for you"), ("self_directed", "You trade yourself")],
                db_default="advised",
                default="advised",
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
