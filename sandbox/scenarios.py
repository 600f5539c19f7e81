"""Ready-made turns of events, by name: `run(world, name, **args)`.

A scenario is a client of the API that lets time pass with `yield`. In a sandbox without accounts
what it lives through lies in the past and ends now, and no webhook tells of it; in any other one
the clock moves on by that time.
"""

import inspect
from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import book, transfers
from sandbox.api import funding
from sandbox.errors import invalid, not_found, wrong_state
from sandbox.stage import BALANCED, BRAVE, CAREFUL, Stage
from sandbox.world import Row, World

Story = Generator[timedelta, None, Row]

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
YEAR = timedelta(days=365)
TWO_YEARS = timedelta(days=730)
MOST_ACCOUNTS = 1000


@dataclass(frozen=True)
class Scenario:
    """A story, one line about it, and how long it lasts when it plays in the past."""

    play: Callable[..., Story]
    about: str
    lasts: timedelta

    @property
    def arguments(self) -> dict[str, Any]:
        """What it can be told, with the usual values."""
        known = list(inspect.signature(self.play).parameters.values())[1:]
        return {each.name: each.default for each in known}


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    about: str, lasts: timedelta = timedelta(0)
) -> Callable[[Callable[..., Story]], Callable[..., Story]]:
    """Register a story under its function's name."""

    def register(play: Callable[..., Story]) -> Callable[..., Story]:
        SCENARIOS[play.__name__] = Scenario(play, about, lasts)
        return play

    return register


def run(world: World, name: str, **args: Any) -> Row:
    """Play a scenario. Returns what it made, and `now`.

    Raises ApiError 404-001 for an unknown name, 400 for arguments that don't fit, 409-003 if the
    sandbox is not in a state for it.
    """
    return play_all(world, [name], args)


def play_all(world: World, names: list[str], args: Row | None = None) -> Row:
    """Play scenarios one after the other; see `run`."""
    found = [(_find(name), _arguments(name, args or {})) for name in names]
    with world.lock:
        told: Row = {}
        start, end = world.clock.now(), None
        if not world.table("accounts"):
            past = sum((each.lasts for each, _ in found), timedelta(0))
            if past:
                end = start
                world.rewind(start - past)
        with world.quiet() if end else nullcontext():
            try:
                for each, given in found:
                    told |= _play(world, each.play(Stage(world), **given))
            finally:
                if end is not None and world.clock.now() < end:
                    world.clock.set(end)
        return {**told, "now": world.clock.now()}


def catalogue() -> list[Row]:
    """Name, one line and arguments of each scenario."""
    return [
        {"name": name, "description": each.about, "arguments": each.arguments}
        for name, each in SCENARIOS.items()
    ]


def check(names: list[str]) -> None:
    """Raise ApiError 404-001 if one of the names is unknown."""
    for name in names:
        _find(name)


def _find(name: str) -> Scenario:
    if name not in SCENARIOS:
        raise not_found(f"No scenario {name}; there are {', '.join(SCENARIOS)}.")
    return SCENARIOS[name]


def _play(world: World, story: Story) -> Row:
    while True:
        try:
            step = next(story)
        except StopIteration as end:
            return dict(end.value)
        world.clock.advance(step)


def _arguments(name: str, args: Row) -> Row:
    known = SCENARIOS[name].arguments
    given = {}
    for key, value in args.items():
        if key not in known:
            names = ", ".join(known) or "nothing"
            raise invalid(key, f"is unknown to {name}, which can be told {names}")
        usual = known[key]
        try:
            given[key] = value if usual is None else type(usual)(value)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise invalid(key, f"must be like {usual}", "BLUM-400-003") from error
    return given


def _count(accounts: int) -> range:
    if not 1 <= accounts <= MOST_ACCOUNTS:
        raise invalid("accounts", f"must be from 1 to {MOST_ACCOUNTS}")
    return range(accounts)


def _money(name: str, amount: str) -> None:
    try:
        good = transfers.SMALLEST <= Decimal(amount) <= transfers.LARGEST
    except ArithmeticError:
        good = False
    if not good:
        raise invalid(name, "must be an amount a transfer can have", "BLUM-400-005")


# People


@scenario("Nobody yet: what a fresh sandbox is.")
def empty(stage: Stage) -> Story:
    """Nothing happens."""
    yield from ()
    return {}


@scenario("An open advised account with a bank and a policy, invested for a month.", MONTH)
def one_investor(stage: Stage, amount: str = "10000.00") -> Story:
    """A deposit of `amount`, its portfolio a month later."""
    _money("amount", amount)
    account_id, source_id = stage.investor(amount)
    yield MONTH
    return {"account_id": account_id, "funding_source_id": source_id}


