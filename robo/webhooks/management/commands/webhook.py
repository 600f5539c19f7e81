from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from robo.webhooks import sync


class Command(BaseCommand):
    help = "Register this deployment's webhook at Bluum, or rotate its secret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["register", "rotate"])

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        url = settings.SITE_URL + reverse("bluum_webhook")
        endpoint = sync.register(url) if what == "register" else sync.rotate(url)
        if options["verbosity"]:
            self.stdout.write(f"Bluum delivers to {endpoint.url}.")
