"""The whole product as in production, for a browser: web, worker, beat and the sandbox.

PostgreSQL and the broker are those of `tests.services`; the database and the broker's numbers are
our own. Nothing of Django is used in this process: Playwright's loop and its database don't mix.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import redis

from robo import embedded
from tests import template
from tests.services import ROOT
from tests.template import at

PYTHON = sys.executable
BROKER_NUMBER = 5
PATIENCE = 40.0
"""Seconds within which anything that happens by itself has happened."""

T = Any


def until(found: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Ask until the answer is something, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := found():
            return answer
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} seconds"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


class Sandbox:
    """Bluum's, Plaid's and the mail server's side; it can be ended and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.smtp_port = embedded.free_port(), embedded.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(
            base_url=self.url, auth=("journey-key", "journey-secret"), timeout=20
        )
        self.process: embedded.Process | None = None

    def start(self) -> None:
        log = self.folder / "sandbox.log"
        command = [
            PYTHON, "-m", "sandbox", "--port", str(self.port), "--smtp-port", str(self.smtp_port),
            "--state", str(self.folder / "sandbox.json"), "--market", "always", "--rate", "0",
            "--key", "journey-key", "--secret", "journey-secret",
        ]  # fmt: skip
        self.process = embedded.spawn(command, log=log, cwd=ROOT)
        embedded.wait_for(
            lambda: answers(f"{self.url}/_sandbox/health"), self.process, "The sandbox", log, 30
        )

    def stop(self) -> None:
        if self.process:
            embedded.stop(self.process)

    def get(self, path: str, **query: Any) -> Any:
        """What Bluum's API (`/v1/…`) or the sandbox's own (`/_sandbox/…`) says."""
        return self.http.get(path, params=query).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Mails to an address, newest first."""
        found: list[dict[str, Any]] = self.get("/_sandbox/mail", to=to)["mails"]
        return found

    def code(self, to: str) -> str:
        """The newest code that was mailed to an address."""
        return str(
            until(
                lambda: next((mail["code"] for mail in self.mails(to) if mail["code"]), None),
                f"a mail with a code to {to}",
            )
        )

    def account_of(self, email: str) -> str:
        """Bluum's id of a person's account."""
        return str(
            next(
                row["id"]
                for row in self.get("/_sandbox/accounts")["accounts"]
                if row["email"] == email
            )
        )

    def deposits(self, email: str) -> list[dict[str, Any]]:
        """A person's deposits as Bluum has them."""
        found = self.get(f"/v1/accounts/{self.account_of(email)}/deposits")
        return list(found["deposits"] if isinstance(found, dict) else found)

    def run_the_bank(self, email: str) -> None:
        """The bank does today what takes it days: a person's newest deposit arrives."""
        deposit = until(lambda: self.deposits(email), f"a deposit of {email} at Bluum")[0]
        self.post(f"/_sandbox/transfers/{deposit['deposit_id']}/settle")


