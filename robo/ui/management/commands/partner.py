"""`manage.py partner check` and `manage.py partner new <slug>`."""

import re
import shutil
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from robo import partner


class Command(BaseCommand):
    help = "Check the partners' folders, or start a new one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="what", required=True)
        check = parts.add_parser("check", help="say what is wrong with a partner's folder")
        check.add_argument("slugs", nargs="*", help="which partners; all when left out")
        new = parts.add_parser("new", help="start a partner's folder from an existing one")
        new.add_argument("slug")
        new.add_argument("--like", default="", help="the partner to start from")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if what == "check":
            self.check_all(options["slugs"] or partner.slugs())
        else:
            self.start(options["slug"], options["like"] or partner.first())

    def check_all(self, slugs: list[str]) -> None:
        wrong = 0
        for slug in slugs:
            problems = partner.check(slug)
            wrong += len(problems)
            for problem in problems:
                self.stderr.write(f"{slug}: {problem}")
            if not problems:
                self.stdout.write(f"{slug}: nothing to complain about")
        if wrong:
            raise CommandError(f"{wrong} thing{'' if wrong == 1 else 's'} to put right.")

    def start(self, slug: str, like: str) -> None:
        """Copy a partner's folder under a new name; every name and address in it changes too."""
        if not re.fullmatch(r"[a-z][a-z0-9-]{1,40}", slug):
            raise CommandError("A slug is small letters, digits and dashes, like first-bank.")
        folder = partner.ROOT / slug
        if folder.exists():
            raise CommandError(f"partners/{slug} is there already.")
        model = partner.load(like)
        shutil.copytree(partner.directory(like), folder)
        name = slug.replace("-", " ").title()
        swaps = [
            (model.legal_name, f"{name} Advisers LLC"),
            (model.name, name),
            (model.domain, f"{slug}.example"),
            (model.short_name, name),
            (f'slug = "{model.slug}"', f'slug = "{slug}"'),
        ]
        for path in [folder / "partner.toml", *folder.glob("legal/*.md")]:
            text = path.read_text()
            for old, new in swaps:
                text = text.replace(old, new)
            path.write_text(text)
        self.stdout.write(
            f"partners/{slug} is ready. Change its partner.toml, logo.svg, static/brand/icon.svg "
            f"and legal/, then run: manage.py partner check {slug}"
        )
