"""What the sandbox costs: requests a second, a year of a hundred accounts, a thousand in memory.

    .venv/bin/python -m bench.sandbox [--seconds N] [--only requests|year|memory]

Requests go over real HTTP with kept connections to the sandbox's own server class in a process of
its own: a portfolio summary with twenty holdings, and beside it, in turn, an empty Flask route
served the same way. Each measurement has a fresh process, so that memory is its own.
"""

import argparse
import http.client
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SYMBOLS = [
    "VTI", "VEA", "VWO", "BND", "BNDX", "VTIP", "SGOV", "VNQ", "GLD", "SCHB",
    "IEFA", "IEMG", "AGG", "IAGG", "STIP", "BIL", "SCHH", "ITOT", "SCHF", "SCHZ",
]  # fmt: skip
HEADERS = {"Authorization": "Basic " + b64encode(b"sandbox-key:sandbox-secret").decode()}
ROUNDS = 9


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.sandbox", description=__doc__)
    options.add_argument("--seconds", type=float, default=1.0, help="of each round of requests")
    options.add_argument("--only", choices=["requests", "year", "memory"])
    options.add_argument("--child", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        CHILDREN[given.child]()
        return 0
    if given.only in (None, "requests"):
        requests(given.seconds)
    if given.only in (None, "year"):
        found = child("year")
        print(
            f"\nA year of {found['accounts']} accounts with weekly auto-invest: "
            f"{found['seconds']:.1f} s, of which the processor {found['processor']:.1f} s "
            f"({found['orders']:,} orders; {found['peak']:.0f} MB in memory)"
        )
    if given.only in (None, "memory"):
        found = child("memory")
        print(
            f"\n{found['accounts']:,} accounts with bank, policy, {found['holdings']} holdings "
            f"each and {found['days']} days of history: {found['rss']:.0f} MB in memory"
        )
        print(
            f"Their state: {found['size']:.0f} MB, saved aside in {found['save']:.1f} s, of which "
            f"requests wait {found['held'] * 1000:.0f} ms (the process that saves has "
            f"{found['saver']:.0f} MB, shared in part); read back in {found['load']:.1f} s"
        )
    return 0


# Requests


def requests(seconds: float) -> None:
    with Served("empty") as empty, Served("summary") as summary:
        print(
            f"Requests a second over HTTP, connections kept; median of {ROUNDS} rounds in turn.\n"
        )
        print(f"{'connections':<14}{'summary':>9}{'empty':>9}{'ratio':>8}")
        for connections in (1, 4):
            rates: dict[str, list[float]] = {"empty": [], "summary": []}
            for number in range(ROUNDS + 1):
                for name, served in (("empty", empty), ("summary", summary)):
                    rate = served.rate(seconds / 2 if not number else seconds, connections)
                    if number:  # the first round warms up
                        rates[name].append(rate)
            mine, bare = (statistics.median(rates[name]) for name in ("summary", "empty"))
            print(f"{connections:<14}{mine:>9.0f}{bare:>9.0f}{mine / bare:>8.2f}")


class Served:
    """A server in a process of its own, and requests to it."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, "-m", "bench.sandbox", "--child", name]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.port, self.path = told["port"], told["path"]

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate("")

    def rate(self, seconds: float, connections: int) -> float:
        """Requests a second."""
        counts: list[int] = []
        until = time.perf_counter() + seconds

        def ask() -> None:
            line = http.client.HTTPConnection("127.0.0.1", self.port)
            line.connect()
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            count = 0
            while time.perf_counter() < until:
                line.request("GET", self.path, headers=HEADERS)
                answer = line.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                count += 1
            line.close()
            counts.append(count)

        threads = [threading.Thread(target=ask) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / seconds


def serve_empty() -> None:
    from flask import Flask

    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: "")
    serve(app, "/")


def serve_summary() -> None:
    world, stage = sandbox(market="always")
    account_id = stage.active_account()
    source_id = stage.link_bank(account_id)
    stage.accept_policy(account_id, {"equities": 60, "fixed_income": 35, "treasury": 5})
    stage.pay_in(account_id, "20000.00", source_id)
    base = f"/v1/wealth/accounts/{account_id}/portfolios/{stage.portfolio(account_id)}"
    trades = [{"symbol": each, "action": "buy", "notional": "900.00"} for each in SYMBOLS]
    body = {"execution_type": "custom", "custom_trades": trades}
    stage.api.post(f"{base}/rebalancing", body, "twenty")
    stage.pass_time(timedelta(days=30))
    held = stage.api.get(f"{base}/holdings")["holdings"]
    assert len(held) == 20, len(held)
    serve(world.inside.app, f"{base}/summary")


def serve(app: Any, path: str) -> None:
    """Serve as `python -m sandbox` does, until the parent closes our input."""
    from sandbox.server import Handler, Server

    server = Server("127.0.0.1", 0, app, handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.port, "path": path}), flush=True)
    sys.stdin.read()
    server.shutdown()


def sandbox(**options: Any) -> Any:
    """A world whose clock stands still, and a stage in it."""
    from sandbox.app import create_app
    from sandbox.stage import Stage
    from sandbox.world import World

    world = World(at=START, frozen=True, **options)
    create_app(world, rate=0)
    return world, Stage(world)


# Time and memory


def child(name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.sandbox", "--child", name]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def year() -> None:
    world, stage = sandbox()
    for _ in range(100):
        account_id, source_id = stage.investor("5000.00")
        stage.auto_invest(account_id, source_id, "100.00", "weekly")
    began, worked = time.perf_counter(), time.process_time()
    stage.api.post("/_sandbox/clock/advance", {"years": 1})
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    runs = len(world.table("deposits")) - 100
    assert runs >= 100 * 51, runs
    orders = len(world.table("orders"))
    tell(accounts=100, seconds=seconds, processor=processor, orders=orders)


def memory() -> None:
    from sandbox.keeper import Keeper
    from sandbox.world import World

    world, stage = sandbox()
    for _ in range(1000):
        account_id, source_id = stage.investor("5000.00")
        stage.auto_invest(account_id, source_id, "100.00")
    stage.pass_time(timedelta(days=90))
    rss = now_in_memory()
    one = next(iter(world.table("portfolios").values()))
    base = f"/v1/wealth/accounts/{one['account_id']}/portfolios/{one['portfolio_id']}"
    holdings = len(stage.api.get(f"{base}/holdings")["holdings"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        keeper = Keeper(world, path)
        world.changed = True
        began = time.perf_counter()
        keeper.look()
        held = time.perf_counter() - began
        while not path.exists():
            time.sleep(0.01)
        save = time.perf_counter() - began
        keeper.finish()
        size = path.stat().st_size / 1e6
        text = path.read_text(encoding="utf-8")
    saver = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    began = time.perf_counter()
    World(frozen=True).restore(text)
    load = time.perf_counter() - began
    tell(
        accounts=1000, holdings=holdings, days=90, rss=rss, size=size, save=save, held=held,
        saver=saver, load=load,
    )  # fmt: skip


def tell(**found: Any) -> None:
    print(json.dumps({"peak": most_in_memory(), **found}), flush=True)


def now_in_memory() -> float:
    """Resident megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def most_in_memory() -> float:
    """Resident megabytes at the worst moment of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


CHILDREN = {"empty": serve_empty, "summary": serve_summary, "year": year, "memory": memory}


if __name__ == "__main__":
    sys.exit(main())