@scenario("Two years of monthly investing, for some accounts or for one that is there.", TWO_YEARS)
def two_years(
    stage: Stage,
    account_id: str | None = None,
    amount: str = "10000.00",
    monthly: str = "500.00",
    accounts: int = 3,
) -> Story:
    """Invest `amount` at first, `monthly` each month (dollars), and let two years pass.

    With `account_id` the account must have a policy, a portfolio and a bank.
    """
    _money("amount", amount)
    _money("monthly", monthly)
    if account_id is not None:
        source_id = _bank_of(stage, account_id)
        stage.pay_in(account_id, amount, source_id)
        stage.invest(account_id)
        schedule_id = stage.auto_invest(account_id, source_id, monthly)
        yield TWO_YEARS
        return {"account_id": account_id, "auto_invest_id": schedule_id}
    made = []
    for number in _count(accounts):
        mix = (BALANCED, BRAVE, CAREFUL)[number % 3]
        made_id, source_id = stage.investor(amount, mix=mix)
        stage.auto_invest(made_id, source_id, monthly)
        made.append(made_id)
    yield TWO_YEARS
    return {"account_ids": made}


def _bank_of(stage: Stage, account_id: str) -> str:
    if not isinstance(account_id, str) or account_id not in stage.world.table("accounts"):
        raise not_found("Account not found.")
    base = f"/v1/accounts/{account_id}/funding-sources?type=all"
    for row in stage.api.get(base)["data"]["funding_sources"]:
        if row["status"] == "active":
            return str(row["id"])
    raise wrong_state("The account needs a linked bank.")


@scenario(
    "One account in each outcome of verification, documents waiting for a decision.",
    timedelta(minutes=3),
)
def pending_decisions(stage: Stage) -> Story:
    """Approved, rejected, in review, and waiting for a document that has been sent."""
    names = {"review": "Review", "document": "Document", "rejected": "Reject", "approved": None}
    made = {state: stage.open_account(name) for state, name in names.items()}
    yield timedelta(minutes=3)
    papers = [stage.upload(made["document"]), stage.upload(made["approved"], "proof_of_address")]
    for document_id in papers:
        stage.world.drop_plans(document_id=document_id)
    return {"accounts": made, "document_ids": papers}


@scenario("Deposits and withdrawals in every state there is, each held where it is.", 10 * DAY)
def transfers_in_every_state(stage: Stage) -> Story:
    """One account with a bank, one transfer a state."""
    account_id, world = stage.active_account(), stage.world
    source_id = stage.link_bank(account_id)
    expired = stage.deposit(account_id, "75.00")
    stage.pay_in(account_id, "5000.00", source_id)
    yield 10 * DAY
    made: Row = {"deposits": {"expired": expired}, "withdrawals": {}}
    dollars = 100
    for kind in ("deposit", "withdrawal"):
        steps = transfers.STEPS[kind]
        begin = stage.deposit if kind == "deposit" else stage.withdraw
        for state in [*steps, "canceled", "failed", "returned"]:
            dollars += 10
            transfer_id = begin(account_id, f"{dollars}.00", source_id)
            made[f"{kind}s"][state] = transfer_id
            if state in ("completed", "returned"):
                stage.transfer(transfer_id, "settle")
            if state == "canceled":
                transfers.cancel(world, transfer_id)
            elif state == "failed":
                stage.transfer(transfer_id, "fail", code="R01")
            elif state == "returned":
                stage.transfer(transfer_id, "return", code="R01")
            for passed in steps[: steps.index(state)] if state in steps[:-1] else ():
                transfers.advance(world, transfer_id, passed)
            world.drop_plans(transfer_id=transfer_id)
    made["deposits"]["manual"] = stage.deposit(account_id, "80.00")
    return {"account_id": account_id, **made}


@scenario("An invested account whose bank must be linked again: its source is in ERROR.", MONTH)
def broken_bank(stage: Stage) -> Story:
    """A monthly schedule that can't run any more."""
    account_id, source_id = stage.investor("4000.00")
    stage.auto_invest(account_id, source_id, "200.00")
    yield MONTH
    source, _ = funding.find(stage.world, account_id, source_id)
    funding.turn(stage.world, source["id"], "ERROR")
    return {"account_id": account_id, "funding_source_id": source_id}


