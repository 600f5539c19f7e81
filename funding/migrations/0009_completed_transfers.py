from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The front page of the admin adds up what came in and went out lately."""

    atomic = False  # an index that is made while people go on working

    dependencies = [
        ("funding", "0008_held_back"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="deposit",
            index=models.Index(
                condition=models.Q(("status", "completed")),
                fields=["completed_at"],
                name="deposit_completed",
            ),
        ),
        AddIndexConcurrently(
            model_name="withdrawal",
            index=models.Index(
                condition=models.Q(("status", "completed")),
                fields=["completed_at"],
                name="withdrawal_completed",
            ),
        ),
    ]
