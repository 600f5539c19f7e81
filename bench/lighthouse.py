"""How Lighthouse (mobile settings, simulated slow network and processor) scores the main pages.

    .venv/bin/python -m bench.lighthouse [--base http://127.0.0.1:8000] [--partner juniper]

Needs npm and Chromium (`CHROMIUM` names one). Without `--base` a demo of its own is started and
stopped. Beside the scores stands what a page weighs over the wire, compressed, when the visit
begins with it and when styles, script and font are there already; both as a share of the budget
(120 kB and 30 kB).
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

from tests import browsers

ROOT = Path(__file__).resolve().parent.parent
VERSION = "12.8.2"
PORT = 8940
PASSWORD = "saving for later"
SIGNED_IN, NEW = "maya@example.com", "noah@example.com"
PAGES = {
    "landing": ("", "/"),
    "first plan": ("", "/plan/"),
    "onboarding": (NEW, "/open/"),
    "home": (SIGNED_IN, "/home/"),
    "portfolio": (SIGNED_IN, "/portfolio/"),
    "performance": (SIGNED_IN, "/portfolio/performance/"),
    "activity": (SIGNED_IN, "/money/activity/"),
    "deposit": (SIGNED_IN, "/money/deposit/"),
}
"""Name to who is signed in, and the address."""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FIRST, LATER = 120_000, 30_000
"""Budgets in bytes."""


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.lighthouse", description=__doc__)
    options.add_argument("--base", default="", help="a running demo")
    options.add_argument("--partner", default="", help="for a demo of its own")
    options.add_argument("pages", nargs="*", help=f"of: {', '.join(PAGES)}")
    given = options.parse_args()
    chosen = {name: PAGES[name] for name in given.pages or PAGES}
    demo = None if given.base else start_demo(given.partner)
    base = (given.base or f"http://127.0.0.1:{PORT}").rstrip("/")
    try:
        cookies = {who: sign_in(base, who) for who in {w for w, _ in chosen.values()} if who}
        weights = weigh(base, chosen, cookies)
        print(f"{'page':<13}" + "".join(f"{c:>16}" for c in CATEGORIES) + "   first visit   later")
        for name, (who, path) in chosen.items():
            scores = lighthouse(base + path, cookies.get(who, ""))
            first, later = weights[name]
            print(
                f"{name:<13}"
                + "".join(f"{scores[c]:>16.0f}" for c in CATEGORIES)
                + f"   {first / 1000:4.0f} kB {first / FIRST:4.2f}   {later / 1000:4.0f} kB "
                + f"{later / LATER:4.2f}",
                flush=True,
            )
    finally:
        if demo:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
    return 0


def start_demo(partner: str) -> subprocess.Popen[bytes]:
    command = ["bin/demo", "--port", str(PORT), *(["--partner", partner] if partner else [])]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    for _ in range(600):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5):
            return demo
        assert demo.poll() is None, "the demo didn't start"
        time.sleep(1)
    raise AssertionError("the demo didn't start within ten minutes")


def sign_in(base: str, who: str) -> str:
    """The cookies of someone who is signed in, as a header."""
    with httpx.Client(base_url=base, follow_redirects=True, timeout=30) as http:
        page = http.get("/sign-in/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "login": who, "password": PASSWORD}
        answer = http.post("/sign-in/login/", data=form, headers={"Referer": base})
        assert "login" not in str(answer.url), f"{who} could not sign in"
        return "; ".join(f"{c.name}={c.value}" for c in http.cookies.jar)


def weigh(
    base: str, pages: dict[str, tuple[str, str]], cookies: dict[str, str]
) -> dict[str, tuple[int, int]]:
    """Bytes over the wire of each page: begun with it, and come to it from another page."""
    found = {}
    with sync_playwright() as playwright:
        path = browsers.find()
        chromium = playwright.chromium.launch(executable_path=path, args=browsers.ARGUMENTS)
        for name, (who, place) in pages.items():
            context = chromium.new_context(viewport={"width": 412, "height": 823})
            if who:
                context.set_extra_http_headers({"Cookie": cookies[who]})
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            sizes: list[int] = []
            session.on(
                "Network.loadingFinished", lambda e, s=sizes: s.append(e["encodedDataLength"])
            )
            page.goto(base + place, wait_until="networkidle")
            first = sum(sizes)
            sizes.clear()
            page.goto(base + place, wait_until="networkidle")
            found[name] = (int(first), int(sum(sizes)))
            context.close()
        chromium.close()
    return found


def lighthouse(url: str, cookie: str) -> dict[str, float]:
    """Scores from 0 to 100 by category."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        headers = ["--extra-headers", json.dumps({"Cookie": cookie})] if cookie else []
        command = [
            "npm", "exec", "--yes", f"--package=lighthouse@{VERSION}", "--", "lighthouse", url,
            "--quiet", "--output=json", f"--output-path={report}", "--form-factor=mobile",
            f"--only-categories={','.join(CATEGORIES)}", "--disable-storage-reset",
            f"--chrome-flags={' '.join(['--headless', *browsers.ARGUMENTS])}", *headers,
        ]  # fmt: skip
        env = os.environ | {"CHROME_PATH": browsers.find() or ""}
        for last in (False, False, True):  # now and then a trace isn't recorded
            if not subprocess.run(command, check=last, cwd=folder, env=env).returncode:
                break
        found: dict[str, Any] = json.loads(report.read_text())
        keep = os.environ.get("LIGHTHOUSE_REPORTS")
        if keep:
            name = re.sub(r"\W+", "-", url.split("/", 3)[-1]).strip("-") or "landing"
            (Path(keep) / f"{name}.json").write_text(report.read_text())
    return {c: 100 * (found["categories"][c]["score"] or 0) for c in CATEGORIES}


if __name__ == "__main__":
    sys.exit(main())
