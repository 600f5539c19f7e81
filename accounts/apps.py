from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import agenda, roles, security  # noqa: F401

        post_migrate.connect(roles.make_groups, sender=self)
