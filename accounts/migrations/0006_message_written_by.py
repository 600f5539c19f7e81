import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_message"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="written_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Who of us wrote it; else it is the client’s.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