class Product:
    """One partner's deployment: its web server, worker and beat over a database of its own."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, *, partner: str, database: str, broker: int
    ) -> None:
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.database = at(os.environ["DATABASE_URL"], database)
        self.broker = at(os.environ["REDIS_URL"], str(broker))
        self.port = embedded.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, embedded.Process] = {}
        self.env = {
            **{
                name: os.environ[name]
                for name in ("PATH", "HOME", "LANG", "TMPDIR", "SECRET_KEY", "SEAL_KEYS")
                if name in os.environ
            },
            "DJANGO_SETTINGS_MODULE": "robo.settings",
            "PYTHONUNBUFFERED": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.broker,
            "PARTNER": partner,
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "BLUUM_BASE_URL": f"{sandbox.url}/v1",
            "BLUUM_API_KEY": "journey-key",
            "BLUUM_API_SECRET": "journey-secret",
            "BLUUM_REQUESTS_PER_SECOND": "1000",
            "PLAID_LINK_SCRIPT": f"{sandbox.url}/plaid/link.js",
            "PLAID_LINK_ORIGINS": sandbox.url,
            "SANDBOX_CONTROL": f"{sandbox.url}/_sandbox",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(sandbox.smtp_port),
            "STATIC_HASHED": "1",
            "STATIC_ROOT": str(folder / "static"),
            "BEAT_SCHEDULE_FILE": str(folder / "beat"),
            "SWEEP_SECONDS": "2",
            "LOG_LEVEL": "WARNING",
        }

    def prepare(self, people: bool = True) -> Any:
        """Tables, static files, the webhook and, if wished, people to sign in as."""
        given = ["--people"] if people else []
        log = self._log("prepare")
        collect = embedded.spawn(
            [PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            log=self._log("collectstatic"), env=self.env, cwd=ROOT,
        )  # fmt: skip
        with log.open("wb") as errors:
            done = subprocess.run(
                [PYTHON, "-m", "tests.journeys.people", *given],
                cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=errors, check=False,
            )  # fmt: skip
        assert done.returncode == 0, log.read_text()[-3000:]
        assert collect.wait(60) == 0, self._log("collectstatic").read_text()[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    def start(self, *names: str) -> None:
        """Start the named parts, or all; the web server answers when this returns."""
        for name in names or ("web", "worker", "beat"):
            self.processes[name] = embedded.spawn(
                self._command(name), log=self._log(name), env=self.env, cwd=ROOT
            )
        if "web" in (names or ("web",)):
            embedded.wait_for(
                lambda: answers(f"{self.url}/"),
                self.processes["web"], "The web server", self._log("web"), 40,
            )  # fmt: skip

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _command(self, name: str) -> list[str]:
        celery = [PYTHON, "-m", "celery", "-A", "robo.celery"]
        return {
            "web": [
                PYTHON, "-m", "gunicorn", "robo.wsgi", "--bind", f"127.0.0.1:{self.port}",
                "--workers", "1", "--threads", "6", "--access-logfile", "/dev/null",
                "--graceful-timeout", "2", "--no-control-socket",
            ],
            "worker": [
                *celery, "worker", "--concurrency", "2", "--queues", "interactive,background",
                "--without-mingle", "--without-gossip", "--loglevel", "WARNING",
            ],
            "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""],
        }[name]  # fmt: skip

    def kill_worker(self) -> None:
        """As the kernel does when memory runs out: no warning, the whole group."""
        process = self.processes.pop("worker")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            embedded.stop(process)
        self.processes.clear()

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look at the rows, or let time pass for them."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def empty_the_broker(self) -> None:
        with redis.Redis.from_url(self.broker) as broker:
            broker.flushdb()


class Stack:
    """The sandbox and the first partner's product on top of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = f"robo_journeys_{os.getpid()}"
        self.sandbox = Sandbox(folder)
        self.product = self._product("harbor", self.database, BROKER_NUMBER)
        self.others: list[Product] = []
        self.people: dict[str, dict[str, Any]] = {}

    def _product(self, partner: str, database: str, broker: int) -> Product:
        return Product(
            self.folder / partner, self.sandbox, partner=partner, database=database, broker=broker
        )

    def start(self) -> None:
        template.copy(self.database)
        self.sandbox.start()
        self.people = self.product.prepare()
        self.product.start()

    def deploy(self, partner: str) -> Product:
        """Another partner's deployment beside the first."""
        database = f"{self.database}_{partner}"
        template.copy(database)
        product = self._product(partner, database, BROKER_NUMBER + 1 + len(self.others))
        self.others.append(product)
        product.prepare(people=False)
        product.start("web", "worker")
        return product

    def stop(self) -> None:
        for product in (self.product, *self.others):
            product.stop()
        self.sandbox.stop()
        for product in (self.product, *self.others):
            template.drop(urlsplit(product.database).path.lstrip("/"))
