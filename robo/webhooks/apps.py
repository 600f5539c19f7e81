from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebhooksConfig(AppConfig):
    name = "robo.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        autodiscover_modules("handlers")
