"""Move everything sealed under the newest of SEAL_KEYS. Then the old key may go."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from robo import seal

SECRETS = ("secret", "seed", "migrated_codes")
"""What allauth keeps sealed through `accounts.adapter.MFAAdapter`."""


class Command(BaseCommand):
    help = "Seal every sealed value anew under the first of SEAL_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for model, field in sealed_fields():
            keys = model._base_manager.exclude(**{field: None}).values_list("pk", flat=True)
            for pk in keys.iterator():
                count += reseal_row(model, pk, field)
        count += reseal_second_factors()
        self.stdout.write(f"{count} values are sealed under the newest key.")


def sealed_fields() -> Iterator[tuple[type[models.Model], str]]:
    """Every binary column whose name says that it is sealed."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.BinaryField) and field.name.startswith("sealed"):
                yield model, field.name


@transaction.atomic
def reseal_row(model: type[models.Model], pk: Any, field: str) -> int:
    rows = model._base_manager.filter(pk=pk)
    sealed = rows.select_for_update().values_list(field, flat=True).first()
    if sealed is None:
        return 0
    return rows.update(**{field: seal.reseal(sealed)})


@transaction.atomic
def reseal_second_factors() -> int:
    count = 0
    for authenticator in Authenticator.objects.select_for_update():
        before = dict(authenticator.data)
        for name in SECRETS:
            value = authenticator.data.get(name)
            if isinstance(value, str):
                authenticator.data[name] = seal.reseal(value.encode()).decode()
            elif isinstance(value, list):
                authenticator.data[name] = [seal.reseal(v.encode()).decode() for v in value]
        if authenticator.data != before:
            authenticator.save(update_fields=["data"])
            count += 1
    return count
