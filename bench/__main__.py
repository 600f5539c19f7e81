"""What pages and webhooks cost, each as a ratio to a bare view in the same run.

    .venv/bin/python -m bench [--requests N]

Server time is that of Django's test client in this process: middleware, view, template and real
PostgreSQL, no network. Pages are asked in turn, round after round, so that what else the machine
does falls on all alike. Starts its own database and broker, whatever the environment names.
"""

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable

for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name, None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "robo.settings")
os.environ["BLUUM_WEBHOOK_SECRET"] = SECRET = "whsec_bench"

import django  # noqa: E402

import tests.services  # noqa: E402, F401 (starts PostgreSQL and the broker)

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import people  # noqa: E402
from robo.bluum import sign  # noqa: E402

THREADS = 4
MANY_TIMES, MANY_QUERIES = 8, 20


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--requests", type=int, default=60, help="of each page; at least 50")
    count = max(50, options.parse_args().requests)
    call_command("migrate", verbosity=0, interactive=False)
    with override_settings(ROOT_URLCONF="bench.urls"):
        pages(count)
        webhooks(count * 10)
    return 0


def pages(count: int) -> None:
    account, boss = people.investor(), people.supervisor()
    people.crowd()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    nobody, maya, vera, sam = Client(), Client(), Client(), Client()
    maya.force_login(account.user)
    vera.force_login(people.veteran().user)
    sam.force_login(boss)
    empty = (maya, "/bench/empty/")
    goal = account.goals.first()
    asked: dict[str, tuple[Client, str]] = {
        "landing": (nobody, reverse("landing")),
        "home": (maya, reverse("home")),
        "goals": (maya, reverse("portfolios:goals")),
        "one goal": (maya, reverse("portfolios:goal", args=[goal.pk])),
        "portfolio": (maya, reverse("portfolios:portfolio")),
        "performance": (maya, reverse("portfolios:performance")),
        "policy": (maya, reverse("portfolios:policy")),
        "activity": (maya, reverse("funding:activity")),
        "home, ten years": (vera, reverse("home")),
        "portfolio, 50 holdings": (vera, reverse("portfolios:portfolio")),
        "performance, ten years": (vera, reverse("portfolios:performance")),
        "activity, ten years": (vera, reverse("funding:activity")),
        "deposit form": (maya, reverse("funding:deposit")),
        "status": (maya, reverse("accounts:status")),
        "admin: 2,000 clients": (sam, reverse("admin:accounts_account_changelist")),
        "admin: one client": (sam, reverse("admin:accounts_account_change", args=[account.pk])),
    }
    queries = {name: how_many_queries(*page) for name, page in asked.items()}
    bare = how_many_queries(*empty)
    times: dict[str, list[float]] = {name: [] for name in ("", *asked)}
    for number in range(count + 5):
        for name, (client, url) in {"": empty, **asked}.items():
            began = time.perf_counter()
            client.get(url)
            if number >= 5:  # the first rounds warm up
                times[name].append(time.perf_counter() - began)
    base = statistics.median(times[""])
    print(f"Median server time over {count} requests each, as a ratio to an empty signed-in page")
    print(f"({base * 1000:.1f} ms here).\n")
    print(f"{'page':<24}{'ratio':>7}{'queries':>9}")
    print(f"{'empty, signed in':<24}{1:>7.1f}{bare:>9}")
    for name in asked:
        ratio = statistics.median(times[name]) / base
        # Worth a look, not a failure.
        much = "  much" if ratio > MANY_TIMES or queries[name] > MANY_QUERIES else ""
        print(f"{name:<24}{ratio:>7.1f}{queries[name]:>9}{much}")


def how_many_queries(client: Client, url: str) -> int:
    """Queries of one warm request; BEGIN, COMMIT and savepoints left out."""
    assert client.get(url).status_code == 200, url
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    words = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return sum(query["sql"].startswith(words) for query in captured)


def webhooks(count: int) -> None:
    """Receipts a second against bare INSERTs a second, one after the other and in threads."""
    rows = []
    for threads in (1, THREADS):
        once(deliver, 50, threads)
        once(insert, 50, threads)
        # In turn, so that both meet the same machine.
        pairs = [(once(deliver, count // 5, threads), once(insert, count // 5, threads))
                 for _ in range(5)]  # fmt: skip
        receipts, inserts = (statistics.median(column) for column in zip(*pairs, strict=True))
        rows.append((threads, receipts, inserts))
    print("\nWebhook receipts a second (signature checked, kept once, the loop told through the")
    print("broker), as a ratio to a view that does one INSERT.\n")
    print(f"{'requests':<22}{'ratio':>7}{'receipts/s':>13}{'inserts/s':>12}")
    for threads, receipts, inserts in rows:
        name = "one after another" if threads == 1 else f"in {threads} threads"
        print(f"{name:<24}{receipts / inserts:>7.2f}{receipts:>13.0f}{inserts:>12.0f}")


def deliver(client: Client, number: str) -> None:
    body = (
        f'{{"event":"transfer.deposit.completed","timestamp":"2026-11-22T12:00:00Z",'
        f'"data":{{"id":"{number}","account_id":"bench-account"}}}}'
    ).encode()
    answer = client.post(
        "/webhooks/bluum/", body, content_type="application/json",
        headers={"X-Bluum-Signature": sign(body, SECRET, at=timezone.now())},
    )  # fmt: skip
    assert answer.status_code == 204, answer.status_code


def insert(client: Client, number: str) -> None:
    assert client.post("/bench/insert/").status_code == 204


_runs = 0


def once(ask: Callable[[Client, str], None], count: int, threads: int) -> float:
    """Requests a second."""
    global _runs
    _runs += 1
    name = f"run-{_runs}"

    def work(thread: int) -> None:
        client = Client()
        for number in range(count // threads):
            ask(client, f"{name}-{thread}-{number}")
        if threads > 1:
            connection.close()

    began = time.perf_counter()
    if threads == 1:
        work(0)
    else:
        workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return count // threads * threads / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
