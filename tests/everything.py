"""`bin/test`: everything that must hold, in order of how soon it tells."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests import browsers, services  # starts PostgreSQL and the broker

PY = sys.executable


def main() -> int:
    began = time.monotonic()
    try:
        os.environ["CHROMIUM"] = browsers.ensure()
    except browsers.NoBrowser as problem:
        print(problem, file=sys.stderr)
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = "robo.settings"
    secure = os.environ | {"SITE_URL": "https://invest.example", "ALLOWED_HOSTS": "invest.example"}
    steps: list[Step] = [
        ("lint", [PY, "-m", "ruff", "check", "."], None),
        ("format", [PY, "-m", "ruff", "format", "--check", "-q", "."], None),
        ("import contracts", [str(services.ROOT / ".venv/bin/lint-imports")], None),
        ("types", [PY, "-m", "mypy", *PACKAGES], None),
        ("partners", [PY, "manage.py", "partner", "check"], None),
        ("migrations", [PY, "manage.py", "makemigrations", "--check", "--dry-run"], None),
        ("deployment", [PY, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], secure),
        ("database", [PY, "-m", "tests.template"], None),
        ("tests", [PY, "-m", "pytest", "-q", "-n", "2", "-m", "not browser"], None),
        ("contract", [PY, "-m", "tests.contract.referee", "--quick", "--no-color"], None),
        ("browser", [PY, "-m", "pytest", "-q", "-m", "browser", "tests/journeys"], None),
        # Apart: a process holds one Playwright at a time.
        (
            "sandbox in a browser",
            [PY, "-m", "pytest", "-q", "-m", "browser", "tests/sandbox"],
            None,
        ),
    ]
    wanted = [step for step in steps if not sys.argv[1:] or step[0] in sys.argv[1:]]
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for group in groups(wanted):
            running = [start(step, Path(folder)) for step in group]
            failed += [name for name, ended in map(finish, running) if ended]
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    print(
        f"{minutes} min {seconds} s. "
        + (f"Failed: {', '.join(failed)}." if failed else "All is well.")
    )
    return 1 if failed else 0


Step = tuple[str, list[str], dict[str, str] | None]


class Running(NamedTuple):
    name: str
    process: "subprocess.Popen[bytes]"
    said: Path
    started: float


def groups(steps: list[Step]) -> list[list[Step]]:
    """One after another, but for neighbours that go together: alone each leaves a core idle."""
    found: list[list[Step]] = []
    for step in steps:
        mates = next((names for names in TOGETHER if step[0] in names), set())
        if found and found[-1][0][0] in mates:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def start(step: Step, folder: Path) -> Running:
    """What it says goes to a file; the tests' own, which take minutes, is seen as it comes."""
    name, command, env = step
    said = folder / f"{name}.log"
    if name == LIVE:
        print(f"— {name}", flush=True)
    with said.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=services.ROOT,
            env=env,
            stdout=None if name == LIVE else output,
            stderr=None if name == LIVE else subprocess.STDOUT,
        )
    return Running(name, process, said, time.monotonic())


def finish(running: Running) -> tuple[str, int]:
    """Wait for it and print what it said: all of it, or for a quiet one only when it failed."""
    code = running.process.wait()
    if running.name != LIVE:
        print(f"— {running.name}", flush=True)
        if code or running.name not in QUIET:
            print(running.said.read_text(errors="replace").rstrip())
    print(f"  {time.monotonic() - running.started:.0f} s", flush=True)
    return running.name, code


LIVE = "tests"
PACKAGES = ["robo", "accounts", "onboarding", "portfolios", "funding", "trading", "sandbox"]
READS = {
    *("lint", "format", "import contracts", "types", "partners", "migrations", "deployment"),
    "database",
}
TOGETHER = (READS, {"contract", "browser", "sandbox in a browser"})
QUIET = {*READS, "contract"}

if __name__ == "__main__":
    sys.exit(main())
