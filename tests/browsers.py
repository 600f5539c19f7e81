"""Where Chromium is, or how to get it. A missing browser is an error, never a skip."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)


class NoBrowser(Exception):
    pass


def find() -> str | None:
    """$CHROMIUM, Debian's, Chrome, or Playwright's own; None when there is none."""
    if given := os.environ.get("CHROMIUM"):
        return given
    for name in NAMES:
        if path := shutil.which(name):
            return path
    for path in APPS:
        if Path(path).exists():
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def ensure() -> str:
    """The path of a Chromium, installing one if need be. Raises NoBrowser."""
    if path := find():
        return path
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        attempts.insert(
            0, ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        )
        subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
    for command in attempts:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if path := find():
            return path
    raise NoBrowser("No Chromium was found or could be installed; set CHROMIUM to the path of one.")


ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
