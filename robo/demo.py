"""`bin/demo`: web, worker, beat and sandbox on this machine, as in production but for Bluum.

Keeps its data in `.demo/<partner>-<port>`; everything listens on loopback only.
"""

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import IO

import psutil
from cryptography.fernet import Fernet

from robo import embedded
from robo.embedded import CannotStart, Process

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable


class Interrupted(Exception):
    pass


def main() -> int:
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    demo = None
    try:
        demo = Demo(options.partner, options.port, reset=options.reset)
        demo.start()
        demo.watch()
    except Interrupted:
        print("\nStopping.", flush=True)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"The demo could not start: {problem.strerror or problem}.", file=sys.stderr)
        return 1
    finally:
        if demo:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            demo.stop()
    return 0


def interrupt(_: int, __: FrameType | None) -> None:
    raise Interrupted


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="The whole product on this machine, on loopback."
    )
    parser.add_argument("--port", type=port, default=8000, help="the web port; the rest follows")
    parser.add_argument("--partner", default="", help="a folder of partners/ (default: the first)")
    parser.add_argument("--reset", action="store_true", help="begin anew, forgetting all data")
    return parser.parse_args()


def port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65000:
        raise argparse.ArgumentTypeError("give a port from 1024 to 65000")
    return int(text)


class Demo:
    """One demo of one partner on one port."""

    def __init__(self, partner: str, port: int, *, reset: bool) -> None:
        self.partner = self._known(partner)
        self.port, self.sandbox_port, self.smtp_port = port, port + 1, port + 2
        self.folder = ROOT / ".demo" / f"{self.partner}-{port}"
        self.children: dict[str, Process] = {}
        self._lock = self._claim()
        self._end_leftovers()
        for wanted in (self.port, self.sandbox_port, self.smtp_port):
            if embedded.is_taken(wanted):
                raise CannotStart(
                    f"Port {wanted} is taken; stop what uses it, or choose another with --port "
                    "(the demo needs three in a row)."
                )
        if reset and self.folder.exists():
            for path in self.folder.iterdir():
                if path.name != "lock":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.fresh = not (self.folder / "seeded.json").exists()
        if self.fresh:  # half a first start is none
            for name in ("postgres", "sandbox.json"):
                path = self.folder / name
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.exists():
                    path.unlink()
        self.logs = self.folder / "logs"
        self.logs.mkdir(exist_ok=True)

    @staticmethod
    def _known(slug: str) -> str:
        folders = sorted(p.parent.name for p in (ROOT / "partners").glob("*/partner.toml"))
        if slug and slug not in folders:
            raise CannotStart(f"There is no partner {slug!r}; there are: {', '.join(folders)}.")
        return slug or folders[0]

    def _claim(self) -> IO[str]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("w")
        except OSError as problem:
            raise CannotStart(f"{self.folder} can't be written to: {problem.strerror}.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"This demo is already running at http://127.0.0.1:{self.port}/; stop it first."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        return lock

    # Processes ------------------------------------------------------------------------------

    def start(self) -> None:
        began = time.monotonic()
        try:
            self._start_sandbox()
            env = self._environment(self._database(), self._broker())
            self._wait_for_sandbox()
            self._prepare(env)
            self._start_product(env)
        except BaseException:
            self.stop()
            raise
        print(self._greeting(time.monotonic() - began), flush=True)

    def _database(self) -> str:
        """The address of PostgreSQL: the environment's, or of one we start."""
        if url := os.environ.get("DATABASE_URL"):
            return url
        process, url = embedded.start_postgres(
            self.folder / "postgres", port=embedded.free_port(), log=self._log("postgres")
        )
        self._keep("postgres", process)
        return url

    def _broker(self) -> str:
        if url := os.environ.get("REDIS_URL"):
            return url
        process, url = embedded.start_broker(
            self.folder / "broker", port=embedded.free_port(), log=self._log("broker")
        )
        self._keep("broker", process)
        return url

    def _fee(self) -> str:
        """The partner's fee as percent a year, so that what is taken is what is promised."""
        with (ROOT / "partners" / self.partner / "partner.toml").open("rb") as file:
            fees = tomllib.load(file, parse_float=Decimal)["fees"]
        return str(Decimal(fees["advisory"]) * 100)

    def _start_sandbox(self) -> None:
        secrets = self._secrets()
        command = [
            PYTHON, "-m", "sandbox", "--port", str(self.sandbox_port),
            "--smtp-port", str(self.smtp_port), "--state", str(self.folder / "sandbox.json"),
            "--key", secrets["BLUUM_API_KEY"], "--secret", secrets["BLUUM_API_SECRET"],
            "--market", "always", "--rate", "25", "--advisory-fee", self._fee(),
        ]  # fmt: skip
        if self.fresh:  # the demo people's history begins two years ago
            command += ["--at", (datetime.now(UTC) - timedelta(days=730)).isoformat()]
        process = embedded.spawn(command, log=self._log("sandbox"), env=self._passed(), cwd=ROOT)
        self._keep("sandbox", process)

    def _wait_for_sandbox(self) -> None:
        process = self.children["sandbox"]
        url = f"http://127.0.0.1:{self.sandbox_port}/_sandbox/health"
        embedded.wait_for(lambda: answers(url), process, "The sandbox", self._log("sandbox"), 30)

    def _prepare(self, env: dict[str, str]) -> None:
        if self.fresh:
            print("Making the demo people (once).", flush=True)
        with self._log("prepare").open("wb") as log:
            done = subprocess.Popen(
                [PYTHON, "manage.py", "prepare_demo", str(self.folder / "seeded.json")],
                cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=embedded.leash(),
            )  # fmt: skip
        self._keep("prepare", done)
        if done.wait():
            raise CannotStart(f"The demo could not be prepared; see {self._log('prepare')}.")
        del self.children["prepare"]

    def _start_product(self, env: dict[str, str]) -> None:
        celery = [PYTHON, "-m", "celery", "-A", "robo.celery"]
        commands = {
            "web": [
                PYTHON, "-m", "gunicorn", "robo.wsgi", "--bind", f"127.0.0.1:{self.port}",
                "--workers", "2", "--threads", "4", "--preload", "--access-logfile", "/dev/null",
                "--graceful-timeout", "5", "--no-control-socket",
            ],
            "worker": [
                *celery, "worker", "--concurrency", "2", "--queues", "interactive,background",
                "--without-mingle", "--without-gossip", "--loglevel", "WARNING",
            ],
            "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""],
        }  # fmt: skip
        for name, command in commands.items():
            self._keep(name, embedded.spawn(command, log=self._log(name), env=env, cwd=ROOT))
        url = f"http://127.0.0.1:{self.port}/"
        embedded.wait_for(
            lambda: answers(url), self.children["web"], "The web server", self._log("web"), 40
        )

    def watch(self) -> None:
        """Start again whatever ends; give up on what keeps ending."""
        ended: list[float] = []
        env = None
        while True:
            time.sleep(0.5)
            for name, process in list(self.children.items()):
                if process.poll() is None:
                    continue
                ended = [at for at in ended if at > time.monotonic() - 60] + [time.monotonic()]
                if name in {"postgres", "broker"} or len(ended) > 5:
                    raise CannotStart(f"{name} ended; its log is {self._log(name)}.")
                print(f"{name} ended; starting it again.", flush=True)
                env = env or self._environment(*self._urls)
                if name == "sandbox":
                    self.fresh = False
                    self._start_sandbox()
                else:
                    self._start_product_part(name, process, env)

    def _start_product_part(self, name: str, old: Process, env: dict[str, str]) -> None:
        command = [str(part) for part in old.args]  # type: ignore[union-attr]
        self._keep(name, embedded.spawn(command, log=self._log(name), env=env, cwd=ROOT))

    def stop(self) -> None:
        """End everything we started, those that write first."""
        order = ["web", "beat", "worker", "prepare", "sandbox", "broker", "postgres"]
        for name in order:
            process = self.children.get(name)
            if process and process.poll() is None and name not in {"broker", "postgres"}:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
        for name in order:
            if process := self.children.pop(name, None):
                embedded.stop(process, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        with contextlib.suppress(OSError):
            (self.folder / "processes.json").unlink()

    def _keep(self, name: str, process: Process) -> None:
        self.children[name] = process
        rows = [
            {"pid": child.pid, "began": psutil.Process(child.pid).create_time()}
            for child in self.children.values()
            if child.poll() is None
        ]
        (self.folder / "processes.json").write_text(json.dumps(rows))

    def _end_leftovers(self) -> None:
        """A demo that was killed outright may leave children; they end before we start."""
        try:
            rows = json.loads((self.folder / "processes.json").read_text())
        except (OSError, ValueError):
            return
        left: list[psutil.Process] = []
        for row in rows:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(row["pid"])
                if abs(process.create_time() - row["began"]) < 1:
                    left += [process, *process.children(recursive=True)]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(
                    signal.SIGINT if process.name().startswith("postgres") else signal.SIGTERM
                )
        for process in psutil.wait_procs(left, timeout=8)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    # Facts ----------------------------------------------------------------------------------

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _environment(self, database_url: str, redis_url: str) -> dict[str, str]:
        self._urls = (database_url, redis_url)
        sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        secrets_ = self._secrets()
        return {
            **self._passed(),
            **secrets_,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PARTNER": self.partner,
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "BLUUM_BASE_URL": f"{sandbox}/v1",
            "BLUUM_REQUESTS_PER_SECOND": "25",
            "PLAID_BASE_URL": f"{sandbox}/plaid",
            "PLAID_CLIENT_ID": secrets_["BLUUM_API_KEY"],
            "PLAID_SECRET": secrets_["BLUUM_API_SECRET"],
            "PLAID_LINK_SCRIPT": f"{sandbox}/plaid/link.js",
            "PLAID_LINK_ORIGINS": sandbox,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.smtp_port),
            "STATIC_ROOT": str(self.folder / "static"),
            "BEAT_SCHEDULE_FILE": str(self.folder / "beat"),
            "SWEEP_SECONDS": "10",
            "SANDBOX_CONTROL": f"{sandbox}/_sandbox",
        }

    @staticmethod
    def _passed() -> dict[str, str]:
        """What the children know of the terminal's environment, and no more."""
        names = ("PATH", "HOME", "LANG", "TMPDIR", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
        passed = {name: os.environ[name] for name in names if name in os.environ}
        return passed | {"PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"}

    def _secrets(self) -> dict[str, str]:
        path = self.folder / "secrets.json"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(
                json.dumps(
                    {
                        "SECRET_KEY": secrets.token_urlsafe(48),
                        "SEAL_KEYS": Fernet.generate_key().decode(),
                        "BLUUM_API_KEY": f"demo-{secrets.token_hex(6)}",
                        "BLUUM_API_SECRET": secrets.token_urlsafe(24),
                    }
                )
            )
        found: dict[str, str] = json.loads(path.read_text())
        return found

    def _greeting(self, seconds: float) -> str:
        people = json.loads((self.folder / "seeded.json").read_text())["people"]
        width = max(len(person["email"]) for person in people)
        lines = [f"  {person['email']:<{width}}  {person['about']}" for person in people]
        staff = [person for person in people if person.get("totp")]
        for person in staff:
            lines.append(
                f"  second factor of {person['email']}: authenticator key {person['totp']}, "
                f"or one of the recovery codes {' '.join(person['codes'])}"
            )
        return "\n".join(
            [
                "",
                f"Everyone's password is: {people[0]['password']}",
                *lines,
                "",
                f"Sandbox (Bluum, Plaid and the mail that was sent): "
                f"http://127.0.0.1:{self.sandbox_port}/",
                f"Advisors: http://127.0.0.1:{self.port}/admin/",
                f"Passkeys: browsers take them at http://localhost:{self.port}/, not at 127.0.0.1.",
                f"Started in {seconds:.1f} seconds. Ctrl-C stops everything.",
                f"Ready: http://127.0.0.1:{self.port}/",
            ]
        )


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    sys.exit(main())
