"""A modest assistant: answers a few questions from the account's own numbers, or says it can't."""

from decimal import Decimal

from sandbox import book, history, ledger, portfolio
from sandbox.api import kept, wealth_goals
from sandbox.world import World

CANT = (
    "I can't answer that. I can tell you what the portfolio is worth, what it holds, how it has "
    "done, what your policy says, how much cash is waiting and how your goals stand."
)


def reply(world: World, account_id: str, message: str) -> tuple[str, list[str]]:
    """The answer, and which of the account's data went into it."""
    words = message.casefold()
    for keys, answer, used in (
        (("goal", "on track"), _goals, "goals"),
        (("cash", "wallet", "deposit"), _cash, "wallet"),
        (("policy", "target", "allocation", "risk"), _policy, "ips"),
        (("perform", "return", "gain", "earn", "lost", "done"), _performance, "performance"),
        (("hold", "own", "position", "fund"), _holdings, "positions"),
        (("worth", "value", "balance", "portfolio", "how much"), _worth, "portfolio_summary"),
    ):
        if any(key in words for key in keys):
            return answer(world, account_id), [used]
    return CANT, []


def _worth(world: World, account_id: str) -> str:
    cash = ledger.balance(world, account_id)
    return f"Your portfolio is worth {_usd(book.total(world, account_id))}, {_usd(cash)} in cash."


def _cash(world: World, account_id: str) -> str:
    available = ledger.available(world, account_id)
    held = ledger.reserved(world, account_id)
    return f"{_usd(available)} are available, {_usd(held)} are held for what is under way."


def _holdings(world: World, account_id: str) -> str:
    values = book.values(world, account_id)
    if not values:
        return "The portfolio holds no securities yet."
    parts = [f"{symbol} {_usd(value)}" for symbol, value in values.items()]
    return "You hold " + ", ".join(parts) + "."


def _policy(world: World, account_id: str) -> str:
    ips = portfolio.policy(world, account_id)
    if ips is None:
        return "There is no investment policy yet."
    parts = [
        f"{band['target_percent']} % {name.replace('_', ' ')}"
        for name, band in ips["target_allocation"].items()
    ]
    return f"Version {ips['version']} of your policy wants " + ", ".join(parts) + "."


def _performance(world: World, account_id: str) -> str:
    first, now = history.first_day(world, account_id), history.today(world)
    if first is None:
        return "There is no history yet."
    found = history.stretch(world, account_id, first, now)
    return (
        f"Since {first:%d %B %Y} you have put in {_usd(found.contributions)} and taken out "
        f"{_usd(found.withdrawals)}. The market has brought {_usd(found.gains)}, dividends "
        f"included."
    )


def _goals(world: World, account_id: str) -> str:
    rows = kept.living(world, wealth_goals.GOALS, account_id)
    if not rows:
        return "There are no goals yet."
    parts = []
    for row in rows:
        view = wealth_goals.goal_view(world, row)
        parts.append(f"{row['name']} stands at {view['progress_percent']} %")
    return ", ".join(parts) + "."


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f} USD"
