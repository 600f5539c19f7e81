"""What holds for every page an investor can open.

How many queries each asks is pinned in `query_counts.json`: the same for an account with one of
everything and for one with fifty holdings, dozens of transfers and ten years of history.
A count that changed is written there and the test fails once, so that it is seen in the commit.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests import addresses, lived_in
from tests.funding.conftest import sign_in

PINNED = Path(__file__).parent / "query_counts.json"
MOST = 30
"""More queries than that is no page of ours."""
COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE")


def test_no_page_is_forgotten() -> None:
    """Each address that takes arguments has an example, so that the tests here open it."""
    unknown = [
        name for name, takes in addresses.names() if takes and name not in addresses.EXAMPLES
    ]
    assert not unknown, f"give tests/addresses.py an example of {unknown}"
    known = dict(addresses.names())
    gone = [name for name in addresses.EXAMPLES if name not in known]
    assert not gone, f"tests/addresses.py has examples of what is gone: {gone}"


def pages(client: Client, account: Any) -> dict[str, str]:
    """Name to address of what a browser shows: those that answer with a page."""
    found = {}
    for name, address in sorted(addresses.examples(account).items()):
        answer = client.get(address)
        assert answer.status_code < 500, f"{name}: {answer.status_code}"
        if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
            found[name] = address
    return found


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return sum(query["sql"].startswith(COUNTED) for query in captured)


def test_a_page_asks_as_much_for_one_holding_as_for_fifty(
    client: Client, person: Callable[..., Any]
) -> None:
    few = lived_in.account(person("few@example.com"), holdings=1, transfers=1, years=1)
    many = lived_in.account(person("many@example.com"), holdings=50, transfers=40, years=10)
    counts: dict[str, dict[str, int]] = {}
    for size, account in (("few", few), ("many", many)):
        client.force_login(account.user)
        shown = pages(client, account)
        counts[size] = {name: count(client, address) for name, address in shown.items()}
    sizes = {"few": (1, 1), "many": (50, 40)}
    for size, (positions, orders) in sizes.items():
        user = person(f"{size}-trader@example.com")
        account = lived_in.trader(user, positions=positions, orders=orders)
        client.force_login(account.user)
        counts[size] |= {
            f"{name}, self-directed": count(client, address)
            for name, address in pages(client, account).items()
            if name == "home" or name.startswith(("trading:", "funding:", "accounts:settings"))
        }
    grows = {
        name: (asked, counts["many"].get(name))
        for name, asked in counts["few"].items()
        if counts["many"].get(name, asked) > asked
    }
    assert not grows, f"these ask more the more there is: {grows}"
    most = {name: asked for name, asked in counts["many"].items() if asked > MOST}
    assert not most, f"more than {MOST} queries: {most}"
    written = json.dumps(counts["many"], indent=1, sort_keys=True) + "\n"
    if PINNED.read_text() != written:
        PINNED.write_text(written)
        raise AssertionError("query counts changed; tests/query_counts.json has been written anew")


def test_what_is_mayas_is_found_by_nobody_else(person: Callable[..., Any]) -> None:
    """Each address of a row of hers, asked for and posted to by Omar, who has all of it himself."""
    maya = lived_in.account(person("maya@example.com"), transfers=5)
    owen = lived_in.trader(person("owen@example.com"), orders=3)
    lived_in.account(person("omar@example.com"), transfers=5)
    lived_in.trader(person("otto@example.com"), orders=3)
    found = {}
    for owner, other in ((maya, "omar@example.com"), (owen, "otto@example.com")):
        client = Client()
        sign_in(client, User.objects.get(email=other))
        for name, address in addresses.examples(owner).items():
            room = name.partition(":")[0]
            if name in addresses.OF_A_ROW and (room == "trading") == (owner == owen):
                answers = {ask(address).status_code for ask in (client.get, client.post)}
                if not {404} <= answers <= {404, 405}:
                    found[name] = answers
    assert not found, "these open what belongs to somebody else, or send them on"
