"""Every fact of an account is within two clicks of home. The table is `docs/clicks.md`.

Walks the links a person can press, from home on, as deep as two clicks, and looks for each fact in
the words of the pages.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from funding.models import Deposit
from portfolios.models import Portfolio
from tests.funding.conftest import link_bank, sign_in
from tests.portfolios.conftest import account, assessed, goal, policy, proposal, refreshed

__all__ = ["account", "assessed", "goal", "policy", "proposal"]

TABLE = Path(__file__).parent.parent / "docs" / "clicks.md"
HEAD = """# Clicks

How many clicks each fact of an account is away from home, counted by walking the links
(`tests/test_clicks.py`). None may be more than two.

| fact | clicks | page |
| --- | --- | --- |
"""

FACTS = (
    ("What everything is worth", r"\$2,\d{3}\s*\.\d\d"),
    ("Account number", r"Account ••\d{4}"),
    ("How fresh the figures are", r"[Aa]s of \w{3}, \w{3} \d"),
    ("What changed since last time", r"Changed (gain|loss|no change).{0,80}since"),
    ("Whether goals are on track", r"is (close to )?on track|needs a change"),
    ("The next date", r"Auto-invest, \$200\.00"),
    ("What to do", r"To do"),
    ("Cash", r"\$[\d,.]+ cash|Cash"),
    ("Allocation against target", r"target \d+"),
    ("Drift", r"sits in the wrong place|sits where it should"),
    ("Each holding", r"Vanguard Total Stock Market"),
    ("What a fund costs a year", r"What it costs a year|a year in costs|cost you"),
    ("Lots of a fund", r"Bought"),
    ("Why a fund is there", r"Why it is here|Why it’s here"),
    ("Time-weighted return", r"[Tt]ime-weighted"),
    ("Money-weighted return", r"[Mm]oney-weighted"),
    ("Deepest fall", r"deepest fall"),
    ("What was traded and why", r"A deposit arrived|Auto-invest brought|because"),
    ("Policy in force", r"[Vv]ersion 1"),
    ("Risk level", r"[Ll]evel \d+ of\s10"),
    ("Chance of a goal", r"\d+ in 100"),
    ("Target date of a goal", r"by \w+ 20\d\d"),
    ("Linked bank", r"Checking ••3168"),
    ("A deposit's state and reference", r"D-[A-Z2-7]{4}-[A-Z2-7]{4}"),
    (
        "Deposit limits",
        r"\$1\.00 to \$|(At most|most|up to).{0,60}(a day|a week|at a time|transfer)",
    ),
    ("Auto-invest amount and dates", r"\$200\.00.*[Ee]very month"),
    ("What can be withdrawn", r"At most this time"),
    ("All activity", r"Activity"),
    ("Statements and reports", r"Statements"),
    ("Agreements signed", r"Client relationship summary|Agreements you’ve signed"),
    ("What we may pull from a bank", r"[Aa]uthoriz"),
    ("Our fee", r"[Oo]ur fee.{0,60}\b0\.25%|\b0\.25%.{0,60}fee"),
    ("Messages from us", r"Messages from us|Messages"),
    ("Where you're signed in", r"Where you’re signed in"),
    ("Two-step sign-in", r"[Pp]asskeys"),
    ("E-mail address", r"maya@example\.com"),
    ("Same mix in the market", r"same mix"),
    ("Who moved the value: you, markets, dividends, fees", r"Who moved it"),
    ("Each clause of the policy, held or not", r"Held against your policy"),
    ("What a rebalance would do", r"[Rr]ebalance"),
    ("What becomes of dividends", r"[Dd]ividends"),
    ("What we noticed, and tax ideas", r"[Nn]otice"),
    ("Search of all activity", r"Search your activity"),
    ("Each kind of message, and how it reaches you", r"Notifications"),
    ("All your data in one file", r"Your data|data we hold|Take your data"),
    ("How to close the account", r"Close (the|your) account|Closing"),
    ("Whom we may call", r"Someone we may call"),
    ("Who to call, and when", r"\(555\) 010-\d{4}"),
)
"""What people look for, and the words it is found by in what Maya's pages say."""


@dataclass(frozen=True, slots=True)
class Found:
    clicks: int
    page: str


class Reader(HTMLParser):
    """The words of a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self._silent += 1
        if tag == "a" and (target := dict(attrs).get("href")):
            self.links.append(target)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


@pytest.fixture
def lived_in(
    account: Account,
    policy: Any,
    maya: Any,
    client: Client,
    sandbox: Any,
    settle: Callable[..., int],
) -> Client:
    """Maya with a bank, an invested deposit, a schedule, and a little while behind her."""
    from datetime import timedelta
    from uuid import uuid4

    from django.utils import timezone

    from funding import services

    bank = link_bank(account, sandbox)
    services.request_deposit(account=account, bank=bank, amount=Decimal("2500.00"), key=uuid4())
    services.request_schedule(
        account=account, bank=bank, amount=Decimal("200.00"), frequency="monthly",
        day_of_month=5, day_of_week=None,
        start_date=timezone.localdate() + timedelta(days=3), key=uuid4(),
    )  # fmt: skip
    settle()
    refreshed(account)
    assert Deposit.objects.get(account=account).status == "completed"
    assert Portfolio.objects.get(account=account).value
    sign_in(client, maya)
    return client


def walk(client: Client, depth: int = 2) -> dict[str, tuple[int, str]]:
    """Address to clicks from home and words, breadth first, for each page of ours."""
    home = reverse("home")
    seen: dict[str, tuple[int, str]] = {}
    queue = deque([(home, 0)])
    queued = {home}
    while queue:
        address, clicks = queue.popleft()
        answer = client.get(address, follow=True)
        if answer.status_code != 200 or "text/html" not in answer.headers["Content-Type"]:
            continue
        reader = Reader()
        reader.feed(answer.content.decode())
        seen[address] = clicks, re.sub(r"\s+", " ", " ".join(reader.words))
        if clicks == depth:
            continue
        for link in reader.links:
            target = urlsplit(urljoin(address, link))
            if target.scheme or target.netloc or not target.path.startswith("/"):
                continue
            place = target.path + (f"?{target.query}" if target.query else "")
            if place not in queued and not place.startswith(("/static/", "/admin/")):
                queued.add(place)
                queue.append((place, clicks + 1))
    return seen


def measure(client: Client) -> dict[str, Found | None]:
    pages = walk(client)
    found: dict[str, Found | None] = {}
    for fact, words in FACTS:
        places = [
            Found(clicks, re.sub(r"\d+", "…", address.partition("?")[0]))
            for address, (clicks, said) in pages.items()
            if re.search(words, said) and not address.startswith("/legal/")
        ]
        found[fact] = min(places, key=lambda f: f.clicks, default=None)
    return found


def test_every_fact_is_within_two_clicks_of_home(lived_in: Client) -> None:
    found = measure(lived_in)
    far = [fact for fact, place in found.items() if place is None]
    assert not far, f"more than two clicks from home, or not there at all: {far}"
    table = HEAD + "".join(
        f"| {fact} | {place.clicks} | `{place.page}` |\n" for fact, place in found.items() if place
    )
    if TABLE.read_text() != table:
        TABLE.write_text(table)
        raise AssertionError("docs/clicks.md was out of date; it has been written anew")
