"""Four people moving sliders at once, over HTTP, on two gunicorn workers. Prints one line of JSON.

Run by `bench.planning`. Every request carries an amount nobody asked for before; every fifth also
moves the date, so that its futures are walked anew. Milliseconds.
"""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time

for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name, None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "robo.settings")

import django  # noqa: E402

import tests.services  # noqa: E402, F401 (starts PostgreSQL and the broker)

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench import people  # noqa: E402
from robo import embedded  # noqa: E402

PEOPLE, WORKERS, EACH = 4, 2, 60


def main() -> int:
    call_command("migrate", verbosity=0, interactive=False)
    account = people.investor()
    goal = account.goals.first()
    client = Client()
    client.force_login(account.user)
    cookie = "; ".join(f"{c.key}={c.value}" for c in client.cookies.values())
    page = reverse("portfolios:goal", args=[goal.pk])
    port = embedded.free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "robo.wsgi", "--bind", f"127.0.0.1:{port}",
         "--workers", str(WORKERS), "--threads", "2", "--log-level", "warning"],
    )  # fmt: skip
    try:
        wait(port)
        slide(port, cookie, page, goal.target_date.year, each=10)  # warm
        times = slide(port, cookie, page, goal.target_date.year)
        empty = slide(port, cookie, reverse("accounts:notices"), None)
    finally:
        server.terminate()
        server.wait()
    print(
        json.dumps(
            {
                "people": PEOPLE,
                "workers": WORKERS,
                "requests": len(times),
                "median": statistics.median(times),
                "p95": sorted(times)[int(len(times) * 0.95)],
                "empty": statistics.median(empty),
            }
        )
    )
    return 0


def wait(port: int) -> None:
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The application did not start.")


def slide(port: int, cookie: str, page: str, year: int | None, each: int = EACH) -> list[float]:
    """Everyone slides as fast as answers come. Returns all times."""
    times: list[float] = []

    def person(number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for turn in range(each):
            query = ""
            if year is not None:
                by = year + (chance.randint(1, 10) if turn % 5 == 0 else 0)
                query = f"?monthly={chance.randint(0, 3000)}&target=80000&by={by}-06-01"
            headers = {"Cookie": cookie, "HX-Request": "true", "Host": "127.0.0.1"}
            began = time.perf_counter()
            connection.request("GET", page + query, headers=headers)
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise SystemExit(f"{page}{query} answered {answer.status}")

    threads = [threading.Thread(target=person, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


if __name__ == "__main__":
    sys.exit(main())
