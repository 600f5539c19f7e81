"""A database with all migrations applied, that the databases of tests are copied from.

Its name says which migrations, so a server that outlives a run never gives an old one.
"""

import os
import subprocess
import sys
from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.services import ROOT

ONE_AT_A_TIME = 20_260_101
"""PostgreSQL's advisory lock: who comes first makes the template, the others wait."""


def ensure() -> str:
    """The template's name; it is there when this returns."""
    name = f"robo_template_{fingerprint()}"
    with psycopg.connect(at(os.environ["DATABASE_URL"], "postgres"), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not found:
            unfinished = f"{name}_unfinished"
            server.execute(f'DROP DATABASE IF EXISTS "{unfinished}"'.encode())
            server.execute(f'CREATE DATABASE "{unfinished}"'.encode())
            migrate(at(os.environ["DATABASE_URL"], unfinished))
            server.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"'.encode())
    return name


def migrate(database: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "robo.settings"},
        check=True,
    )


def fingerprint() -> str:
    """Tells one set of migrations, ours and those of packages, from another."""
    known = sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted(ROOT.glob("*/**/migrations/*.py")):
        known.update(path.read_bytes())
    return known.hexdigest()[:12]


def copy(database: str) -> None:
    """A new database like the template, in place of one of that name."""
    name = ensure()
    drop(database)
    with psycopg.connect(at(os.environ["DATABASE_URL"], "postgres"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{database}" TEMPLATE "{name}"'.encode())


def drop(database: str) -> None:
    with psycopg.connect(at(os.environ["DATABASE_URL"], "postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())


def at(url: str, path: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


if __name__ == "__main__":
    ensure()
