"""Write one of each e-mail into a folder, as this deployment's partner sends them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts.specimens import specimens


class Command(BaseCommand):
    help = "Write one of each e-mail as HTML and text, with made-up content, to look at."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for one in specimens():
            (folder / f"{one.name}.html").write_text(one.html)
            (folder / f"{one.name}.txt").write_text(f"Subject: {one.subject}\n\n{one.text}\n")
            count += 1
        self.stdout.write(f"{count} e-mails are in {folder}.")
