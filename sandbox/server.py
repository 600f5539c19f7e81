"""The program: an HTTP server, a mail server and a worker around one world."""

import argparse
import errno
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from sandbox import clock, control, deliveries, guard, mail, scenarios
from sandbox.app import create_app
from sandbox.errors import ApiError
from sandbox.keeper import Keeper
from sandbox.mishaps import AnswerCutOff, ConnectionLost
from sandbox.plaid import webhooks
from sandbox.world import World

log = logging.getLogger("sandbox")

TICK_SECONDS = 0.25


class Handler(WSGIRequestHandler):
    """Serves one connection, quietly. Hangs up when a fault asks for it."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The gateway keeps its own log."""

    def run_wsgi(self) -> None:
        """Answer, or hang up: in the middle of an answer, or with a reset."""
        try:
            super().run_wsgi()
        except AnswerCutOff as cut:
            self.close_connection = True
            self.send_response(cut.response.status_code)
            for name, value in cut.response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(cut.response.get_data())
            self.wfile.flush()
        except ConnectionLost:
            self.close_connection = True
            reset = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            self.connection.close()


class Server(ThreadedWSGIServer):
    """One thread a connection; threads don't keep the program alive."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class Worker(threading.Thread):
    """Runs what is due, sends webhooks, saves the state."""

    def __init__(self, world: World, state: Path | None) -> None:
        super().__init__(name="sandbox-worker", daemon=True)
        self.world = world
        self.keeper = Keeper(world, state) if state is not None else None
        self.stopping = threading.Event()
        self._senders: dict[str, threading.Thread] = {}

    def run(self) -> None:
        """Until `stop`."""
        sender = threading.Thread(target=self._send, name="sandbox-sender", daemon=True)
        sender.start()
        while not self.stopping.wait(TICK_SECONDS):
            self.world.run_due()
            if self.keeper is not None:
                self.keeper.look()

    def _send(self) -> None:
        """Each receiver has a thread while something is due to it, so none waits for another."""
        while not self.stopping.is_set():
            self.world.outbox_ready.wait(1.0)
            self.world.outbox_ready.clear()
            try:
                for webhook_id in deliveries.due_webhooks(self.world):
                    self._start(webhook_id, deliveries.send_due, webhook_id)
                self._start("plaid", webhooks.send_due)
            except Exception:
                log.exception("sending webhooks failed")

    def _start(self, name: str, send: Callable[..., int], *args: str) -> None:
        running = self._senders.get(name)
        if running is None or not running.is_alive():
            self._senders[name] = threading.Thread(
                target=self._run_sender, args=(send, *args), name=f"send-{name}", daemon=True
            )
            self._senders[name].start()

    def _run_sender(self, send: Callable[..., int], *args: str) -> None:
        try:
            send(self.world, deliveries.http_send, *args)
        except Exception:
            log.exception("sending webhooks failed")

    def stop(self) -> None:
        """Finish and save."""
        self.stopping.set()
        self.world.outbox_ready.set()
        self.join(5)
        if self.keeper is not None:
            self.keeper.finish()


def percent(text: str) -> Decimal:
    """From 0 to 100. Raises ValueError."""
    try:
        rate = Decimal(text)
    except ArithmeticError as error:
        raise ValueError(text) from error
    if not rate.is_finite() or not 0 <= rate <= 100:
        raise ValueError(text)
    return rate


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local stand-in for Bluum, Plaid and a mail server."
    )
    parser.add_argument("--port", type=int, required=True, help="HTTP port")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--smtp-port", type=int, help="mail port (the HTTP port + 1)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same ids and prices (1)")
    parser.add_argument("--at", type=_moment, metavar="TIME", help="start a fresh state's clock")
    parser.add_argument("--frozen", action="store_true", help="the clock moves only when told")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the state in this file")
    parser.add_argument(
        "--scenario",
        type=lambda names: [name.strip() for name in names.split(",") if name.strip()],
        default=[],
        metavar="NAME[,NAME]",
        help="what a fresh state holds: " + ", ".join(scenarios.SCENARIOS),
    )
    parser.add_argument(
        "--nightly-clear", action="store_true", help="forget all but webhooks at midnight UTC"
    )
    parser.add_argument(
        "--control-token", default="", metavar="TOKEN", help="ask for it at console and control API"
    )
    parser.add_argument("--key", default="sandbox-key", help="API key (sandbox-key)")
    parser.add_argument("--secret", default="sandbox-secret", help="API secret (sandbox-secret)")
    parser.add_argument(
        "--rate", type=float, default=10, help="requests a second, 0: no limit (10)"
    )
    parser.add_argument(
        "--pace", choices=["fast", "real"], help="checks and transfers take seconds (fast) or days"
    )
    parser.add_argument("--market", choices=["xnys", "always"], default="xnys", help="when open")
    parser.add_argument(
        "--auto-rebalance", action="store_true", help="rebalance by band and calendar, unasked"
    )
    parser.add_argument(
        "--advisory-fee", type=percent, default=Decimal(0), metavar="PERCENT", help="a year (0)"
    )
    parser.add_argument("--public-url", default="", help="where browsers find this program")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code."""
    options = parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    world = World(
        seed=options.seed,
        at=options.at,
        frozen=options.frozen,
        nightly_clear=options.nightly_clear,
        pace=options.pace or "fast",
        market=options.market,
        auto_rebalance=options.auto_rebalance,
        advisory_fee=options.advisory_fee,
    )
    problem = _restore(world, options.state)
    if problem:
        return _give_up(problem)
    world.pace = options.pace or world.pace
    world.clock.frozen = options.frozen or world.clock.frozen
    app = create_app(
        world,
        key=options.key,
        secret=options.secret,
        rate=options.rate,
        public_url=options.public_url,
    )
    app.config[guard.TOKEN] = options.control_token
    problem = _play(world, options.scenario)
    if problem:
        return _give_up(problem)
    smtp_port = options.smtp_port or options.port + 1
    try:
        server = _listen(options.host, options.port, app)
    except OSError as error:
        return _give_up(_why(error, options.port))
    try:
        post = mail.start(world, options.host, smtp_port)
    except OSError as error:
        server.server_close()
        return _give_up(_why(error, smtp_port))
    worker = Worker(world, options.state)
    worker.start()

    def stop(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Sandbox: http://{options.host}:{options.port}/ (mail: {smtp_port})", flush=True)  # noqa: T201
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    post.stop()
    worker.stop()
    return 0


def _restore(world: World, path: Path | None) -> str | None:
    """Load the state file if there is one. Returns what is wrong with it."""
    if path is None or not path.exists():
        return None
    try:
        world.restore(path.read_text(encoding="utf-8"))
        deliveries.resume(world)
        world.plan_night()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"The state file {path} can't be read ({type(error).__name__})."
    return None


def _play(world: World, names: list[str]) -> str | None:
    """Fill a fresh state with scenarios. Returns what is wrong with them."""
    try:
        scenarios.check(names)
        if not world.table("accounts"):
            scenarios.play_all(world, names)
    except ApiError as error:
        return error.message
    return None


def _moment(text: str) -> datetime:
    moment = clock.parse(text)
    if not control.FIRST <= moment <= control.last_moment():
        raise argparse.ArgumentTypeError(
            f"must be from {control.FIRST:%Y} to {control.last_moment():%Y-%m-%d}"
        )
    return moment


def _listen(host: str, port: int, app: Any) -> Server:
    """Bind; werkzeug itself would print and exit if that fails."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return Server(host, port, app, handler=Handler, fd=listener.detach())


def _why(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken; choose another one."
    return f"Port {port} can't be used: {error.strerror}."


def _give_up(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 1
