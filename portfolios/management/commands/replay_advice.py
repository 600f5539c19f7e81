"""Make advice again from what was kept, and say whether it comes out the same."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.advice import replay
from onboarding.models import Advice


class Command(BaseCommand):
    help = "Repeat advice from its stored inputs; ends with 1 if anything comes out otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="?", type=int, help="which advice; its id in the admin")
        parser.add_argument("--all", action="store_true", help="every advice there is")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"] == (options["id"] is not None):
            raise CommandError("Name one advice by its id, or say --all.")
        rows = Advice.objects.order_by("pk")
        if not options["all"]:
            rows = rows.filter(pk=options["id"])
            if not rows:
                raise CommandError(f"There is no advice {options['id']}.")
        changed = 0
        for advice in rows.iterator():
            found = replay(advice)
            title = (
                f"Advice {advice.pk}, {advice.kind}, {advice.about}, made {advice.made_at:%Y-%m-%d}"
            )
            made_by = f"engine {advice.engine}, assumptions {advice.assumptions}"
            if found.is_same:
                self.stdout.write(f"{title}: the same ({made_by}, sha256 {found.sha256[:16]}).")
                continue
            changed += 1
            self.stdout.write(self.style.ERROR(f"{title}: comes out otherwise ({made_by})."))
            for path, then, now in found.differences:
                self.stdout.write(f"  {path}: was {then!r}, is {now!r}")
        if changed:
            raise CommandError(f"{changed} came out otherwise.")