@scenario("An invested account that has left its bands, and has some cash waiting.", 2 * MONTH)
def drifted(stage: Stage) -> Story:
    """Stocks rose and bonds fell for a month; a deposit has not been invested."""
    account_id, source_id = stage.investor("20000.00")
    _drift(stage.world, 1.35, 0.92, 30)
    yield 2 * MONTH
    stage.pay_in(account_id, "750.00", source_id)
    return {"account_id": account_id, "funding_source_id": source_id}


@scenario("Someone who retired: careful, lives on monthly withdrawals for a year.", YEAR)
def retiree(stage: Stage, monthly: str = "1200.00") -> Story:
    """Each month bonds or stocks are sold for `monthly` dollars, which go to the bank."""
    _money("monthly", monthly)
    account_id, source_id = stage.investor("50000.00", "40000.00", mix=CAREFUL, born="1957-05-20")
    base = f"/v1/wealth/accounts/{account_id}/portfolios/{stage.portfolio(account_id)}"
    yield 10 * DAY
    for _ in range(11):
        rows = stage.api.get(f"{base}/holdings")["holdings"]
        largest = max(rows, key=lambda row: float(row["market_value"]))
        stage.order(account_id, largest["symbol"], "sell", notional=monthly)
        yield 5 * DAY
        stage.withdraw(account_id, monthly, source_id)
        yield 25 * DAY
    return {"account_id": account_id, "funding_source_id": source_id}


@scenario(
    "A self-directed account with positions, a waiting limit order and a canceled one.", MONTH
)
def self_directed(stage: Stage) -> Story:
    """Orders by quantity and by amount."""
    account_id = stage.active_account(advised=False)
    source_id = stage.link_bank(account_id)
    stage.pay_in(account_id, "15000.00", source_id)
    stage.order(account_id, "VTI", notional="4000.00")
    stage.order(account_id, "AAPL", qty="10")
    stage.order(account_id, "BND", notional="2500.00")
    yield 20 * DAY
    stage.order(account_id, "AAPL", "sell", qty="4")
    yield 10 * DAY
    patient = {"type": "limit", "time_in_force": "gtc"}
    stage.order(account_id, "AAPL", qty="2", limit_price="1.00", **patient)
    regretted = stage.order(account_id, "VTI", qty="1", limit_price="1.00", **patient)
    stage.api.post(f"/v1/trading/accounts/{account_id}/orders/{regretted}/cancel")
    return {"account_id": account_id, "funding_source_id": source_id}


# The market and the clock


@scenario("The clock moves to real now; everything on the way happens in order.")
def advance_to_now(stage: Stage) -> Story:
    """Does nothing if the clock is there or ahead."""
    behind = datetime.now(UTC) - stage.world.clock.now()
    yield max(behind, timedelta(0))
    return {}


@scenario("Prices of a symbol, a class or all are times `factor` from now on, for good.")
def shock(stage: Stage, scope: str = "all", factor: float = 0.8) -> Story:
    """`scope`: a symbol, an asset class, a policy class, or `all`."""
    yield from ()
    _factor("factor", factor)
    book.shock(stage.world, scope, factor)
    return {"scope": scope, "factor": factor, "at": stage.world.clock.now()}


@scenario("Stocks and alternatives lose a fifth at once, bonds a fiftieth.")
def crash(stage: Stage) -> Story:
    """Treasuries keep their price."""
    yield from ()
    for scope, factor in (("equities", 0.8), ("alternatives", 0.8), ("fixed_income", 0.98)):
        book.shock(stage.world, scope, factor)
    return {"at": stage.world.clock.now()}


@scenario("Stocks rise and bonds fall until most portfolios leave their bands, at once or slowly.")
def drift(stage: Stage, equities: float = 1.35, fixed_income: float = 0.92, days: int = 0) -> Story:
    """At once, or a little each day of the next `days`."""
    yield from ()
    _factor("equities", equities)
    _factor("fixed_income", fixed_income)
    if not 0 <= days <= 3650:
        raise invalid("days", "must be from 0 to 3650")
    _drift(stage.world, equities, fixed_income, days)
    return {"at": stage.world.clock.now()}


def _drift(world: World, equities: float, fixed_income: float, days: int) -> None:
    steps = max(days, 1)
    for step in range(steps):
        at = world.clock.now() + timedelta(days=step)
        book.shock(world, "equities", equities ** (1 / steps), at)
        book.shock(world, "fixed_income", fixed_income ** (1 / steps), at)


def _factor(name: str, factor: float) -> None:
    if not 0.001 <= factor <= 1000:
        raise invalid(name, "must be from 0.001 to 1000")
