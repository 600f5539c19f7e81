"""Real PostgreSQL and a real broker for the tests, from wheels, unless the environment names some.

Loaded with `-p tests.services`, before Django reads its settings. Workers of pytest-xdist inherit
the environment and so share the servers.
"""

import atexit
import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent


def start() -> None:
    from robo import embedded

    folder = Path(tempfile.mkdtemp(prefix="robo-test-"))
    folder.chmod(0o755)
    running = []
    if not os.environ.get("DATABASE_URL"):
        process, url = embedded.start_postgres(
            folder / "postgres",
            port=embedded.free_port(),
            log=folder / "postgres.log",
            durable=False,
        )
        os.environ["DATABASE_URL"] = url
        running.append((process, signal.SIGINT))
    if not os.environ.get("REDIS_URL"):
        process, url = embedded.start_broker(
            folder / "broker", port=embedded.free_port(), log=folder / "broker.log"
        )
        os.environ["REDIS_URL"] = url
        running.append((process, signal.SIGTERM))

    def end() -> None:
        for process, how in reversed(running):
            embedded.stop(process, how)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)


os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("SEAL_KEYS", Fernet.generate_key().decode())
os.environ.setdefault("BLUUM_BASE_URL", "http://bluum.test/v1")
os.environ.setdefault("BLUUM_API_KEY", "test-key")
os.environ.setdefault("BLUUM_API_SECRET", "test-secret")
os.environ.setdefault("BLUUM_REQUESTS_PER_SECOND", "10000")
os.environ.setdefault("PLAID_LINK_SCRIPT", "http://bluum.test/plaid/link.js")
os.environ.setdefault("PLAID_LINK_ORIGINS", "http://bluum.test")
os.environ.setdefault("SITE_URL", "http://testserver")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("STATIC_HASHED", "0")
os.environ.setdefault("STATIC_ROOT", tempfile.mkdtemp(prefix="robo-static-"))

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    start()
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # gw0, gw1, …: what one empties stays its own
    broker = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = broker._replace(path=f"/{1 + int(worker[2:])}").geturl()
