from django.db import migrations


class Migration(migrations.Migration):
    """Empty: its fields are in 0001. Stays until funding's 0001 is made again and no longer names it."""

    dependencies = [("accounts", "0001_initial")]
    operations = []
