"""`bin/test`: everything that must hold, in order of how soon it tells."""

import os
import subprocess
import sys
import time

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
    steps: list[tuple[str, list[str], dict[str, str] | None]] = [
        ("lint", [PY, "-m", "ruff", "check", "."], None),
        ("format", [PY, "-m", "ruff", "format", "--check", "-q", "."], None),
        ("import contracts", [str(services.ROOT / ".venv/bin/lint-imports")], None),
        ("types", [PY, "-m", "mypy", *PACKAGES], None),
        ("partners", [PY, "manage.py", "partner", "check"], None),
        ("migrations", [PY, "manage.py", "makemigrations", "--check", "--dry-run"], None),
        ("deployment", [PY, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], secure),
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
    failed = []
    for name, command, env in steps:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        print(f"— {name}", flush=True)
        started = time.monotonic()
        result = subprocess.run(
            command,
            cwd=services.ROOT,
            env=env,
            stdout=subprocess.PIPE if name in QUIET else None,
            stderr=subprocess.STDOUT if name in QUIET else None,
            text=True,
        )
        if result.returncode:
            failed.append(name)
            if result.stdout:
                print(result.stdout)
        print(f"  {time.monotonic() - started:.0f} s", flush=True)
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    print(
        f"{minutes} min {seconds} s. "
        + (f"Failed: {', '.join(failed)}." if failed else "All is well.")
    )
    return 1 if failed else 0


PACKAGES = ["robo", "accounts", "onboarding", "portfolios", "funding", "trading", "sandbox"]
QUIET = {
    *("lint", "format", "import contracts", "types", "partners", "migrations", "deployment"),
    "contract",
}

if __name__ == "__main__":
    sys.exit(main())
